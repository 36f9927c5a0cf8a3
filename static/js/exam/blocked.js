// The time during which a candidate wanted the next stage and the server could not be reached. It is counted by this
// page's steady clock alone, outlives the page, and is claimed when the stage opens; the server decides what of it is
// given back.

const STEP = 5000; // how often the count is put away; a page that dies loses no more than this

export class Blocked {
  constructor(store, stage) {
    this.store = store;
    this.stage = stage;
    this.total = 0;
    this.since = null;
    this.askedAt = null;
    this.notedAt = 0;
  }

  /** Take over what an earlier page counted in this stage; `isAway`: the server is away still. */
  adopt(kept, isAway) {
    if (kept?.stage !== this.stage) return;
    Object.assign(this, { total: kept.total, askedAt: kept.askedAt });
    if (kept.isWaiting && isAway) this.begin();
  }

  get isWaiting() {
    return this.since !== null;
  }

  get milliseconds() {
    return Math.round(this.total + (this.since === null ? 0 : performance.now() - this.since));
  }

  /** The candidate asks for the next stage, and the server can't be reached. */
  begin() {
    this.askedAt ??= Date.now();
    this.since ??= performance.now();
    this.#note();
  }

  /** The server was heard again. Returns whether somebody was waiting for it. */
  end() {
    if (this.since === null) return false;
    this.total = this.milliseconds;
    this.since = null;
    this.#note();
    return true;
  }

  tick() {
    if (this.isWaiting && performance.now() - this.notedAt > STEP) this.#note();
  }

  #note() {
    this.notedAt = performance.now();
    const { stage, milliseconds, askedAt, isWaiting } = this;
    this.store.note({ blocked: { stage, total: milliseconds, askedAt, isWaiting } });
  }
}
