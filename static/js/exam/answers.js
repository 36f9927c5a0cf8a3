// The questions on the page: what their fields hold, whatever their format, and what the navigator shows of them.
// A question's fields are named "<id>:<field>", so nothing here knows one format from another.

import { merge } from "./merge.js";

/** What a list shows before anybody chooses: it has no default value of its own, as other fields do. */
const shownFirst = ({ options }) => ([...options].find((option) => option.defaultSelected) ?? options[0])?.value;

function differs(element) {
  if (element.type === "radio" || element.type === "checkbox") return element.checked !== element.defaultChecked;
  return element.value !== (element.tagName === "SELECT" ? shownFirst(element) : element.defaultValue);
}

export class Answers {
  constructor(form, words) {
    this.form = form;
    this.words = words;
    this.questions = new Map();
    for (const place of form.querySelectorAll("[data-item]")) {
      const section = place.closest("section.question");
      const link = document.querySelector(`.question-nav a[href="#${section.id}"]`);
      this.questions.set(place.dataset.item, { place, section, link });
    }
  }

  /** Call `changed(key, item, value)` with every change of an answer or a flag. */
  listen(changed) {
    const heard = ({ target }) => {
      const item = target.name?.split(":")[0];
      if (!this.questions.has(item)) return;
      if (target.name.endsWith(":flag")) changed(`flag:${item}`, item, { flagged: target.checked });
      else changed(item, item, { fields: this.read(item) });
      this.show(item);
      this.#sayNotRead(target, false);
    };
    this.form.addEventListener("input", heard);
    this.form.addEventListener("change", ({ target }) => this.#sayNotRead(target, true));
    this.form.addEventListener("focusin", ({ target }) => this.#showPlace(target));
  }

  #fields(item) {
    const own = (element) => element.name?.startsWith(`${item}:`);
    const meant = (element) => !/:(present|flag)$/.test(element.name);
    return [...this.form.elements].filter((element) => own(element) && meant(element));
  }

  /** What a browser would post of a question: each field's name with all its values. */
  read(item) {
    const fields = {};
    for (const element of this.#fields(item)) {
      const isChoice = element.type === "radio" || element.type === "checkbox";
      if (isChoice && !element.checked) continue;
      (fields[element.name.slice(item.length + 1)] ??= []).push(element.value);
    }
    return fields;
  }

  /** The answers and flags that were changed before this script ran, each with the key of its draft. */
  get touched() {
    return [...this.questions.keys()].flatMap((item) => {
      const flag = this.#flag(item);
      const answer = this.#fields(item).some(differs) ? [{ key: item, item }] : [];
      return flag && differs(flag) ? [...answer, { key: `flag:${item}`, item }] : answer;
    });
  }

  /** Take back what was changed before this script ran. */
  reset() {
    this.form.reset();
  }

  /** What a draft of a question holds: its fields, or under the key of its flag whether it is flagged. */
  valueOf({ key, item }) {
    return key === item ? { fields: this.read(item) } : { flagged: this.#flag(item).checked };
  }

  #flag(item) {
    return this.form.elements.namedItem(`${item}:flag`);
  }

  /** Put kept fields or a kept flag back into the page. */
  restore({ item, fields, flagged }) {
    if (!this.questions.has(item)) return;
    if (fields === undefined) {
      if (this.#flag(item)) this.#flag(item).checked = flagged;
    } else {
      for (const element of this.#fields(item)) this.#fill(element, fields[element.name.slice(item.length + 1)] ?? []);
    }
    this.show(item);
  }

  /** The same under what was typed or chosen on the page before this script ran: that is later, and stays. */
  restoreUnder({ item, fields }) {
    if (fields === undefined) return; // a flag
    const all = this.#fields(item);
    const touched = all.filter(differs);
    const chosen = new Set(touched.filter(({ type }) => type === "radio").map(({ name }) => name));
    for (const element of all) {
      const values = fields[element.name.slice(item.length + 1)] ?? [];
      const isText = element.tagName === "TEXTAREA" || (element.type === "text" && !element.dataset.readsAs);
      if (!touched.includes(element) && !chosen.has(element.name)) this.#fill(element, values);
      else if (isText) this.#join(element, values[0] ?? ""); // two numbers put together are a third
    }
    this.show(item);
  }

  #fill(element, values) {
    if (element.type === "radio" || element.type === "checkbox") {
      element.checked = values.includes(element.value);
    } else {
      element.value = values[0] ?? "";
      element.dispatchEvent(new Event("input")); // for the word count alone: it does not reach the form
    }
  }

  #join(box, kept) {
    const [before, after] = merge(box.defaultValue, kept, box.value);
    this.#fill(box, [before + after]);
    box.setSelectionRange(before.length, before.length); // the writer goes on where they were
  }

  /** Show a question's state in the navigator and beside its choices. */
  show(item) {
    const { place, link } = this.questions.get(item);
    const fields = this.read(item);
    const answered = Object.values(fields).some((values) => values.some((value) => value.trim() !== ""));
    const flagged = this.#flag(item)?.checked ?? false;
    const state = place.querySelector("[data-choose-state]");
    if (state) {
      const chosen = place.querySelectorAll("input:checked").length;
      const wanted = Number(place.dataset.choose);
      state.textContent = state.dataset.pattern.replace("{n}", chosen).replace("{k}", wanted);
      state.classList.toggle("is-over", chosen > wanted);
    }
    this.#showParts(place, fields);
    if (!link) return;
    link.dataset.answered = String(answered);
    link.dataset.flagged = String(flagged);
    const said = [answered ? this.words.answered : this.words.notAnswered];
    if (flagged) said.push(this.words.flagged);
    link.querySelector(".question-state").textContent = `, ${said.join(", ")}`;
  }

  /** Say how many parts of a question have an answer, or that a place was given twice. */
  #showParts(place, fields) {
    const state = place.querySelector("[data-parts-state]");
    if (!state) return;
    const given = Object.values(fields).flat().filter(Boolean);
    const { pattern, wanted, twice } = state.dataset;
    const again = twice && given.find((value, at) => given.indexOf(value) < at);
    const text = again ? twice.replace("{place}", again) : pattern.replace("{n}", given.length).replace("{k}", wanted);
    state.classList.toggle("is-over", Boolean(again));
    if (state.textContent !== text) state.textContent = text;
  }

  /** Say of a number that it is not read as one: when the writer has left it, not in the middle of typing. */
  #sayNotRead(box, left) {
    if (!box.dataset?.readsAs) return;
    const place = box.closest("[data-item]").querySelector("[data-not-read]");
    const words = box.value.toLowerCase().replace(/\s+/g, " ").trim();
    const reads = words === "" || new RegExp(`^(?:${box.dataset.readsAs})$`).test(words);
    if (reads) place.textContent = "";
    else if (left) place.textContent = place.dataset.notRead;
  }

  #showPlace(target) {
    const here = target.closest("section.question");
    for (const { section, link } of this.questions.values()) {
      if (section === here) link?.setAttribute("aria-current", "step");
      else link?.removeAttribute("aria-current");
    }
  }

  /** Let the fields be changed, or only be read. */
  setLocked(locked) {
    for (const element of this.form.elements) {
      if (element.tagName === "TEXTAREA" || element.type === "text") element.readOnly = locked;
      else if (element.tagName === "FIELDSET" || element.type === "checkbox") element.disabled = locked;
    }
  }
}
