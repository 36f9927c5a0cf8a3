// The candidate's tools on the pages of an exam. Everything happens in this browser: nothing is sent, nothing is marked.

import { tendCalculator } from "./calculator.js";
import { tendLook } from "./look.js";
import { Marks } from "./marks.js";
import { forgetOwn, keepOwn, readOwn } from "./private.js";
import { tendRuler } from "./ruler.js";
import { tendTabs } from "./tabs.js";
import { readAloud, stopReading, watchVoices } from "./voice.js";

const element = (id) => document.getElementById(id);
const panel = element("tools");
const { attempt } = JSON.parse(element("exam-config").textContent);
const pane = element("case");
const markTools = element("mark-tools");
const opener = element("open-tools");
const isCovered = () => document.documentElement.dataset.covered === "yes";

// Opening and closing

function openPanel() {
  if (!panel.open) panel.showModal();
}

/** Open what stays beside the exam, or go to it when it is open. */
function openBeside(id) {
  panel.close();
  const dialog = element(id);
  if (!dialog.open) dialog.show();
  dialog.querySelector("input, textarea").focus();
}

for (const dialog of document.querySelectorAll("dialog.tools, dialog.tool-dock")) {
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("keydown", (event) => event.key === "Escape" && dialog.close());
  dialog.addEventListener("close", () => {
    if (document.activeElement === document.body) opener?.focus(); // unless something else was opened from it
  });
}
for (const button of panel.querySelectorAll("[data-open]")) {
  button.addEventListener("click", () => openBeside(button.dataset.open));
}
if (opener) {
  opener.hidden = false;
  opener.addEventListener("click", openPanel);
}

// Notes

const notes = element("notes-text");
notes.value = readOwn(attempt, "notes", "");
notes.addEventListener("input", () => keepOwn(attempt, "notes", notes.value));

// Marks in the case

const marks = pane ? new Marks(attempt, markTools, pane) : null;
if (marks?.canPaint && marks.paragraphs.length) {
  markTools.hidden = false;
  pane.querySelector("h2")?.after(markTools);
}
const kindOf = (name) => (name === "clear" ? null : name);
markTools.addEventListener("pointerdown", (event) => event.preventDefault()); // pressing must not lose what is selected
markTools.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-mark]");
  if (button) marks.markSelection(kindOf(button.dataset.mark));
});

// Reading aloud

const where = () => document.activeElement?.closest(".question") ?? inSight();

/** The question that stands highest on the screen. */
function inSight() {
  const all = [...document.querySelectorAll(".question")];
  return all.find((each) => each.getBoundingClientRect().bottom > innerHeight / 3) ?? all[0];
}

let lastAt = null;
document.addEventListener("focusin", ({ target }) => {
  lastAt = target.closest(".question") ?? lastAt;
});

const texts = {
  case: () => pane?.querySelector(".case-text:last-of-type")?.innerText ?? "",
  question: () => (lastAt ?? where())?.innerText ?? "",
  selection: () => selected,
};

let selected = "";
document.addEventListener("selectionchange", () => {
  const text = String(getSelection());
  if (text.trim()) selected = text;
});

const aloud = element("read-aloud");
if (aloud) {
  watchVoices((voice) => {
    aloud.hidden = false;
    element("no-voice").hidden = Boolean(voice);
    for (const button of aloud.querySelectorAll("[data-read]")) button.disabled = !voice;
  });
  aloud.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-read]");
    if (!button) return;
    panel.close();
    readAloud(texts[button.dataset.read]());
  });
  window.addEventListener("pagehide", stopReading);
}

// Keys

function step(by) {
  const all = [...document.querySelectorAll(".question")];
  const now = all.indexOf(where());
  const next = all[Math.min(Math.max(now + by, 0), all.length - 1)];
  next?.scrollIntoView({ block: "start" });
  next?.focus();
}

const KEYS = {
  KeyN: () => step(1),
  KeyP: () => step(-1),
  KeyF: () => where()?.querySelector(".flag input")?.click(),
  KeyC: () => pane?.focus(),
  KeyQ: () => where()?.focus(),
  KeyH: () => marks?.markSelection("highlight"),
  KeyX: () => marks?.markSelection("strike"),
  KeyK: () => openBeside("calculator"),
  KeyM: () => openBeside("notes"),
  KeyT: openPanel,
  KeyR: stopReading,
};

document.addEventListener("keydown", (event) => {
  if (!event.altKey || !event.shiftKey || event.ctrlKey || event.metaKey) return;
  const act = KEYS[event.code];
  if (!act) return;
  event.preventDefault();
  if (isCovered()) return;
  act();
});

// The look

tendLook(panel);
tendCalculator(element("calculator"));
const tend = () => {
  tendRuler();
  if (pane) tendTabs(pane, markTools.dataset.case);
};
document.documentElement.addEventListener("look", tend);
tend();

// While the clock stands still the exam is covered, and nothing of it is to be had by the way of a tool.
function putAway() {
  for (const dialog of document.querySelectorAll("dialog.tools, dialog.tool-dock")) dialog.close();
  stopReading();
}
document.addEventListener("exam:covered", ({ detail }) => detail && putAway());
document.addEventListener("exam:closed", forgetOwn);
document.documentElement.dataset.tools = "ready";
