// The live room. It asks every few seconds for what is new, says as of when it knows, counts the time left by itself, and
// keeps commands that can't be sent now. Without it the page is plain HTML that is loaded again.

import { leftText } from "../exam/clock.js";
import { newKey, Orders } from "./orders.js";

const config = JSON.parse(document.getElementById("room-config").textContent);
const { words } = config;
const element = (id) => document.getElementById(id);
const rows = element("rows");
const filter = element("filter");
const dialog = element("one");

const EVERY = 2500;
const PATIENCE = 10000;

let cursor = config.cursor;
let offset = config.at - Date.now();
let asOf = Date.now();
let away = false;
let signedOut = false;
let shownPlace = new URLSearchParams(location.search).get("place") ?? "";
let wantsSorting = false;
let openRow = "";

const timeOfDay = (milliseconds) => new Date(milliseconds).toLocaleTimeString("en-GB", { timeZone: "Europe/London" });

// What the page says of itself

function showLive() {
  const time = timeOfDay(asOf + offset);
  const text = signedOut ? words.signedOut : (away ? words.away : words.live).replace("{time}", time);
  const place = element("live-text");
  if (place.textContent !== text) place.textContent = text;
  element("reload").hidden = !signedOut;
  document.body.toggleAttribute("data-stale", away || signedOut);
  if (signedOut) {
    element("reload").href = config.signIn;
  }
}

function say(text, refused) {
  const place = element("said");
  place.hidden = !text;
  place.classList.toggle("is-refused", refused);
  place.textContent = refused ? words.refused.replace("{why}", text) : text;
}

// Commands

const orders = new Orders(`room:${config.sitting}`, config.do, {
  heard: (text, refused) => {
    say(text, refused);
    look();
  },
  changed: showOrders,
  signedOut: () => {
    signedOut = true;
    showLive();
  },
});
orders.token = config.token;

function showOrders() {
  const list = element("order-list");
  const waiting = orders.waiting.some((order) => order.tried) ? orders.waiting : [];
  element("waiting-orders").hidden = !waiting.length;
  list.replaceChildren(
    ...waiting.map((order) => {
      const line = document.createElement("li");
      line.textContent = words.waits.replace("{what}", order.label).replace("{time}", timeOfDay(order.at + offset));
      const back = Object.assign(document.createElement("button"), { type: "button", className: "button small secondary", textContent: words.takeBack });
      back.addEventListener("click", () => orders.takeBack(order));
      line.append(" ", back);
      return line;
    }),
  );
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-order]")) return;
  event.preventDefault();
  form.elements.key.value = newKey();
  const button = event.submitter ?? form.querySelector("button");
  const whom = form.closest("dialog") ? element("one-name").textContent : (form.closest(".call")?.querySelector("strong")?.textContent ?? "");
  const said = form.elements.text?.value.trim();
  orders.add(form, [button.textContent.trim(), whom, said].filter(Boolean).join(": "));
  if (away) say(words.kept, false);
  for (const field of form.querySelectorAll("textarea, input:not([type=hidden])")) field.value = "";
  if (form.closest("dialog") && form.elements.command.value !== "message") dialog.close();
});

// What choices people made last is where they begin next time.
for (const field of document.querySelectorAll("[data-remember]")) {
  const name = `room:${field.name}`;
  const kept = sessionStorage.getItem(name);
  if (kept !== null) field.value = kept;
  field.addEventListener("change", () => sessionStorage.setItem(name, field.value));
}

// The rows

function fits(row) {
  const wanted = filter.elements.q.value.toLowerCase().split(/\s+/u).filter(Boolean);
  return (!shownPlace || row.dataset.place === shownPlace) && wanted.every((word) => row.dataset.find.includes(word));
}

