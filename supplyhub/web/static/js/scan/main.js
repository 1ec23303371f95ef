// Ticket, badge, crates, done: judged here at once, kept, sent when there is a signal. By keyboard or scanner alone: Enter
// goes on, and after the last field it begins anew.

import { openEye } from "./eye.js";
import { judge, known, readBadge, readCode } from "./judge.js";
import { all, get, put, remove } from "./keep.js";
import { NoVerifier, verifier } from "./verify.js";

const AGAIN_MILLISECONDS = 30_000, MOST_AT_ONCE = 200;
const page = document.querySelector("[data-scan]");
const form = page.querySelector("form");
const { ticket: ticketField, badge: badgeField, crates: cratesField } = form.elements;
const part = (name) => page.querySelector(`[data-part=${name}]`);
const words = page.querySelector("template[data-words]").content;
const owner = page.dataset.owner;
let list = null, ahead = 0, csrf = "", sending = null, eye = null;

const say = (word, facts = {}) =>
  words.querySelector(`[data-word=${word}]`).textContent.replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? "—");
const clock = (seconds) => new Intl.DateTimeFormat("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: page.dataset.zone }).format(seconds * 1000);
// By the server's clock, however wrong this one is.
const now = () => Math.floor(Date.now() / 1000 + ahead);

function show(status, title, todo = "") {
  const box = part("result");
  box.hidden = false;
  box.dataset.status = status;
  box.setAttribute("role", status === "problem" ? "alert" : "status");
  box.querySelector("use").setAttribute("href", box.dataset[status === "delivered" ? "check" : "alert"]);
  box.querySelector("b").textContent = title;
  box.querySelector("p").textContent = todo;
  part("fetching").hidden = true;
}

function refused(found) {
  const facts = {
    ...found,
    point: found.point ?? say("depot"),
    at: found.at ? clock(found.at) : "—",
    grid: found.ticket_grid,
  };
  const word = wordOf(found);
  show("problem", say(`${word}_title`, facts), say(`${word}_todo`, facts));
  part("fetching").hidden = word !== "at_point";
}

function wordOf({ reason, what, holder, successor }) {
  if (reason === "unknown") return `unknown_${what}`;
  if (reason === "not_the_claimant" && !holder) return what ?? "unclaimed";
  return reason === "revoked" && successor ? "replaced" : reason;
}

// What the list says of itself, who waits, and what isn't sent.
async function draw() {
  const unsent = (await all("handovers")).filter((each) => each.owner === owner);
  const waiting = list ? [...list.tickets.values()].filter((each) => each.state === "claimed") : [];
  part("list").textContent = list ? say("list", { at: clock(list.made_at), count: list.tickets.size }) : say("no_list");
  part("unsent").textContent = unsent.length ? say("unsent", { count: unsent.filter((each) => !each.answer).length }) : say("all_sent");
  part("unsent").dataset.status = unsent.length ? "attention" : "delivered";
  part("waiting").replaceChildren(...waiting.map(row));
  part("nobody").hidden = waiting.length > 0;
  part("refused").replaceChildren(...unsent.filter((each) => each.answer).map(problem));
}

function filled(name, texts) {
  const copy = page.querySelector(`template[data-row=${name}]`).content.firstElementChild.cloneNode(true);
  for (const [place, text] of Object.entries(texts)) copy.querySelector(`[data-at=${place}]`).textContent = text;
  return copy;
}

const row = (each) => filled("ticket", { grid: each.grid, code: each.code, about: say("about", each) });

function problem(each) {
  const made = filled("problem", { title: say("not_taken", { ticket: each.code, badge: readBadge(each.badge) }), why: say(`server_${each.answer}`) });
  made.querySelector("button").addEventListener("click", async () => { await remove("handovers", each.id); await draw(); });
  return made;
}

async function refresh() {
  try {
    const answer = await fetch(page.dataset.list, { redirect: "error", cache: "no-store" });
    if (!answer.ok) return;
    const came = await answer.json();
    csrf = came.csrf;
    await use(came, came.made_at - Date.now() / 1000);
    await put("notes", "list", { list: came, ahead, owner });
    await send();
  } catch {
    // Without signal the list of before serves.
  }
}

async function use(came, off) {
  list = known(came);
  ahead = off;
  // Handed over here, and not yet known there.
  for (const each of await all("handovers")) handedOver(each);
  await draw();
}

function handedOver({ code, badge, at }) {
  const ticket = list?.tickets.get(code);
  if (ticket && ["issued", "claimed"].includes(ticket.state)) Object.assign(ticket, { state: "handed_over", badge: readBadge(badge), used_at: at });
}

async function turnAway(found) {
  refused(found);
  const id = crypto.randomUUID?.() ?? number();
  await put("refusals", id, { id, owner, reason: found.reason, ticket: found.ticket?.slice(0, 20) ?? "", badge: found.badge ?? "", happened_at: new Date().toISOString() });
  send();
}

// Without https there is no randomUUID.
function number() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  return [...bytes].map((byte, place) => ([4, 6, 8, 10].includes(place) ? "-" : "") + byte.toString(16).padStart(2, "0")).join("");
}

