/* The review of a case: taking lines up keeps what was typed, and Shift takes up lines in a row. */

const body = document.querySelector("#body");
const here = new URL(window.location.href);
const key = `remark:${here.pathname}`;

if (body !== null) {
  const typed = window.sessionStorage.getItem(key);
  window.sessionStorage.removeItem(key);
  if (typed !== null && body.value === "") body.value = typed;
}

const keepTyped = () => {
  if (body !== null && body.value !== "") window.sessionStorage.setItem(key, body.value);
};

document.querySelector("form.filters")?.addEventListener("submit", keepTyped);

document.querySelector(".numbered-lines")?.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-line]");
  if (link === null) return;
  keepTyped();
  const first = Number(here.searchParams.get("line"));
  const last = Number(link.dataset.line);
  if (!event.shiftKey || first < 1) return;
  event.preventDefault();
  here.searchParams.set("line", String(Math.min(first, last)));
  here.searchParams.set("last_line", String(Math.max(first, last)));
  here.hash = "remark-title";
  window.location.assign(here);
});
