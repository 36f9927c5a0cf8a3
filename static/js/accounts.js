// What the account pages gain from JavaScript: a button that shows a password, and a link that is easy to copy.

for (const input of document.querySelectorAll("input[data-reveal]")) {
  const choice = document.createElement("div");
  choice.className = "choice";
  const box = document.createElement("input");
  box.type = "checkbox";
  box.id = `${input.id}-reveal`;
  const label = document.createElement("label");
  label.htmlFor = box.id;
  label.textContent = input.dataset.reveal;
  box.addEventListener("change", () => {
    input.type = box.checked ? "text" : "password";
  });
  // A password must never be sent, kept or offered again as ordinary text.
  input.form?.addEventListener("submit", () => {
    input.type = "password";
    box.checked = false;
  });
  choice.append(box, label);
  input.after(choice);
}

for (const input of document.querySelectorAll("input[data-select]")) {
  input.addEventListener("focus", () => input.select());
}
