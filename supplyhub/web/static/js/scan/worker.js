// Opens the scanning page without signal: keeps it and its own files (KEPT, written above by the server), nothing else.

const name = `scan-${KEPT.version}`;

async function keepPage() {
  const answer = await fetch(KEPT.page, { cache: "no-store" });
  // A sign-in page in its place would be kept for good.
  if (answer.ok && !answer.redirected) await (await caches.open(name)).put(KEPT.page, answer);
}

async function install() {
  const cache = await caches.open(name);
  await cache.addAll(KEPT.files.map((file) => new Request(file, { cache: "no-cache" })));
  await keepPage();
  await self.skipWaiting();
}

async function activate() {
  const older = (await caches.keys()).filter((each) => each.startsWith("scan-") && each !== name);
  await Promise.all(older.map((each) => caches.delete(each)));
  await self.clients.claim();
}

async function open(event) {
  try {
    const answer = await fetch(event.request);
    if (answer.status < 500) return answer;
  } catch {
    // From here.
  }
  return (await caches.match(KEPT.page, { cacheName: name })) ?? Response.error();
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const { pathname, search, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin) return;
  if (event.request.mode === "navigate" && pathname === KEPT.page) event.respondWith(open(event));
  else if (KEPT.files.includes(pathname + search)) event.respondWith(caches.match(event.request, { cacheName: name }).then((kept) => kept ?? fetch(event.request)));
});
