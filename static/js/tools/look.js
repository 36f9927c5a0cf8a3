// How the page looks: each choice is an attribute of the document that tools.css follows, kept for this person only.

const PLACE = "proficiency-look";
const root = document.documentElement;

/** What was chosen, by name; what is as usual is not in it. */
export function readLook() {
  try {
    const kept = JSON.parse(localStorage.getItem(PLACE) ?? "{}");
    return kept.person === root.dataset.person ? kept.look : {};
  } catch {
    return {};
  }
}

function keep(look) {
  try {
    localStorage.setItem(PLACE, JSON.stringify({ person: root.dataset.person, look }));
  } catch {
    // It holds for this page then.
  }
}

function forget() {
  try {
    localStorage.removeItem(PLACE);
  } catch {
    // Nothing was kept.
  }
}

function apply(name, value) {
  if (value) root.dataset[name] = value;
  else delete root.dataset[name];
  root.dispatchEvent(new CustomEvent("look", { detail: { name, value } }));
}

/** Let the choices in `panel` change the page, and show what holds. */
export function tendLook(panel) {
  const look = readLook();
  for (const input of panel.querySelectorAll("[data-look]")) {
    input.checked = input.value === (look[input.dataset.look] ?? "");
    input.addEventListener("change", () => {
      look[input.dataset.look] = input.value;
      apply(input.dataset.look, input.value);
      keep(look);
    });
  }
  panel.querySelector("[data-reset]").addEventListener("click", () => {
    for (const name of Object.keys(look)) {
      delete look[name];
      apply(name, "");
    }
    for (const input of panel.querySelectorAll("[data-look]")) input.checked = input.value === "";
    forget();
  });
}
