// Where a page keeps what was typed until the server has it: IndexedDB, which outlives the page, or this page's
// memory when the browser refuses. Every change is put away at once, and `arrived` says when it lies on the device,
// so that nothing is sent before. What has not arrived when the page goes is left in another way (parting.js). What is
// put away carries an order, by which the newest is known wherever it lies. Nothing here decides what counts.

import { attemptsLeft, dropKnown, forgetLeft, leave, newestOf, readLeft } from "./parting.js";

const DATABASE = "proficiency-exam";
const PLACES = ["drafts", "numbers"];
const PATIENCE = 3000;
const STUCK = 5000; // a device that takes longer than this to keep something is said not to keep it

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const finished = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });

const inTime = (promise) =>
  Promise.race([
    promise,
    new Promise((_resolve, reject) => {
      setTimeout(() => reject(new Error("the device's store did not answer")), PATIENCE);
    }),
  ]);

function openDatabase() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("drafts", { keyPath: ["attempt", "key"] });
    request.result.createObjectStore("numbers", { keyPath: "attempt" });
  };
  return done(request);
}

/** A transaction that is complete only when the bytes are on the disk, where the browser can tell. */
const writeTo = (database) => database.transaction(PLACES, "readwrite", { durability: "strict" });

const allOf = (attempt) => IDBKeyRange.bound([attempt], [attempt, []]);

/** Whether the server has everything of a draft. */
const isSettled = (draft) => draft.version === draft.sent;

const entryOf = (draft) => [draft.key, { place: "drafts", value: draft }];

/** The store of one attempt on this device. */
export class Store {
  constructor(attempt, database) {
    this.attempt = attempt;
    this.database = database;
    this.about = { attempt };
    this.order = 0; // the highest that was given
    this.waiting = new Map(); // by name, in what place to write what
    this.batch = new Map(); // what is being written
    this.writing = null; // resolves when the batch that is being written has arrived
    this.next = null; // the same for what waits behind it
    this.begun = 0;
    this.isLoaded = false;
    this.isClosed = false;
    this.onchange = () => {};
  }

  /** Whether what is put away here outlives the page. */
  get isDurable() {
    return this.database !== null && !this.isStuck;
  }

  /** Whether everything that was put away has arrived on the device. */
  get isSettled() {
    return this.isDurable && this.writing === null;
  }

  get isStuck() {
    return this.writing !== null && performance.now() - this.begun > STUCK;
  }

  /** Resolves when everything put away so far is on the device, or the device has refused it. */
  arrived() {
    if (!this.database) return Promise.resolve();
    return Promise.resolve(this.waiting.size ? this.next : this.writing);
  }

