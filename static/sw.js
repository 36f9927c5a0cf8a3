// Shows the kept pages of a running exam when the server can't be reached. It keeps nothing of its own accord and asks
// the server first: `js/exam/pages.js` decides what is kept, and for how long. A kept page may be older than the answers:
// the page's own script puts onto it what the device wrote since. Once an exam is over there is nothing to show, and
// this is taken away.

const NAME = "exam ";
const MARK = "/kept";
const PATIENCE = 4000; // a server that takes longer for a page that is kept is as good as away
const LONGEST = 2 * 24 * 3600 * 1000; // no exam lasts longer: what is older was left behind
const PART = /^\/(?:static\/|attempt\/[^/]+\/files\/)/;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin) return;
  if (request.method !== "GET") {
    // A form that is sent before the page's script could say that the server is away.
    if (request.mode === "navigate") event.respondWith(fetch(request).catch(away));
    return;
  }
  if (PART.test(pathname)) event.respondWith(openPart(request, pathname));
  else if (request.mode === "navigate") event.respondWith(openPage(event, pathname));
});

/** The caches that are whole and not left behind. */
async function kept() {
  const found = [];
  for (const name of (await caches.keys()).filter((each) => each.startsWith(NAME))) {
    const cache = await caches.open(name);
    const mark = await cache.match(MARK);
    if (!mark) continue;
    if (Date.now() - Number(mark.headers.get("X-Kept-At")) > LONGEST) await caches.delete(name);
    else found.push({ name, cache });
  }
  return found;
}

/** The kept copy of a path. */
async function find(pathname) {
  for (const { name, cache } of await kept()) {
    const response = await cache.match(pathname);
    if (response) return { name, response };
  }
  return null;
}

/** The first kept copy whose path is meant. */
async function search(isMeant) {
  for (const { cache } of await kept()) {
    const request = (await cache.keys()).find(({ url }) => isMeant(new URL(url).pathname));
    if (request) return cache.match(request);
  }
  return null;
}

/** A file: what has its version in its address never changes, so that the kept one will do. */
async function openPart(request, pathname) {
  const found = await find(pathname);
  if (found) return found.response;
  try {
    return await fetch(request);
  } catch (problem) {
    const plain = (path) => path.replace(/^\/static\/v-[^/]+/, "/static");
    const other = await search((path) => plain(path) === plain(pathname));
    if (!other) throw problem;
    return other;
  }
}

/** A page: the server's when it comes soon, else the kept one, else a kind word and the way back. Who is not found here
 * is somebody else, and finds nothing of it without the server either. */
async function openPage(event, pathname) {
  const found = await find(pathname);
  const fresh = fetch(event.request).then(
    (response) => response,
    () => null,
  );
  if (!found) return (await fresh) ?? away();
  event.waitUntil(fresh.then((response) => response?.status === 404 && caches.delete(found.name)));
  const late = new Promise((resolve) => setTimeout(() => resolve(null), PATIENCE));
  const answer = await Promise.race([fresh, late]);
  return answer && answer.status < 500 ? answer : asKept(found.response);
}

/** The kept page, which says of itself that it is one. */
async function asKept(response) {
  const text = await response.text();
  const { status, headers } = response;
  return new Response(text.replace("<html ", '<html data-kept="yes" '), { status, headers });
}

async function away() {
  const page = await search((path) => /^\/attempt\/[^/]+\/away$/.test(path));
  return page ? asKept(page) : Response.error();
}
