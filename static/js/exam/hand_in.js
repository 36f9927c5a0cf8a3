// Handing in: this device computes the receipt from its own copy of the answers and hands in only what the server
// has as well. What differs is said loudly, and nothing is handed in unless the candidate wants it all the same.

import { canDigest, digestOf, hashFields } from "./digest.js";
import { openStore } from "./store.js";

const { attempt } = JSON.parse(document.getElementById("exam-config").textContent);
const words = JSON.parse(document.getElementById("receipt-words").textContent);
const form = document.getElementById("hand-in");
const place = document.getElementById("receipt-check");
const store = await openStore(attempt);

const timeOf = (milliseconds) =>
  new Date(milliseconds).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** The answers that the server has confirmed to this device, by item: their place in the record, and their proof; and
 * the items of which something is still on its way. */
async function readOwn() {
  const { drafts } = await store.load();
  const own = new Map();
  const onTheirWay = new Set();
  for (const draft of drafts.filter(({ fields }) => fields)) {
    const { item, pos, epoch, fields } = draft;
    if (draft.version > draft.sent) onTheirWay.add(item);
    else if (draft.kind === "answer_saved" && pos) own.set(item, { pos, epoch, proof: await hashFields(fields), draft });
  }
  return { own, onTheirWay };
}

/** What the server has, or null when it can't be asked. */
async function readManifest() {
  try {
    const response = await fetch(form.dataset.manifest, { cache: "no-store", redirect: "error" });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

/** Whether the server's newer answer was written elsewhere: by a later device, or by a form without this script. */
const isFromElsewhere = (item, mine) => item.pos > mine.pos && (item.epoch > mine.epoch || item.by_form);

/** Compare both copies, question by question. */
async function compare() {
  const before = await readOwn();
  const manifest = await readManifest();
  if (!manifest) return null;
  const { own, onTheirWay } = await readOwn();
  if ([...before.onTheirWay].some((item) => !onTheirWay.has(item))) return compare(); // it arrived in between
  const found = { stage: manifest.stage, entries: [], foreign: [], differs: [], own: 0, digest: "" };
  for (const item of manifest.items) {
    const mine = own.get(item.item);
    own.delete(item.item);
    if (!mine && !item.pos) continue;
    const isMine = mine && item.pos >= mine.pos && item.sent === mine.proof;
    const isForeign = !mine || item.sent === null || isFromElsewhere(item, mine);
    if (isMine) found.own += 1;
    else if (!isForeign) found.differs.push({ ...item, mine });
    else if (!onTheirWay.has(item.item)) found.foreign.push(item);
    const counts = isMine || isForeign ? item : mine;
    found.entries.push({ item: item.item, pos: counts.pos, proof: isMine ? mine.proof : counts.proof });
  }
  for (const [item, mine] of own) {
    found.differs.push({ item, number: "?", mine });
    found.entries.push({ item, pos: mine.pos, proof: mine.proof });
  }
  found.digest = await digestOf(manifest.nonce, found.entries);
  return found;
}

function list(id, lines) {
  const items = lines.map((line) => {
    const item = document.createElement("li");
    item.textContent = line;
    return item;
  });
  document.getElementById(id).replaceChildren(...items);
}

function say({ number, pos, at, mine }) {
  const pattern = !pos ? words.missing : pos < mine.pos ? words.older : words.other;
  return pattern.replace("{n}", number).replace("{time}", at ? timeOf(at) : "");
}

const isShown = () => !place.hidden;

let isSendingAgain = false; // whoever hands in and then wants the answers sent again hands nothing older in

function show(found) {
  const again = found.differs.filter((each) => each.stage === found.stage);
  place.hidden = found.differs.length === 0 && !place.dataset.differs;
  document.getElementById("receipt-resend").hidden = again.length === 0;
  list("receipt-differences", found.differs.map(say));
  list("receipt-foreign-list", found.foreign.map(({ number, at }) =>
    words.foreign.replace("{n}", number).replace("{time}", timeOf(at)),
  ));
  document.getElementById("receipt-foreign").hidden = found.foreign.length === 0;
}

/** Take the reader to what is wrong. */
function bring() {
  place.tabIndex = -1;
  place.focus();
  place.scrollIntoView({ block: "center" });
}

const keyOf = `receipt ${attempt}`;

/** Send the form with what this device computed; `disputed`: the candidate knows of a difference. */
function send(found, disputed) {
  form.elements.digest.value = found.digest;
  form.elements.own.value = String(found.own);
  form.elements.disputed.value = disputed ? "yes" : "";
  const { digest, own } = found;
  sessionStorage.setItem(keyOf, JSON.stringify({ digest, own }));
  form.dataset.receipt = "computed";
  delete form.dataset.sent;
  form.requestSubmit();
}

async function handIn(disputed = false) {
  const found = await compare();
  delete form.dataset.sent;
  delete form.dataset.checked;
  if (isSendingAgain) return;
  if (!found) return unreachable();
  delete place.dataset.differs;
  show(found);
  if (found.differs.length && !disputed) return bring();
  form.dataset.checked = "yes";
  send(found, disputed && found.differs.length > 0);
}

function unreachable() {
  document.getElementById("trouble-text").textContent = words.unreachable;
  document.getElementById("trouble").hidden = false;
}

/** Let the page of the open stage send the differing answers again: it sends what is newer than what was sent. */
async function sendAgain() {
  isSendingAgain = true;
  const found = await compare();
  if (!found) {
    isSendingAgain = false;
    return unreachable();
  }
  for (const { mine, stage } of found.differs) {
    if (stage !== found.stage) continue;
    const { draft } = mine;
    store.put({ ...draft, version: draft.version + 1, since: Date.now() });
  }
  await store.arrived();
  location.assign(location.pathname);
}

if (form && canDigest) {
  let anyway = false;
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented || form.dataset.receipt) return; // answers are still on their way, or all is computed
    event.preventDefault();
    handIn(anyway);
    anyway = false;
  });
  document.getElementById("receipt-again").addEventListener("click", () => form.requestSubmit());
  document.getElementById("receipt-anyway").addEventListener("click", () => {
    anyway = true;
    form.requestSubmit();
  });
  document.getElementById("receipt-resend").addEventListener("click", sendAgain);
  window.addEventListener("pageshow", () => {
    delete form.dataset.receipt;
    isSendingAgain = false;
  });
  const found = await compare();
  if (found) show(found);
  if (isShown()) bring();
}
document.documentElement.dataset.receipt = "ready";
