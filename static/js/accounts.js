// What the account pages gain from JavaScript: a button that shows a password, and a link that is easy to copy.

for (const input of document.querySelectorAll("input[data-reveal]")) {
  const passwords = [...input.form.querySelectorAll("input[type=password]")];
  const show = (isShown) => {
    for (const each of passwords) each.type = isShown ? "text" : "password";
  };
  const choice = document.createElement("div");
  choice.className = "choice";
  const box = document.createElement("input");
  box.type = "checkbox";
  box.id = `${input.id}-reveal`;
  const label = document.createElement("label");
  label.htmlFor = box.id;
  label.textContent = input.dataset.reveal;
  box.addEventListener("change", () => show(box.checked));
  // A password must never be kept or offered again as ordinary text.
  input.form.addEventListener("submit", () => {
    show(false);
    box.checked = false;
  });
  choice.append(box, label);
  input.after(choice);
}

for (const input of document.querySelectorAll("input[data-select]")) {
  input.addEventListener("focus", () => input.select());
}
