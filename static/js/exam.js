// The script of every page within an exam: keeps and sends answers, tells the truth about both, and runs the clock.
// Without it the pages work as plain forms. A page that was kept on the device (`data-kept`, see sw.js) goes through
// the same steps: what this device wrote since it was made is put onto it, and its time is a guess until the server
// is heard.

import { Answers } from "./exam/answers.js";
import { Blocked } from "./exam/blocked.js";
import { Clock, leftText } from "./exam/clock.js";
import { Leaving } from "./exam/leaving.js";
import { tell } from "./exam/news.js";
import { post } from "./exam/post.js";
import { answerWith, bring, clearTrouble, element, say, show, timeOfDay, trouble } from "./exam/says.js";
import { isNewer, Sender } from "./exam/sender.js";
import { openStore } from "./exam/store.js";
import { claimTab, listenForTabs, takeTab } from "./exam/tab.js";
import { truth } from "./exam/truth.js";

const config = JSON.parse(document.getElementById("exam-config").textContent);
const { words } = config;
const { dataset } = document.documentElement;
const form = element("answers");
const answers = form && config.writer ? new Answers(form, words) : null;
const clock = new Clock(config.remaining, config.stopped, config.resumesIn);

const CONTACT = 15000;
const OFTEN = 3000;
const SETTLE = 2000; // the pages are kept a little after they are shown, and not by everybody at once
const SPREAD = 6000;
const SLOWNESS = 20; // where the page itself was slow to come many are there, and keeping waits so many times as long
const AGAIN = 60000;
const SHORT = 4000; // who presses a button does not wait longer to learn that the server is away

let offset = 0; // how far the server's time of day is ahead of this device's
let heardAt = performance.now();
let livedAt = performance.now(); // when the room last heard how this page stands: saves don't tell it
let reachable = true;
let isKept = dataset.kept === "yes";
let hasPages = isKept;
let ended = false;
let closed = false;
let erased = false;
let otherTab = false;
let signedOut = false;
let wasAway = false;
let connecting = null;

// What is typed before the page knows what was written is in no store yet.
window.addEventListener("beforeunload", (event) => {
  if (dataset.exam !== "ready" && answers?.touched.length) event.preventDefault();
});

const store = await openStore(config.attempt);
const blocked = new Blocked(store, config.stage);
const sender = new Sender(store, config, {
  changed: showState,
  replied,
  signedOut: connect,
  refusedWriter: () => setTimeout(connect, OFTEN),
});
store.onchange = showState;
const leaving = new Leaving({
  sender,
  store,
  words,
  isOver: () => closed || (ended && sender.unsent.length === 0),
  isPassive: () => otherTab,
  begun: () => begun,
  isReachable: () => reachable,
  reach,
  refused: refuseForm,
});

// What is said about the answers

let kind = null;

function showState() {
  const isReading = !config.writer || otherTab;
  const found = truth({ sender, store, words, offset, isReading, isAway: !reachable });
  const place = element("save-text");
  place.removeAttribute("role"); // each save would be read out; what matters is said apart
  element("save-state").dataset.state = found.state;
  if (place.textContent !== found.text) place.textContent = found.text;
  if (kind !== null && found.kind !== kind && !["saved", "reading"].includes(found.kind)) say(found.text);
  kind = found.kind;
  if (sender.isFailing) setReachable(false);
  showAway();
  if (ended) showEnd();
}

function setReachable(now) {
  if (now === reachable) return;
  reachable = now;
  tell(now ? "online" : "offline");
  if (now) showState();
}

function showAway() {
  if (!reachable && !wasAway && !ended) trouble("away", hasPages ? words.awayNow : words.awayStay);
  wasAway = !reachable || (wasAway && sender.unsent.length > 0);
  if (!wasAway && clearTrouble("away", "leave")) say(words.backNow);
}

// Whether the fields can be changed

function showLock() {
  const locked = ended || otherTab || clock.stopped || !config.writer;
  cover(clock.stopped);
  answers?.setLocked(locked);
  show("other-device", !config.writer && !ended);
  show("other-tab", otherTab);
  show("stopped", clock.stopped);
  show("time-over", ended);
}

