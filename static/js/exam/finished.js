// After the end: what this device still holds and the server does not is sent, and kept there as late; then the
// device forgets everything about the exam.

import { erasePages } from "./pages.js";
import { post } from "./post.js";
import { checkReceipt } from "./receipt_shown.js";
import { Sender } from "./sender.js";
import { openStore } from "./store.js";

const place = document.getElementById("device-copy");
const { attempt, save, connect } = place.dataset;

function tell(text) {
  document.getElementById("device-copy-text").textContent = text;
  document.getElementById("device-copy-notice").hidden = text === "";
}

await erasePages(attempt);
const store = await openStore(attempt);
const kept = await store.load();
const hasWords = kept.drafts.some((draft) => draft.fields && draft.version > draft.sent);

/** Send what is left, however often it takes; resolves when nothing is. */
async function sendLeft() {
  const { status, data } = await post(connect, {});
  if (status !== 200 || !data.token) return false;
  const config = { save, token: data.token, epoch: data.write_epoch, stage: data.stage, seq: data.top_seq };
  const nothing = () => {};
  const on = { changed: nothing, replied: nothing, signedOut: nothing, refusedWriter: nothing };
  const sender = new Sender(store, config, on);
  sender.witness.hear(data.at, data.asked);
  sender.adopt(await store.load());
  return sender.flush(20000);
}

if (hasWords) {
  tell(place.dataset.unsent);
  while (!(await sendLeft())) await new Promise((resolve) => setTimeout(resolve, 5000));
  tell(place.dataset.late);
}
// When the receipt is not what this device computed, its copy is the candidate's evidence.
if (await checkReceipt()) await store.erase();
place.dataset.erased = "yes";
