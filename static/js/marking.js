// The marking screen by keyboard: levels by digit, a running total, and a draft that outlives an expired session.
// Everything on the page works without this; it only saves hands and time.

const form = document.getElementById("mark-form");
const criteria = [...form.querySelectorAll("fieldset.criterion")];
const weights = JSON.parse(form.dataset.weights);
const total = document.getElementById("mark-total");

// The total, exactly: weights are fractions, and rounding happens only when it is shown.

function gcd(a, b) {
  return b ? gcd(b, a % b) : a;
}

function sum() {
  let [top, bottom] = [0, 1];
  for (const criterion of criteria) {
    const chosen = criterion.querySelector("input:checked");
    if (!chosen) continue;
    const [up, down] = weights[criterion.dataset.criterion];
    top = top * down + up * Number(chosen.value) * bottom;
    bottom *= down;
    const common = gcd(top, bottom) || 1;
    [top, bottom] = [top / common, bottom / common];
  }
  const hundredths = Math.floor((top * 200 + bottom) / (2 * bottom));
  return (hundredths / 100).toString();
}

function showTotal() {
  total.textContent = total.dataset.pattern.replace("{total}", sum()).replace("{top}", total.dataset.top);
}

// The draft: kept in this tab only, gone with it, and erased as soon as the mark is recorded.

const draftKey = form.dataset.draft ? `marking:${form.dataset.draft}` : null;
const comment = form.querySelector("textarea");

function keepDraft() {
  if (!draftKey) return;
  const ticked = [...form.querySelectorAll("input:checked")].map((box) => [box.name, box.value]);
  sessionStorage.setItem(draftKey, JSON.stringify({ ticked, comment: comment.value }));
}

function restoreDraft() {
  const kept = draftKey && sessionStorage.getItem(draftKey);
  if (!kept) return;
  const draft = JSON.parse(kept);
  for (const box of form.querySelectorAll("input[type=radio], input[type=checkbox]")) {
    box.checked = draft.ticked.some(([name, value]) => name === box.name && value === box.value);
  }
  comment.value = draft.comment;
}

function dropOtherDrafts() {
  // Whoever is at another response, or corrects one, has recorded or given back the one before.
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith("marking:") && key !== draftKey) sessionStorage.removeItem(key);
  }
}

dropOtherDrafts();
restoreDraft();
showTotal();
form.addEventListener("input", () => {
  showTotal();
  keepDraft();
});

// The keyboard

const response = document.getElementById("response");
let current = Math.max(criteria.findIndex((each) => !each.querySelector("input:checked")), 0);

function focusOn(element) {
  if (!element) return;
  element.focus({ preventScroll: true });
  (element.closest("fieldset, details, .field") || element).scrollIntoView({ block: "nearest" });
}

function goTo(place) {
  current = Math.min(Math.max(place, 0), criteria.length - 1);
  focusOn(criteria[current].querySelector("input:checked") || criteria[current].querySelector("input"));
}

function firstOf(name) {
  return form.querySelector(`input[name="${name}"]`);
}

function setLevel(digit) {
  const choice = criteria[current].querySelector(`input[value="${digit}"]`);
  if (!choice) return;
  choice.checked = true;
  choice.dispatchEvent(new Event("input", { bubbles: true }));
  if (current < criteria.length - 1) goTo(current + 1);
  else focusOn(firstOf("indicators") || firstOf("traps") || comment);
}

function toggle(id) {
  const part = document.getElementById(id);
  if (!part) return;
  part.open = !part.open;
  part.querySelector("summary").focus({ preventScroll: true });
  if (part.open) part.scrollIntoView({ block: "start" });
}

function openGiveBack() {
  const part = document.getElementById("give-back");
  if (!part) return;
  part.open = true;
  part.querySelector("input:checked").focus({ preventScroll: true });
  part.scrollIntoView({ block: "nearest" });
}

const dialog = document.getElementById("keys");
const single = document.getElementById("single-keys");
const opener = document.getElementById("keys-open");
opener.hidden = !matchMedia("(any-hover: hover)").matches;
opener.addEventListener("click", () => dialog.showModal());
document.getElementById("keys-close").addEventListener("click", () => dialog.close());
single.checked = localStorage.getItem("marking-single-keys") !== "off";
single.addEventListener("change", () => {
  localStorage.setItem("marking-single-keys", single.checked ? "on" : "off");
});

const keys = {
  j: () => goTo(current + 1),
  k: () => goTo(current - 1),
  i: () => focusOn(firstOf("indicators")),
  t: () => focusOn(firstOf("traps")),
  c: () => focusOn(comment),
  q: () => toggle("the-question"),
  e: () => toggle("the-expected"),
  x: () => toggle("the-examples"),
  a: () => toggle("the-case"),
  r: () => response.focus(),
  w: openGiveBack,
  "?": () => dialog.showModal(),
};

criteria.forEach((criterion, place) => {
  criterion.addEventListener("focusin", () => {
    current = place;
  });
});

function isTyping(target) {
  return target.matches("textarea, select, input:not([type=radio], [type=checkbox])");
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !dialog.open) {
    event.preventDefault();
    form.requestSubmit(form.querySelector("[aria-keyshortcuts]") || undefined);
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
  if (event.key === "Escape" && event.target === comment) {
    goTo(current);
    return;
  }
  if (isTyping(event.target) || !single.checked) return;
  const verb = /^[0-9]$/.test(event.key) ? () => setLevel(event.key) : keys[event.key.toLowerCase()];
  if (!verb) return;
  event.preventDefault();
  verb();
});

// The bar with the total stays in sight; what has the focus must not end up behind it.
const foot = document.querySelector(".work-foot");
for (const scroller of [document.documentElement, foot.closest(".pane")]) {
  scroller.style.scrollPaddingBottom = `${foot.offsetHeight + 12}px`;
}

// Each response appears in the same place, ready to be read with the keyboard, unless there is something to be told first.
if (!document.querySelector(".error-summary, main .notice") && matchMedia("(min-width: 60rem)").matches) {
  if (foot.getBoundingClientRect().bottom > innerHeight)
    scrollBy({ top: response.parentElement.getBoundingClientRect().top - 12, behavior: "instant" });
  response.focus({ preventScroll: true });
}
