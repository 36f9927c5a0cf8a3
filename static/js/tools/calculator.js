// The calculator beside the exam: a line to type a sum into, keys for those who'd rather press, and what was worked out.

import { compute, decimals } from "./sum.js";

const MOST = 8;

/** Make the dialog of the calculator work. */
export function tendCalculator(dialog) {
  const line = dialog.querySelector("#sum");
  const result = dialog.querySelector("#sum-result");
  const tape = dialog.querySelector("#sum-tape");

  function work() {
    const text = line.value.trim();
    if (!text) return;
    try {
      const value = decimals(compute(text));
      result.textContent = `= ${value}`;
      const done = document.createElement("li");
      done.textContent = `${text} = ${value}`;
      tape.prepend(done);
      while (tape.children.length > MOST) tape.lastChild.remove();
    } catch (fault) {
      if (!(fault instanceof SyntaxError || fault instanceof RangeError)) throw fault;
      result.textContent = fault instanceof RangeError ? result.dataset.zero : result.dataset.wrong;
    }
  }

  function press(key) {
    if (key === "=") return work();
    if (key === "clear") {
      line.value = "";
      result.textContent = "";
    } else {
      line.setRangeText(key, line.selectionStart, line.selectionEnd, "end");
    }
    line.focus();
  }

  line.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    work();
  });
  dialog.querySelector("#sum-keys").addEventListener("click", ({ target }) => {
    const key = target.closest("[data-key]")?.dataset.key;
    if (key) press(key);
  });
}
