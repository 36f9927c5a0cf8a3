// One text that was changed twice: on a page that went, and on the next before that one knew of it.

/** Where `text` differs from `base`, both as characters: from `start` to `end` of `base` there are `words` instead. */
function differenceOf(base, text) {
  const shorter = Math.min(base.length, text.length);
  let start = 0;
  while (start < shorter && base[start] === text[start]) start += 1;
  let same = 0;
  while (same < shorter - start && base.at(-1 - same) === text.at(-1 - same)) same += 1;
  return { start, end: base.length - same, words: text.slice(start, text.length - same) };
}

/** How many characters two texts have in common at their beginning. */
function sharedBy(one, other) {
  const end = one.findIndex((character, at) => character !== other[at]);
  return end < 0 ? one.length : end;
}

/** `kept` with what makes `typed` differ from `base`, of which both were made; not a word of either is lost.
 * Where both changed the same place, what was typed follows what was kept as words of its own, unless one of them goes
 * on from the other.
 * Returns the text before and from the end of what was typed. */
export function merge(base, kept, typed) {
  const place = [...base]; // by characters, so that none is cut in two
  const text = [...kept];
  const first = differenceOf(place, text);
  const second = differenceOf(place, [...typed]);
  const isSame = first.start === second.start && first.end === second.end;
  const shared = isSame ? sharedBy(first.words, second.words) : 0;
  const goesOn = shared === Math.min(first.words.length, second.words.length);
  let at = first.start + first.words.length;
  let gone = 0;
  if (isSame && goesOn) {
    at = first.start;
    gone = shared;
  } else if (second.start >= first.end) {
    at = second.start + text.length - place.length;
    gone = second.end - second.start;
  } else if (second.end <= first.start) {
    at = second.start;
    gone = second.end - second.start;
  }
  const meets = first.words.length > 0 && second.words.length > 0 && at === first.start + first.words.length;
  const gap = meets && /\S\S/u.test(text[at - 1] + second.words[0]) ? [" "] : [];
  return [[...text.slice(0, at), ...gap, ...second.words].join(""), text.slice(at + gone).join("")];
}
