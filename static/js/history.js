// The versions of an answer one after the other. Without this script, and on paper, they stand below each other.

const versions = [...document.querySelectorAll("[data-version]")];
const slider = document.getElementById("replay-place");
const which = document.getElementById("replay-which");
const play = document.getElementById("replay-play");
const PACE = 700;
const playWord = play?.textContent;
let timer = null;

function show(number) {
  for (const version of versions) version.classList.toggle("is-folded", Number(version.dataset.version) !== number);
  slider.value = String(number);
  const said = slider.dataset.said
    .replace("{n}", number)
    .replace("{all}", versions.length)
    .replace("{time}", versions[number - 1].dataset.time);
  which.textContent = said;
  slider.setAttribute("aria-valuetext", said);
}

function stop() {
  clearInterval(timer);
  timer = null;
  play.textContent = playWord;
}

function showAll() {
  stop();
  for (const version of versions) version.classList.remove("is-folded");
  which.textContent = "";
}

function start() {
  let next = Number(slider.value) >= versions.length ? 1 : Number(slider.value) + 1;
  show(next);
  play.textContent = play.dataset.stop;
  timer = setInterval(() => {
    next += 1;
    if (next > versions.length) return stop();
    show(next);
  }, PACE);
}

if (versions.length > 1) {
  document.getElementById("replay").hidden = false;
  slider.addEventListener("input", () => {
    stop();
    show(Number(slider.value));
  });
  play.addEventListener("click", () => (timer ? stop() : start()));
  document.getElementById("replay-all").addEventListener("click", showAll);
  const asked = Number(location.hash.match(/^#version-(\d+)$/)?.[1]);
  if (!asked) show(versions.length);
}
