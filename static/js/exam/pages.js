// The pages of a running exam, kept on the device so that they open without the network: the open stage and those
// before it, the overview, the checks before a stage or the exam ends, and all that these pages load. `sw.js` shows
// them when the server can't be reached. What is kept is named after its attempt and its candidate, and goes with
// either: at the end of the exam, at signing out, and when somebody else signs in.

const NAME = "exam ";
const MARK = "/kept"; // what was kept, and that all of it was
const WORKER = "/sw.js";
const COVERED = 'data-whole="yes"'; // a page that stands in the place of the exam while its clock does
const LOADED = "link[rel=stylesheet], link[rel=icon], script[src], img[src], a[href]";
const IMPORTED = /\b(?:import|from)\s*\(?\s*["'](\.[^"']+\.js)["']/g;
const STYLED = /url\(["']?([^"')]+)["']?\)/g;

const nameOf = (attempt, person) => `${NAME}${attempt} ${person}`;

async function names() {
  return "caches" in globalThis ? (await caches.keys()).filter((name) => name.startsWith(NAME)) : [];
}

/** Whether this address opens without the network. */
export async function hasPage(address) {
  const { pathname } = new URL(address, location.href);
  for (const name of await names()) {
    const cache = await caches.open(name);
    if ((await cache.match(MARK)) && (await cache.match(pathname))) return true;
  }
  return false;
}

/** Keep the pages of an attempt. Returns whether they are now there; if not, it can be tried again. */
export async function keepPages(config) {
  const { person } = document.documentElement.dataset;
  if (!person || !("caches" in globalThis) || !navigator.serviceWorker || !navigator.locks) return false;
  try {
    return await navigator.locks.request(`pages-${config.attempt}`, () => keepAll(config, person));
  } catch {
    return false; // the server is away, the device is full, or the exam has ended
  }
}

const pagesOf = (here, stage) => [
  ...["", "/overview", "/close-stage", "/finish", "/away"].map((page) => here + page),
  ...Array.from({ length: stage - 1 }, (_none, at) => `${here}/stage/${at + 1}`),
];

async function keepAll({ attempt, stage, epoch, here }, person) {
  await eraseOthers(person);
  const name = nameOf(attempt, person);
  const version = `${stage} ${epoch} ${import.meta.url}`;
  const had = await (await caches.open(name)).match(MARK);
  if ((await had?.text()) !== version) {
    try {
      await fill(name, pagesOf(here, stage));
      const at = { headers: { "X-Kept-At": String(Date.now()) } };
      await (await caches.open(name)).put(MARK, new Response(version, at));
    } catch (problem) {
      if (!had) await caches.delete(name);
      throw problem;
    }
  }
  await navigator.serviceWorker.register(WORKER);
  await navigator.serviceWorker.ready;
  return true;
}

/** Load pages and everything that they load, each once, and put it all away. */
async function fill(name, pages) {
  const cache = await caches.open(name);
  const known = new Set(pages);
  for (const address of known) {
    const isPage = pages.includes(address);
    // Where a page leads elsewhere by now, as when the exam has just ended, nothing is to be kept.
    const response = await fetch(address, { redirect: "manual", cache: isPage ? "no-store" : "default" });
    if (!response.ok) throw new Error(`${address}: ${response.status}`);
    const text = await textOf(response, address, isPage);
    if (isPage && text.includes(COVERED)) throw new Error("the clock is stopped");
    await cache.put(address, response);
    for (const found of loadedBy(text, address, isPage)) known.add(found);
  }
}

/** The words of what may load something more, and nothing of pictures. */
const textOf = (response, address, isPage) =>
  isPage || /\.(?:js|css)$/.test(address) ? response.clone().text() : Promise.resolve("");

function loadedBy(text, address, isPage) {
  const found = isPage
    ? [...new DOMParser().parseFromString(text, "text/html").querySelectorAll(LOADED)].map(
        (each) => each.getAttribute("src") ?? each.getAttribute("href"),
      )
    : [...text.matchAll(address.endsWith(".js") ? IMPORTED : STYLED)].map((match) => match[1]);
  return found.map((each) => new URL(each, new URL(address, location.href))).filter(isPart).map((url) => url.pathname);
}

const isPart = ({ origin, pathname }) =>
  origin === location.origin && (pathname.startsWith("/static/") || /^\/attempt\/[^/]+\/files\//.test(pathname));

/** Forget the pages of an attempt, or of all of them. */
export async function erasePages(attempt = "") {
  await erase((name) => name.startsWith(`${NAME}${attempt}`));
}

/** Forget what is kept of anybody but this person. */
export async function eraseOthers(person) {
  await erase((name) => !name.endsWith(` ${person}`));
}

async function erase(isMeant) {
  const all = await names();
  const meant = all.filter(isMeant);
  for (const name of meant) await caches.delete(name);
  if (meant.length < all.length || !navigator.serviceWorker) return;
  const worker = await navigator.serviceWorker.getRegistration();
  if (worker?.active?.scriptURL.endsWith(WORKER)) await worker.unregister();
}
