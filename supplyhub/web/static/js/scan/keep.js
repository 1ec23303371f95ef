// What the device keeps in one small database: its list, and what isn't sent yet. Codes and times only.

const STORES = ["notes", "handovers", "refusals"];
let opened;

function database() {
  opened ??= new Promise((done, failed) => {
    const asked = indexedDB.open("supplyhub-scan", 1);
    asked.onupgradeneeded = () => STORES.forEach((name) => asked.result.createObjectStore(name));
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  return opened;
}

async function ask(store, mode, work) {
  const step = (await database()).transaction(store, mode);
  const asked = work(step.objectStore(store));
  return new Promise((done, failed) => {
    step.oncomplete = () => done(asked.result);
    step.onabort = () => failed(step.error ?? new Error("the device could not keep it"));
  });
}

export const get = (store, id) => ask(store, "readonly", (rows) => rows.get(id));
export const all = (store) => ask(store, "readonly", (rows) => rows.getAll());
export const put = (store, id, row) => ask(store, "readwrite", (rows) => rows.put(row, id));
export const remove = (store, id) => ask(store, "readwrite", (rows) => rows.delete(id));
