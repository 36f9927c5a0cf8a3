// The time left: what the server said last, run on by this page's own steady clock, and put right by every reply.

const SLEPT = 2000;
export const WARNINGS = [10, 5, 1]; // minutes

export class Clock {
  constructor(remaining, stopped) {
    this.sync(remaining, stopped);
    this.before = this.remaining;
  }

  /** The server says that `remaining` ms are left now. */
  sync(remaining, stopped) {
    this.isGuess = false;
    this.base = remaining;
    this.stopped = stopped;
    this.at = performance.now();
    this.wall = Date.now();
  }

  /** Without the server: what it said at `wall` (this device's time of day), run on by this device. */
  guess({ remaining, stopped, wall }) {
    const passed = stopped ? 0 : Math.max(0, Date.now() - wall);
    this.sync(Math.max(0, remaining - passed), stopped);
    this.before = this.remaining;
    this.isGuess = true;
  }

  get remaining() {
    if (this.stopped) return this.base;
    return Math.max(0, this.base - (performance.now() - this.at));
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
