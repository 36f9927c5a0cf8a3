// What a candidate keeps for themselves during one exam, on this device only: notes, and where the case is marked.
// It is gone when the exam is over, and nobody but this person is shown it.

const PREFIX = "proficiency-own-";

const placeOf = (attempt, what) => `${PREFIX}${attempt}-${what}`;

/** What was kept, or `otherwise`. */
export function readOwn(attempt, what, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(placeOf(attempt, what))) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** Keep something. Returns whether the device does. */
export function keepOwn(attempt, what, value) {
  try {
    localStorage.setItem(placeOf(attempt, what), JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

/** Forget everything that was kept for any exam on this device. */
export function forgetOwn() {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key);
  } catch {
    // Nothing was kept.
  }
}
