// Deciding about answers by keyboard. Every key presses a button or follows a link that is on the page anyway.

const single = document.getElementById("single-keys");
const SETTLE = 300; // a key meant for the answer before must not decide about this one

if (single) {
  document.getElementById("single").hidden = !matchMedia("(any-hover: hover)").matches;
  single.checked = localStorage.getItem("marking-single-keys") !== "off";
  single.addEventListener("change", () => {
    localStorage.setItem("marking-single-keys", single.checked ? "on" : "off");
  });
}

const shownAt = performance.now();
const links = [...document.querySelectorAll("#all tbody a")];

function goTo(step) {
  const here = links.findIndex((link) => link.hasAttribute("aria-current"));
  links[Math.min(Math.max(here + step, 0), links.length - 1)]?.click();
}

function openOutside() {
  const part = document.getElementById("outside");
  if (!part) return;
  part.open = true;
  part.querySelector("input[type=text]").focus();
}

const keys = {
  j: () => goTo(1),
  k: () => goTo(-1),
  n: openOutside,
  u: () => document.querySelector("#undo button")?.click(),
};

function isShown(button) {
  return button && !button.closest("details:not([open])");
}

function isTyping(target) {
  return target.matches("textarea, select, input:not([type=radio], [type=checkbox])");
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (!single?.checked || isTyping(event.target) || performance.now() - shownAt < SETTLE) return;
  const button = document.querySelector(`button[data-key="${CSS.escape(event.key)}"]`);
  const verb = isShown(button) ? () => button.click() : keys[event.key.toLowerCase()];
  if (!verb) return;
  event.preventDefault();
  verb();
});
