"""A scanned ticket and badge judged: may these crates go to this person? Pure; `static/js/scan/judge.js` decides the same.

The server asks with what its locked rows say, a device without signal with the list that it downloaded. Both are `Known`.
A token that is newer than the list is believed: it is signed, and says more than the list can know.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from supplyhub.codes import read_code
from supplyhub.delivery import signing
from supplyhub.delivery.errors import ForgedError
from supplyhub.delivery.states import ScanRefusal, TicketState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from supplyhub.delivery.signing import Claims

# A shift that has just ended, by a clock that is a little off.
LEEWAY_SECONDS = 300
BADGE = re.compile(r"([0-9]{1,6})-([0-9]{1,9})")
LIVE = "live"
EXPIRED = "expired"
AT_POINT = "at_point"


@dataclass(frozen=True, slots=True)
class KnownTicket:
    """A ticket as it is known: its grid's number, where its crates are, who claimed it (the badge's code).

    `used_at`: when it was handed over, or None. `successor`: the code of the one that took its place. One `at_point` goes out
    with nobody: its parcels are fetched there.
    """

    code: str
    grid: int
    point: str | None
    state: str
    claim: int
    badge: str | None = None
    used_at: int | None = None
    successor: str | None = None
    at_point: bool = False


@dataclass(frozen=True, slots=True)
class KnownBadge:
    """A badge as it is known; `shift_ends`: the end of its newest shift, or None. Times in unix seconds."""

    code: str
    grid: int
    state: str
    valid_until: int
    shift_ends: int | None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known at a moment (`made_at`, unix seconds) at a place: `point` is a delivery point's name; None: everywhere.

    `points`: where the tickets of each grid (by number) belong. `elsewhere`: grids of the tickets of other points, by code.
    """

    made_at: int
    audience: str
    point: str | None
    everywhere: bool
    points: Mapping[int, str | None]
    tickets: Mapping[str, KnownTicket]
    badges: Mapping[str, KnownBadge]
    keys: Mapping[str, bytes]
    elsewhere: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fits:
    """Ticket and badge fit, by their codes."""

    ticket: str
    badge: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not. `what`: what is unknown (ticket, badge), how a badge ended, at_point for a ticket that is nobody's, or None.

    ticket and badge are codes as far as they could be read; the grids are numbers; `point` is the right place to go;
    `holder`: the badge that has the ticket, `at`: since when; `successor`: the ticket that took its place.
    """

    reason: ScanRefusal
    ticket: str | None = None
    badge: str | None = None
    what: str | None = None
    ticket_grid: int | None = None
    badge_grid: int | None = None
    point: str | None = None
    holder: str | None = None
    at: int | None = None
    successor: str | None = None


@dataclass(frozen=True, slots=True)
class Handed:
    """A handover that a device made: its own number for it, what was scanned or typed, and when by its own clock."""

    id: UUID
    ticket: str
    badge: str
    crates: int | None
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """A scan that a device refused: ticket and badge are codes, as far as it could read them."""

    id: UUID
    reason: str
    ticket: str
    badge: str
    happened_at: datetime


def read_badge(text: str) -> str | None:
    """Return the code of a scanned or typed badge: 3-017; None when there is none in it.

    A badge's QR is an address that ends with `#3-017.` and a secret, which is not for us.
    """
    plain = unicodedata.normalize("NFKC", unquote(text.rpartition("#")[2])).partition(".")[0]
    found = BADGE.fullmatch("".join(plain.split()))
    return f"{int(found[1])}-{int(found[2]):03d}" if found else None


def judge(known: Known, ticket_text: str, badge_text: str, *, now: int) -> Fits | Refusal:
    """Decide whether a scanned or typed ticket may go to a scanned or typed badge; `now` in unix seconds."""
    ticket_text = ticket_text.strip()
    claims = None
    if signing.is_token(ticket_text):
        try:
            claims = signing.read(ticket_text, known.keys, known.audience)
        except ForgedError:
            return Refusal(ScanRefusal.FORGED)
    code = claims.ticket if claims else read_code(ticket_text)
    badge = read_badge(badge_text)
    ticket = known.tickets.get(code)
    if ticket is None:
        return _unknown_ticket(known, code, claims)
    if claims and claims.grid != ticket.grid:
        return Refusal(ScanRefusal.FORGED, ticket=code)
    return (
        _elsewhere(known, ticket, badge)
        or _ended(ticket, badge)
        or _wrong_badge(known, ticket, str(badge), claims, now)
        or _not_theirs(known, ticket, str(badge), claims)
        or _too_late(known, ticket, str(badge), claims, now)
        or Fits(code, str(badge))
    )


def _unknown_ticket(known: Known, code: str, claims: Claims | None) -> Refusal:
    """Refuse a ticket that isn't on the list: one of another point, if that can be told."""
    grid = claims.grid if claims else known.elsewhere.get(code)
    place = None if grid is None else known.points.get(grid)
    if grid is not None and not known.everywhere and place != known.point:
        return Refusal(ScanRefusal.WRONG_POINT, ticket=code, ticket_grid=grid, point=place)
    return Refusal(ScanRefusal.UNKNOWN, ticket=code, what="ticket")