// Everything kept goes; what was answered leaves, what was refused there stays until somebody has read it.
function send() {
  sending = (sending ?? Promise.resolve()).then(sendKept).catch(() => {}).finally(draw);
  return sending;
}

async function sendKept() {
  const mine = (rows) => rows.filter((each) => each.owner === owner && !each.answer).slice(0, MOST_AT_ONCE);
  const handovers = mine(await all("handovers")), refusals = mine(await all("refusals"));
  if (!handovers.length && !refusals.length) return;
  const plain = ({ id, ticket, badge, crates, happened_at }) => ({ id, ticket, badge, crates, happened_at });
  const body = {
    sent_at: new Date().toISOString(),
    handovers: handovers.map(plain),
    refusals: refusals.map(({ id, reason, ticket, badge, happened_at }) => ({ id, reason, ticket, badge, happened_at })),
  };
  const answer = await fetch(page.dataset.send, { method: "POST", redirect: "error", headers: { "Content-Type": "application/json", "X-CSRFToken": csrf }, body: JSON.stringify(body) });
  if (!answer.ok) return;
  await Promise.all(refusals.map((each) => remove("refusals", each.id)));
  const { handovers: answers } = await answer.json();
  for (const { id, answer: what, reason } of answers) {
    const each = handovers.find((kept) => kept.id === id);
    if (what === "applied" || what === "duplicate") await remove("handovers", id);
    else if (what === "refused") await put("handovers", id, { ...each, answer: words.querySelector(`[data-word=server_${reason}]`) ? reason : "other" });
  }
}

async function decide() {
  try {
    return await judge(list, ticketField.value, badgeField.value, now());
  } catch (error) {
    if (!(error instanceof NoVerifier)) throw error;
    show("problem", say("no_verifier_title"), say("no_verifier_todo"));
    return null;
  }
}

async function handOver() {
  if (!list) return show("problem", say("no_list_title"), say("no_list_todo"));
  const found = await decide();
  if (!found) return go(ticketField);
  if (found.reason) { await turnAway(found); return go(found.what === "badge" || found.reason === "wrong_grid" ? badgeField : ticketField); }
  const ticket = list.tickets.get(found.ticket), crates = Number(cratesField.value.normalize("NFKC"));
  if (ticket.unpacked) return show("problem", say("unpacked_title"), say("unpacked_todo", { count: ticket.unpacked }));
  if (!/^\d{1,3}$/.test(cratesField.value.normalize("NFKC").trim())) return go(cratesField);
  if (ticket.crates && crates !== ticket.crates) { show("problem", say("count_title", { crates: ticket.crates, counted: crates }), say("count_todo")); return go(cratesField); }
  const id = crypto.randomUUID?.() ?? number();
  const kept = { id, owner, code: found.ticket, ticket: ticketField.value.trim(), badge: found.badge, crates, happened_at: new Date().toISOString(), at: now() };
  // First kept, then said: what is said here is not lost.
  await put("handovers", id, kept);
  handedOver(kept);
  form.reset();
  eye?.next(kept.ticket);
  go(ticketField);
  await send();
  const still = await get("handovers", id);
  if (still?.answer) { show("problem", say("not_taken", { ticket: kept.code, badge: kept.badge }), say(`server_${still.answer}`)); return; }
  show(still ? "attention" : "delivered", say("handed", { ticket: kept.code, badge: kept.badge, crates, bags: ticket.bags, stops: ticket.stops }), still ? say("kept_here") : "");
}

// Where the eyes go on. With the camera open nobody types, and no keyboard shall come over it.
function go(field) {
  if (eye?.isOpen() && field !== cratesField) return;
  field.focus();
  field.select();
}

// A badge out of turn is put where it belongs; one that fits goes on to the crates.
async function entered(field) {
  const value = field.value.trim();
  if (!value) return;
  if (field === ticketField && readBadge(value) && !list?.tickets.has(readCode(value))) {
    badgeField.value = value;
    field.value = "";
    return;
  }
  if (field === ticketField) return go(badgeField.value ? cratesField : badgeField);
  if (field === cratesField) return form.requestSubmit();
  const found = list && await decide();
  if (found?.reason) { await turnAway(found); return go(field); }
  if (!found) return;
  part("result").hidden = true;
  eye?.rest();
  go(cratesField);
}

// A scanner sends Enter after each code.
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement)) return;
  event.preventDefault();
  entered(event.target);
});

let busy = false;
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (busy) return;
  busy = true;
  try { await handOver(); } finally { busy = false; }
});

part("refresh").addEventListener("click", refresh);
addEventListener("online", refresh);
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
setInterval(() => { if (!document.hidden) refresh(); }, AGAIN_MILLISECONDS);

// While there is a signal: what verifies serves without one.
verifier().catch(() => {});
eye = await openEye(page.querySelector("[data-camera]"), { ticket: ticketField, badge: badgeField }, entered, say);
const before = await get("notes", "list");
if (before?.owner === owner) await use(before.list, before.ahead);
await refresh();
await draw();
go(ticketField);
if ("serviceWorker" in navigator) navigator.serviceWorker.register(page.dataset.worker, { scope: page.dataset.scope }).catch(() => {});
else part("insecure").hidden = false;
page.dataset.ready = "1";
