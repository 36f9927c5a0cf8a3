// Sends what was typed, in order, one message at a time, until the server has said that it is kept.
//
// A draft is one question's answer or flag. Each change raises its version; a message carries one version under a
// number of its own and is sent again, the same, until it is answered, for an answer may be lost on the way back.
// Typing never waits: while a message is on its way the draft goes on, and the next message takes its newest version.
// A message leaves only when its version and its number lie on the device, or the device has refused them; when it
// takes too long they are left there in another way first, and so they are when the page is about to go.

import { post } from "./post.js";
import { kept as keptMark, taken, Witness } from "./written.js";

const QUIET = 800; // a pause in typing sends at once
const AT_LATEST = 2500; // and without any pause this long after the first unsent keystroke
const RETRIES = [1000, 2000, 4000, 5000];
const KEEPALIVE_BYTES = 60000; // browsers carry no more than 64 kB beyond the end of a page
const WATCHED = 5000; // how often it is put away how long a change has waited
const SLOW_DEVICE = 2000; // saving does not wait longer than this for the device
const COUNTS = ["answer_saved", "flagged", "unflagged"];

export class Sender {
  /** `config`: save, token, epoch, stage. `on`: changed(), replied(data, draft, message), signedOut(), refusedWriter(). */
  constructor(store, config, on) {
    this.store = store;
    this.config = config;
    this.on = on;
    this.drafts = new Map();
    this.seq = config.seq;
    this.inDoubt = null;
    this.halted = false;
    this.failures = 0;
    this.urgent = false;
    this.busy = false;
    this.savedAt = null;
    this.lastKind = null;
    this.timer = null;
    this.waiters = [];
    this.witness = new Witness();
    this.watchedAt = 0;
  }

  /** Take over what an earlier page on this device could not send. Returns those drafts. */
  adopt({ drafts, seq }) {
    this.seq = Math.max(this.seq, seq);
    const unsent = drafts.filter((draft) => draft.version > draft.sent);
    for (const draft of unsent) {
      const waited = { since: draft.since ?? Date.now(), changed: 0, first: 0, mark: taken(draft.written) };
      this.drafts.set(draft.key, { ...draft, ...waited });
    }
    if (unsent.length) this.flush();
    return unsent;
  }

  /** A question's answer (`fields`) or flag (`flagged`) has changed. */
  change(key, item, value) {
    const now = performance.now();
    const draft = this.drafts.get(key) ?? { key, item, version: 0, sent: 0, since: null };
    const isFirst = draft.version === Math.max(draft.sent, draft.sending ?? 0);
    const isClean = draft.version === draft.sent;
    Object.assign(draft, value, {
      version: draft.version + 1,
      epoch: this.config.epoch,
      stage: this.config.stage,
      changed: now,
      mark: this.witness.mark(),
      refused: null,
    });
    if (isFirst) {
      draft.first = now;
      draft.sinceNext = Date.now();
    }
    if (isClean) draft.since = draft.sinceNext;
    this.drafts.set(key, draft);
    this.store.put(kept(draft));
    this.#schedule();
    this.on.changed();
  }

  /** Put away now and then how long ago what waits was written, for a page that comes after this one. */
  watch() {
    if (performance.now() - this.watchedAt > WATCHED) this.#keepMarks();
  }