/** What can't be used while the clock stands still is out of reach; tools.css follows. */
function cover(isStopped) {
  if (isStopped === (dataset.covered === "yes")) return;
  if (isStopped) dataset.covered = "yes";
  else delete dataset.covered;
  tell("covered", isStopped);
}

function showEnd() {
  const place = element("time-over-text");
  const text = sayEnd();
  if (place.textContent !== text) {
    place.textContent = text;
    say(text);
  }
  show("to-finished", sender.unsent.length === 0 && reachable);
  if (!closed || sender.unsent.length || erased) return;
  erased = true;
  store.erase();
  import("./exam/pages.js").then(({ erasePages }) => erasePages(config.attempt));
}

function sayEnd() {
  if (!reachable && (sender.unsent.length || isKept)) return store.isDurable ? words.endedKept : words.endedUnsent;
  if (!sender.unsent.length) return words.endedSaved;
  return closed ? words.endedUnsent : words.endedSending;
}

// The server's side

/** Take what every reply says about time, writer, stage and end. */
function hear(data) {
  heardAt = performance.now();
  setReachable(true);
  offset = data.at - Date.now();
  sender.witness.hear(data.at, data.asked);
  clock.sync(data.remaining, data.stopped, data.resumes_in);
  noteTime();
  if (blocked.end()) trouble("waited", words.waited);
  if (data.closed && !closed) tell("closed");
  closed = data.closed;
  tell("reply", data);
  if (config.writer && data.epoch > config.epoch) config.writer = false;
  const moved = config.writer && !closed && data.stage !== config.stage;
  if (moved && !sender.unsent.length) location.reload(); // another tab has closed this stage
  const over = closed || (!data.stopped && data.remaining === 0);
  if (over && !ended) end();
  if (!over && ended) goOn();
  showLock();
}

/** What the server said of the time, for a page that has to begin without it. */
function noteTime() {
  const { remaining, stopped, resumesIn } = clock;
  store.note({ time: { remaining, stopped, resumesIn, wall: Date.now(), offset } });
}

function replied(data, draft, message) {
  hear(data);
  tell("saved", { item: draft.item, fields: message.fields, flagged: message.flagged, reply: data });
  if (data.kind === "answer_late" && draft.fields) trouble("late", words.lateTrouble);
  if (data.kind === "answer_outdated" && draft.epoch < config.epoch) trouble("outdated", words.outdated);
  if (data.kind === "answer_saved" && draft.epoch < config.epoch) answers?.restore(draft);
}

async function contact(options) {
  if (!config.token) return connect();
  livedAt = performance.now();
  const { status, data } = await post(config.contact, signOfLife(), options);
  if (status === 200 && sender.isFailing && !sender.halted) sender.resume(); // no need to wait for its next try
  if (status === 200) hear(data);
  if (status === 401) await connect();
  return understand(status);
}

/** Show what an exchange tells of the connection. Returns whether the server answered. */
function understand(status) {
  if (status === 0) setReachable(false);
  showState();
  return status !== 0;
}

/** What the page says of itself every few seconds; who watches over the room sees it. */
function signOfLife() {
  const [oldest] = sender.unsent;
  return {
    token: config.token,
    epoch: config.epoch,
    unsent: sender.unsent.length,
    waiting: oldest ? Math.max(0, Date.now() - oldest.since) : 0,
    hidden: document.visibilityState === "hidden",
  };
}

/** Whether the server answers now. */
async function reach() {
  return (await contact({ patience: SHORT })) && !signedOut;
}

/** Ask for a token for the sign-in that there is now. Returns whether the server answered. */
function connect() {
  connecting ??= askForToken().finally(() => (connecting = null));
  return connecting;
}

