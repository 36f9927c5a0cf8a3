// One tab at a time writes. The browser's own lock decides which, and lets go when a tab is closed or crashes.

const RELOADING = 1500;
const YIELDING = 6000; // longer than the other tab tries to send

const nameOf = (attempt) => `exam-${attempt}`;

/** Try to become the tab that writes. Resolves to null, or to {lost, release}: `lost` resolves when another takes over. */
export function claimTab(attempt) {
  const name = nameOf(attempt);
  if (!navigator.locks) return Promise.resolve({ lost: new Promise(() => {}), release() {} });
  const steal = sessionStorage.getItem(name) === "steal";
  sessionStorage.removeItem(name);
  // The page that this one replaces may need a moment to let go.
  const options = steal ? { steal } : { signal: AbortSignal.timeout(RELOADING) };
  return new Promise((resolve) => {
    let release;
    let lose;
    const lost = new Promise((made) => (lose = made));
    navigator.locks
      .request(name, options, () => {
        const held = new Promise((made) => (release = made));
        resolve({ lost, release });
        return held;
      })
      .catch(() => {
        resolve(null); // there was another tab all the time
        lose(); // or another tab has taken the lock from this one
      });
  });
}

/** Ask the tab that writes to finish, then start this one afresh as the one that writes. */
export async function takeTab(attempt) {
  const name = nameOf(attempt);
  const channel = new BroadcastChannel(name);
  const yielded = new Promise((resolve) => {
    channel.onmessage = ({ data }) => data === "yielded" && resolve();
    setTimeout(resolve, YIELDING);
  });
  channel.postMessage("yield");
  await yielded;
  channel.close();
  sessionStorage.setItem(name, "steal");
  location.reload();
}

/** Call `finish()` when another tab asks for the exam, and tell it when this one has let go. */
export function listenForTabs(attempt, finish) {
  if (!("BroadcastChannel" in globalThis)) return;
  const channel = new BroadcastChannel(nameOf(attempt));
  channel.onmessage = async ({ data }) => {
    if (data !== "yield") return;
    await finish();
    channel.postMessage("yielded");
  };
}
