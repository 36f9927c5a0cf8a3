// Highlighting and striking out in the case. A mark is a stretch of characters in a paragraph; the paragraph is known by
// a number made from its words, so that marks are found again on every page, and no word of the case is kept.

import { keepOwn, readOwn } from "./private.js";

const KINDS = ["highlight", "strike"];

/** A number made of a text (FNV-1a): the same text gives the same, and the text can't be told from it. */
export function numberOf(text) {
  let hash = 0x811c9dc5;
  for (const letter of text) hash = Math.imul(hash ^ letter.codePointAt(0), 0x01000193) >>> 0;
  return hash.toString(36);
}

/** Put `mark` into `marks`, over whatever it covers. A kind of null clears. */
export function cover(marks, { from, to, kind }) {
  const kept = [];
  for (const old of marks) {
    if (old.to <= from || old.from >= to) kept.push(old);
    else {
      if (old.from < from) kept.push({ ...old, to: from });
      if (old.to > to) kept.push({ ...old, from: to });
    }
  }
  if (kind) kept.push({ from, to, kind });
  return kept.sort((one, other) => one.from - other.from);
}

function textNodes(place) {
  const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT, (node) =>
    node.parentElement.closest(".para-number") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
  );
  const nodes = [];
  while (walker.nextNode()) nodes.push(walker.currentNode);
  return nodes;
}

const lengthOf = (nodes) => nodes.reduce((sum, node) => sum + node.length, 0);

function rangeOf(nodes, from, to) {
  const range = document.createRange();
  let passed = 0;
  let isBegun = false;
  for (const node of nodes) {
    const end = passed + node.length;
    if (!isBegun && from < end) {
      range.setStart(node, Math.max(0, from - passed));
      isBegun = true;
    }
    if (isBegun && to <= end) {
      range.setEnd(node, to - passed);
      return range;
    }
    passed = end;
  }
  return null;
}

/** The part of `selection` that lies in these nodes, as character numbers; null when none does. */
function partOf(selection, nodes) {
  let from = null;
  let to = null;
  let passed = 0;
  for (const node of nodes) {
    if (selection.intersectsNode(node)) {
      const start = selection.startContainer === node ? selection.startOffset : 0;
      const end = selection.endContainer === node ? selection.endOffset : node.length;
      from ??= passed + start;
      to = passed + end;
    }
    passed += node.length;
  }
  return from !== null && to > from ? { from, to } : null;
}

/** The marks on one page's case. */
export class Marks {
  constructor(attempt, tools, pane) {
    this.attempt = attempt;
    this.words = tools.dataset;
    this.kept = readOwn(attempt, "marks", {});
    this.canPaint = "highlights" in (globalThis.CSS ?? {});
    this.paragraphs = [...pane.querySelectorAll(".para")].map((place) => {
      const nodes = textNodes(place);
      return { place, nodes, key: numberOf(nodes.map((node) => node.data).join("")) };
    });
    for (const paragraph of this.paragraphs) this.#makeButton(paragraph);
    this.paint();
  }

  /** Mark what is selected, or clear it (null). Returns whether anything of the case was. */
  markSelection(kind) {
    const selection = getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return false;
    const range = selection.getRangeAt(0);
    let isMarked = false;
    for (const paragraph of this.paragraphs) {
      const part = range.intersectsNode(paragraph.place) ? partOf(range, paragraph.nodes) : null;
      if (!part) continue;
      isMarked = true;
      this.#set(paragraph, cover(this.#of(paragraph), { ...part, kind }));
    }
    if (isMarked) {
      selection.removeAllRanges();
      this.paint();
    }
    return isMarked;
  }

  #of({ key }) {
    return this.kept[key] ?? [];
  }

  #set({ key }, marks) {
    if (marks.length) this.kept[key] = marks;
    else delete this.kept[key];
    keepOwn(this.attempt, "marks", this.kept);
  }

  /** What a whole paragraph is marked as, or null. */
  #wholeKind(paragraph) {
    const marks = this.#of(paragraph);
    const isWhole = marks.length === 1 && marks[0].from === 0 && marks[0].to === lengthOf(paragraph.nodes);
    return isWhole ? marks[0].kind : null;
  }

  /** The paragraph's number becomes a button: highlight, strike out, clear. */
  #makeButton(paragraph) {
    const number = paragraph.place.querySelector(".para-number");
    if (!number) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "para-number";
    button.textContent = number.lastChild.textContent;
    paragraph.button = button;
    number.replaceWith(button);
    button.addEventListener("click", () => {
      const kind = this.#wholeKind(paragraph);
      const next = kind === null ? KINDS[0] : (KINDS[KINDS.indexOf(kind) + 1] ?? null);
      this.#set(paragraph, next ? [{ from: 0, to: lengthOf(paragraph.nodes), kind: next }] : []);
      this.paint();
    });
  }

  /** Show every mark, and say on each paragraph's button what it is. */
  paint() {
    const ranges = Object.fromEntries(KINDS.map((kind) => [kind, []]));
    for (const paragraph of this.paragraphs) {
      const whole = this.#wholeKind(paragraph);
      paragraph.place.dataset.marked = whole ?? "";
      const words = this.words[whole ?? "plain"].replace("{n}", paragraph.button?.textContent.trim() ?? "");
      paragraph.button?.setAttribute("aria-label", words);
      for (const { from, to, kind } of this.#of(paragraph)) {
        const range = rangeOf(paragraph.nodes, from, to);
        if (range) ranges[kind].push(range);
      }
    }
    if (!this.canPaint) return;
    for (const kind of KINDS) CSS.highlights.set(`case-${kind}`, new Highlight(...ranges[kind]));
  }
}
