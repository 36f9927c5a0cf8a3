// The script of every page within an exam: keeps and sends answers, tells the truth about both, and runs the clock.
// Without it the pages work as plain forms.

import { Answers } from "./exam/answers.js";
import { Clock, leftText } from "./exam/clock.js";
import { getCursor, tell } from "./exam/news.js";
import { post } from "./exam/post.js";
import { Sender } from "./exam/sender.js";
import { openStore } from "./exam/store.js";
import { claimTab, listenForTabs, takeTab } from "./exam/tab.js";

const config = JSON.parse(document.getElementById("exam-config").textContent);
const { words } = config;
const element = (id) => document.getElementById(id);
const form = element("answers");
const answers = form && config.writer ? new Answers(form, words) : null;
const clock = new Clock(config.remaining, config.stopped);

const CONTACT = 15000;
const OFTEN = 3000;
const LONG = 10000; // an answer that is not on the server for this long is said to be so

let offset = 0; // how far the server's time of day is ahead of this device's
let heardAt = performance.now();
let ended = false;
let closed = false;
let otherTab = false;
let signedOut = false;
let wasAway = false;
let connecting = false;

const store = await openStore(config.attempt);
const sender = new Sender(store, config, {
  changed: showState,
  replied,
  signedOut: loseSignIn,
  refusedWriter: () => setTimeout(connect, OFTEN),
});
store.onchange = showState;

// What the page says

const show = (id, shown) => {
  element(id).hidden = !shown;
};

/** Say something to a screen reader; `now` interrupts. */
function say(text, now = false) {
  const place = element(now ? "say-now" : "say");
  place.textContent = "";
  setTimeout(() => (place.textContent = text), 50);
}

let troubleIs = "";

/** Show a notice until a later one takes its place; `what` says what it is about. */
function trouble(what, text) {
  troubleIs = what;
  element("trouble-text").textContent = text;
  show("trouble", true);
  say(text);
}

function clearTrouble(...about) {
  if (!about.includes(troubleIs)) return false;
  troubleIs = "";
  show("trouble", false);
  return true;
}

const timeOfDay = (milliseconds, seconds) =>
  new Date(milliseconds).toLocaleTimeString("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    second: seconds ? "2-digit" : undefined,
  });

/** What is true about the answers right now: a state for the eye, and words. */
function truth() {
  const { unsent } = sender;
  const refused = unsent.find((draft) => draft.refused);
  if (refused) return ["error", words.refused.replace("{reason}", refused.refused)];
  if (unsent.length) {
    const since = timeOfDay(unsent[0].since + offset, false);
    const long = sender.isFailing || sender.halted || Date.now() - unsent[0].since > LONG;
    if (!store.isDurable) return long ? ["error", words.memory.replace("{time}", since)] : ["saving", words.sendingMemory];
    if (!store.isSettled) return ["saving", words.saving];
    return long ? ["device", words.device.replace("{time}", since)] : ["saving", words.sending];
  }
  if (!config.writer || otherTab) return ["locked", words.reading];
  if (sender.savedAt === null) return ["saved", words.nothing];
  const time = timeOfDay(sender.savedAt, true);
  return ["saved", (sender.lastKind === "answer_late" ? words.late : words.saved).replace("{time}", time)];
}

function showState() {
  const [state, text] = truth();
  const place = element("save-text");
  place.removeAttribute("role"); // each save would be read out; what matters is said apart
  element("save-state").dataset.state = state;
  if (place.textContent !== text) place.textContent = text;
  showAway();
  if (ended) showEnd();
}

function showAway() {
  if (sender.isFailing && !wasAway) trouble("away", words.awayNow);
  if (sender.isFailing) setReachable(false);
  wasAway = sender.isFailing || (wasAway && sender.unsent.length > 0);
  if (!wasAway && clearTrouble("away", "leave")) say(words.backNow);
}

let reachable = true;

function setReachable(now) {
  if (now !== reachable) tell(now ? "online" : "offline");
  reachable = now;
}

// Whether the fields can be changed

function showLock() {
  const locked = ended || otherTab || clock.stopped || !config.writer;
  answers?.setLocked(locked);
  show("other-device", !config.writer && !ended);
  show("other-tab", otherTab);
  show("stopped", clock.stopped);
  show("time-over", ended);
}

function showEnd() {
  const text = sender.unsent.length ? (closed ? words.endedUnsent : words.endedSending) : words.endedSaved;
  const place = element("time-over-text");
  if (place.textContent !== text) {
    place.textContent = text;
    say(text);
  }
  show("to-finished", sender.unsent.length === 0);
  if (closed && !sender.unsent.length) store.erase();
}

// The server's side