  #keepMarks() {
    this.watchedAt = performance.now();
    for (const draft of this.unsent) this.store.put(kept(draft));
  }

  /** The drafts that the server has not confirmed, the oldest first. */
  get unsent() {
    return [...this.drafts.values()]
      .filter((draft) => draft.version > draft.sent)
      .sort((one, other) => one.since - other.since);
  }

  get isFailing() {
    return this.failures > 0;
  }

  /** Send everything now. Resolves to whether everything is on the server, after `patience` ms at the latest. */
  flush(patience = 4000) {
    this.urgent = true;
    this.#schedule();
    if (!this.unsent.length) return Promise.resolve(true);
    return new Promise((resolve) => {
      const waiter = { resolve };
      waiter.timer = setTimeout(() => this.#release(waiter), patience);
      this.waiters.push(waiter);
    });
  }

  /** The page may be gone in a moment: send what is left in a way that outlives it. */
  sendBeyond() {
    this.#keepMarks();
    let room = KEEPALIVE_BYTES;
    for (const draft of this.halted ? [] : this.unsent.filter((each) => !each.refused)) {
      const message = this.#compose(draft);
      room -= new Blob([JSON.stringify(message)]).size;
      if (room < 0) return; // it is kept on the device, and sent when the exam is opened again
      const { version } = draft;
      post(this.config.save, message, { keepalive: true }).then((reply) => {
        if (reply.status === 200) this.#settle(draft, version, message, reply.data);
      });
    }
  }

  /** Stop sending: another tab writes, or the sign-in has ended. */
  halt() {
    this.halted = true;
    clearTimeout(this.timer);
  }

  /** Go on sending, under a new token when there is one. */
  resume(fresh = {}) {
    Object.assign(this.config, fresh);
    this.halted = false;
    this.failures = 0;
    this.flush();
  }

  #schedule() {
    clearTimeout(this.timer);
    if (this.halted || this.busy) return;
    const due = this.#nextDue();
    if (due === null) return;
    const wait = this.failures ? RETRIES[Math.min(this.failures, RETRIES.length) - 1] : due - performance.now();
    this.timer = setTimeout(() => this.#pump(), Math.max(0, wait));
  }

  /** When the next message is due, on this page's clock; null when there is none. */
  #nextDue() {
    if (this.inDoubt) return 0;
    const dues = this.unsent
      .filter((draft) => !draft.refused)
      .map((draft) => (this.urgent ? 0 : Math.min(draft.changed + QUIET, (draft.first ?? 0) + AT_LATEST)));
    return dues.length ? Math.min(...dues) : null;
  }

  async #pump() {
    if (this.busy || this.halted) return;
    this.busy = true;
    try {
      while (!this.halted && this.#nextDue() !== null && this.#nextDue() <= performance.now()) {
        if (!(await this.#sendNext())) break;
      }
    } finally {
      this.busy = false;
      if (!this.unsent.length) this.urgent = false;
      this.#schedule();
      this.on.changed();
    }
  }

  async #sendNext() {
    this.inDoubt ??= this.#takeNext();
    const { draft, version, message, mark } = this.inDoubt;
    const late = new Promise((resolve) => setTimeout(() => resolve("late"), SLOW_DEVICE));
    const isLate = (await Promise.race([this.store.arrived(), late])) === "late";
    if (isLate || !this.store.isDurable) this.store.leave(); // the page may yet crash
    const reply = await post(this.config.save, { ...message, age: this.witness.age(mark), token: this.config.token });
    return this.#understand(draft, version, message, reply);
  }

  #takeNext() {
    const now = performance.now();
    const draft = this.unsent.find(
      (each) =>
        !each.refused &&
        (this.urgent || Math.min(each.changed + QUIET, (each.first ?? 0) + AT_LATEST) <= now),
    );
    const { version } = draft;
    draft.sending = version;
    return { draft, version, message: this.#compose(draft), mark: draft.mark };
  }

  #compose(draft) {
    this.seq += 1;
    this.store.note({ seq: this.seq });
    const message = { token: this.config.token, epoch: draft.epoch, seq: this.seq, item: draft.item };
    if (draft.fields === undefined) message.flagged = draft.flagged;
    else message.fields = draft.fields;
    return { ...message, age: this.witness.age(draft.mark) };
  }

  /** Whether the next message may follow. */
  #understand(draft, version, message, { status, data }) {
    if (status === 200 && data.kind) {
      this.inDoubt = null;
      this.failures = 0;
      this.#settle(draft, version, message, data);
      return true;
    }
    if (status === 401) {
      this.halt();
      this.on.signedOut();
      return false;
    }
    if (status === 403) {
      this.halt();
      this.on.refusedWriter();
      return false;
    }
    if ([400, 404, 413, 422].includes(status)) {
      // The server will not take this, however often it is sent. What was typed stays where it is.
      this.inDoubt = null;
      this.failures = 0;
      if (draft.version === version) draft.refused = data.error;
      this.on.changed();
      return true;
    }
    this.failures += 1;
    this.on.changed();
    return false;
  }

  #settle(draft, version, message, data) {
    if (data.kind === "answer_conflicted") {
      this.seq = Math.max(this.seq, data.top_seq); // somebody used this number: take a higher one
    } else {
      this.#confirm(draft, version, data);
    }
    this.on.replied(data, draft, message);
    this.on.changed();
    if (!this.unsent.length) this.waiters.slice().forEach((waiter) => this.#release(waiter));
  }

  #confirm(draft, version, data) {
    // A version may have been sent twice, and replies may overtake each other: the receipt rests on the one that counts.
    const isLater = version === draft.sent && COUNTS.includes(data.kind) && data.pos > (draft.pos ?? 0);
    if (version > draft.sent || isLater) Object.assign(draft, { pos: data.pos, kind: data.kind });
    draft.sent = Math.max(draft.sent, version);
    draft.since = draft.version > draft.sent ? draft.sinceNext : null;
    this.lastKind = data.kind;
    this.savedAt = data.at;
    this.store.put(kept(draft));
  }

  #release(waiter) {
    clearTimeout(waiter.timer);
    this.waiters = this.waiters.filter((each) => each !== waiter);
    waiter.resolve(this.unsent.length === 0);
  }
}

/** What the device keeps of a draft, with the evidence of when it was written as long as the server lacks it. */
function kept({ key, item, stage, epoch, fields, flagged, version, sent, since, pos, kind, mark }) {
  const written = version > sent && mark ? keptMark(mark) : null;
  return { key, item, stage, epoch, fields, flagged, version, sent, since, pos, kind, written };
}

/** Whether a draft of this device is newer than a page that was made for `epoch` when the record ended at `pos`. */
export function isNewer(draft, { epoch, pos }) {
  if (draft.epoch !== epoch) return false;
  return draft.version > draft.sent || (COUNTS.includes(draft.kind) && draft.pos > pos);
}
