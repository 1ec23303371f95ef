// A scanned ticket and badge judged without signal, by the list that the device took along. The same rules as
// supplyhub/delivery/scanning.py and signing.py; the tests hold both to the same answers.

import { isSigned } from "./verify.js";

const LEEWAY_SECONDS = 300, LONGEST_TOKEN = 600, SIGNATURE_BYTES = 64;
const FIELDS = { v: "number", aud: "string", use: "string", k: "string", t: "string", g: "number", b: "string", n: "number", r: "number", iat: "number", exp: "number" };

class Forged extends Error {}

export function isToken(text) {
  return text.includes(".");
}

function fromBase64(text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new Forged();
  let bytes;
  try {
    bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  } catch {
    throw new Forged();
  }
  // Written the one way there is: no other letters stand for the same bytes.
  const again = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  if (again !== text) throw new Forged();
  return bytes;
}

function fieldsOf(text) {
  let said;
  try {
    said = JSON.parse(text);
  } catch {
    throw new Forged();
  }
  if (said === null || typeof said !== "object" || JSON.stringify(Object.keys(said)) !== JSON.stringify(Object.keys(FIELDS))) throw new Forged();
  for (const [name, type] of Object.entries(FIELDS)) {
    if (typeof said[name] !== type || (type === "number" && !Number.isSafeInteger(said[name]))) throw new Forged();
  }
  if (JSON.stringify(said) !== text) throw new Forged();
  return said;
}

async function read(token, keys, audience) {
  const dot = token.indexOf(".");
  if (token.length > LONGEST_TOKEN) throw new Forged();
  const message = fromBase64(token.slice(0, dot));
  const said = fieldsOf(new TextDecoder().decode(message));
  const publicKey = keys.get(said.k);
  if (said.v !== 1 || said.aud !== audience || said.use !== "ticket" || !publicKey) throw new Forged();
  const signature = fromBase64(token.slice(dot + 1));
  if (signature.length !== SIGNATURE_BYTES || !(await isSigned(message, signature, publicKey))) throw new Forged();
  return said;
}

export function readCode(text) {
  return text.normalize("NFKC").toUpperCase().replace(/[ \-\u2010\u2011\u2013\u2014\u2212\u00b7]/g, "");
}

// A badge's QR is an address that ends with #3-017. and a secret, which is not for us.
export function readBadge(text) {
  let tail = text.slice(text.lastIndexOf("#") + 1);
  try {
    tail = decodeURIComponent(tail);
  } catch {
    // As it is.
  }
  const found = /^([0-9]{1,6})-([0-9]{1,9})$/.exec(tail.normalize("NFKC").split(".")[0].replace(/\s+/g, ""));
  return found ? `${Number(found[1])}-${String(Number(found[2])).padStart(3, "0")}` : null;
}

// The list as it came, made quick to ask.
export function known(list) {
  const by = (rows, name) => new Map(rows.map((row) => [row[name], row]));
  return {
    ...list,
    points: new Map(list.points.map((row) => [row.grid, row.point])),
    tickets: by(list.tickets, "code"),
    badges: by(list.badges, "code"),
    elsewhere: new Map(list.elsewhere.map((row) => [row.code, row.grid])),
    keys: new Map(list.keys.map((row) => [row.id, fromBase64(row.public)])),
  };
}

const refusal = (reason, facts) => ({ reason, ...facts });

function unknownTicket(list, code, claims) {
  const grid = claims ? claims.g : list.elsewhere.get(code);
  const point = grid === undefined ? null : list.points.get(grid) ?? null;
  if (grid !== undefined && !list.everywhere && point !== list.point) return refusal("wrong_point", { ticket: code, ticket_grid: grid, point });
  return refusal("unknown", { ticket: code, what: "ticket" });
}

function elsewhere(list, ticket, badge) {
  if (!list.everywhere && ticket.point !== list.point) return refusal("wrong_point", { ticket: ticket.code, ticket_grid: ticket.grid, point: ticket.point });
  const grid = badge ? Number(badge.split("-")[0]) : null;
  if (grid === null || !list.points.has(grid)) return refusal("unknown", { ticket: ticket.code, badge, what: "badge" });
  if (grid !== ticket.grid) return refusal("wrong_grid", { ticket: ticket.code, badge, ticket_grid: ticket.grid, badge_grid: grid, point: list.points.get(grid) });
  return null;
}

function ended(ticket, badge) {
  if (ticket.state === "void") return refusal("revoked", { ticket: ticket.code, badge, successor: ticket.successor });
  if (ticket.at_point) return refusal("not_the_claimant", { ticket: ticket.code, badge, what: "at_point", point: ticket.point });
  if (ticket.state !== "issued" && ticket.state !== "claimed") return refusal("used", { ticket: ticket.code, badge, holder: ticket.badge, at: ticket.used_at });
  return null;
}

// A token of a later claim than the list knows: it is signed, and says more than the list can.
const isNewer = (list, ticket, claims) => claims !== null && claims.n > ticket.claim && claims.iat >= list.made_at;

function wrongBadge(list, ticket, badge, claims, now) {
  const found = list.badges.get(badge);
  if (!found) {
    if (claims && claims.b === badge && isNewer(list, ticket, claims)) return null;
    return refusal("unknown", { ticket: ticket.code, badge, what: "badge" });
  }
  const how = found.state !== "live" ? found.state : now >= found.valid_until ? "expired" : null;
  return how && refusal("dead_badge", { ticket: ticket.code, badge, what: how });
}

function notTheirs(list, ticket, badge, claims) {
  let holder = ticket.badge;
  if (isNewer(list, ticket, claims)) holder = claims.b;
  else if (claims && (claims.n !== ticket.claim || claims.b !== ticket.badge)) return refusal("revoked", { ticket: ticket.code, badge, holder });
  return holder === badge ? null : refusal("not_the_claimant", { ticket: ticket.code, badge, holder });
}

function tooLate(list, ticket, badge, claims, now) {
  let ends = list.badges.get(badge)?.shift_ends ?? 0;
  if (claims) ends = isNewer(list, ticket, claims) ? claims.exp : Math.min(claims.exp, ends);
  return now > ends + LEEWAY_SECONDS ? refusal("expired", { ticket: ticket.code, badge, at: ends || null }) : null;
}

// `list`: what known() made; `now` in unix seconds. Returns { ticket, badge } when they fit, else { reason, ... }.
export async function judge(list, ticketText, badgeText, now) {
  const scanned = ticketText.trim();
  let claims = null;
  if (isToken(scanned)) {
    try {
      claims = await read(scanned, list.keys, list.audience);
    } catch (error) {
      if (error instanceof Forged) return refusal("forged", {});
      throw error;
    }
  }
  const code = claims ? claims.t : readCode(scanned);
  const badge = readBadge(badgeText);
  const ticket = list.tickets.get(code);
  if (!ticket) return unknownTicket(list, code, claims);
  if (claims && claims.g !== ticket.grid) return refusal("forged", { ticket: code });
  return elsewhere(list, ticket, badge) ?? ended(ticket, badge) ?? wrongBadge(list, ticket, badge, claims, now)
    ?? notTheirs(list, ticket, badge, claims) ?? tooLate(list, ticket, badge, claims, now) ?? { ticket: code, badge };
}
