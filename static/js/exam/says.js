// What the page says: notices that appear when they become true, and what a screen reader hears of them.

export const element = (id) => document.getElementById(id);

export function show(id, shown) {
  element(id).hidden = !shown;
}

/** Say something to a screen reader; `now` interrupts. */
export function say(text, now = false) {
  const place = element(now ? "say-now" : "say");
  place.textContent = "";
  setTimeout(() => (place.textContent = text), 50);
}

let troubleIs = "";

/** Show a notice until a later one takes its place; `what` says what it is about. */
export function trouble(what, text) {
  if (troubleIs === what && element("trouble-text").textContent === text) return;
  troubleIs = what;
  element("trouble-text").textContent = text;
  show("trouble", true);
  say(text);
}

/** The same in answer to something that the reader did: it is brought before their eyes. */
export function answerWith(what, text) {
  trouble(what, text);
  bring("trouble");
}

export function bring(id) {
  element(id).scrollIntoView({ block: "center" });
}

/** Take the notice away if it is about one of these. Returns whether it was. */
export function clearTrouble(...about) {
  if (!about.includes(troubleIs)) return false;
  troubleIs = "";
  show("trouble", false);
  return true;
}

export function timeOfDay(milliseconds, seconds = false) {
  return new Date(milliseconds).toLocaleTimeString("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    second: seconds ? "2-digit" : undefined,
  });
}
