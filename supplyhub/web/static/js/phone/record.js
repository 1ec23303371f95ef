// What happened at a door becomes an entry on the phone: kept first, sent when there is signal.

import { keepEntry, keepPhoto } from "./store.js";

// `said`: outcome and what goes with it (problem, left_with, kept_back); `money`: [{ way, amount_fen, less }]; `photo`: a blob.
export async function record(day, ticket, stop, said, { money = [], photo = null } = {}) {
  const id = crypto.randomUUID(), at = Date.now();
  const takings = money.map((each) => ({ id: crypto.randomUUID(), ...each }));
  // The photo first: an entry that is there may be sent in the next moment.
  if (photo) await keepPhoto(id, photo);
  await keepEntry(id, {
    ticket: ticket.code, stop: stop.id, happened_at: new Date(at).toISOString(), ...said, takings,
  }, { owner: day.badge?.code, at });
  // What isn't sent yet shall not fall to a browser that makes room.
  navigator.storage?.persist?.();
}

// It wasn't so, and the money wasn't taken: entries of their own, for the first may have arrived.
export async function undo(day, entry) {
  const id = crypto.randomUUID(), at = Date.now();
  const takings = entry.takings.map((each) => ({ id: crypto.randomUUID(), corrects: each.id }));
  await keepEntry(id, {
    ticket: entry.ticket, stop: entry.stop, outcome: "undone", undoes: entry.id, happened_at: new Date(at).toISOString(), takings,
  }, { owner: day.badge?.code ?? entry.owner, at });
}

const LONGEST_SIDE = 1600;

// A phone's photo has five megabytes; what shows a crushed box has a tenth.
export async function shrunk(file) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.8));
}
