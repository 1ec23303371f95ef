// The board on the wall: asked for again and again, and only what changed is put in. When the server doesn't answer, the
// board says from when it is.

const EVERY_MILLISECONDS = 1400;
const STALE_MILLISECONDS = 6000;
const board = document.getElementById("board");
const stale = document.querySelector("[data-stale]");
const clock = document.querySelector("[data-clock]");
const ahead = clock ? Date.parse(clock.dateTime) - Date.now() : 0;
const words = stale?.querySelector(".grow").lastChild;
const said = words?.textContent;
let tag = board?.dataset.tag ?? "";
let seen = Date.now();
let timer = 0;

const parts = (place) => [...place.querySelectorAll("[data-part]")];
const names = (place) => parts(place).map((part) => part.dataset.part).join();

function show(page) {
  const fresh = document.createElement("template");
  fresh.innerHTML = page;
  if (names(fresh.content) !== names(board)) return board.replaceChildren(fresh.content);
  const now = new Map(parts(fresh.content).map((part) => [part.dataset.part, part]));
  for (const part of parts(board)) {
    const next = now.get(part.dataset.part);
    if (next.outerHTML === part.outerHTML.replace(' data-changed=""', "")) continue;
    const focused = part.contains(document.activeElement);
    next.dataset.changed = "";
    part.replaceWith(next);
    if (focused) next.focus({ preventScroll: true });
  }
}

// The clock is written as it was: with the server's hours and minutes, whatever the screen's own zone.
const start = clock?.textContent.trim().split(":").map(Number);
const begun = clock ? Date.parse(clock.dateTime) : 0;
function hour(moment) {
  const minutes = start[0] * 60 + start[1] + Math.floor((moment - begun + (begun % 60000)) / 60000);
  const day = ((minutes % 1440) + 1440) % 1440;
  return [Math.floor(day / 60), day % 60].map((part) => String(part).padStart(2, "0")).join(":");
}

function tell() {
  clock.textContent = hour(Date.now() + ahead);
  const away = Date.now() - seen > STALE_MILLISECONDS;
  if (stale.hidden === away) stale.hidden = !away;
  if (away) words.textContent = said.replace("{time}", hour(seen + ahead));
}

async function look() {
  clearTimeout(timer);
  try {
    const answer = await fetch(board.dataset.live, {
      headers: { "If-None-Match": `"${tag}"` }, cache: "no-store", redirect: "error", signal: AbortSignal.timeout(5000),
    });
    if (answer.ok) {
      show(await answer.text());
      tag = answer.headers.get("ETag").replace(/^W\/|"/g, "");
    }
    if (answer.ok || answer.status === 304) seen = Date.now();
  } catch {
    // Away for a moment: the board says so after a while.
  }
  tell();
  if (!document.hidden) timer = setTimeout(look, EVERY_MILLISECONDS);
}

if (board) {
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : look()));
  timer = setTimeout(look, EVERY_MILLISECONDS);
}
