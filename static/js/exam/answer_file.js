// The last resort: the answers that this device holds, sealed for the exam office and saved as a file. It holds no
// question. Only the sitting's key opens it, which no browser has; the attempt is bound to it and can't be exchanged.

const KIND = "proficiency answer file";
const VERSION = 1;

const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const utf8 = (text) => new TextEncoder().encode(text);

function textOf(buffer) {
  let letters = "";
  for (const byte of new Uint8Array(buffer)) letters += String.fromCharCode(byte);
  return btoa(letters);
}

/** What the file holds of a draft: an answer, and how long before `madeAt` it changed as far as this device can tell. */
function answerOf({ item, epoch, fields, mark }, madeAt, witness) {
  const known = mark && mark.at !== null ? Math.max(0, Math.round(madeAt - mark.at)) : null;
  return { item, epoch, fields, age: known ?? (mark ? witness.age(mark) : null) };
}

async function keyFor(publicKey) {
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const theirs = await crypto.subtle.importKey("raw", bytesOf(publicKey), curve, false, []);
  const mine = await crypto.subtle.generateKey(curve, false, ["deriveBits"]);
  const point = await crypto.subtle.exportKey("raw", mine.publicKey);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, mine.privateKey, 256);
  const source = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: point, info: utf8(KIND) };
  const key = await crypto.subtle.deriveKey(how, source, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  return { point, key };
}

/** Seal `drafts` for the sitting. `madeAt` is the server's time of day as far as the page knows it, in milliseconds. */
export async function seal({ attempt, nonce, fileKey }, drafts, madeAt, witness) {
  const answered = drafts.filter((draft) => draft.fields !== undefined);
  const answers = answered.map((draft) => answerOf(draft, madeAt, witness));
  const inside = JSON.stringify({ attempt, nonce, made_at: Math.round(madeAt), answers });
  const { point, key } = await keyFor(fileKey);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: utf8(attempt) }, key, utf8(inside));
  return JSON.stringify({ kind: KIND, version: VERSION, attempt, key: textOf(point), iv: textOf(iv), data: textOf(data) });
}

/** Let the browser save `content` under `name`. */
function download(content, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

const PATIENCE = 60000; // for so long the connection is given time to come back by itself

/** Offer the file when the server has been away for a while with something unsent. `gather` gives what there is;
 * `reachable`: whether the server answers now. */
export function tendAnswerFile(config, gather, reachable) {
  const place = document.getElementById("answer-file");
  const button = document.getElementById("save-answer-file");
  if (!place || !globalThis.crypto?.subtle) return;
  let waiting = null;
  const offer = async () => (place.hidden = !(await gather()).isUnsent);
  const wait = () => (waiting ??= setInterval(offer, PATIENCE));
  document.addEventListener("exam:offline", wait);
  if (!reachable) wait();
  document.addEventListener("exam:closed", offer);
  document.addEventListener("exam:reply", () => place.hidden || setTimeout(offer, 300)); // it may have arrived since
  document.addEventListener("exam:online", () => {
    clearInterval(waiting);
    waiting = null;
    place.hidden = true;
  });
  button.addEventListener("click", async () => {
    const { drafts, at, witness } = await gather();
    const stamp = new Date(at).toISOString().slice(0, 16).replace(/[^0-9]/g, "");
    download(await seal(config, drafts, at, witness), `answers-${stamp}.json`);
    document.getElementById("answer-file-saved").hidden = false;
  });
}
