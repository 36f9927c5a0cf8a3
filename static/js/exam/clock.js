// The time left: what the server said last, run on by this page's own steady clock, and put right by every reply.

const SLEPT = 2000;
export const WARNINGS = [10, 5, 1]; // minutes

export class Clock {
  constructor(remaining, stopped, resumesIn = null) {
    this.sync(remaining, stopped, resumesIn);
    this.before = this.remaining;
  }

  /** The server says that `remaining` ms are left now. A break that stops the clock ends by itself in `resumesIn` ms. */
  sync(remaining, stopped, resumesIn = null) {
    this.isGuess = false;
    this.base = remaining;
    this.wait = stopped ? (resumesIn ?? Infinity) : 0;
    this.at = performance.now();
    this.wall = Date.now();
  }

  /** Without the server: what it said at `wall` (this device's time of day), run on by this device. */
  guess({ remaining, stopped, resumesIn, wall }) {
    const passed = Math.max(0, Date.now() - wall);
    const wait = stopped ? (resumesIn ?? Infinity) : 0;
    const ran = Math.max(0, passed - wait);
    this.sync(Math.max(0, remaining - ran), passed < wait, wait === Infinity ? null : wait - passed);
    this.before = this.remaining;
    this.isGuess = true;
  }

  /** The device has slept, or its clock was set: what is left is no more than a guess until the server is heard. */
  doubt() {
    this.sync(this.remaining, this.stopped, this.resumesIn);
    this.isGuess = true;
  }

  get passed() {
    return performance.now() - this.at;
  }

  get stopped() {
    return this.passed < this.wait;
  }

  /** How long a break still stops the clock, in ms; null while a pause lasts that has no end yet. */
  get resumesIn() {
    return this.wait === Infinity ? null : Math.max(0, this.wait - this.passed);
  }

  get remaining() {
    return Math.max(0, this.base - Math.max(0, this.passed - this.wait));
  }

  /** Whether the device has slept, or its clock was set: then only the server knows. */
  get isInDoubt() {
    return Math.abs(Date.now() - this.wall - (performance.now() - this.at)) > SLEPT;
  }

  /** The warning that is due, in minutes, or null: the lowest that was passed since the last question. */
  takeWarning() {
    const now = this.remaining;
    const passed = WARNINGS.filter((minutes) => now <= minutes * 60000 && minutes * 60000 < this.before);
    this.before = now;
    return passed.length && now > 0 ? Math.min(...passed) : null;
  }
}

/** Time as the server shows it: "1 h 42 min", "4 min 30 s", "40 s". */
export function leftText(milliseconds, words) {
  const all = Math.ceil(milliseconds / 1000);
  const hours = Math.floor(all / 3600);
  const minutes = Math.floor((all % 3600) / 60);
  const seconds = all % 60;
  const parts = [];
  if (hours) parts.push(`${hours} ${words.hours}`);
  if (minutes) parts.push(`${minutes} ${words.min}`);
  if (!parts.length || (seconds && !hours && minutes < 5)) parts.push(`${seconds} ${words.seconds}`);
  return parts.join(" ");
}
