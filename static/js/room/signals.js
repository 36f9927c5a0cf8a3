// What the page notices by itself, as evidence for people and never as a verdict: that it was left and came back, or full
// screen was; how much was copied or pasted (the size, never the words); a long absence; much text that a program put
// in at once. Tools that help to read or to write raise nothing: dictation, input methods, corrections and predictions
// come as other kinds of input, and what a page can't tell from them it leaves out. Kept on the device until it is sent.

const config = JSON.parse(document.getElementById("help-config").textContent);
const KEPT = `signals:${config.booking}`;
const PLACE = `network:${config.booking}`;
const ABSENCE = 10 * 60000;
const EVERY = 10000;
const FIRST = 3000;
const SPREAD = 10000; // a whole room opens the page at once and shouldn't be heard at once
const MOST = 200;
const BATCH = 50;
const AT_ONCE = 200;
const FASTEST = 50; // letters a second: twice as fast as anybody speaks
const SETTLE = 1000;

let noticed = load();
let lastInput = Date.now();
let left = null;
let composed = -Infinity;
let wroteAt = performance.now();
let stopped = false;
let leaving = false;
let sending = null;

function load() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) ?? [];
  } catch {
    return [];
  }
}

function keep() {
  try {
    if (noticed.length) localStorage.setItem(KEPT, JSON.stringify(noticed));
    else localStorage.removeItem(KEPT);
  } catch {
    // A browser that keeps nothing still sends what is in this page.
  }
}

function note(kind, size) {
  if (noticed.length < MOST) noticed.push({ kind, size, at: Date.now() });
  keep();
}

function message(batch) {
  const signals = batch.map(({ kind, size, at }) => ({ kind, age: Math.max(0, Date.now() - at), ...(size === undefined ? {} : { size }) }));
  return JSON.stringify({ signals, place: sessionStorage.getItem(PLACE) ?? "" });
}

/** Send what waits; what the server can't take now stays, and what it will never take goes. */
async function sendAll() {
  do {
    const batch = noticed.slice(0, BATCH);
    let response;
    try {
      response = await fetch(`${config.here}/signals`, { method: "POST", body: message(batch), headers: { "Content-Type": "application/json", Accept: "application/json" }, signal: AbortSignal.timeout(10000) });
    } catch {
      return;
    }
    if (response.status >= 500 || response.status === 401 || response.status === 429) return;
    noticed = noticed.filter((each) => !batch.includes(each));
    keep();
    if (response.ok) sessionStorage.setItem(PLACE, (await response.json()).place);
  } while (noticed.length);
}

function send() {
  sending ??= sendAll().finally(() => (sending = null));
  return sending;
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") {
    if (leaving || left !== null) return;
    left = Date.now();
    note("left_page");
  } else if (left !== null) {
    note("returned", Math.round((Date.now() - left) / 1000));
    left = null;
    lastInput = Date.now();
  }
});
// Going from one page of the exam to the next hides the page too; that is no leaving.
window.addEventListener("pagehide", () => (leaving = true));
window.addEventListener("beforeunload", () => (leaving = true));
window.addEventListener("pageshow", () => (leaving = false));

const length = (event) => event.clipboardData?.getData("text").length || selected(event.target);

function selected(field) {
  const { selectionStart, selectionEnd } = field ?? {};
  return Number.isInteger(selectionStart) ? selectionEnd - selectionStart : String(document.getSelection()).length;
}

document.addEventListener("copy", (event) => note("copied", selected(event.target)));
document.addEventListener("cut", (event) => note("copied", selected(event.target)));
document.addEventListener("paste", (event) => note("pasted", length(event)));

// A program that puts text in: one trusted input that an input method, a correction or a dictation does not send. Some
// dictation comes as plain text, a whole utterance at once: what could have been spoken since the last input is left out.

document.addEventListener("compositionend", () => (composed = performance.now()), { capture: true });
document.addEventListener("compositionstart", () => (composed = Infinity), { capture: true });
document.addEventListener(
  "input",
  (event) => {
    const isOurs = !event.isTrusted || event.isComposing || Math.abs(performance.now() - composed) < SETTLE || composed === Infinity;
    const length = event.inputType === "insertText" && !isOurs ? (event.data?.length ?? 0) : 0;
    const couldBeSpoken = length <= ((performance.now() - wroteAt) / 1000) * FASTEST;
    if (length > AT_ONCE && !couldBeSpoken) note("typed_at_once", length);
    wroteAt = performance.now();
  },
  { capture: true },
);

// Any sign of somebody counts as being there, also those that come from a screen reader or a switch.

for (const kind of ["keydown", "pointerdown", "pointermove", "wheel", "touchstart", "input", "scroll", "focusin", "selectionchange"]) {
  document.addEventListener(
    kind,
    () => {
      const away = Date.now() - lastInput;
      if (away > ABSENCE && !stopped && left === null) note("absent", Math.round(away / 1000));
      lastInput = Date.now();
    },
    { passive: true, capture: true },
  );
}
document.addEventListener("exam:reply", ({ detail }) => {
  if (detail.stopped || window.speechSynthesis?.speaking) lastInput = Date.now();
  stopped = Boolean(detail.stopped);
});

// Full screen is offered. Who takes the offer and leaves it is noted, nobody else.

const full = document.getElementById("full-screen");
const wide = matchMedia("(min-width: 60rem)");
const offer = () => full && (full.hidden = !document.fullscreenEnabled || !wide.matches);
offer();
wide.addEventListener("change", offer);
full?.addEventListener("click", () => document.documentElement.requestFullscreen().catch(() => (full.hidden = true)));
document.addEventListener("fullscreenchange", () => {
  if (!document.fullscreenElement && !leaving) note("left_full_screen");
});

document.addEventListener("exam:online", send);
document.addEventListener("signals:send", send);
setInterval(() => noticed.length && send(), EVERY);
setTimeout(send, FIRST + Math.random() * SPREAD);
