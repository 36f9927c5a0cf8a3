// Brings the candidate's tools once the page stands: nobody needs them to read or to write, and they weigh something.

const AGAIN = 5000;
const later = globalThis.requestIdleCallback ?? ((act) => setTimeout(act, 200));

function bring() {
  import("./tools.js").catch(() => setTimeout(bring, AGAIN)); // the server went away just now
}

const begin = () => later(bring, { timeout: 2000 });
if (document.readyState === "complete") begin();
else window.addEventListener("load", begin);
