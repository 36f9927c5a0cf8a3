// Covers case and questions as long as the clock stands still, counts a break down, and says when time was given back.
// It follows the notice #stopped, which exam.js shows and hides: so an open page is covered the moment the server says
// that somebody stopped the clock, and what was typed stays in its fields behind the cover.

import { leftText } from "./clock.js";
import { element, say, show, trouble } from "./says.js";

const config = JSON.parse(element("cover-config").textContent);
const { words } = JSON.parse(element("exam-config").textContent);
const cover = element("cover");
const isWhole = cover?.dataset.whole === "yes";
const stopped = element("stopped");
const COVERED = ".exam-title, .panes, .question-nav";

let credited = config.credited;
let resumesAt = config.resumesIn === null ? null : performance.now() + config.resumesIn;
let warned = false;
let wasCovered = isWhole;

document.addEventListener("exam:reply", ({ detail }) => {
  resumesAt = detail.resumes_in === null ? null : performance.now() + detail.resumes_in;
  if (detail.credited > credited) {
    trouble("credit", config.given.replace("{time}", leftText(detail.credited - credited, words)));
  }
  credited = Math.max(credited, detail.credited);
  apply();
});

new MutationObserver(apply).observe(stopped, { attributes: true, attributeFilter: ["hidden"] });
setInterval(tick, 500);
apply();

function apply() {
  const isStopped = !stopped.hidden;
  if (isWhole) {
    if (!isStopped) location.replace(config.here); // the exam itself comes from the server
  } else if (cover) {
    put(isStopped);
  } else if (isStopped !== wasCovered) {
    say(isStopped ? config.pauseNow : config.runs);
  }
  wasCovered = isStopped;
  tick();
}

function put(isStopped) {
  if (isStopped !== wasCovered) {
    for (const part of document.querySelectorAll(COVERED)) part.hidden = isStopped;
    cover.hidden = !isStopped;
    if (isStopped) cover.focus({ preventScroll: false });
    else document.querySelector(".exam-title")?.scrollIntoView();
    say(isStopped ? (resumesAt === null ? config.pauseNow : config.breakNow) : config.runs, true);
  }
}

function tick() {
  if (!cover || cover.hidden) return;
  const isBreak = resumesAt !== null;
  show("cover-break", isBreak);
  show("cover-pause", !isBreak);
  if (!isBreak) return;
  const left = Math.max(0, resumesAt - performance.now());
  const text = leftText(left, words);
  if (element("cover-left").textContent !== text) element("cover-left").textContent = text;
  if (left <= 60000 && !warned) say(config.soon);
  warned = left <= 60000;
}
