// What is true about the answers right now, in words: on the server and since when; on this device and not yet on the
// server, since when; only on this page; or refused.

import { timeOfDay } from "./says.js";

const LONG = 10000; // an answer that is not on the server for this long is said to be so

/** Returns {kind, state, text}. `kind` is what a listener is told of when it changes, `state` what the eye sees. */
export function truth({ sender, store, words, offset, isReading, isAway }) {
  const { unsent } = sender;
  const refused = unsent.find((draft) => draft.refused);
  if (refused) return { kind: "refused", state: "error", text: words.refused.replace("{reason}", refused.refused) };
  if (unsent.length) return waiting({ sender, store, words, offset });
  if (isReading) return { kind: "reading", state: "locked", text: words.reading };
  if (sender.savedAt === null) {
    return { kind: "saved", state: "saved", text: isAway ? words.nothingAway : words.nothing };
  }
  const isLate = sender.lastKind === "answer_late";
  const pattern = isLate ? words.late : isAway ? words.savedAway : words.saved;
  const text = pattern.replace("{time}", timeOfDay(sender.savedAt, true));
  return { kind: isLate ? "late" : "saved", state: "saved", text };
}

/** Something is not on the server yet: for a few seconds that is nothing to speak of. */
function waiting({ sender, store, words, offset }) {
  const [{ since }] = sender.unsent;
  const long = sender.isFailing || sender.halted || Date.now() - since > LONG;
  const isKept = store.isDurable;
  if (!long) return { kind: "saved", state: "saving", text: calm(store, words) };
  const text = (isKept ? words.device : words.memory).replace("{time}", timeOfDay(since + offset));
  return { kind: isKept ? "device" : "page", state: isKept ? "device" : "error", text };
}

function calm(store, words) {
  if (!store.isDurable) return words.sendingMemory;
  return store.isSettled ? words.sending : words.saving;
}
