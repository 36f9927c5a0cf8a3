// Compares, with each answer that was sent, what the server says that it received with what this page sent.

const alarm = document.getElementById("receipt-alarm");
const differing = new Map(); // by item, the number of its question

function show() {
  const place = document.getElementById("receipt-alarm-text");
  place.textContent = place.dataset.pattern.replace("{n}", [...differing.values()].join(", "));
  alarm.hidden = differing.size === 0;
}

const numberOf = (item) =>
  document.querySelector(`[data-item="${CSS.escape(item)}"]`)?.closest("section.question")?.id.split("-")[1] ?? "?";

document.addEventListener("exam:saved", async ({ detail: { item, fields, reply } }) => {
  if (!fields || !reply.sent) return;
  const { canDigest, hashFields } = await import("./digest.js");
  if (!canDigest) return;
  if ((await hashFields(fields)) === reply.sent) differing.delete(item);
  else differing.set(item, numberOf(item));
  show();
});
