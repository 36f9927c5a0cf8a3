// The editor of cases: shows what is wrong beside its line and the candidate's view as one types, keeps what was typed on
// the server and, while that is away, on this device. Without it the page is a form that lists the problems.

const byId = (id) => document.getElementById(id);
const words = JSON.parse(byId("editor-words").textContent);
const form = byId("editor");
const box = byId("text");
const mirror = byId("mirror");
const base = byId("base_id");
const csrf = form.elements.namedItem("csrf_token").value;
const kept = `case:${form.dataset.work}`;

const LOOK_AFTER = 350; // milliseconds without a key
const KEEP_EVERY = 4000;

let problems = [...document.querySelectorAll("#problems [data-line]")].map((link) => ({
  line: Number(link.dataset.line),
  is_error: Boolean(link.parentElement.querySelector(".bad")),
  message: link.parentElement.textContent.trim(),
}));
let saved = box.defaultValue;
let sent = box.value;
let isSaving = false;

async function post(url, body) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
    body: JSON.stringify(body),
    credentials: "same-origin",
    redirect: "error",
    signal: AbortSignal.timeout(10000),
  });
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}

// Lines

const lineAt = (place) => box.value.slice(0, place).split("\n").length;

function startOf(number) {
  const lines = box.value.split("\n").slice(0, number - 1);
  return lines.reduce((sum, line) => sum + line.length + 1, 0);
}

/** The same text below the box, line by line, so that numbers and marks stand where the lines are, however they wrap. */
function drawMirror() {
  const faulty = new Map();
  for (const { line, is_error: isError } of problems) faulty.set(line, isError || faulty.get(line));
  const lines = box.value.split("\n").map((text, at) => {
    const line = document.createElement("div");
    line.textContent = text || " ";
    if (faulty.has(at + 1)) line.className = faulty.get(at + 1) ? "is-error" : "is-advice";
    return line;
  });
  mirror.replaceChildren(...lines);
  mirror.scrollTop = box.scrollTop;
}

function goToLine(number) {
  const start = startOf(number);
  const end = box.value.indexOf("\n", start);
  box.focus();
  box.setSelectionRange(start, end < 0 ? box.value.length : end);
  const line = mirror.children[number - 1];
  if (line) box.scrollTop = line.offsetTop - box.clientHeight / 3;
  box.scrollIntoView({ block: "nearest" });
}

/** Say what is wrong with the line that the writer is on. */
function showLineProblem() {
  const here = lineAt(box.selectionStart);
  const said = problems.filter(({ line }) => line === here).map(({ message }) => message);
  const text = said.length ? `${words.line} ${here}: ${said.join(" ")}` : "";
  if (byId("line-problem").textContent !== text) byId("line-problem").textContent = text;
}

// Looking

let lookTimer;
let looks = 0;

async function look() {
  const mine = ++looks;
  try {
    const found = await post(form.dataset.look, { text: box.value });
    if (mine !== looks) return; // a later reading is on its way
    problems = found.problems;
    showProblems();
    byId("summary").textContent = found.summary;
    byId("preview-body").innerHTML = found.preview; // made and sanitised by our own server
  } catch {
    // The view stays as it was; keeping, below, says whether the server can be reached.
  }
}

function showProblems() {
  const items = problems.map(({ line, is_error: isError, message }) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = "#text";
    link.dataset.line = line;
    link.textContent = `${words.line} ${line}`;
    const tag = document.createElement("span");
    tag.className = `tag ${isError ? "bad" : "info"}`;
    tag.textContent = isError ? words.error : words.advice;
    item.append(link, " ", tag, ` ${message}`);
    return item;
  });
  if (!items.length) {
    items.push(document.createElement("li"));
    items[0].textContent = words.nothing;
  }
  byId("problems").replaceChildren(...items);
  drawMirror();
  showLineProblem();
}

// Keeping

function say(state, text) {
  byId("keep-state").dataset.state = state;
  if (byId("keep-state").textContent !== text) byId("keep-state").textContent = text;
}

function keepHere(text) {
  try {
    if (text === null) localStorage.removeItem(kept);
    else localStorage.setItem(kept, JSON.stringify({ base: base.value, text }));
  } catch {
    // No storage here (a private window): the server keeps the words.
  }
}

async function keep() {
  const text = box.value;
  if (text === sent || isSaving) return;
  say("saving", words.keeping);
  try {
    const { kept_at: at, newest } = await post(form.dataset.keep, { base_id: base.value, text });
    sent = text;
    keepHere(null);
    const time = new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    say("device", newest === base.value ? words.kept.replace("{time}", time) : words.behind);
  } catch {
    say("error", words.here);
  }
}

