// What is on the screen: the band, the strip that says what isn't sent, and the doors of a ticket.

import { keptAt } from "./doors.js";
import { clock, enumerated, fill, house, knows, made, money, say, weight } from "./parts.js";

const SOON_MILLISECONDS = 15 * 60_000;

// Grid, ticket and badge, and how far I am.
export function band(day, ticket, doors) {
  const walked = doors.filter((stop) => stop.outcome).length;
  return made("band-now", {
    number: day.badge?.grid ?? "", grid: day.badge ? say("grid", { name: day.badge.grid_name, number: day.badge.grid }) : "",
    ticket: ticket && say("ticket", { code: ticket.code }), badge: day.badge && say("badge", { badge: day.badge.code }),
    doors: doors.length, walked: `${walked} / ${doors.length}`,
  });
}

// What isn't sent yet, entry by entry; that all is sent, and since when. With it whether the page opens without signal
// (`kept`), where that is known.
export function strip({ unsent, photos, state, doors, sentAt, away, kept }) {
  const unkept = kept === false && say(away ? "unkept_away" : "unkept");
  if (!unsent.length && !photos) return allSent({ sentAt, away, kept, unkept });
  const counts = [unsent.length ? say("unsent", { num: unsent.length }) : "", photos ? say("photos", { num: photos }) : ""];
  const part = made("strip-unsent", { count: enumerated(counts.filter(Boolean)), state: [say(`state_${state}`), unkept].filter(Boolean).join(" · ") });
  fill(part, "entries", unsent.map((entry) => made("strip-entry", {
    door: doors.get(entry.stop) ?? say("somewhere", { code: entry.ticket }), what: whatOf(entry), at: clock(entry.happened_at),
  })));
  return part;
}

function allSent({ sentAt, away, kept, unkept }) {
  const sent = sentAt && !away ? say("all_sent_at", { time: clock(sentAt) }) : say("all_sent");
  const said = [away && say("no_signal"), unkept || sent];
  if (kept && !away) said.unshift(say("kept"));
  return made("strip-sent", {
    away, waits: unkept && !away, here: !unkept && !away, tone: unkept && away && "attention", words: said.filter(Boolean).join(" · "),
  });
}

function whatOf({ outcome, problem, left_with: anchor, takings = [] }) {
  const fen = takings.reduce((sum, each) => sum + (each.amount_fen ?? 0), 0);
  const words = outcome === "failed" ? say(`problem_${problem}`) : say(anchor ? "anchor" : outcome);
  return fen ? `${words} · ${money(fen)}` : words;
}

export function toast(entry, stop) {
  const values = { door: stop ? say("short_door", { unit: stop.unit, door: stop.door.split("-").at(-1) }) : "" };
  const words = entry.outcome === "failed" ? "was_failed" : entry.left_with ? "was_left" : "was_delivered";
  return made("toast", { words: say(words, values) });
}

// What the server didn't take, in words; each until somebody has read it.
export function answers(entries, doors, moneyPage) {
  return entries.filter((entry) => entry.answers).map((entry) => {
    const { entry: entered, money: taken } = entry.answers;
    const said = [isBad(entered) ? reasonOf(entered) : "", ...taken.filter(isBad).map(moneyWord)];
    return made("answer", {
      id: entry.id, door: doors.get(entry.stop) ?? say("somewhere", { code: entry.ticket }),
      words: [...new Set(said.filter(Boolean))].join(" "), money: taken.some(isBad) && moneyPage(entry),
    });
  });
}

const isBad = ({ answer }) => !["applied", "duplicate"].includes(answer);
const moneyWord = ({ answer }) => say(knows(`money_${answer}`) ? `money_${answer}` : "money_refused");

// One that contradicts says so, whichever of the two it contradicts.
function reasonOf({ answer, reason }) {
  if (knows(`answer_${reason}`)) return say(`answer_${reason}`);
  return say(answer === "conflict" ? "answer_stands_otherwise" : "answer_unknown");
}

export function heeds(day, now, theirs) {
  const soon = day && day.until - now < SOON_MILLISECONDS && day.until > now;
  const said = soon ? [say("ends_soon", { time: clock(day.shift_ends) })] : [];
  for (const [badge, num] of theirs) said.push(`${say("theirs", { num })}。${say("sign_in_as", { badge })}`);
  return said.map((words) => made("heed", { words }));
}

export function tickets(all, chosen) {
  const part = made("tickets");
  fill(part, "tickets", all.map(({ code }) => made("ticket-chip", { code, to: `#ticket-${code}`, current: code === chosen.code && "true" })));
  return part;
}

