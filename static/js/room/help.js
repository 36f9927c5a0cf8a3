// Help on a page of the exam: calls that reach the invigilator's room as soon as they can, and what the room says. The
// words of the panel stand in the page, so it helps without a connection too; what is pressed then is kept on the device.

const config = JSON.parse(document.getElementById("help-config").textContent);
const { words } = config;
const element = (id) => document.getElementById(id);
const panel = element("help");
const form = element("help-form");
const KEPT = `help:${config.booking}`;
const OFTEN = 5000;

const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

function load() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) ?? [];
  } catch {
    return [];
  }
}

let waiting = load(); // what has not reached the server: { path, fields, at }
let calls = []; // what has, and nobody has answered
const told = new Map();
let shown = null;
let refused = "";
let sending = false;
let looking = false;

function keep() {
  try {
    if (waiting.length) localStorage.setItem(KEPT, JSON.stringify(waiting));
    else localStorage.removeItem(KEPT);
  } catch {
    // A browser that keeps nothing still sends what is in this page.
  }
}

async function post(path, body, headers = {}) {
  try {
    const response = await fetch(config.here + path, { method: "POST", body, headers: { Accept: "application/json", ...headers }, signal: AbortSignal.timeout(10000) });
    return { status: response.status, data: await response.json() };
  } catch {
    return { status: 0, data: {} };
  }
}

/** Send what waits, in order; what the server refuses for good is said and let go. */
async function flush() {
  if (sending) return;
  sending = true;
  while (waiting.length) {
    const [first] = waiting;
    const body = new URLSearchParams(first.fields);
    body.set("age", String(Math.max(0, Date.now() - first.at)));
    const { status, data } = await post(first.path, body);
    if (status === 0 || status === 401 || status === 429 || status >= 500) break;
    if (status >= 400) refused = words.refused.replace("{why}", data.error ?? "");
    waiting = waiting.filter((each) => each !== first);
    keep();
    if (status === 200) await look();
  }
  sending = false;
  show();
}

function say(path, fields) {
  refused = "";
  waiting.push({ path, fields: [...fields, ["key", newKey()]], at: Date.now() });
  keep();
  show();
  flush();
}

/** Ask for all that was said, on loading and while a call waits. */
async function look() {
  if (looking) return;
  looking = true;
  try {
    const response = await fetch(`${config.here}/news`, { headers: { Accept: "application/json" }, cache: "no-store", signal: AbortSignal.timeout(10000) });
    if (response.ok) {
      const data = await response.json();
      calls = data.calls;
      hear(data.messages);
    }
  } catch {
    // Tried again soon; the panel says what to do meanwhile.
  }
  looking = false;
  show();
}

/** Take what the room says; what the page has not shown yet comes to the front. */
function hear(messages) {
  for (const message of messages) if (!told.has(message.id)) told.set(message.id, { ...message });
  showNext();
}

function showNext() {
  if (shown || document.visibilityState === "hidden") return;
  const next = [...told.values()].find((message) => !message.seen);
  if (!next) return;
  shown = next;
  const text = next.words || words.settled;
  element("room-message-text").textContent = text;
  element("room-message").hidden = false;
  element("room-say").textContent = words.now.replace("{text}", text);
  acknowledge(next);
  show();
}

async function acknowledge(message) {
  const { status } = await post("/seen", JSON.stringify({ ids: [message.id] }), { "Content-Type": "application/json" });
  if (status === 200) message.seen = true;
  else setTimeout(() => acknowledge(message), OFTEN);
}

function closeMessage() {
  if (shown) shown.seen = true;
  shown = null;
  element("room-message").hidden = true;
  element("room-reply-text").value = "";
  showNext();
}

// What the panel shows

function line(tag, text, kind = "") {
  return Object.assign(document.createElement(tag), { textContent: text, className: kind });
}

function callBox(title, state, button) {
  const box = line("div", "", "call");
  box.append(line("p", title), line("p", state, "small"));
  if (button) box.append(button);
  return box;
}

function show() {
  const boxes = waiting.filter((each) => each.title).map((each) => callBox(each.title, words.kept));
  for (const call of calls) {
    const long = Date.now() - call.at > config.patience * 60000;
    const back = Object.assign(line("button", words.takeBack, "button small secondary"), { type: "button" });
    back.addEventListener("click", () => {
      calls = calls.filter((each) => each !== call);
      say("/lower", [["entry", call.id]]);
    });
    boxes.push(callBox(call.title, long ? words.unanswered : `${words.sent} ${words.wait}`, back));
  }
  if (refused) boxes.push(line("p", refused, "field-error"));
  const place = element("help-calls");
  const key = JSON.stringify([boxes.map((box) => box.textContent)]);
  if (place.dataset.shows !== key) {
    place.dataset.shows = key;
    place.replaceChildren(...boxes);
  }
  const open = calls.length + waiting.filter((each) => each.title).length;
  element("help-count").textContent = open ? words.calls.replace("{n}", open) : "";
  const heard = [...told.values()].sort((one, other) => other.at - one.at);
  element("help-told-title").hidden = !heard.length;
  element("help-told").replaceChildren(
    ...heard.map((message) => {
      const box = line("div", "", "call");
      const at = new Date(message.at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
      box.append(line("p", at, "since"), line("p", message.words || words.settled, "prewrap"));
      return box;
    }),
  );
}

// Beginning

for (const section of document.querySelectorAll("section.question")) {
  const item = section.querySelector("[data-item]")?.dataset.item;
  if (!item) continue;
  const number = section.id.replace("question-", "");
  element("help-item").append(new Option(words.question.replace("{n}", number), item));
}
element("help-question").hidden = element("help-item").options.length < 2;

element("open-help").addEventListener("click", (event) => {
  event.preventDefault();
  event.stopPropagation(); // the page is not left
  panel.showModal();
  element("help-title").focus();
});
element("help-close").addEventListener("click", () => panel.close());
element("room-message-close").addEventListener("click", closeMessage);

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const chosen = form.querySelector("[name=topic]:checked");
  if (!chosen) return;
  const title = form.querySelector(`label[for="${chosen.id}"]`).textContent;
  say("/help", [...new FormData(form)]);
  waiting.at(-1).title = title;
  keep();
  form.reset();
  show();
});

element("room-reply").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = element("room-reply-text").value.trim();
  if (!text || !shown) return;
  say("/reply", [["entry", shown.id], ["text", text]]);
  closeMessage();
});

// Another device asks for the invigilator's word, and goes on when it has it.

const other = document.querySelector("#other-device[data-ask] form");

async function askForWriter() {
  try {
    const response = await fetch(other.action, { method: "POST", body: new URLSearchParams(new FormData(other)), headers: { Accept: "application/json" }, signal: AbortSignal.timeout(10000) });
    if (response.ok && (await response.json()).given) location.reload();
  } catch {
    // Asked again soon.
  }
}

other?.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  event.preventDefault();
  const place = document.getElementById("other-device");
  other.replaceWith(line("p", place.dataset.ask));
  askForWriter();
  setInterval(askForWriter, OFTEN);
});

document.addEventListener("exam:reply", ({ detail }) => detail.messages && hear(detail.messages));
document.addEventListener("exam:online", flush);
document.addEventListener("visibilitychange", showNext);
window.addEventListener("online", flush);
setInterval(() => {
  if (waiting.length) flush();
  else if (calls.length) look();
}, OFTEN);
setInterval(show, 30000);

flush();
look();
