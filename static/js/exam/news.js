// What other features of an exam page may hear without knowing its script: events on the document (`exam:ready`,
// `exam:reply` with what the server said, `exam:offline`, `exam:online`, `exam:closed`,
// `exam:covered` with whether it is).

/** Tell whoever listens that something happened. */
export function tell(name, detail = null) {
  document.dispatchEvent(new CustomEvent(`exam:${name}`, { detail }));
}