async function askForToken() {
  const { status, data } = await post(config.connect, {});
  if (status === 401 && !signedOut) loseSignIn();
  if (status !== 200) return understand(status);
  signedOut = false;
  show("signed-out", false);
  for (const field of document.querySelectorAll("input[name=csrf_token]")) field.value = data.csrf;
  const taken = config.writer && !data.writer;
  config.writer = config.writer && data.writer;
  hear(data);
  isKept = false;
  if (hasPages && config.writer && !closed) keep(); // they go when somebody signs out, and may be this person's again
  if (!otherTab && data.token) {
    sender.seq = Math.max(sender.seq, data.top_seq); // a kept page may know of fewer
    // A device that no longer writes may still send what it wrote before.
    sender.resume(taken ? { token: data.token } : { token: data.token, epoch: data.write_epoch });
  }
  return understand(status);
}

function loseSignIn() {
  signedOut = true;
  sender.halt();
  show("signed-out", true);
  say(element("signed-out").querySelector("p").textContent, true);
}

// Time

function end() {
  ended = true;
  dataset.over = "yes";
  clearTrouble("away", "leave"); // they ask to go on writing
  sender.flush();
  say(words.ended, true);
  showLock();
  showState();
  bring("time-over");
}

function goOn() {
  ended = false;
  delete dataset.over;
  showState();
}

function tick() {
  const left = leftText(clock.remaining, words);
  const text = clock.isGuess ? words.about.replace("{time}", left) : left;
  for (const place of [element("time-left"), ...document.querySelectorAll("[data-time-left]")]) {
    if (place.textContent !== text) place.textContent = text;
  }
  element("exam-time").classList.toggle("is-low", clock.remaining <= 5 * 60000);
  const warning = clock.takeWarning();
  if (warning !== null) warn(warning);
  if (clock.remaining === 0 && !clock.stopped && !ended) {
    end();
    showLock();
  }
  if (clock.stopped === element("stopped").hidden) showLock(); // a break has ended by itself
  blocked.tick();
  listen();
  if (!sender.unsent.length) return;
  sender.watch();
  showState();
}

/** Ask the server when it has not been heard for long enough. */
function listen() {
  const often = ended || clock.stopped || signedOut || sender.halted || !reachable;
  const quiet = performance.now() - (often ? heardAt : Math.min(heardAt, livedAt));
  if (otherTab || (quiet <= (often ? OFTEN : CONTACT) && !clock.isInDoubt)) return;
  heardAt = livedAt = performance.now();
  if (clock.isInDoubt) clock.doubt();
  if (signedOut || sender.halted || isKept) connect();
  else if (!closed) contact();
}

function warn(minutes) {
  const text = minutes === 1 ? words.oneMinute : words.minutes.replace("{n}", minutes);
  element("time-warning-text").textContent = text;
  show("time-warning", true);
  say(text, minutes === 1 && document.documentElement.dataset.warnings !== "soft");
  setTimeout(() => show("time-warning", false), 30000);
}

// Leaving and coming back

/** A form that changes what only the server can change, and the server is away. */
function refuseForm(refused) {
  if (signedOut) return;
  if (refused.dataset.flush === "finish") return answerWith("leave", words.finishAway);
  if (refused.dataset.flush !== "stage") return answerWith("leave", words.leaveAway);
  blocked.begin();
  const rule = config.blocked ? words.blockedRule.replace("{n}", config.blocked) : "";
  answerWith("away", words.blocked.replace("{time}", timeOfDay(blocked.askedAt + offset)).replace("{rule}", rule));
}

/** The claim goes with the form that opens the next stage. */
function putClaim() {
  for (const place of document.querySelectorAll("input[name=blocked]")) place.value = blocked.milliseconds;
}

document.addEventListener("submit", putClaim, true);

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  const place = config.go[event.submitter?.value];
  if (place) leaving.follow(place);
  else sender.flush().then(showState);
});

leaving.watch();
window.addEventListener("pagehide", () => {
  sender.sendBeyond();
  store.leave();
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") {
    sender.sendBeyond();
    return store.leave(); // a page that is not seen may be ended without a word
  }
  if (signedOut) connect();
  else if (!otherTab && !closed) contact();
});
window.addEventListener("focus", () => signedOut && connect());
window.addEventListener("online", () => sender.flush());
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
element("time-warning-close").addEventListener("click", () => show("time-warning", false));
element("claim-tab").addEventListener("click", () => takeTab(config.attempt));