  /** Everything kept for this attempt, also what is still being written and what pages have left: its drafts, the last
   * number used, and what else a page noted. */
  async load() {
    const unwritten = this.#unwritten;
    const all = [...(await this.#read()), ...readLeft(this.attempt), ...unwritten];
    const newest = newestOf(all);
    const seqs = all.map(([, { value }]) => value.seq ?? 0);
    this.order = Math.max(this.order, ...all.map(([, { value }]) => value.order ?? 0));
    this.about = { ...newest.get("#")?.value, ...this.about, seq: Math.max(0, this.about.seq ?? 0, ...seqs) };
    this.isLoaded = true;
    const drafts = [...newest.values()].filter(({ place }) => place === "drafts").map(({ value }) => value);
    return { drafts, ...this.about };
  }

  /** What the device has, as entries. */
  async #read() {
    if (!this.database) return [];
    try {
      const transaction = this.database.transaction(PLACES);
      const drafts = done(transaction.objectStore("drafts").getAll(allOf(this.attempt)));
      const about = done(transaction.objectStore("numbers").get(this.attempt));
      const [found, value] = await inTime(Promise.all([drafts, about]));
      const entries = [...found.map(entryOf), ...(value ? [["#", { place: "numbers", value }]] : [])];
      dropKnown(this.attempt, entries);
      return entries;
    } catch {
      this.#lose();
      return [];
    }
  }

  /** The page goes, or does not wait: leave what has not arrived for the one that comes next. */
  leave() {
    const entries = this.#unwritten;
    if (entries.length && !this.isClosed) leave(this.attempt, entries);
  }

  /** Another tab writes from now on: nothing of this one is newer. */
  close() {
    this.isClosed = true;
    this.waiting.clear();
  }

  /** Put a draft away. Only the newest of each waits when the device is slow. */
  put(draft) {
    this.#write(draft.key, "drafts", { ...draft, attempt: this.attempt });
  }

  /** Note something about the attempt: `seq`, the last number that was used, so that none is used twice, and others. */
  note(facts) {
    Object.assign(this.about, facts);
    if (this.isLoaded) this.#write("#", "numbers", { ...this.about }); // or what was noted before would be lost
  }

  /** Forget this attempt on this device, all but what the server does not have. */
  async erase() {
    await inTime(this.arrived()).catch(() => this.#lose()); // or what is being written would come after
    const { drafts } = await this.load();
    const unsent = drafts.filter((draft) => !isSettled(draft));
    if (this.database) await this.#eraseKept(drafts, unsent);
    forgetLeft(this.attempt); // last, or what it outweighs could come back
    this.waiting.clear();
    if (unsent.length) leave(this.attempt, unsent.map(entryOf));
  }

  async #eraseKept(drafts, unsent) {
    try {
      const transaction = writeTo(this.database);
      const place = transaction.objectStore("drafts");
      for (const draft of drafts.filter(isSettled)) place.delete([draft.attempt, draft.key]);
      if (!unsent.length) transaction.objectStore("numbers").delete(this.attempt);
      await inTime(finished(transaction));
    } catch {
      this.#lose();
    }
  }

  get #unwritten() {
    return [...this.batch, ...this.waiting];
  }

  #write(name, place, value) {
    if (this.isClosed) return;
    this.order = Math.max(Date.now(), this.order + 1);
    this.waiting.set(name, { place, value: { ...value, order: this.order } });
    if (!this.database) return; // this page remembers it, and leaves it when it goes
    if (!this.writing) this.#begin();
    else this.next ??= this.writing.then(() => this.writing);
  }

  /** Write what waits as one batch, and what came in the meantime as the next. */
  #begin() {
    this.batch = this.waiting;
    this.waiting = new Map();
    this.next = null;
    this.begun = performance.now();
    this.writing = this.#writeAll([...this.batch.values()]).then(() => {
      this.writing = null;
      if (this.database) dropKnown(this.attempt, this.batch);
      this.batch.clear();
      if (this.database && this.waiting.size) this.#begin();
      this.onchange();
    });
  }

  async #writeAll(entries) {
    try {
      const transaction = writeTo(this.database);
      for (const { place, value } of entries) transaction.objectStore(place).put(value);
      await finished(transaction);
    } catch {
      this.#lose();
    }
  }

  /** The device refuses (full, private, or broken): from here on only this page remembers. */
  #lose() {
    this.database = null;
    this.waiting = newestOf(this.#unwritten);
    this.batch = new Map();
    this.onchange();
  }
}

const opened = new Map();

/** Open the store of an attempt, the same for the whole page; one that only this page remembers when the browser
 * refuses. */
export function openStore(attempt) {
  if (!opened.has(attempt)) opened.set(attempt, openAnew(attempt));
  return opened.get(attempt);
}

async function openAnew(attempt) {
  try {
    return new Store(attempt, await inTime(openDatabase()));
  } catch {
    return new Store(attempt, null);
  }
}

/** Forget every attempt on this device, all but what the server does not have. */
export async function eraseSettled() {
  const database = await inTime(openDatabase()).catch(() => null);
  const every = database?.transaction(PLACES).objectStore("drafts").getAll();
  const drafts = every ? await inTime(done(every)).catch(() => []) : [];
  for (const attempt of new Set([...drafts.map((draft) => draft.attempt), ...attemptsLeft()])) {
    await new Store(attempt, database).erase();
  }
  database?.close();
}
