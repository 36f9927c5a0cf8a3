// Leaving a page of the exam: only once everything is on the server, or when all is kept on this device and so is the
// page that is wanted. Otherwise the page stays, and says why.

import { answerWith } from "./says.js";

const SOON = 1000; // what is known to be away is not waited for

/** Whether a link leads to another page: not within this one, to a file, or to a telephone. */
const leadsAway = (link) =>
  link.protocol.startsWith("http") && !link.getAttribute("href").startsWith("#") && !link.pathname.includes("/files/");

/** Whether an address opens without the network. */
async function isKept(address) {
  const pages = await import("./pages.js").catch(() => null); // never kept, if not even this is there
  return pages !== null && pages.hasPage(address);
}

/** `exam`: sender, store, words, isOver(), isReachable(), reach() → whether the server answers, refused(form), and
 * begun() → a promise that the page knows what was written. */
export class Leaving {
  constructor(exam) {
    this.exam = exam;
    this.busy = false;
    this.going = false;
  }

  /** Whether the browser should ask before the page goes. */
  get shouldAsk() {
    return !this.going && this.exam.sender.unsent.length > 0;
  }

  /** Send everything. Whether all is `sent`, and whether the server `isThere`: it may have come back just now. */
  async #flush() {
    const { sender, isReachable, reach, begun } = this.exam;
    await begun();
    await (isReachable() ? sender.flush() : sender.flush(SOON));
    const isThere = await reach();
    if (isThere && sender.unsent.some((draft) => !draft.refused)) await sender.flush();
    return { sent: sender.unsent.length === 0, isThere };
  }

  /** Go to an address within the exam. */
  async follow(address) {
    const { sender, store, words } = this.exam;
    const { sent, isThere } = await this.#flush();
    await Promise.race([store.arrived(), new Promise((resolve) => setTimeout(resolve, SOON))]);
    const isSafe = sent || (store.isSettled && !sender.unsent.some((draft) => draft.refused));
    if ((sent && isThere) || (isSafe && (await isKept(address)))) {
      this.going = true;
      location.assign(address);
    } else {
      answerWith("leave", isThere || sender.unsent.length ? words.leave : words.leaveAway);
    }
  }

  /** Send a form once everything else has been sent. */
  async send(form) {
    if (this.busy) return;
    this.busy = true;
    const { sent, isThere } = await this.#flush();
    this.busy = false;
    if (!isThere) return this.exam.refused(form);
    if (!sent) return answerWith("leave", this.exam.words.leave);
    form.dataset.checked = "yes";
    form.requestSubmit();
  }

  /** Watch links and forms. */
  watch() {
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a[href]");
      if (!link || link.target || event.defaultPrevented || !leadsAway(link)) return;
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button || this.exam.isOver()) return;
      event.preventDefault();
      this.follow(link.href);
    });
    for (const form of document.querySelectorAll("form[data-flush]")) {
      form.addEventListener("submit", (event) => {
        if (form.dataset.checked) return;
        event.preventDefault();
        delete form.dataset.sent;
        this.send(form);
      });
    }
    window.addEventListener("pageshow", () => {
      this.going = false;
      for (const form of document.querySelectorAll("form[data-checked]")) delete form.dataset.checked;
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.shouldAsk && !this.exam.isPassive()) event.preventDefault();
    });
  }
}
