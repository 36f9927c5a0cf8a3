// The system check: tries what an exam needs of this device, says it in words, and sends it if wanted.
// Every probe tells its verdict and never throws; the camera's picture stays here.

const words = JSON.parse(document.getElementById("check-words").textContent);
const place = document.getElementById("device-check");
const findings = new Map();

const TRIES = 20;
const EVERY = 500;
const PATIENCE = 4000;
const LITTLE_ROOM = 120; // megabytes; private windows are given less

function tell(probe, verdict, facts = {}, detail = "") {
  const row = place.querySelector(`[data-probe="${probe}"]`);
  const advice = (words[probe][verdict] || "").replace(/\{(\w+)\}/g, (all, name) => facts[name] ?? all);
  const hint = row.querySelector(".hint");
  hint.textContent = advice;
  hint.hidden = !advice;
  const tag = row.querySelector(".tag");
  tag.className = `tag ${words.tones[verdict]}`;
  tag.textContent = words.verdicts[verdict];
  findings.set(probe, { probe, verdict, detail: detail.slice(0, 160) });
}

function browserName() {
  const agent = navigator.userAgent;
  const found = agent.match(/(Edg|OPR|Firefox|CriOS|FxiOS|Chrome|Version)\/(\d+)/);
  return found ? `${found[1] === "Version" ? "Safari" : found[1]} ${found[2]}` : "unknown browser";
}

function tryBrowser() {
  const needed = {
    fetch: "fetch" in window,
    indexedDB: "indexedDB" in window,
    "Web Crypto": window.isSecureContext && Boolean(window.crypto?.subtle),
    dialog: "HTMLDialogElement" in window,
    "text encoding": "TextEncoder" in window,
    "structured clone": "structuredClone" in window,
  };
  const missing = Object.keys(needed).filter((name) => !needed[name]).join(", ");
  tell("browser", missing ? "bad" : "good", { missing }, `${browserName()} ${missing && `lacks ${missing}`}`.trim());
}

function request(wanted) {
  return new Promise((resolve, reject) => {
    wanted.onsuccess = () => resolve(wanted.result);
    wanted.onerror = () => reject(wanted.error);
  });
}

async function keepAndRead() {
  const opening = indexedDB.open("proficiency-check", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("try");
  const database = await request(opening);
  const sent = `${performance.now()}`;
  await request(database.transaction("try", "readwrite").objectStore("try").put(sent, "key"));
  const read = await request(database.transaction("try").objectStore("try").get("key"));
  database.close();
  indexedDB.deleteDatabase("proficiency-check"); // it goes when the connection is closed, soon
  return read === sent;
}

/** Room on the device, given in MB. */
const inWords = (room) => (room < 1000 ? `${Math.floor(room)} MB` : `${(room / 1000).toFixed(1)} GB`);

async function tryStorage() {
  try {
    if (!(await keepAndRead())) throw new Error("read something else");
  } catch (fault) {
    tell("storage", "bad", {}, String(fault));
    return;
  }
  const estimate = (await navigator.storage?.estimate?.().catch(() => null)) ?? {};
  const room = estimate.quota === undefined ? Infinity : (estimate.quota - (estimate.usage ?? 0)) / 1e6;
  const lasting = (await navigator.storage?.persisted?.().catch(() => false)) ?? false;
  const space = room === Infinity ? "?" : inWords(room);
  tell("storage", room < LITTLE_ROOM ? "warn" : "good", { space }, `${space}${lasting ? ", lasting" : ""}`);
}

function tryOffline() {
  const can = window.isSecureContext && "serviceWorker" in navigator;
  tell("offline", can ? "good" : "warn", {}, can ? "" : "no service worker");
}

async function ask() {
  const began = performance.now();
  const clock = Date.now();
  try {
    const reply = await fetch(place.dataset.ping, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    if (!reply.ok) return null;
    const { now } = await reply.json();
    const took = performance.now() - began;
    return { took, ahead: clock + took / 2 - now };
  } catch {
    return null; // it was lost, which is what is counted
  }
}

async function tryNetworkAndClock() {
  const asked = [];
  for (let count = 0; count < TRIES; count += 1) {
    asked.push(ask());
    await new Promise((resolve) => setTimeout(resolve, EVERY));
  }
  const replies = (await Promise.all(asked)).filter(Boolean).sort((one, other) => one.took - other.took);
  const lost = TRIES - replies.length;
  const middle = replies[Math.floor(replies.length / 2)];
  const facts = { ms: middle ? Math.round(middle.took) : "–", lost, all: TRIES };
  const detail = middle ? `${facts.ms} ms, worst ${Math.round(replies.at(-1).took)} ms, ${lost} of ${TRIES} lost` : "nothing came back";
  const good = middle && lost === 0 && middle.took < 400;
  const bad = !middle || lost > TRIES / 5 || middle.took > 2000;
  tell("network", good ? "good" : bad ? "bad" : "warn", facts, detail);
  if (!middle) return;
  const seconds = Math.round(Math.abs(replies[0].ahead) / 1000); // the quickest reply tells it best
  tell("clock", seconds < 5 ? "good" : "warn", { seconds }, `${seconds} s`);
}

function tryScreen() {
  const [width, height] = [window.innerWidth, window.innerHeight];
  const verdict = width >= 900 ? "good" : width >= 360 ? "warn" : "bad";
  tell("screen", verdict, { width, height }, `${width} × ${height}, ${window.devicePixelRatio} pixels to one`);
}

async function tryCamera() {
  const picture = document.getElementById("camera");
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: true });
    picture.srcObject = stream;
    picture.hidden = false;
    await picture.play();
    const { width, height } = stream.getVideoTracks()[0].getSettings();
    tell("camera", "good", {}, `${width} × ${height}`);
    setTimeout(() => {
      stream.getTracks().forEach((track) => track.stop());
      picture.hidden = true;
      picture.srcObject = null;
    }, 10_000);
  } catch (fault) {
    tell("camera", "bad", { why: fault.name || String(fault) }, fault.name || String(fault));
  }
  offer();
}

function offer() {
  const form = document.getElementById("send-check");
  if (!form || !findings.has("network")) return;
  document.getElementById("findings").value = JSON.stringify([...findings.values()]);
  form.hidden = false;
}

async function run(event) {
  const button = event.currentTarget;
  const status = document.getElementById("check-status");
  button.disabled = true;
  status.textContent = words.running;
  tryBrowser();
  tryScreen();
  tryOffline();
  if (!findings.has("camera")) tell("camera", "skipped");
  await Promise.all([tryStorage(), tryNetworkAndClock()]);
  status.textContent = words.done;
  button.disabled = false;
  button.focus();
  offer();
}

place.hidden = false;
document.getElementById("run-check").addEventListener("click", run);
document.getElementById("try-camera").addEventListener("click", tryCamera);
