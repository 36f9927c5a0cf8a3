// What a page had no time to keep. The device's store needs a moment to write, and a page that is going has none, nor
// has one that sends before a slow store has written; localStorage is written at once, but is small and holds the page
// up, so it serves for nothing else.

const PREFIX = "proficiency-parting-";

const read = (name) => {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? [];
  } catch {
    return []; // the browser refuses, or this is none of ours
  }
};

/** Leave `entries`, [name, what was to be written], for the next page. Returns how to take them back. */
export function leave(attempt, entries) {
  const name = PREFIX + attempt;
  const text = JSON.stringify([...new Map([...read(name), ...entries])]);
  try {
    localStorage.setItem(name, text);
  } catch {
    return () => {}; // the browser refuses, or it is too much: the store may still be in time
  }
  return () => localStorage.getItem(name) === text && localStorage.removeItem(name);
}

/** Take what an earlier page left, in the order in which it was to be written. */
export function takeLeft(attempt) {
  const entries = read(PREFIX + attempt);
  if (entries.length) localStorage.removeItem(PREFIX + attempt);
  return entries;
}

/** The attempts of which something was left. */
export function attemptsLeft() {
  try {
    return Object.keys(localStorage).filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length));
  } catch {
    return [];
  }
}
