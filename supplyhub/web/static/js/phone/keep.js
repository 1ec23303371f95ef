// The page itself is kept by its worker: here it is asked to, and whether it has.

const { dataset } = document.body;

// A worker that sends by itself is a module, and only browsers that have such workers can wake it.
export function keepPage() {
  const wakes = Boolean(globalThis.SyncManager);
  const address = wakes ? `${dataset.worker}?sync` : dataset.worker;
  return navigator.serviceWorker.register(address, { type: wakes ? "module" : "classic", updateViaCache: "none" }).catch(() => {});
}

// Whether this page would open without signal: a worker has it in hand, and every file is there. An older worker doesn't
// answer; the one that takes its place does.
export function isKept() {
  const worker = navigator.serviceWorker.controller;
  if (!worker) return Promise.resolve(false);
  return new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => done(data);
    worker.postMessage("kept", [port2]);
  });
}

export function onKeeper(listen) {
  navigator.serviceWorker.addEventListener("controllerchange", listen);
}