function showFitting() {
  let any = false;
  for (const row of rows.rows) {
    row.hidden = !fits(row);
    any ||= !row.hidden;
  }
  element("nobody").hidden = any;
  for (const link of document.querySelectorAll("[data-show]")) {
    if (link.dataset.show === shownPlace) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

/** Rows never move under a hand: they are put in order when nobody is at them. */
function sort() {
  if (rows.matches(":hover") || rows.contains(document.activeElement)) return;
  wantsSorting = false;
  const key = (row) => [Number(row.dataset.rank), Number(row.dataset.since), row.dataset.find];
  const compare = (one, other) => {
    const [a, b] = [key(one), key(other)];
    const place = a.findIndex((value, index) => value !== b[index]);
    return place < 0 ? 0 : a[place] < b[place] ? -1 : 1;
  };
  const sorted = [...rows.rows].sort(compare);
  if (sorted.some((row, place) => rows.rows[place] !== row)) rows.append(...sorted);
}

function takeRows(data) {
  const fresh = new Map(Object.entries(data.rows));
  const known = new Set();
  for (const row of [...rows.rows]) {
    const id = row.id.slice(2);
    known.add(id);
    if (fresh.has(id)) replaceRow(row, fresh.get(id));
    else if (data.buckets.includes(Number(row.dataset.bucket))) row.remove();
  }
  for (const [id, html] of fresh) if (!known.has(id)) rows.append(makeRow(html));
  wantsSorting = true;
}

function makeRow(html) {
  const place = document.createElement("template");
  place.innerHTML = html.trim();
  return place.content.firstElementChild;
}

function replaceRow(row, html) {
  const fresh = makeRow(html);
  const focused = row.contains(document.activeElement);
  row.replaceWith(fresh);
  if (focused) fresh.querySelector("a")?.focus();
}

function replacePiece(id, html) {
  const place = element(id);
  if (place.contains(document.activeElement) && place.querySelector("textarea:focus")) return false;
  const typed = new Map([...place.querySelectorAll("textarea")].map((field) => [field.id, field.value]));
  place.innerHTML = html;
  for (const [field, value] of typed) if (value && element(field)) element(field).value = value;
  return true;
}

let late = {};

/** A piece that somebody types in is put in place when they have left it. */
function takePieces(data) {
  late = { ...late, ...Object.fromEntries(["calls", "log", "figures", "outages"].filter((name) => name in data).map((name) => [name, data[name]])) };
  for (const [name, html] of Object.entries(late)) if (replacePiece(name, html)) delete late[name];
}

// Time goes on between two answers

function tick() {
  const now = Date.now() + offset;
  for (const place of rows.querySelectorAll("[data-deadline]")) {
    const text = leftText(Math.max(0, Number(place.dataset.deadline) - now), words);
    if (place.textContent !== text) place.textContent = text;
  }
  for (const call of document.querySelectorAll("[data-called]")) {
    const minutes = Math.floor((now - Number(call.dataset.called)) / 60000);
    if (minutes >= config.patience) {
      call.classList.add("is-long");
      call.dataset.long = words.long.replace("{n}", minutes);
    }
  }
  if (dialog.open) showState();
  const calls = document.querySelectorAll("#calls .call").length;
  const title = document.title.replace(/^\(\d+\) /u, "");
  document.title = calls ? `(${calls}) ${title}` : title;
  if (wantsSorting) sort();
  takePieces({});
}

// Asking

let asking = null;

async function look() {
  asking ??= ask().finally(() => (asking = null));
  return asking;
}

async function ask() {
  let response;
  let data = null;
  try {
    response = await fetch(`${config.changes}?since=${encodeURIComponent(cursor)}`, { headers: { Accept: "application/json" }, cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(PATIENCE) });
    if (response.status === 200) data = await response.json();
  } catch {
    response = null;
  }
  signedOut = response !== null && (response.type === "opaqueredirect" || response.status === 401);
  away = !signedOut && (response === null || (response.status !== 304 && data === null));
  if (!away && !signedOut) {
    asOf = Date.now();
    orders.token = response.headers.get("Form-Token") ?? orders.token;
    orders.send();
  }
  if (data) take(data);
  showLive();
}

function take(data) {
  cursor = data.cursor;
  offset = data.at - Date.now();
  takeRows(data);
  takePieces(data);
  showFitting();
  if (dialog.open) showOne();
  tick();
}

// One candidate

function showState() {
  const row = element(`c-${openRow}`);
  if (!row) return;
  const phone = config.phones[openRow];
  const left = row.cells[2].innerText;
  const text = [row.cells[1].innerText, left && words.left.replace("{time}", left), phone && words.phone.replace("{number}", phone)].filter(Boolean).join(". ");
  if (element("one-state").textContent !== text) element("one-state").textContent = text;
}

function showOne() {
  const row = element(`c-${openRow}`);
  if (!row) return;
  showState();
  for (const part of dialog.querySelectorAll("[data-places]")) part.hidden = !part.dataset.places.split(" ").includes(row.dataset.place);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  if (link.dataset.show !== undefined) {
    event.preventDefault();
    shownPlace = link.dataset.show;
    showFitting();
  }
  if (link.dataset.open === undefined) return;
  event.preventDefault();
  openRow = link.dataset.open;
  element("one-name").textContent = link.textContent;
  element("one-all").href = link.href;
  for (const form of dialog.querySelectorAll("form[data-order]")) form.elements.booking_id.value = openRow;
  for (const part of dialog.querySelectorAll("details")) part.open = false;
  showOne();
  dialog.showModal();
  element("one-name").focus();
});
element("one-close").addEventListener("click", () => dialog.close());
dialog.addEventListener("close", () => document.querySelector(`[data-open="${CSS.escape(openRow)}"]`)?.focus());

filter.addEventListener("submit", (event) => {
  event.preventDefault();
  showFitting();
});
filter.elements.q.addEventListener("input", showFitting);
filter.querySelector("button").hidden = true;

window.addEventListener("online", look);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && look());

showFitting();
showOrders();
showLive();
setInterval(tick, 1000);
setInterval(look, EVERY);
look();
document.documentElement.dataset.room = "ready";
