// Commands of an invigilator on their way. Each has a key of its own and is sent until the server has said what came of
// it, so none is lost when the connection drops and none is done twice. They wait in this tab's storage, in order.

const KEPT = /^(?:command|booking_id|key|text|minutes|minutes_ago|until|entry|document|means)$/;

/** A key that no other command has. */
export const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export class Orders {
  /** `heard(words, refused)` is told what came of each; `changed()` when the list of those that wait changes. */
  constructor(name, url, { heard, changed, signedOut }) {
    Object.assign(this, { name, url, heard, changed, signedOut, sending: false, token: "" });
    this.waiting = this.#load();
  }

  #load() {
    try {
      return JSON.parse(sessionStorage.getItem(this.name)) ?? [];
    } catch {
      return [];
    }
  }

  #keep() {
    try {
      sessionStorage.setItem(this.name, JSON.stringify(this.waiting));
    } catch {
      // A browser that keeps nothing still sends what is in this page.
    }
    this.changed();
  }

  add(form, label) {
    const fields = [...new FormData(form)].filter(([name]) => KEPT.test(name));
    this.waiting.push({ fields, label, at: Date.now(), tried: false });
    this.#keep();
    this.send();
  }

  takeBack(order) {
    this.waiting = this.waiting.filter((each) => each !== order);
    this.#keep();
  }

  /** Send what waits, one after the other; stop at the first that does not get through. */
  async send() {
    if (this.sending) return;
    this.sending = true;
    while (this.waiting.length && (await this.#sendOne(this.waiting[0])));
    this.sending = false;
  }

  async #sendOne(order) {
    const body = new URLSearchParams(order.fields);
    body.set("age", String(Date.now() - order.at));
    let response;
    try {
      const headers = { Accept: "application/json", "X-CSRFToken": this.token };
      response = await fetch(this.url, { method: "POST", body, headers, redirect: "manual", signal: AbortSignal.timeout(15000) });
    } catch {
      return this.#failed(order);
    }
    if (response.type === "opaqueredirect" || response.status === 401) {
      this.signedOut();
      return this.#failed(order);
    }
    if (response.status >= 500 || response.status === 429) return this.#failed(order);
    let said = {};
    try {
      said = await response.json();
    } catch {
      return this.#failed(order);
    }
    if (response.status === 400 && !order.fresh) {
      order.fresh = true; // an old token: the next look at the room brings a new one
      return this.#failed(order);
    }
    this.waiting = this.waiting.filter((each) => each !== order);
    this.#keep();
    this.heard(said.done ?? said.error ?? "", !response.ok);
    return true;
  }

  #failed(order) {
    order.tried = true;
    this.#keep();
    return false;
  }
}
