// How the doors stand: what the server knew last, and what this phone has recorded since. Pure: data in, data out.

export const UNDO_MILLISECONDS = 60_000;
const IN_HAND = ["handed_over", "under_way"];

export const inHand = (ticket) => IN_HAND.includes(ticket.state);

// Entries that the last download can't know of: those not sent, and those answered after it was asked for. What the server
// didn't take isn't so.
function newer(entries, day) {
  return entries.filter((entry) => !entry.refused && (!entry.sent || entry.sent > day.fetched));
}

export const isRefused = (answer) => ["conflict", "refused"].includes(answer);

// The stops of a ticket in walking order, each with its outcome, and whether that is still on the phone only (`unsent`).
export function doorsOf(ticket, entries, day) {
  const stops = new Map(ticket.stops.map((stop) => [stop.id, { ...stop, unsent: false }]));
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  for (const entry of newer(entries, day)) {
    const stop = stops.get(entry.stop);
    if (!stop) continue;
    stop.unsent ||= !entry.sent;
    if (entry.outcome === "undone") undo(stop, byId.get(entry.undoes));
    else if (!stop.outcome) stand(stop, entry);
  }
  return [...stops.values()].sort((one, other) => one.position - other.position);
}

function stand(stop, entry) {
  const fen = taken(entry);
  Object.assign(stop, {
    outcome: entry.outcome, problem: entry.problem, happened_at: entry.happened_at,
    left_with: entry.left_with ?? null, lines: withKept(stop.lines, entry.kept_back ?? []),
    taken_fen: stop.taken_fen + fen, collect_fen: Math.max(0, stop.collect_fen - fen),
  });
}

function undo(stop, undone) {
  if (!stop.outcome) return;
  const fen = undone ? taken(undone) : 0;
  Object.assign(stop, {
    outcome: null, problem: null, happened_at: null, left_with: null, lines: withKept(stop.lines, []),
    taken_fen: Math.max(0, stop.taken_fen - fen), collect_fen: stop.collect_fen + fen,
  });
}

const withKept = (lines, kept) => lines.map((line) => {
  const same = kept.find(({ item, substitute }) => item === line.item && Boolean(substitute) === Boolean(line.substitute));
  return { ...line, kept: same?.units ?? 0 };
});

// The goods of a door that come back, though the rest was left there.
export const keptAt = (stop) => (stop.outcome === "delivered" ? stop.lines.filter((line) => line.kept) : []);

const taken = (entry) => (entry.takings ?? []).reduce((sum, each) => sum + (each.amount_fen ?? 0), 0);

// Cash in the bag for a ticket: what the server counts, and what this phone has taken or taken back since.
export function newerCash(ticket, entries, day) {
  const taken = new Map(entries.flatMap((entry) => (entry.takings ?? []).map((each) => [each.id, each])));
  const inCash = (each) => (each?.way === "cash" ? each.amount_fen : 0);
  return newer(entries, day).filter((entry) => entry.ticket === ticket.code).flatMap((entry) => entry.takings ?? [])
    .reduce((sum, each) => sum + (each.corrects ? -inCash(taken.get(each.corrects)) : inCash(each)), ticket.cash.in_cash_fen ?? 0);
}

// The latest entry that can still be undone: within a minute, not undone yet, taken by the server or not sent.
export function undoable(entries, now) {
  const undone = new Set(entries.map((entry) => entry.undoes).filter(Boolean));
  return entries.findLast((entry) => entry.outcome !== "undone" && !undone.has(entry.id) && !entry.refused
    && now - entry.at < UNDO_MILLISECONDS && now >= entry.at) ?? null;
}

export const unsentOf = (entries) => entries.filter((entry) => !entry.sent);

// What may be sent by whoever is signed in: the own, and what belongs to a ticket that is the asker's now (a lost badge was
// replaced by another number). The rest waits for its owner.
export function mayGo(entry, badge, tickets = []) {
  return entry.owner === badge || tickets.some((ticket) => ticket.code === entry.ticket);
}
