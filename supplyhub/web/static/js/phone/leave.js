// Whoever signs out leaves nothing on this phone but what isn't sent: no door, no key to one, no worker, no kept page.

import { dropBadge, dropDay } from "./store.js";

export async function leave() {
  await dropDay();
  await dropBadge();
  const workers = await navigator.serviceWorker?.getRegistrations() ?? [];
  await Promise.all(workers.map((each) => each.unregister()));
  const kept = globalThis.caches ? await caches.keys() : [];
  await Promise.all(kept.filter((each) => each.startsWith("phone-")).map((each) => caches.delete(each)));
}
