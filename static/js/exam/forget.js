// A shared computer shows nothing of the last candidate: what is kept of an exam goes at signing out, before anything
// is sent, and when somebody else signs in. Only answers that the server does not have stay, unseen, until it has them.

import { eraseOthers, erasePages } from "./pages.js";
import { eraseSettled } from "./store.js";

const { person } = document.documentElement.dataset;
if (person) await eraseOthers(person);

for (const form of document.querySelectorAll('form[action="/sign-out"], form[action$="/sign-out-everywhere"]')) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await Promise.allSettled([erasePages(), eraseSettled()]);
    form.submit();
  });
}