// The door where I am now.
export function door(stop) {
  const sum = money(stop.collect_fen);
  const goods = enumerated(stop.lines.map(({ name, units }) => say("goods", { name, units })));
  const load = stop.weight_grams ? `${weight(stop.weight_grams)}${stop.heavy ? say("and_heavy") : ""}` : "";
  const part = made("door", {
    where: say("now", { house: house(stop.building), unit: stop.unit }), door: stop.door, who: whoOf(stop),
    needs: stop.needs.length, tel: stop.call_first && stop.phone && `tel:${stop.phone}`,
    bags: say("bags", { num: stop.bags }), parcel: stop.parcel, collect: stop.collect_fen > 0 && sum, weight: weight(stop.weight_grams),
    heavy_tone: stop.heavy && "attention", load: !goods ? stop.collect_fen > 0 && load : stop.collect_fen > 0 ? say("load", { weight: load, goods }) : goods,
    slot: stop.slot && say("slot", { from: clock(stop.slot.from), to: clock(stop.slot.to) }),
    cash_words: say("collected", { sum }), code_words: say("code_paid", { sum }), left_words: say(`left_${stop.mode ?? "door"}`),
    others: stop.collect_fen > 0 || stop.lines.length || stop.anchor, lines: stop.lines.length, anchor: stop.anchor,
    to_problem: `#problem-${stop.id}`, to_money: `#money-${stop.id}`, to_part: `#part-${stop.id}`, to_anchor: `#anchor-${stop.id}`,
  });
  fill(part, "needs", stop.needs.filter(knows).map((need) => made("need", { words: say(need) })));
  return part;
}

function whoOf({ floor, floors, people }) {
  const up = floors ? say("floor_of", { floor, floors }) : say("floor", { floor });
  return `${up} · ${say("people", { num: people })}`;
}

// What comes after, and what was walked. `moneyPage` is where money is entered afterwards, with signal; `find` where the door
// of a bag is looked for.
export function queue(left, walked, moneyPage, find) {
  const part = made("queue", { find, left: left.length, walked: walked.length, count: say("households", { num: walked.length }) });
  fill(part, "left", left.map((stop) => made("next-door", {
    to: `#stop-${stop.id}`, door: stop.door, call: stop.call_first, heavy: stop.heavy, bags: say("bags", { num: stop.bags }),
    collect: stop.collect_fen > 0 && say("to_collect", { sum: money(stop.collect_fen) }),
  })));
  fill(part, "walked", walked.map((stop) => made("walked-door", {
    door: stop.door, what: walkedOf(stop), parcel: stop.outcome === "failed" && stop.parcel, unsent: stop.unsent,
    money: !stop.unsent && stop.outcome === "delivered" && stop.collect_fen > 0 && moneyPage(stop),
  })));
  return part;
}

function walkedOf(stop) {
  const kept = unitsKept([stop]), there = kept ? say("keep_back", { num: kept }) : say("delivered");
  const what = stop.outcome === "failed" ? say(`problem_${stop.problem}`) : stop.left_with ? say("anchor") : there;
  const owes = stop.outcome === "delivered" && stop.collect_fen > 0 ? say("owes", { sum: money(stop.collect_fen) }) : "";
  return [what, clock(stop.happened_at), stop.taken_fen ? money(stop.taken_fen) : "", owes].filter(Boolean).join(" · ");
}

const unitsKept = (doors) => doors.flatMap(keptAt).reduce((all, line) => all + line.kept, 0);

// Every door was walked: what to bring back, what to hand in.
export function finished(doors, unsent, cash) {
  const failed = doors.filter((stop) => stop.outcome === "failed"), kept = unitsKept(doors);
  const back = [failed.length && say("bring_back", { num: failed.length }), kept && say("bring_goods", { num: kept })].filter(Boolean);
  const part = made("finished", {
    done: say("all_done", { done: doors.length - failed.length }), back: enumerated(back),
    unsent: unsent > 0 && say("unsent", { num: unsent }), cash: cash > 0 && say("cash", { sum: money(cash) }),
  });
  fill(part, "back", doors.flatMap(comesBack));
  return part;
}

// A parcel with its code, or goods of one whose rest was left.
function comesBack(stop) {
  const row = (what, why) => made("comes-back", { what, why, door: stop.door, parcel: stop.parcel });
  if (stop.outcome === "failed") return [row(say("bags", { num: stop.bags }), say(`problem_${stop.problem}`))];
  return keptAt(stop).map(({ name, kept }) => row(say("goods", { name, units: kept }), say("of_parcel")));
}

export function claimed(ticket) {
  const sum = (name) => ticket.stops.reduce((all, stop) => all + stop[name], 0);
  return made("claimed", {
    where: say("go_to", { point: ticket.delivery_point ?? say("depot") }), code: ticket.code, qr: ticket.qr,
    what: [say("households", { num: ticket.stops.length }), say("bags", { num: sum("bags") }), weight(sum("weight_grams"))].join(" · "),
  });
}
