// What every page gains from JavaScript, and none needs: focus on an error summary, live word counts, one sending per form.

const summary = document.querySelector(".error-summary");
if (summary) summary.focus();

/** Words as the server counts them: runs of anything but white space. */
export function countWords(text) {
  return (text.match(/\S+/gu) || []).length;
}

/** Characters as the server counts them: an emoji is one or more, but never half. */
const countCharacters = (text) => [...text].length;

// A count never cuts what is typed: it only says where the writer is.
for (const box of document.querySelectorAll("[data-words], [data-characters]")) {
  const place = document.getElementById(`${box.id}-count`);
  const limit = Number(box.dataset.words ?? box.dataset.characters);
  const count = box.dataset.words ? countWords : countCharacters;
  if (!place) continue;
  const show = () => {
    const found = count(box.value);
    place.textContent = place.dataset.pattern.replace("{n}", found).replace("{limit}", limit);
    place.classList.toggle("is-over", limit > 0 && found > limit);
  };
  box.addEventListener("input", show);
  show();
}

// The server refuses a second sending anyway; this spares people the message.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
// A page restored by the Back button must be able to send again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-once]")) delete form.dataset.sent;
});

// Printed pages open what is folded, and fold it again.
const opened = [];
window.addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details:not([open])")) {
    part.open = true;
    opened.push(part);
  }
});
window.addEventListener("afterprint", () => {
  while (opened.length) opened.pop().open = false;
});

// What is kept of an exam, its pages and its answers, does not outlive the person who was writing it.
const pages = "caches" in globalThis ? await caches.keys() : [];
const stores = (await globalThis.indexedDB?.databases?.().catch(() => [])) ?? [];
if (pages.some((name) => name.startsWith("exam ")) || stores.some(({ name }) => name === "proficiency-exam")) {
  await import("./exam/forget.js");
}
