// What a page had no time to keep. The device's store needs a moment to write, and a page that is going has none, nor
// has one that sends before a slow store has written; localStorage is written at once, but is small and holds the page
// up, so it serves for nothing else. What was left stays until the store is known to have it, or something newer: of two
// states their order tells.

const PREFIX = "proficiency-parting-";

/** Of entries, [name, {place, value}], the newest of each name: the one whose value has the highest `order`. */
export function newestOf(entries) {
  const found = new Map();
  for (const [name, entry] of entries) {
    if (!((found.get(name)?.value.order ?? -1) > (entry.value.order ?? 0))) found.set(name, entry);
  }
  return found;
}

/** What pages have left, as entries. */
export function readLeft(attempt) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + attempt)) ?? [];
  } catch {
    return []; // the browser refuses, or this is none of ours
  }
}

/** Leave entries for the pages that come next. */
export function leave(attempt, entries) {
  write(attempt, [...newestOf([...readLeft(attempt), ...entries])]);
}

/** Take away what is no newer than `entries`, which the device has. */
export function dropKnown(attempt, entries) {
  const left = readLeft(attempt);
  if (!left.length) return;
  const known = newestOf(entries);
  const isNewer = ([name, { value }]) => !(known.get(name)?.value.order >= value.order);
  write(attempt, left.filter(isNewer));
}

/** Forget what was left. */
export const forgetLeft = (attempt) => write(attempt, []);

function write(attempt, entries) {
  try {
    if (entries.length) localStorage.setItem(PREFIX + attempt, JSON.stringify(entries));
    else localStorage.removeItem(PREFIX + attempt);
  } catch {
    return; // the browser refuses, or it is too much: the store may still be in time
  }
}

/** The attempts of which something was left. */
export function attemptsLeft() {
  try {
    return Object.keys(localStorage).filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length));
  } catch {
    return [];
  }
}
