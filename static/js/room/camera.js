// Showing who one is: two pictures, taken here, looked at here, and sent only when the candidate says so. They are made
// small in the browser. What a browser refuses is said in words, and the way without a camera is always on the page.

const words = JSON.parse(document.getElementById("camera-words").textContent);
const element = (id) => document.getElementById(id);
const part = element("camera-part");
const video = element("camera-picture");
const KINDS = ["face", "document"];
const LONGEST = 640;

const taken = new Set();
let stream = null;
let facing = "user";

function say(text) {
  element("camera-says").textContent = text;
}

function stop() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
}

function fail(fault) {
  element("camera-fault-text").textContent = words[fault.name] ?? words.other.replace("{name}", fault.name);
  element("camera-fault").hidden = false;
  say("");
  element("camera-fault").querySelector("h3")?.scrollIntoView({ block: "nearest" });
}

async function start() {
  stop();
  element("camera-fault").hidden = true;
  try {
    if (!navigator.mediaDevices?.getUserMedia) throw Object.assign(new Error(), { name: "NotFoundError" });
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: facing, width: { ideal: 1280 } }, audio: false });
    video.srcObject = stream;
    video.hidden = false;
    await video.play();
  } catch (fault) {
    stop();
    video.hidden = true;
    fail(fault);
    return;
  }
  element("camera-start").hidden = true;
  for (const button of part.querySelectorAll("[data-take]")) button.hidden = false;
  const cameras = (await navigator.mediaDevices.enumerateDevices()).filter((each) => each.kind === "videoinput");
  element("camera-other").hidden = cameras.length < 2;
  say(words.running);
  part.querySelector("[data-take]").focus();
}

function take(kind) {
  const canvas = element(`taken-${kind}`);
  const scale = Math.min(1, LONGEST / Math.max(video.videoWidth, video.videoHeight));
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  canvas.closest("figure").hidden = false;
  taken.add(kind);
  const ready = KINDS.every((each) => taken.has(each));
  element("camera-send").hidden = !ready;
  say(ready ? `${words[kind]} ${words.both}` : words[kind]);
}

const jpegOf = (kind) => new Promise((resolve) => element(`taken-${kind}`).toBlob(resolve, "image/jpeg", 0.85));

async function sendOne(kind) {
  let response;
  try {
    response = await fetch(`${part.dataset.send}/${kind}`, { method: "POST", body: await jpegOf(kind), headers: { Accept: "application/json", "Content-Type": "image/jpeg" }, signal: AbortSignal.timeout(30000) });
  } catch {
    throw new Error(words.away);
  }
  const data = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(data.error ?? String(response.status));
}

async function send() {
  const button = element("camera-send");
  button.disabled = true;
  say(words.sending);
  try {
    for (const kind of KINDS) await sendOne(kind);
    stop();
    location.assign(part.dataset.back);
  } catch (fault) {
    say(words.failed.replace("{why}", fault.message));
    button.disabled = false;
    button.focus();
  }
}

part.hidden = false;
element("camera-start").addEventListener("click", start);
element("camera-other").addEventListener("click", () => {
  facing = facing === "user" ? "environment" : "user";
  start();
});
for (const button of part.querySelectorAll("[data-take]")) button.addEventListener("click", () => take(button.dataset.take));
element("camera-send").addEventListener("click", send);
window.addEventListener("pagehide", stop);
