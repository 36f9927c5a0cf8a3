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

/** `kept` with what makes `typed` differ from `base`, of which both were made; not a word of either is lost.
 * Where both changed the same place, what was typed follows what was kept. Returns the text before and from the end of
 * what was typed. */
export function merge(base, kept, typed) {
  const place = [...base]; // by characters, so that none is cut in two
  const text = [...kept];
  const first = differenceOf(place, text);
  const second = differenceOf(place, [...typed]);
  const longer = text.length - place.length;
  let at = first.start + first.words.length;
  let gone = 0;
  if (second.start >= first.end || second.end <= first.start) {
    at = second.start >= first.end ? second.start + longer : second.start;
    gone = second.end - second.start;
  }
  return [[...text.slice(0, at), ...second.words].join(""), text.slice(at + gone).join("")];
}
