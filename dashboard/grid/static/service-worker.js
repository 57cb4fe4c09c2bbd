// Keeps the page itself, so that it opens without signal. Data is not kept here: the page keeps what was opened.

const CACHE = `grid-${VERSION}`;
const SHELL = [
  "/grid", "/grid/static/grid.css", "/grid/static/app.js", "/grid/static/words.js", "/grid/static/store.js", "/grid/static/net.js",
  "/grid/static/queue.js", "/grid/static/map.js", "/grid/static/parts.js", "/grid/static/today.js", "/grid/static/ground.js",
  "/grid/static/opened.js", "/grid/static/report.js", "/grid/static/records.js", "/grid/static/icon.svg", "/grid/static/icon-192.png",
];
const PATIENCE_MS = 4000;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(CACHE).then(async (cache) => {
      await Promise.all(SHELL.map(async (path) => {
        const response = await fetch(path, { cache: "reload", credentials: "same-origin" });
        // whoever is not signed in is led to the sign-in page: that is not our page
        if (response.ok && !response.redirected) await cache.put(path, response);
      }));
      await self.skipWaiting();
    }),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter((name) => name.startsWith("grid-") && name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate" && url.pathname === "/grid" && !url.searchParams.has("token")) event.respondWith(page(request));
  else if (url.pathname.startsWith("/grid/static/")) event.respondWith(file(request));
});

// the page: fresh when the network answers in time, else as kept
async function page(request) {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (response.ok && !response.redirected && response.type !== "opaqueredirect") await cache.put("/grid", response.clone());
    if (response.status < 500) return response;
  } catch {
    // no signal: below
  }
  return (await cache.match("/grid")) ?? Response.error();
}

// files: as kept with this version of the worker, else from the network
async function file(request) {
  const cache = await caches.open(CACHE);
  const known = await cache.match(request, { ignoreSearch: true });
  if (known) return known;
  return fetch(request);
}
