// What the phone keeps, in one small database: sealed (AES-GCM) with keys that the browser uses and never gives out.
//
// Two keys, because two things have two lives: `day` (doors, phones) goes at the end of the shift, `unsent` stays until all
// is sent. To drop something is to drop its key too.

const NAME = "supplyhub-phone";
const STORES = ["keys", "notes", "entries", "photos"];
const encoder = new TextEncoder(), decoder = new TextDecoder();
let opened;

function database() {
  opened ??= new Promise((done, failed) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => STORES.forEach((name) => asked.result.createObjectStore(name));
    asked.onsuccess = () => {
      // Another tab that deletes it doesn't wait for this one.
      asked.result.onversionchange = () => { asked.result.close(); opened = undefined; };
      done(asked.result);
    };
    asked.onerror = () => failed(asked.error);
  });
  return opened;
}

async function ask(store, mode, work) {
  const step = (await database()).transaction(store, mode);
  const asked = work(step.objectStore(store));
  return new Promise((done, failed) => {
    step.oncomplete = () => done(asked?.result);
    step.onabort = () => failed(step.error ?? new Error("the phone could not keep it"));
  });
}

const get = (store, id) => ask(store, "readonly", (rows) => rows.get(id));
const put = (store, id, row) => ask(store, "readwrite", (rows) => rows.put(row, id));
const remove = (store, id) => ask(store, "readwrite", (rows) => rows.delete(id));

async function key(name) {
  const fresh = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  // Two tabs may ask at once: the first one's stays.
  return ask("keys", "readwrite", (rows) => {
    const result = { result: fresh };
    rows.get(name).onsuccess = (event) => {
      if (event.target.result) result.result = event.target.result;
      else rows.put(fresh, name);
    };
    return result;
  });
}

async function seal(keyName, id, bytes) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const box = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: encoder.encode(id) }, await key(keyName), bytes);
  return { iv, box };
}

// What can't be opened any more, because its key was dropped meanwhile, isn't there.
async function unseal(keyName, id, row) {
  const found = row && await get("keys", keyName);
  if (!found) return null;
  try {
    return await crypto.subtle.decrypt({ name: "AES-GCM", iv: row.iv, additionalData: encoder.encode(id) }, found, row.box);
  } catch {
    return null;
  }
}

const packed = (value) => encoder.encode(JSON.stringify(value));
const unpacked = (bytes) => (bytes ? JSON.parse(decoder.decode(bytes)) : null);

// The day: doors of my tickets. `until` stands beside it in the clear, so that it can be dropped unread.
export async function keepDay(day, until) {
  await put("notes", "day", { until, ...await seal("day", "day", packed(day)) });
}

export async function keptDay() {
  const row = await get("notes", "day");
  const day = unpacked(await unseal("day", "day", row));
  return day && { ...day, until: row.until };
}

export async function dropDay() {
  await remove("notes", "day");
  await remove("keys", "day");
  const rows = await ask("entries", "readonly", (found) => found.getAll());
  // What isn't sent stays, and what the server didn't take until somebody has read so.
  await Promise.all(rows.filter((row) => row.sent && !row.answers).map((row) => remove("entries", row.id)));
}

// What happened at doors: `said` is sealed. In the clear: whose it is, when it was, and what became of it (`sent`: when the
// server answered, 0 before; `answers`: what it didn't take, in its codes).
export async function keepEntry(id, said, { owner, at }) {
  await put("entries", id, { id, owner, at, sent: 0, refused: false, answers: null, ...await seal("unsent", id, packed(said)) });
}

export async function keptEntries() {
  const rows = await ask("entries", "readonly", (found) => found.getAll());
  const said = await Promise.all(rows.map(async (row) => unpacked(await unseal("unsent", row.id, row))));
  return rows.map(({ iv, box, ...row }, place) => ({ ...row, ...said[place] }))
    .filter((_, place) => said[place]).sort((one, other) => one.at - other.at);
}

export async function markEntry(id, change) {
  await ask("entries", "readwrite", (rows) => {
    rows.get(id).onsuccess = (event) => event.target.result && rows.put({ ...event.target.result, ...change }, id);
  });
}

export const dropEntry = (id) => remove("entries", id);

export async function keepPhoto(id, blob) {
  await put("photos", id, await seal("unsent", id, await blob.arrayBuffer()));
}

export const photoIds = () => ask("photos", "readonly", (rows) => rows.getAllKeys());

export async function keptPhoto(id) {
  const bytes = await unseal("unsent", id, await get("photos", id));
  return bytes && new Blob([bytes], { type: "image/jpeg" });
}

export const dropPhoto = (id) => remove("photos", id);

// Whose badge is signed in, also where nothing of a day is kept.
export const keepBadge = (code) => put("notes", "badge", code);
export const keptBadge = () => get("notes", "badge");
export const dropBadge = () => remove("notes", "badge");

// A number for this phone, so that the lead can tell two of them apart; it says nothing about its holder.
export async function device() {
  const fresh = crypto.randomUUID();
  const known = await get("notes", "device");
  if (!known) await put("notes", "device", fresh);
  return known ?? fresh;
}