def _elsewhere(known: Known, ticket: KnownTicket, badge: str | None) -> Refusal | None:
    """Refuse a ticket of another point, and a badge of another grid: both have a right place to go."""
    if not known.everywhere and ticket.point != known.point:
        return Refusal(ScanRefusal.WRONG_POINT, ticket=ticket.code, ticket_grid=ticket.grid, point=ticket.point)
    grid = int(badge.partition("-")[0]) if badge else None
    if grid is None or grid not in known.points:
        return Refusal(ScanRefusal.UNKNOWN, ticket=ticket.code, badge=badge, what="badge")
    if grid != ticket.grid:
        return Refusal(
            ScanRefusal.WRONG_GRID,
            ticket=ticket.code,
            badge=badge,
            ticket_grid=ticket.grid,
            badge_grid=grid,
            point=known.points[grid],
        )
    return None


def _ended(ticket: KnownTicket, badge: str | None) -> Refusal | None:
    """Refuse a ticket that another took the place of, that stays where its parcels are fetched, or was handed over."""
    if ticket.state == TicketState.VOID:
        return Refusal(ScanRefusal.REVOKED, ticket=ticket.code, badge=badge, successor=ticket.successor)
    if ticket.at_point:
        return Refusal(ScanRefusal.NOT_THE_CLAIMANT, ticket=ticket.code, badge=badge, what=AT_POINT, point=ticket.point)
    if ticket.state not in {TicketState.ISSUED, TicketState.CLAIMED}:
        return Refusal(ScanRefusal.USED, ticket=ticket.code, badge=badge, holder=ticket.badge, at=ticket.used_at)
    return None


def _newer(known: Known, ticket: KnownTicket, claims: Claims | None) -> bool:
    """Tell whether a token is of a later claim than the list knows."""
    return claims is not None and claims.claim > ticket.claim and claims.issued_at >= known.made_at


def _wrong_badge(known: Known, ticket: KnownTicket, badge: str, claims: Claims | None, now: int) -> Refusal | None:
    """Refuse a badge that isn't one, or isn't valid now; one that a newer token names is."""
    found = known.badges.get(badge)
    if found is None:
        if claims and claims.badge == badge and _newer(known, ticket, claims):
            return None
        return Refusal(ScanRefusal.UNKNOWN, ticket=ticket.code, badge=badge, what="badge")
    how = found.state if found.state != LIVE else EXPIRED if now >= found.valid_until else None
    return Refusal(ScanRefusal.DEAD_BADGE, ticket=ticket.code, badge=badge, what=how) if how else None


def _not_theirs(known: Known, ticket: KnownTicket, badge: str, claims: Claims | None) -> Refusal | None:
    """Refuse who hasn't claimed the ticket, and what was signed for an earlier claim."""
    if claims and _newer(known, ticket, claims):
        holder: str | None = claims.badge
    elif claims and (claims.claim, claims.badge) != (ticket.claim, ticket.badge):
        return Refusal(ScanRefusal.REVOKED, ticket=ticket.code, badge=badge, holder=ticket.badge)
    else:
        holder = ticket.badge
    if holder != badge:
        return Refusal(ScanRefusal.NOT_THE_CLAIMANT, ticket=ticket.code, badge=badge, holder=holder)
    return None


def _too_late(known: Known, ticket: KnownTicket, badge: str, claims: Claims | None, now: int) -> Refusal | None:
    """Refuse after the shift. A token says when that ends; the list knows of a shift that ended early since."""
    found = known.badges.get(badge)
    ends = (found.shift_ends if found else None) or 0
    if claims:
        ends = claims.expires_at if _newer(known, ticket, claims) else min(claims.expires_at, ends)
    if now > ends + LEEWAY_SECONDS:
        return Refusal(ScanRefusal.EXPIRED, ticket=ticket.code, badge=badge, at=ends or None)
    return None
