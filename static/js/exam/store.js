// Where a page keeps what was typed until the server has it: IndexedDB, which outlives the page, or this page's
// memory when the browser refuses. Every change is put away at once; nothing here decides what counts.

const DATABASE = "proficiency-exam";
const PATIENCE = 3000;

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

/** The store of one attempt on this device. */
export class Store {
  constructor(attempt, database) {
    this.attempt = attempt;
    this.database = database;
    this.waiting = new Map();
    this.writing = null;
    this.onchange = () => {};
  }

  /** Whether what is put away here outlives the page. */
  get isDurable() {
    return this.database !== null;
  }

  /** Whether everything that was put away has arrived on the device. */
  get isSettled() {
    return this.isDurable && this.waiting.size === 0 && this.writing === null;
  }

  /** Everything that is kept for this attempt: its drafts, and the last number that was used. */
  async load() {
    if (!this.database) return { drafts: [], seq: 0 };
    try {
      const transaction = this.database.transaction(["drafts", "numbers"]);
      const mine = IDBKeyRange.bound([this.attempt], [this.attempt, []]);
      const drafts = done(transaction.objectStore("drafts").getAll(mine));
      const number = done(transaction.objectStore("numbers").get(this.attempt));
      return { drafts: await drafts, seq: (await number)?.seq ?? 0 };
    } catch {
      this.#lose();
      return { drafts: [], seq: 0 };
    }
  }

  /** Put a draft away. Only the newest of each waits when the device is slow. */
  put(draft) {
    this.#write(draft.key, "drafts", { ...draft, attempt: this.attempt });
  }

  /** Remember the last number that was used, so that none is used twice. */
  putNumber(seq) {
    this.#write("#", "numbers", { attempt: this.attempt, seq });
  }

  /** Forget everything about this attempt on this device. */
  async erase() {
    if (!this.database) return;
    try {
      const transaction = this.database.transaction(["drafts", "numbers"], "readwrite");
      transaction.objectStore("drafts").delete(IDBKeyRange.bound([this.attempt], [this.attempt, []]));
      transaction.objectStore("numbers").delete(this.attempt);
      await finished(transaction);
    } catch {
      this.#lose();
    }
  }

  #write(name, place, value) {
    if (!this.database) return;
    this.waiting.set(name, { place, value });
    this.writing ??= this.#writeAll();
  }

  async #writeAll() {
    try {
      while (this.waiting.size) {
        const entries = [...this.waiting.values()];
        this.waiting.clear();
        const transaction = this.database.transaction(["drafts", "numbers"], "readwrite");
        for (const { place, value } of entries) transaction.objectStore(place).put(value);
        await finished(transaction);
      }
    } catch {
      this.#lose();
    } finally {
      this.writing = null;
      this.onchange();
    }
  }

  /** The device refuses (full, private, or broken): from here on only this page remembers. */
  #lose() {
    this.database = null;
    this.waiting.clear();
    this.onchange();
  }
}

/** Open the store of an attempt; one that only this page remembers when the browser refuses. */
export async function openStore(attempt) {
  try {
    const database = await inTime(openDatabase());
    return new Store(attempt, database);
  } catch {
    return new Store(attempt, null);
  }
}