/** Take what every reply says about time, writer, stage and end. */
function hear(data) {
  heardAt = performance.now();
  setReachable(true);
  offset = data.at - Date.now();
  clock.sync(data.remaining, data.stopped);
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

function replied(data, draft) {
  hear(data);
  if (data.kind === "answer_late" && draft.fields) trouble("late", words.lateTrouble);
  if (data.kind === "answer_outdated" && draft.epoch < config.epoch) trouble("outdated", words.outdated);
  if (data.kind === "answer_saved" && draft.epoch < config.epoch) answers?.restore(draft);
}

async function contact() {
  if (!config.token) return connect();
  const { status, data } = await post(config.contact, signOfLife());
  if (status === 200) hear(data);
  if (status === 0) setReachable(false);
  if (status === 401) loseSignIn();
  showState();
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
    cursor: getCursor(),
  };
}

function loseSignIn() {
  signedOut = true;
  sender.halt();
  show("signed-out", true);
  say(element("signed-out").querySelector("p").textContent, true);
  showState();
}

/** Ask for a token for the sign-in that there is now. */
async function connect() {
  if (connecting) return;
  connecting = true;
  const { status, data } = await post(config.connect, {});
  connecting = false;
  if (status === 401 && !signedOut) loseSignIn();
  if (status !== 200) return;
  signedOut = false;
  show("signed-out", false);
  const taken = config.writer && !data.writer;
  config.writer = config.writer && data.writer;
  hear(data);
  if (otherTab || !data.token) return;
  // A device that no longer writes may still send what it wrote before.
  sender.resume(taken ? { token: data.token } : { token: data.token, epoch: data.write_epoch });
}

// Time

function end() {
  ended = true;
  sender.flush();
  say(words.ended, true);
  showState();
}

function goOn() {
  ended = false;
  showState();
}

function tick() {
  const text = leftText(clock.remaining, words);
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
  const pause = ended || clock.stopped || signedOut ? OFTEN : CONTACT;
  if (!otherTab && (performance.now() - heardAt > pause || clock.isInDoubt)) {
    heardAt = performance.now();
    if (clock.isInDoubt) clock.sync(clock.remaining, clock.stopped);
    if (signedOut) connect();
    else if (!closed) contact();
  }
  if (sender.unsent.length) showState();
}

function warn(minutes) {
  const text = minutes === 1 ? words.oneMinute : words.minutes.replace("{n}", minutes);
  element("time-warning-text").textContent = text;
  show("time-warning", true);
  say(text, minutes === 1);
  setTimeout(() => show("time-warning", false), 30000);
}

// Leaving and coming back

/** Go somewhere once everything is on the server; stay and say so when it can't be. */
async function leaveFor(go) {
  if (await sender.flush()) go();
  else trouble("leave", words.leave);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link || link.target || link.getAttribute("href").startsWith("#") || event.defaultPrevented) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  if (!sender.unsent.length || closed) return;
  event.preventDefault();
  leaveFor(() => location.assign(link.href));
});

for (const sent of document.querySelectorAll("form[data-flush]")) {
  sent.addEventListener("submit", (event) => {
    if (!sender.unsent.length) return;
    event.preventDefault();
    delete sent.dataset.sent;
    leaveFor(() => sent.requestSubmit());
  });
}

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  const place = config.go[event.submitter?.value];
  if (place) leaveFor(() => location.assign(place));
  else sender.flush().then(showState);
});

window.addEventListener("beforeunload", (event) => {
  if (sender.unsent.length && !otherTab) event.preventDefault();
});
window.addEventListener("pagehide", () => sender.sendBeyond());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") return sender.sendBeyond();
  if (signedOut) connect();
  else if (!otherTab && !closed) contact();
});
window.addEventListener("focus", () => signedOut && connect());
window.addEventListener("online", () => sender.flush());
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
element("time-warning-close").addEventListener("click", () => show("time-warning", false));
element("claim-tab").addEventListener("click", () => takeTab(config.attempt));

// Beginning

async function becomePassive(release) {
  await sender.flush();
  sender.halt();
  otherTab = true;
  showLock();
  showState();
  release();
}

async function begin() {
  element("no-script")?.remove();
  const tab = config.writer ? await claimTab(config.attempt) : null;
  otherTab = config.writer && tab === null;
  if (!otherTab) {
    const unsent = config.token ? sender.adopt(await store.load()) : [];
    for (const draft of unsent) if (draft.epoch === config.epoch) answers?.restore(draft);
    for (const item of answers?.touched ?? []) {
      if (!sender.drafts.has(item)) sender.change(item, item, { fields: answers.read(item) });
    }
    answers?.listen((key, item, value) => sender.change(key, item, value));
    if (config.writer && !store.isDurable) trouble("store", words.noStore);
  }
  if (tab) {
    listenForTabs(config.attempt, () => becomePassive(tab.release));
    tab.lost.then(() => becomePassive(() => {}));
  }
  showLock();
  showState();
  tick();
  setInterval(tick, 500);
  document.documentElement.dataset.exam = "ready";
  tell("ready");
}

await begin();