/** All that this device holds of the answers, for an answer file. */
async function gather() {
  const kept = (await store.load()).drafts.filter(({ key }) => !sender.drafts.has(key));
  const drafts = [...kept, ...sender.drafts.values()];
  return { drafts, at: Date.now() + offset, witness: sender.witness, isUnsent: sender.unsent.length > 0 };
}

/** The last resort has to be there before it is needed, and not before the page stands. */
function bringAnswerFile() {
  import("./exam/answer_file.js")
    .then(({ tendAnswerFile }) => tendAnswerFile(config, gather, reachable))
    .catch(() => setTimeout(bringAnswerFile, OFTEN)); // the server went away just now
}

// Beginning

/** Let another tab write: send what there is, if there is still time, and put away no more. */
async function becomePassive(isLost) {
  otherTab = true;
  showLock();
  if (!isLost) await sender.flush();
  sender.halt();
  store.leave(); // the other tab may read before all of it is written
  store.close();
  showState();
}

/** Put onto the page what this device wrote since it was made, under what was typed on it before this script ran, and
 * send what the server does not have. */
function takeUp({ drafts }) {
  if (clock.stopped || clock.remaining === 0) answers?.reset(); // it was typed when nothing could be written
  const touched = answers?.touched ?? [];
  const newer = drafts.filter((draft) => isNewer(draft, config));
  for (const draft of newer) {
    if (touched.some(({ key }) => key === draft.key)) answers.restoreUnder(draft);
    else answers?.restore(draft);
  }
  if (!answers && newer.length) import("./exam/overview.js").then(({ showNewer }) => showNewer(newer, words));
  for (const each of touched) sender.change(each.key, each.item, answers.valueOf(each));
  answers?.listen((key, item, value) => sender.change(key, item, value));
}

/** How long to wait before the pages are kept: never all at once, and up to two minutes where the server is slow. */
function leisure() {
  const [page] = performance.getEntriesByType("navigation");
  const slow = page ? page.responseStart - page.requestStart : 0;
  return SETTLE + Math.random() * Math.min(Math.max(SPREAD, SLOWNESS * slow), 120000);
}

/** Keep the pages for times without the network; again after a while when that was not possible. */
async function keep() {
  const pages = await import("./exam/pages.js").catch(() => null); // the server went away just now
  hasPages = !closed && pages !== null && (await pages.keepPages(config));
  dataset.pages = hasPages ? "kept" : "none";
  if (!hasPages && !closed) setTimeout(keep, AGAIN);
}

async function begin() {
  element("no-script")?.remove();
  const tab = config.writer ? await claimTab(config.attempt) : null;
  otherTab = config.writer && tab === null;
  if (otherTab) {
    store.close();
    answers?.reset(); // nothing is shown as if it were kept
  }
  const memory = await store.load();
  if (isKept) sender.halt(); // the server is asked for the time first: by it the age of what is kept is known
  else sender.witness.hear(config.at, 0);
  if (isKept && memory.time) {
    clock.guess(memory.time);
    offset = memory.time.offset;
  }
  blocked.adopt(memory.blocked, isKept);
  if (!otherTab && config.token) {
    sender.adopt(memory);
    takeUp(memory);
    if (config.writer && !store.isDurable) trouble("store", words.noStore);
    if (config.writer && !isKept) setTimeout(keep, leisure());
  }
  if (tab) {
    listenForTabs(config.attempt, () => becomePassive(false).then(tab.release));
    tab.lost.then(() => becomePassive(true));
  }
  if (isKept) connect();
  else noteTime();
  showLock();
  showState();
  tick();
  setInterval(tick, 500);
  dataset.exam = "ready";
  tell("ready");
  bringAnswerFile();
}

const begun = begin();
await begun;
