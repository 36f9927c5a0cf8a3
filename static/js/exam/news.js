// What other features of an exam page may hear and add, without knowing its script: events on the document
// (`exam:ready`, `exam:reply` with what the server said, `exam:offline`, `exam:online`, `exam:closed`), and the
// number of the last news that the page has shown, which goes back to the server with the next sign of life.

/** Tell whoever listens that something happened. */
export function tell(name, detail = null) {
  document.dispatchEvent(new CustomEvent(`exam:${name}`, { detail }));
}

/** The news up to this number have been shown: the server need not send them again. */
export function setCursor(number) {
  document.documentElement.dataset.cursor = String(number);
}

export const getCursor = () => Number(document.documentElement.dataset.cursor ?? 0);
