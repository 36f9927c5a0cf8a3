// Exhibits in tabs: the case and each of its exhibits, one at a time, above the case. The page itself stays as it is.

const root = document.documentElement;

let bar = null;

/** Show one exhibit alone, or (null) the case without its exhibits. */
function choose(text, exhibits, chosen) {
  for (const part of text.children) {
    const isExhibit = exhibits.includes(part);
    part.hidden = chosen ? part !== chosen : isExhibit;
  }
  for (const tab of bar.children) {
    const isIt = tab.dataset.of === (chosen?.id ?? "");
    tab.setAttribute("aria-selected", String(isIt));
    tab.tabIndex = isIt ? 0 : -1;
  }
}

function move(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const tabs = [...bar.children];
  const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
  next.focus();
  next.click();
}

/** A tab says “Exhibit 2”, and its whole title to whoever asks or listens. */
function tabFor(id, words, text) {
  const tab = document.createElement("button");
  Object.assign(tab, { type: "button", textContent: words.split(":")[0], title: words });
  tab.setAttribute("aria-label", words);
  tab.dataset.of = id;
  tab.setAttribute("role", "tab");
  tab.setAttribute("aria-controls", text.id);
  return tab;
}

function start(pane, caseWords) {
  const text = [...pane.querySelectorAll(".case-text")].at(-1);
  const exhibits = text ? [...text.querySelectorAll(":scope > .exhibit")] : [];
  if (!exhibits.length) return;
  text.id ||= "case-text";
  bar = document.createElement("div");
  bar.className = "case-tabs";
  bar.setAttribute("role", "tablist");
  bar.append(tabFor("", caseWords, text), ...exhibits.map((each) => tabFor(each.id, each.firstElementChild.textContent, text)));
  bar.addEventListener("click", ({ target }) => {
    const tab = target.closest("[role=tab]");
    if (tab) choose(text, exhibits, exhibits.find(({ id }) => id === tab.dataset.of) ?? null);
  });
  bar.addEventListener("keydown", move);
  text.before(bar);
  choose(text, exhibits, null);
}

function stop() {
  bar.remove();
  bar = null;
}

/** Make tabs or take them away, as the document's attribute says. */
export function tendTabs(pane, caseWords) {
  const wanted = root.dataset.exhibits === "tabs";
  if (wanted && !bar) start(pane, caseWords);
  if (!wanted && bar) {
    for (const part of pane.querySelectorAll(".case-text > [hidden]")) part.hidden = false;
    stop();
  }
}
