// Opens the page without signal. Keeps the page and its own files (KEPT, written above by the server), nothing else: doors
// are the page's business, and other pages aren't even seen here.

const SHELL_MILLISECONDS = 2500;
const name = `phone-${KEPT.version}`;

// In the looks of now: a kept page of an older version would name files that are gone.
const isOurs = (answer) => answer.ok && !answer.redirected && answer.headers.get("X-Phone-Version") === KEPT.version;

async function keep(answer) {
  if (isOurs(answer)) await (await caches.open(name)).put(KEPT.shell, answer.clone());
  return answer;
}

async function install() {
  await (await caches.open(name)).addAll(KEPT.files);
  const page = await keep(await fetch(KEPT.shell, { cache: "no-store" }));
  // Files without their page open nothing: whoever was here before goes on.
  if (!isOurs(page)) throw new Error("no page of this version");
  await self.skipWaiting();
}

async function activate() {
  const older = (await caches.keys()).filter((each) => each.startsWith("phone-") && each !== name);
  await Promise.all(older.map((each) => caches.delete(each)));
  await self.clients.claim();
}

// From the server, so that language and type are those of now; from here when that takes too long.
async function shell(event) {
  const fresh = fetch(event.request).then(keep);
  event.waitUntil(fresh.catch(() => {}));
  const kept = await caches.match(KEPT.shell, { cacheName: name });
  if (!kept) return fresh;
  const late = new Promise((done) => setTimeout(done, SHELL_MILLISECONDS, kept));
  return Promise.race([fresh.then((answer) => (answer.status >= 500 ? kept : answer), () => kept), late]);
}

async function file(request) {
  return await caches.match(request, { cacheName: name }) ?? fetch(request);
}

// What the page asks before it says that it opens without signal.
async function isKept() {
  const found = await Promise.all([KEPT.shell, ...KEPT.files].map((each) => caches.match(each, { cacheName: name })));
  return found.every(Boolean);
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const { pathname, search, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin) return;
  if (event.request.mode === "navigate" && pathname === KEPT.shell) event.respondWith(shell(event));
  else if (KEPT.files.includes(pathname + search)) event.respondWith(file(event.request));
});

self.addEventListener("message", (event) => {
  if (event.data === "kept") event.waitUntil(isKept().then((all) => event.ports[0].postMessage(all)));
});

// The signal is back while the page is closed. What fails here the browser tries again later.
self.addEventListener("sync", (event) => {
  if (!self.sendAll) return;
  event.waitUntil(self.sendAll(KEPT.places).then((state) => {
    if (["offline", "busy"].includes(state)) throw new Error(state);
  }));
});
