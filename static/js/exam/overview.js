// The lists of what is answered and flagged, put right by what this device has written since the page was made.

/** `newer`: drafts that are newer than the page. */
export function showNewer(newer, words) {
  for (const { item, fields, flagged } of newer) {
    for (const place of document.querySelectorAll(`[data-question="${CSS.escape(item)}"]`)) {
      if (fields === undefined) showFlag(place, flagged);
      else showAnswer(place, isAnswered(fields), words);
    }
  }
  for (const list of document.querySelectorAll("[data-list]")) {
    list.querySelector("[data-none]").hidden = [...list.querySelectorAll("a")].some((link) => !link.hidden);
  }
  for (const count of document.querySelectorAll("[data-count]")) showCount(count);
}

export const isAnswered = (fields) => Object.values(fields).some((values) => values.some((value) => value.trim() !== ""));

function showAnswer(place, answered, words) {
  const list = place.closest("[data-list]")?.dataset.list;
  if (list === "unanswered") place.hidden = answered;
  const cell = place.querySelector("[data-answered]");
  if (!cell) return;
  cell.textContent = answered ? words.answeredHere : words.unansweredHere;
}

/** How many questions of a stage have an answer; the lists of the stage follow. */
function showCount(count) {
  const links = [...count.nextElementSibling.querySelectorAll("[data-list=unanswered] a")];
  const answered = links.filter((link) => link.hidden).length;
  count.textContent = count.dataset.count.replace("{answered}", answered).replace("{total}", links.length);
}

function showFlag(place, flagged) {
  if (place.closest("[data-list]")?.dataset.list === "flagged") place.hidden = !flagged;
  const cell = place.querySelector("[data-flag]");
  if (cell) cell.textContent = flagged ? cell.dataset.flag : "";
}
