// When something was written, by clocks that nobody can set: a page's own steady clock, and what the server says of the
// time. It is kept with the answer and so outlives the page. The device's time of day counts for nothing here; it only
// gives away that the steady clock stood still, as a sleeping laptop's may.

const SLEPT = 2000;
const LONGEST = 48 * 3600 * 1000; // the server hears of no more

/** What one page can say of moments. */
export class Witness {
  constructor() {
    this.heard = null;
  }

  /** The server said that it was `at`, in milliseconds, in answer to what was asked at `asked` by this page's clock. */
  hear(at, asked) {
    this.heard = { at, asked, clock: performance.now(), wall: Date.now() };
  }

  /** Evidence of a change that is made now. `at`: the server's time by which it had been made, null if nobody knows. */
  mark() {
    const now = performance.now();
    return { clock: now, seen: 0, at: this.#latest(now) };
  }

  /** How many milliseconds ago a change was made, at the least. */
  age({ clock, seen, at }) {
    const now = performance.now();
    const { heard } = this;
    const known = heard && at !== null ? heard.at + now - heard.clock - at : 0;
    return Math.min(LONGEST, Math.round(Math.max(seen + now - clock, known)));
  }

  #latest(now) {
    if (!this.heard) return null;
    const { at, asked, clock, wall } = this.heard;
    const isUnbroken = Math.abs(Date.now() - wall - (now - clock)) < SLEPT;
    return isUnbroken ? Math.round(at + now - asked) : null;
  }
}

/** What is kept of the evidence: how long pages have watched since, and the server's time if that was known. */
export const kept = ({ clock, seen, at }) => ({ seen: Math.round(seen + performance.now() - clock), at });

/** The evidence as an earlier page kept it. Nobody watched between that page and this one. */
export const taken = (written) => ({ clock: performance.now(), seen: written?.seen ?? 0, at: written?.at ?? null });
