// Writing a case: the number of a faulty line leads to that line in the box. Without it the link leads to the box.

const box = document.querySelector("textarea#text");

function selectLine(number) {
  const lines = box.value.split("\n");
  const start = lines.slice(0, number - 1).reduce((sum, line) => sum + line.length + 1, 0);
  box.focus();
  box.setSelectionRange(start, start + (lines[number - 1] ?? "").length);
  // Browsers scroll to the box but not within it; a line's share of the height is near enough.
  box.scrollTop = (box.scrollHeight * (number - 1)) / lines.length - box.clientHeight / 2;
}

for (const link of document.querySelectorAll("a[data-line]")) {
  link.addEventListener("click", (event) => {
    if (!box) return;
    event.preventDefault();
    selectLine(Number(link.dataset.line));
  });
}
