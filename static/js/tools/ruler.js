// Line focus: all but a few lines are dimmed. The window follows the pointer, the field that is written in, and the
// arrow keys with Alt.

const root = document.documentElement;
const STEP = 1.6; // lines

let ruler = null;
let middle = 0;

function place(y) {
  middle = Math.min(Math.max(y, 0), innerHeight);
  ruler.style.setProperty("--middle", `${Math.round(middle)}px`);
}

const followPointer = ({ clientY, pointerType }) => pointerType !== "touch" && place(clientY);

function followFocus({ target }) {
  const box = target.getBoundingClientRect();
  if (box.height) place(box.top + Math.min(box.height / 2, 40));
}

function followKeys(event) {
  if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  const line = parseFloat(getComputedStyle(document.body).lineHeight) || 24;
  place(middle + (event.key === "ArrowDown" ? 1 : -1) * line * STEP);
}

function start() {
  ruler = document.createElement("div");
  ruler.className = "ruler";
  ruler.setAttribute("aria-hidden", "true");
  document.body.append(ruler);
  place(innerHeight / 2);
  document.addEventListener("pointermove", followPointer);
  document.addEventListener("focusin", followFocus);
  document.addEventListener("keydown", followKeys);
}

function stop() {
  ruler.remove();
  ruler = null;
  document.removeEventListener("pointermove", followPointer);
  document.removeEventListener("focusin", followFocus);
  document.removeEventListener("keydown", followKeys);
}

/** Show or take away the window of lines, as the document's attribute says. */
export function tendRuler() {
  const wanted = Boolean(root.dataset.focus);
  if (wanted && !ruler) start();
  if (!wanted && ruler) stop();
}