function changed() {
  keepHere(box.value);
  clearTimeout(lookTimer);
  lookTimer = setTimeout(look, LOOK_AFTER);
  drawMirror();
}

/** Words that a closed browser or a lost connection left on this device. */
function restore() {
  let left = null;
  try {
    left = JSON.parse(localStorage.getItem(kept));
  } catch {
    keepHere(null);
  }
  if (!left || left.text === box.value || document.querySelector(".conflict")) return keepHere(null);
  base.value = left.base;
  box.value = left.text;
  say("device", words.restored);
  changed();
}

// Inserting

/** Put text in at the caret, so that the browser can undo it. */
function insert(text) {
  box.focus();
  if (!document.execCommand("insertText", false, text)) {
    box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
    box.dispatchEvent(new Event("input"));
  }
}

function insertQuestion(text) {
  // After the paragraph that the writer is in, with the next number in the whole case.
  const before = box.value.slice(0, box.selectionStart);
  const number = (before.match(/^## Question \d+/gm) || []).length + 1;
  const end = box.value.indexOf("\n\n", box.selectionStart);
  const place = end < 0 ? box.value.length : end;
  box.setSelectionRange(place, place);
  insert(`\n\n## ${words.question} ${number}\n${text.trimEnd()}`);
  renumber();
}

/** Questions are numbered in order; one put in between moves the later ones on. */
function renumber() {
  let number = 0;
  const again = box.value.replace(/^## Question \d+/gm, () => `## Question ${++number}`);
  if (again === box.value) return;
  const place = box.selectionStart;
  box.value = again;
  box.setSelectionRange(place, place);
  changed();
}

/** Cite a standard on the line of the question that the writer is in, else at the caret. */
function cite(code) {
  const lines = box.value.split("\n");
  const here = lineAt(box.selectionStart) - 1;
  const heading = lines.slice(0, here + 1).findLastIndex((line) => line.startsWith("## Question"));
  const at = heading + 1;
  if (heading < 0 || !/standards? [\d., ]+/.test(lines[at] ?? "")) return insert(code);
  const found = /standards? ([\d.]+(?:, ?[\d.]+)*)/.exec(lines[at]);
  if (found[1].split(/, ?/).includes(code)) return goToLine(at + 1);
  const end = startOf(at + 1) + found.index + found[0].length;
  box.setSelectionRange(end, end);
  insert(`, ${code}`);
}

function search() {
  const asked = byId("standards-search").value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const item of byId("standards-list").children) {
    const text = item.textContent.toLowerCase();
    item.hidden = !asked.every((word) => text.includes(word));
    found += !item.hidden;
  }
  byId("standards-found").textContent = byId("standards-found").dataset.pattern.replace("{n}", found);
}

// Wiring

box.addEventListener("input", changed);
box.addEventListener("scroll", () => (mirror.scrollTop = box.scrollTop));
for (const kind of ["keyup", "click"]) box.addEventListener(kind, showLineProblem);
new ResizeObserver(() => {
  mirror.style.height = `${box.offsetHeight}px`;
  drawMirror();
}).observe(box);

document.addEventListener("click", ({ target }) => {
  const link = target.closest("a[data-line]");
  if (link) goToLine(Number(link.dataset.line));
  const theirs = target.closest("[data-use-theirs]");
  if (theirs) useTheirs(theirs.parentElement);
});

function useTheirs(place) {
  const mine = place.querySelector("[data-mine]").textContent;
  const theirs = place.querySelector("[data-theirs]").textContent;
  if (!box.value.includes(mine)) return;
  box.value = box.value.replace(mine, () => theirs);
  place.querySelector("[data-use-theirs]").disabled = true;
  changed();
}

byId("insert-question").addEventListener("change", ({ target }) => {
  const text = target.selectedOptions[0].dataset.text;
  if (text) insertQuestion(text);
  target.value = "";
});
byId("open-standards").addEventListener("click", () => {
  byId("standards").showModal();
  search();
});
byId("close-standards").addEventListener("click", () => byId("standards").close());
byId("standards-search").addEventListener("input", search);
byId("standards-list").addEventListener("click", ({ target }) => {
  const code = target.closest("[data-code]")?.dataset.code;
  if (!code) return;
  byId("standards").close();
  cite(code);
});

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
    event.preventDefault();
    form.requestSubmit();
  }
});
form.addEventListener("submit", () => {
  isSaving = true;
  keepHere(null);
});
window.addEventListener("beforeunload", (event) => {
  if (!isSaving && box.value !== sent && box.value !== saved) event.preventDefault();
});
document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && keep());
setInterval(keep, KEEP_EVERY);

byId("toolbar").hidden = false;
for (const button of document.querySelectorAll("[data-use-theirs]")) button.hidden = false;
drawMirror();
restore();
document.documentElement.dataset.editor = "ready";
