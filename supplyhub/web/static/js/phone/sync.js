// What is on the phone goes to the server, and what the server knows comes to the phone. One round at a time, whoever asks
// for it: the page, another tab, or the worker when the signal is back. Sending again is harmless.

import { device, dropDay, dropPhoto, keepBadge, keepDay, keptBadge, keptEntries, keptPhoto, markEntry, photoIds } from "./store.js";
import { isRefused, mayGo, unsentOf } from "./doors.js";

const SLOWEST_MILLISECONDS = 20_000;
const MOST = 200;
const channel = new BroadcastChannel("supplyhub-phone");

// What a round came to: done, offline, signed_out, busy (the server has no time), refused (it doesn't understand us).
class Away extends Error {
  constructor(state) {
    super(state);
    this.state = state;
  }
}

export function round(places) {
  return navigator.locks.request("supplyhub-phone", async () => {
    let state = "done";
    try {
      const day = await download(places);
      if (await send(places, day)) await download(places);
    } catch (error) {
      if (!(error instanceof Away)) throw error;
      state = error.state;
      if (state === "signed_out") await dropDay();
    }
    channel.postMessage(state);
    return state;
  });
}

export function onRound(listen) {
  channel.onmessage = (event) => listen(event.data);
}

async function ask(address, options = {}) {
  let answer;
  try {
    answer = await fetch(address, { cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(SLOWEST_MILLISECONDS), ...options });
  } catch {
    throw new Away("offline");
  }
  // Whoever isn't signed in is sent to another page; whoever is somebody else has no tickets.
  if (answer.type === "opaqueredirect" || [401, 403].includes(answer.status)) throw new Away("signed_out");
  if (answer.status === 429 || answer.status >= 500) throw new Away("busy");
  return answer;
}

// The day as it is now. Without a running shift nothing of it stays on the phone.
async function download({ day: address }) {
  const asked = Date.now();
  const answer = await ask(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Away("refused");
  const day = await answer.json();
  // The phone's clock may be wrong; the server's was right somewhere between asking and now.
  const ahead = Date.parse(day.server_now) - (asked + Date.now()) / 2;
  const fetched = { ...day, fetched: asked };
  const until = day.shift_ends && Date.parse(day.shift_ends) - ahead;
  if (await keptBadge() !== day.badge?.code) await dropDay();
  await keepBadge(day.badge?.code);
  if (until && until > Date.now()) await keepDay(fetched, until);
  else await dropDay();
  return fetched;
}

async function send({ sync, photos }, day) {
  const waiting = unsentOf(await keptEntries()).filter((entry) => mayGo(entry, day.badge?.code, day.tickets));
  for (let start = 0; start < waiting.length; start += MOST) await post(sync, day, waiting.slice(start, start + MOST));
  const shown = await sendPhotos(photos, day);
  return waiting.length + shown;
}

async function post(address, day, entries) {
  const answer = await ask(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": day.csrf },
    body: JSON.stringify({
      sent_at: new Date().toISOString(), device: await device(),
      entries: entries.map(entryOf), takings: entries.flatMap(takingsOf),
    }),
  });
  if (answer.ok) return note(entries, await answer.json());
  if (answer.status !== 422) throw new Away("refused");
  // Something in it isn't understood: the others shall not wait for that one.
  if (entries.length > 1) for (const each of entries) await post(address, day, [each]);
  else await close(entries[0], { answer: "refused", reason: "not_understood" }, []);
}

const filled = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== undefined));

function entryOf({ id, ticket, stop, outcome, problem, happened_at, undoes, left_with, kept_back }) {
  return filled({ id, ticket, stop, outcome, problem, happened_at, undoes, left_with, kept_back });
}

const takingsOf = ({ ticket, stop, happened_at, takings = [] }) => takings.map((each) => filled({ ticket, stop, happened_at, ...each }));

async function note(entries, answers) {
  const entered = new Map(answers.entries.map((each) => [each.id, each]));
  const taken = new Map(answers.takings.map((each) => [each.id, each]));
  for (const entry of entries) {
    const money = (entry.takings ?? []).map((each) => taken.get(each.id)).filter(Boolean);
    const answer = entered.get(entry.id);
    // What takes back something that has not come goes again, after that.
    if (!answer || [answer.reason, ...money.map((each) => each.answer)].includes("not_yet")) continue;
    await close(entry, answer, money);
  }
}

async function close(entry, entered, money) {
  const bad = [entered, ...money].filter((each) => !["applied", "duplicate"].includes(each.answer));
  await markEntry(entry.id, {
    sent: Date.now(), refused: isRefused(entered.answer),
    answers: bad.length ? { entry: entered, money } : null,
  });
}

// Once their entry is known. What the server won't have as a photo isn't sent for ever.
async function sendPhotos(address, day) {
  const waiting = new Set(unsentOf(await keptEntries()).map((entry) => entry.id));
  let sent = 0;
  for (const id of (await photoIds()).filter((each) => !waiting.has(each))) {
    const photo = await keptPhoto(id);
    if (!photo) {
      await dropPhoto(id);
      continue;
    }
    const body = new FormData();
    body.append("entry", id);
    body.append("photo", photo, "photo.jpg");
    const answer = await ask(address, { method: "POST", headers: { "X-CSRFToken": day.csrf }, body });
    if (answer.status === 409) continue;
    if (!answer.ok) await markEntry(id, { answers: { entry: { answer: "refused", reason: "photo" }, money: [] } });
    await dropPhoto(id);
    sent += 1;
  }
  return sent;
}
