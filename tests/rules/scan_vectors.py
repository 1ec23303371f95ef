"""Scans and what must come of them: read by the tests of the server's rules and, in a browser, by those of the script."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import Any

from supplyhub.crypto import SigningKey
from supplyhub.delivery.scanning import Fits, Known, KnownBadge, KnownTicket, Refusal
from supplyhub.delivery.signing import Claims, in_base64, sign
from supplyhub.delivery.states import ScanRefusal

KEY, STRANGER = SigningKey(bytes(range(32))), SigningKey(bytes(32))
AUDIENCE = "supplyhub/1"
HOUR = 3600
NOW = 1_800_000_000
SHIFT_ENDS = NOW + 6 * HOUR
CLAIMED = Claims("ABC234", 3, "3-017", 2, 5, NOW - 2 * HOUR, SHIFT_ENDS)
TICKETS = [
    KnownTicket("ABC234", 3, "东门", "claimed", 2, "3-017"),
    KnownTicket("FREE22", 3, "东门", "issued", 1),
    KnownTicket("USED22", 3, "东门", "handed_over", 1, "3-017", used_at=NOW - HOUR),
    KnownTicket("GONE22", 3, "东门", "under_way", 1, "3-018", used_at=NOW - HOUR),
    KnownTicket("DONE22", 3, "东门", "done", 1, "3-017", used_at=NOW - HOUR),
    KnownTicket("VOID22", 3, "东门", "void", 1, "3-017", successor="NEXT22"),
    KnownTicket("EAST44", 4, "东门", "claimed", 1, "4-002"),
    KnownTicket("WEST55", 5, "西门", "claimed", 1, "5-001"),
    KnownTicket("LATE22", 3, "东门", "claimed", 1, "3-021"),
    KnownTicket("DEAD22", 3, "东门", "claimed", 1, "3-019"),
    KnownTicket("HELD22", 3, "东门", "claimed", 1, "3-020"),
    KnownTicket("OLDB22", 3, "东门", "claimed", 1, "3-022"),
    KnownTicket("STAY22", 3, "东门", "issued", 1, at_point=True),
    KnownTicket("OPEN22", 3, "东门", "under_way", 1, at_point=True),
    KnownTicket("STAY66", 6, None, "issued", 0, at_point=True),
    KnownTicket("STAY55", 5, "西门", "issued", 0, at_point=True),
]
FAR = NOW + 1000 * HOUR
BADGES = [
    KnownBadge("3-017", 3, "live", FAR, SHIFT_ENDS),
    KnownBadge("3-018", 3, "live", FAR, SHIFT_ENDS),
    KnownBadge("3-019", 3, "revoked", FAR, SHIFT_ENDS),
    KnownBadge("3-020", 3, "suspended", FAR, SHIFT_ENDS),
    KnownBadge("3-021", 3, "live", FAR, NOW - HOUR),
    KnownBadge("3-022", 3, "live", NOW, SHIFT_ENDS),
    KnownBadge("3-023", 3, "live", FAR, None),
    KnownBadge("4-002", 4, "live", FAR, SHIFT_ENDS),
]
KNOWN = Known(
    made_at=NOW - HOUR,
    audience=AUDIENCE,
    point="东门",
    everywhere=False,
    points={3: "东门", 4: "东门", 5: "西门", 6: None},
    tickets={ticket.code: ticket for ticket in TICKETS},
    badges={badge.code: badge for badge in BADGES},
    keys={KEY.id: KEY.public},
    elsewhere={"SEEN55": 5},
)
EVERYWHERE = replace(KNOWN, point=None, everywhere=True, elsewhere={})
TOKEN = sign(KEY, AUDIENCE, CLAIMED)
BODY, SIGNATURE = TOKEN.split(".")
STAYS = {"what": "at_point", "point": "东门"}
TURNED_AWAY = {reason.value: reason for reason in ScanRefusal}


@dataclass(frozen=True)
class Vector:
    """What was scanned on what knowledge, and the answer: a reason, or None when it fits."""

    name: str
    ticket: str
    badge: str = "3-017"
    reason: str | None = None
    facts: dict[str, Any] | None = None
    now: int = NOW
    known: Known = KNOWN


def said(claims: Claims = CLAIMED, **changed: object) -> str:
    """Return our token with something changed and signed by us: what only whoever has the key could make."""
    payload = {
        "v": 1, "aud": AUDIENCE, "use": "ticket", "k": KEY.id, "t": claims.ticket, "g": claims.grid, "b": claims.badge,
        "n": claims.claim, "r": claims.route, "iat": claims.issued_at, "exp": claims.expires_at,
    } | changed  # fmt: skip
    return signed(json.dumps(payload, separators=(",", ":")).encode())


def signed(payload: bytes, key: SigningKey = KEY) -> str:
    """Return any payload with a right signature."""
    return f"{in_base64(payload)}.{in_base64(key.sign(payload))}"


def altered(**changed: object) -> str:
    """Return our token with a claim changed, and the signature it had before."""
    return said(**changed).partition(".")[0] + "." + TOKEN.partition(".")[2]


def with_claims(**changed: Any) -> str:
    """Return a right token of other claims."""
    return sign(KEY, AUDIENCE, replace(CLAIMED, **changed))


def _payload() -> bytes:
    return json.dumps({"v": 1, "t": "ABC234"}, separators=(",", ":")).encode()


def _told() -> bytes:
    """Return the payload of our token."""
    return urlsafe_b64decode(BODY + "=" * (-len(BODY) % 4))


def _turned() -> bytes:
    return json.dumps(dict(reversed(json.loads(_told()).items())), separators=(",", ":")).encode()


def _with_header(alg: str, kid: str) -> str:
    header = in_base64((HEADER % (alg, kid)).encode())
    signature = {"none": b"", "HS256": hmac.digest(KEY.public, f"{header}.{BODY}".encode(), "sha256")}
    return f"{header}.{BODY}.{in_base64(signature.get(alg, KEY.sign(f'{header}.{BODY}'.encode())))}"


def by_hmac(digest: str) -> str:
    """Return our payload signed with our public key as a shared secret, as if the algorithm were for the sender to say."""
    signature = hmac.digest(KEY.public, BODY.encode(), digest)
    return f"{BODY}.{in_base64(signature)}"


def with_another_s() -> str:
    """Return our token with the group's order added to the signature's second half: the same equation, other bytes."""
    whole = urlsafe_b64decode(SIGNATURE + "==")
    s = int.from_bytes(whole[32:], "little") + ORDER
    return f"{BODY}.{in_base64(whole[:32] + s.to_bytes(32, 'little'))}"


ORDER = 2**252 + 27742317777372353535851937790883648493
# The neutral point and nothing: it verifies under keys of small order, with whoever doesn't look.
SMALL_ORDER = bytes([1]) + bytes(63)
HEADER = '{"alg":"%s","typ":"JWT","kid":"%s"}'
OUR_KEYS_ELSEWHERE = (
    "__proto__",
    "constructor",
    "toString",
    "",
    "../../../../dev/null",
    "' OR 1=1 --",
    KEY.id.upper() + " ",
)
ALTERED = {
    "v": 2, "aud": "supplyhub/2", "use": "badge", "k": STRANGER.id, "t": "FREE22", "g": 4, "b": "3-018", "n": 3, "r": 6,
    "iat": NOW, "exp": SHIFT_ENDS + HOUR,
}  # fmt: skip
FORGED = [
    Vector(f"the claim {name} altered", altered(**{name: value}), reason="forged") for name, value in ALTERED.items()
] + [
    Vector("signed by a stranger under our key's name", f"{BODY}.{in_base64(STRANGER.sign(b'x'))}", reason="forged"),
    Vector("signed by a stranger", sign(STRANGER, AUDIENCE, CLAIMED), reason="forged"),
    Vector("no signature", f"{BODY}.", reason="forged"),
    Vector("half a signature", f"{BODY}.{SIGNATURE[:40]}", reason="forged"),
    Vector("a signature that is all zeros", f"{BODY}.{'A' * 86}", reason="forged"),
    Vector("the signature of another token", f"{BODY}.{with_claims(claim=1).split('.')[1]}", reason="forged"),
    Vector("one more part, as other tokens have", f"{BODY}.{SIGNATURE}.{SIGNATURE}", reason="forged"),
    Vector("padded", f"{BODY}=.{SIGNATURE}", reason="forged"),
    Vector("no base64", "!!!.???", reason="forged"),
    Vector("nothing but a dot", ".", reason="forged"),
    Vector("far too long", "A" * 5000 + "." + SIGNATURE, reason="forged"),
    Vector("for another use, signed by us", said(use="badge"), reason="forged"),
    Vector("for another community, signed by us", said(aud="supplyhub/2"), reason="forged"),
    Vector("of another version, signed by us", said(v=2), reason="forged"),
    Vector("with an algorithm of its own, signed by us", said(alg="none"), reason="forged"),
    Vector("a number as text, signed by us", said(n="2"), reason="forged"),
    Vector("a number with a point, signed by us", said(n=2.5), reason="forged"),
    Vector("true as a number, signed by us", said(v=True), reason="forged"),
    Vector("fields missing, signed by us", signed(_payload()), reason="forged"),
    Vector("no object, signed by us", signed(b"[1]"), reason="forged"),
    Vector("no JSON, signed by us", signed(b"{"), reason="forged"),
    Vector("a grid that the ticket isn't of, signed by us", said(g=4), reason="forged"),
    Vector(
        "a header of another kind of token",
        in_base64(b'{"alg":"none","typ":"JWT"}') + "." + BODY + ".",
        reason="forged",
    ),
    *(
        Vector(f"a header of {alg} with the key {kid}", _with_header(alg, kid), reason="forged")
        for alg, kid in product(("none", "HS256", "EdDSA"), (KEY.id, "../../../../dev/null"))
    ),
    Vector("our public key as the secret of HMAC-SHA-256", by_hmac("sha256"), reason="forged"),
    Vector("our public key as the secret of HMAC-SHA-512, as long as a signature", by_hmac("sha512"), reason="forged"),
    Vector("another number of the same signature", with_another_s(), reason="forged"),
    Vector("a signature of small order", f"{BODY}.{in_base64(SMALL_ORDER)}", reason="forged"),
    *(Vector(f"a key named {name!r}, signed by us", said(k=name), reason="forged") for name in OUR_KEYS_ELSEWHERE),
    Vector("a claim twice, signed by us", signed(_told().replace(b'"n":2', b'"n":1,"n":2')), reason="forged"),
    Vector("with space in it, signed by us", signed(_told().replace(b'"n":2', b'"n": 2')), reason="forged"),
    Vector("in another order, signed by us", signed(_turned()), reason="forged"),
    Vector("an end that is no safe number, signed by us", said(exp=1e300), reason="forged"),
    Vector("after the end of the text, signed by us", signed(_told() + b"\n"), reason="forged"),
]
FITS = [
    Vector("scanned", TOKEN),
    Vector("scanned by a device that is everywhere", TOKEN, known=EVERYWHERE),
    Vector("scanned with space around", f"  {TOKEN}\n"),
    Vector("typed", "ABC234"),
    Vector("typed in small letters with spaces", " abc 234 "),
    Vector("typed full-width", "ＡＢＣ２３４"),
    Vector("the badge scanned", "ABC234", "https://hub.example/badge#3-017.SECRETSECRETSECRETSECRET"),
    Vector("the badge scanned, its address escaped", TOKEN, "https://hub.example/badge#3-017%2ESECRET"),
    Vector("the badge typed short", TOKEN, " 3-17 "),
    Vector("the badge typed full-width", TOKEN, "３－０１７"),
    Vector("at the last moment of the leeway", TOKEN, now=SHIFT_ENDS + 300),
    Vector("claimed after the list was made", with_claims(ticket="FREE22", claim=2, issued_at=NOW - 60)),
    Vector(
        "claimed after the list was made, by a badge that is newer too",
        with_claims(ticket="FREE22", claim=2, issued_at=NOW - 60, badge="3-099"),
        "3-099",
    ),
    Vector(
        "claimed again after the list was made, by somebody else",
        with_claims(claim=3, issued_at=NOW - 60, badge="3-018"),
        "3-018",
    ),
    Vector(
        "a shift that began after the list was made",
        with_claims(ticket="FREE22", claim=2, issued_at=NOW - 60, badge="3-023"),
        "3-023",
    ),
]
REFUSED = [
    Vector("a badge of another grid", TOKEN, "5-001", "wrong_grid", {"ticket_grid": 3, "badge_grid": 5, "point": "西门"}),
    Vector("a badge of another grid, fetched at the depot", TOKEN, "6-001", "wrong_grid", {"point": None}),
    Vector("a badge of another grid, typed ticket", "ABC234", "4-002", "wrong_grid", {"badge_grid": 4, "point": "东门"}),
    Vector("a ticket of another point", "WEST55", "5-001", "wrong_point", {"ticket_grid": 5, "point": "西门"}),
    Vector(
        "a ticket of another point that isn't on the list",
        with_claims(ticket="NEWW55", grid=5, badge="5-001"),
        "5-001",
        "wrong_point",
        {"point": "西门"},
    ),
    Vector("a typed ticket of another point", "SEEN55", "5-001", "wrong_point", {"ticket_grid": 5, "point": "西门"}),
    Vector("a suspended badge", "HELD22", "3-020", "dead_badge", {"what": "suspended"}),
    Vector("a revoked badge", "DEAD22", "3-019", "dead_badge", {"what": "revoked"}),
    Vector("a badge that ran out", "OLDB22", "3-022", "dead_badge", {"what": "expired"}),
    Vector(
        "a revoked badge with a right token",
        with_claims(ticket="DEAD22", badge="3-019", claim=1),
        "3-019",
        "dead_badge",
        {"what": "revoked"},
    ),
    Vector("another badge of the grid", TOKEN, "3-018", "not_the_claimant", {"holder": "3-017"}),
    Vector("another badge of the grid, typed", "ABC234", "3-018", "not_the_claimant", {"holder": "3-017"}),
    Vector("a ticket that nobody claimed", "FREE22", "3-017", "not_the_claimant", {"holder": None}),
    Vector("fetched at the point", "STAY22", "3-017", "not_the_claimant", STAYS),
    Vector("fetched there since it was claimed", with_claims(ticket="STAY22", claim=1), "3-017", "not_the_claimant", STAYS),
    Vector("fetched there, somebody was already", "OPEN22", "3-017", "not_the_claimant", STAYS),
    Vector("fetched at the depot", "STAY66", "6-001", "not_the_claimant", {"what": "at_point", "point": None}, known=EVERYWHERE),
    Vector("fetched at another point", "STAY55", "5-001", "wrong_point", {"point": "西门"}),
    Vector("fetched at the point, by a badge of another grid", "STAY22", "4-002", "wrong_grid", {"ticket_grid": 3}),
    Vector("the claim before this one", with_claims(claim=1), reason="revoked"),
    Vector("the claim before, of another badge", with_claims(claim=1, badge="3-018"), "3-018", "revoked"),
    Vector("this claim by another badge", with_claims(badge="3-018"), "3-018", "revoked"),
    Vector("a later claim, older than the list", with_claims(claim=3), reason="revoked"),
    Vector("a claim that was released", with_claims(ticket="FREE22", claim=1), reason="revoked", facts={"holder": None}),
    Vector("a void ticket", "VOID22", reason="revoked", facts={"successor": "NEXT22"}),
    Vector("a void ticket, scanned", with_claims(ticket="VOID22", claim=1), reason="revoked"),
    Vector("handed over before", "USED22", reason="used", facts={"holder": "3-017", "at": NOW - HOUR}),
    Vector("replayed", with_claims(ticket="USED22", claim=1), reason="used"),
    Vector("under way", "GONE22", reason="used", facts={"holder": "3-018"}),
    Vector("done", "DONE22", reason="used"),
    Vector("after the shift", TOKEN, reason="expired", facts={"at": SHIFT_ENDS}, now=SHIFT_ENDS + 301),
    Vector("after the shift, typed", "ABC234", reason="expired", now=SHIFT_ENDS + 301),
    Vector("a shift that ended early", with_claims(ticket="LATE22", badge="3-021", claim=1), "3-021", "expired"),
    Vector("a shift that ended early, typed", "LATE22", "3-021", "expired", {"at": NOW - HOUR}),
    Vector("a token that ran out, in the next shift", with_claims(expires_at=NOW - 301), reason="expired"),
    Vector("an unknown ticket", "ZZZZZZ", reason="unknown", facts={"what": "ticket"}),
    Vector("an unknown ticket with a right token", with_claims(ticket="ZZZZ22"), reason="unknown", facts={"what": "ticket"}),
    Vector("nothing", "", reason="unknown", facts={"what": "ticket"}),
    Vector("an unknown badge", TOKEN, "3-555", "unknown", {"what": "badge", "badge": "3-555"}),
    Vector("an unknown grid's badge", TOKEN, "9-001", "unknown", {"what": "badge"}),
    Vector("no badge", TOKEN, "hello", "unknown", {"what": "badge", "badge": None}),
    Vector("a ticket in place of the badge", TOKEN, TOKEN, "unknown", {"what": "badge"}),
]  # fmt: skip
VECTORS = [*FITS, *FORGED, *REFUSED]


def answer_of(vector: Vector) -> Fits | tuple[ScanRefusal, dict[str, Any]]:
    """Return what a vector expects."""
    if vector.reason is None:
        return Fits("", "")
    return TURNED_AWAY[vector.reason], vector.facts or {}


def facts_of(refusal: Refusal, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of a refusal that a vector names."""
    return {name: asdict(refusal)[name] for name in wanted}
