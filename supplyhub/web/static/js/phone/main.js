// The volunteer's page: what is pressed becomes an entry on the phone, and goes to the server when there is signal.

import { dropEntry, markEntry } from "./store.js";
import { undoable, unsentOf } from "./doors.js";
import { onRound, round } from "./sync.js";
import { record, undo } from "./record.js";
import { isKept, keepPage, onKeeper } from "./keep.js";
import { leave } from "./leave.js";
import { made, say } from "./parts.js";
import { atNow, countDown, now, place, show, shownUndo } from "./screen.js";

const AGAIN_MILLISECONDS = 20_000, FRESH_MILLISECONDS = 120_000;
const { dataset } = document.body;
let timer = 0, recording = false, again = false, running = null;

// A double tap is one tap.
async function once(work) {
  if (recording) return;
  recording = true;
  try {
    await work();
  } finally {
    recording = false;
  }
  sync();
}

const enter = (ticket, stop, said, more) => once(async () => {
  await record(now.day, ticket, stop, said, more);
  if (location.hash) history.pushState(null, "", location.pathname);
  await show();
});

const takeBack = (entry) => once(async () => {
  await undo(now.day, entry);
  history.pushState(null, "", `#stop-${entry.stop}`);
  await show();
});

// Whoever asks while a round goes on gets one more after it: that one may not have seen the last entry, or the signal.
function sync() {
  clearTimeout(timer);
  again = true;
  running ??= rounds();
  return running;
}

async function rounds() {
  try {
    while (again && !now.left) {
      again = false;
      await oneRound();
    }
  } finally {
    running = null;
  }
  const pause = unsentOf(now.entries).length || now.photos || now.kept === false ? AGAIN_MILLISECONDS : FRESH_MILLISECONDS;
  timer = setTimeout(sync, pause * (0.8 + 0.4 * Math.random()));
}

async function oneRound() {
  now.sending = true;
  await show();
  now.state = await round(dataset).catch(() => "busy");
  now.sending = false;
  if (now.state === "done") now.sentAt = Date.now();
  now.why = { done: "off_shift", signed_out: "signed_out" }[now.state] ?? (now.why === "fetching" ? "never" : now.why);
  await show();
  keep();
  await later();
}

// Said only once it is so; where a file didn't come, the worker tries again.
async function keep() {
  const kept = await isKept();
  if (now.left) return;
  now.kept = kept;
  if (!kept && now.day && navigator.onLine) keepPage();
  await show();
}

// Where the browser can, the worker sends when the signal is back, with this page closed.
async function later() {
  if (!unsentOf(now.entries).length || !globalThis.SyncManager) return;
  const worker = await navigator.serviceWorker.getRegistration();
  await worker?.sync?.register("send").catch(() => {});
}

async function read(id) {
  const entry = now.entries.find((each) => each.id === id);
  if (now.day || !entry?.sent) await markEntry(id, { answers: null });
  else await dropEntry(id);
  await show();
}

const paid = (way) => ({ ticket, stop }) => enter(ticket, stop, { outcome: "delivered" }, { money: [{ way, amount_fen: stop.collect_fen }] });
const acts = {
  cash: paid("cash"),
  shown_code: paid("shown_code"),
  delivered: ({ ticket, stop }) => enter(ticket, stop, { outcome: "delivered" }),
};

function press(event) {
  const button = event.target.closest("[data-do]");
  const { do: what, entry } = button?.dataset ?? {};
  if (what === "sync") return sync();
  if (what === "read") return read(entry);
  if (what === "undo") return takeBack(now.entries.find((each) => each.id === entry));
  const at = acts[what] && atNow();
  if (at?.stop) acts[what](at);
}

// What isn't sent is sent first; what can't be is told, and stays on the phone when the button is pressed again.
async function signOut(event) {
  event.preventDefault();
  const token = now.day?.csrf;
  if (unsentOf(now.entries).length) await sync();
  const unsent = unsentOf(now.entries).length;
  if (unsent && !now.warned) {
    now.warned = true;
    return place.said.prepend(made("heed", { words: say("unsent_leave", { num: unsent }) }));
  }
  now.left = true;
  await leave();
  if (navigator.onLine && token) {
    place.leave.elements.csrf_token.value = token;
    return place.leave.submit();
  }
  for (const each of [place.strip, place.leave]) each.hidden = true;
  place.view.replaceChildren();
  place.said.replaceChildren(made("heed", { words: say("offline_leave") }));
}

// Language and type size are the server's words: once they are chosen, the page is asked for anew.
async function changeLook(event) {
  event.preventDefault();
  await fetch(event.currentTarget.href, { redirect: "manual" }).catch(() => {});
  location.reload();
}

function onHash() {
  const [name, code] = location.hash.slice(1).split("-");
  if (name === "ticket") {
    sessionStorage.setItem("ticket", code);
    history.replaceState(null, "", location.pathname);
  }
  show();
}

// Counts down, and drops the doors at the moment when the shift ends.
function tick() {
  const last = now.day && undoable(now.entries, Date.now());
  if ((now.day && Date.now() >= now.day.until) || last?.id !== shownUndo()) show();
  else countDown(last);
}

function listen() {
  document.getElementById("main").addEventListener("click", press);
  place.leave.addEventListener("submit", signOut);
  for (const link of document.querySelectorAll("a.look")) link.addEventListener("click", changeLook);
  addEventListener("popstate", onHash);
  addEventListener("online", sync);
  addEventListener("offline", () => show());
  document.addEventListener("visibilitychange", () => (document.hidden ? undefined : sync()));
  onRound(() => show());
  onKeeper(keep);
  setInterval(tick, 1000);
}

// The browser offers to put the page on the home screen when it thinks so.
function offerInstall() {
  const button = document.getElementById("install");
  let offer = null;
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    offer = event;
    button.hidden = false;
  });
  button.addEventListener("click", () => {
    button.hidden = true;
    offer?.prompt();
  });
}

async function start() {
  try {
    if (!isSecureContext || !navigator.serviceWorker || !navigator.locks) throw new Error("not by https");
    await show(enter);
  } catch {
    return place.view.replaceChildren(made("unable"));
  }
  keepPage();
  offerInstall();
  listen();
  keep();
  await sync();
}

start();
