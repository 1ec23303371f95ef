// Puts on the screen how things stand, and touches only what changed.

import { dropDay, keptBadge, keptDay, keptEntries, photoIds } from "./store.js";
import { UNDO_MILLISECONDS, doorsOf, inHand, mayGo, newerCash, undoable, unsentOf } from "./doors.js";
import { isPanel, panel } from "./panels.js";
import { made, say } from "./parts.js";
import * as view from "./view.js";

const PANEL = /^#(\w+)-(\d+)$/;
const doorMoney = document.body.dataset.doorMoney;
export const place = Object.fromEntries(["band", "strip", "said", "view", "leave"].map((id) => [id, document.getElementById(id)]));
// `state`: what the last round came to; `why`: why there are no doors here; `kept`: whether the page opens without signal,
// as far as is known; `left`: signed out.
export const now = { kept: undefined, day: null, badge: null, entries: [], photos: 0, state: "waiting", why: "fetching", sending: false, sentAt: 0, left: false };
let drawn = "", enter = null, turn = Promise.resolve();

async function load() {
  now.day = await keptDay();
  if (now.day && Date.now() >= now.day.until) {
    await dropDay();
    Object.assign(now, { day: null, why: "off_shift" });
  }
  now.badge = await keptBadge();
  now.entries = await keptEntries();
  now.photos = (await photoIds()).length;
}

// One after the other: what is drawn last is what was read last.
export function show(entering) {
  enter = entering ?? enter;
  turn = turn.catch(() => {}).then(draw);
  return turn;
}

async function draw() {
  if (now.left) return;
  await load();
  const { ticket, doors, left, stop } = atNow();
  const names = new Map((now.day?.tickets ?? []).flatMap((each) => each.stops.map((one) => [one.id, one.door])));
  place.leave.hidden = !now.day;
  if (now.day) place.band.replaceChildren(view.band(now.day, ticket, ticket && inHand(ticket) ? doors : []));
  showStrip(names);
  showSaid(names);
  showView({ ticket, doors, left, stop });
}

// The ticket and the door where I am: the one that was chosen, else the next in walking order.
export function atNow() {
  const tickets = [...now.day?.tickets ?? []].sort((one, other) => inHand(other) - inHand(one));
  const ticket = tickets.find(({ code }) => code === sessionStorage.getItem("ticket")) ?? tickets[0] ?? null;
  const doors = ticket ? doorsOf(ticket, now.entries, now.day) : [];
  const left = doors.filter((each) => !each.outcome);
  const [, , id] = PANEL.exec(location.hash) ?? [];
  return { ticket, doors, left, stop: left.find((each) => String(each.id) === id) ?? left[0] };
}

function showStrip(doors) {
  const unsent = unsentOf(now.entries);
  const away = now.state === "offline" || !navigator.onLine;
  place.strip.hidden = !now.day && !unsent.length && !now.photos;
  if (place.strip.hidden) return place.strip.replaceChildren();
  const state = now.sending ? "sending" : away ? "offline" : now.state === "done" ? "waiting" : now.state;
  const kept = now.day?.tickets.length ? now.kept : undefined;
  const part = view.strip({ unsent, photos: now.photos, state, doors, sentAt: now.sentAt, away, kept });
  // It is said aloud when it changes, and only then.
  const words = part.textContent;
  if (place.strip.firstChild && place.strip.dataset.words === words) return;
  const open = place.strip.querySelector("details")?.open;
  place.strip.dataset.words = words;
  place.strip.replaceChildren(part);
  place.strip.querySelector("details")?.toggleAttribute("open", Boolean(open));
}

function showSaid(doors) {
  const last = now.day && undoable(now.entries, Date.now());
  const stop = last && now.day.tickets.flatMap((ticket) => ticket.stops).find((each) => each.id === last.stop);
  const theirs = new Map();
  for (const entry of now.badge ? unsentOf(now.entries).filter((each) => !mayGo(each, now.badge, now.day?.tickets)) : []) {
    theirs.set(entry.owner, (theirs.get(entry.owner) ?? 0) + 1);
  }
  const parts = [
    ...view.answers(now.entries, doors, (entry) => moneyPage(entry.ticket, entry.stop)),
    ...view.heeds(now.day, Date.now(), theirs), ...last ? [view.toast(last, stop)] : [],
  ];
  const key = JSON.stringify([parts.map((part) => part.textContent), last?.id]);
  if (place.said.dataset.key !== key) {
    place.said.dataset.key = key;
    place.said.replaceChildren(...parts);
  }
  countDown(last);
}

export const shownUndo = () => place.said.querySelector("[data-do=undo]")?.dataset.entry;

export function countDown(last) {
  const button = place.said.querySelector("[data-do=undo]");
  if (!button || !last) return;
  const left = Math.max(0, Math.ceil((last.at + UNDO_MILLISECONDS - Date.now()) / 1000));
  button.textContent = say("undo", { time: `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}` });
  button.dataset.entry = last.id;
}

function showView(at) {
  const [, name, id] = PANEL.exec(location.hash) ?? [];
  const asked = isPanel(name) && at.ticket && String(at.stop?.id) === id ? name : "";
  // Whoever types isn't interrupted by what came from elsewhere, unless it changes what this door owes.
  const key = JSON.stringify(asked ? [asked, at.stop.id, at.stop.collect_fen] : [at, now.day ? 0 : now.why, unsentOf(now.entries).length]);
  if (drawn === key) return;
  drawn = key;
  const where = [asked, at.ticket?.code, at.stop?.id].join();
  const moved = place.view.dataset.at !== where;
  place.view.dataset.at = where;
  place.view.replaceChildren(...partsOf(at, asked));
  if (moved) arrive();
}

function partsOf({ ticket, doors, left, stop }, asked) {
  if (!now.day) return [made(now.why)];
  if (!ticket) return [made("none")];
  const all = now.day.tickets.length > 1 ? [view.tickets(now.day.tickets, ticket)] : [];
  if (!inHand(ticket)) return [...all, view.claimed(ticket)];
  if (asked) return [panel(asked, stop, (said, more) => enter(ticket, stop, said, more), doors)];
  const page = (each) => moneyPage(ticket.code, each.id);
  const walked = doors.filter((each) => each.outcome);
  const cash = newerCash(ticket, now.entries, now.day);
  if (!stop) return [...all, view.finished(doors, unsentOf(now.entries).length, cash), view.queue([], walked, page)];
  return [...all, view.door(stop), view.queue(left.filter((each) => each !== stop), walked, page, `#find-${stop.id}`)];
}

const moneyPage = (code, stop) => doorMoney.replace("{code}", code).replace("{stop}", stop);

// Where the eyes and the screen reader go on.
function arrive() {
  scrollTo({ top: 0 });
  place.view.querySelector("[data-heading]")?.focus({ preventScroll: true });
}
