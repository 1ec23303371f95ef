"""A ticket's crates pass to the badge that claimed it: at a device with signal or without, once."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from supplyhub.db import execute, row, rows, scalar, transaction
from supplyhub.delivery import scanning, signing
from supplyhub.delivery.errors import ForgedError, ScanRefusedError, TurnedAwayError
from supplyhub.delivery.grid_binding import badge_by_code, keep_to_grid, keep_to_point, refusals_recorded
from supplyhub.delivery.queries import ticket_for_update
from supplyhub.delivery.scanning import Fits, Known, KnownBadge, KnownTicket, Refusal
from supplyhub.delivery.states import TICKET_MOVES, RefusedMove, ScanRefusal
from supplyhub.depot.carrying import carry
from supplyhub.depot.states import ParcelState
from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.moves import move

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Row

    from supplyhub.crypto import SigningKey
    from supplyhub.people.asker import Asker

MESSAGES = {
    ScanRefusal.DEAD_BADGE: "this badge isn't valid now",
    ScanRefusal.NOT_THE_CLAIMANT: "another badge claimed this ticket, or none",
    ScanRefusal.EXPIRED: "the shift is over",
    ScanRefusal.REVOKED: "this ticket was given back, or another took its place",
    ScanRefusal.USED: "this ticket was handed over before",
    ScanRefusal.FORGED: "this code isn't one of ours",
}


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan as a device made it: the device's own number for it, when by the server's clock, whether without signal."""

    id: UUID
    happened_at: datetime | None = None
    offline: bool = False


def hand_over(
    asker: Asker,
    *,
    ticket_code: str,
    badge_code: str,
    crates: int | None = None,
    key: SigningKey | None = None,
    scan: Scan | None = None,
) -> bool:
    """Hand a ticket's crates to the badge that claimed it, and tell whether that is new: the same scan again isn't.

    Both as they were scanned (a token needs the installation's `key`) or typed, and so many crates counted, if they were.
    One that a device made without signal counts as of then. Who is turned away is recorded. Raises WrongGridError,
    WrongPointError, ScanRefusedError (`reason`), NotFoundError; and ConflictError while a parcel isn't packed (`unpacked`
    names them), when crates are elsewhere (`on_the_way` to the delivery point, `at_depot` still) and for a wrong count
    (`counted`, `expected` names them).
    """
    with refusals_recorded(RefusedMove.HAND_OVER), scans_recorded(asker, scan), transaction():
        ticket = ticket_for_update(asker, code_of(asker, ticket_code, key))
        if scan and _handed_before(ticket, scan):
            return False
        badge = badge_by_code(asker, scanning.read_badge(badge_code) or badge_code)
        at = _moment_of(ticket, scan)
        with _known_who(ticket, badge):
            _judge(asker, ticket, badge, (ticket_code, badge_code), key, at)
        parcels = parcels_for_update(ticket.id)
        unpacked = [parcel.code for parcel in parcels if parcel.state == ParcelState.PLANNED]
        if unpacked:
            raise ConflictError("some parcels of this ticket aren't packed yet", unpacked=unpacked)
        if scan and scan.offline and crates is not None:
            _pass_unseen(asker, ticket, crates, at)
        _refuse_scattered(ticket.id, crates)
        write_handover(asker, ticket, at=at, crates=crates, scan=scan)
        # What passes from person to person, when another ticket takes over, is out already.
        carry(asker, [parcel.id for parcel in parcels if parcel.state == ParcelState.PACKED], "hand_over")
        return True


def write_handover(asker: Asker, ticket: Row[Any], *, at: datetime, crates: int | None, scan: Scan | None) -> None:
    """Write that a locked ticket is with the badge that claimed it."""
    execute(
        "UPDATE ticket SET state = :state, handed_over_at = :at WHERE id = :ticket",
        state=move(TICKET_MOVES, ticket.state, "hand_over"),
        at=at,
        ticket=ticket.id,
    )
    execute(
        """
        INSERT INTO handover (ticket_id, badge_id, grid_id, handed_by, handed_at, crates, scan_id, received_at)
        VALUES (:ticket, :badge, :grid, :by, :at, :crates, :scan, CASE WHEN :offline THEN clock_timestamp() END)
        """,
        ticket=ticket.id,
        badge=ticket.badge_id,
        grid=ticket.grid_id,
        by=asker.account_id,
        at=at,
        crates=crates,
        scan=scan.id if scan else None,
        offline=bool(scan and scan.offline),
    )


def parcels_for_update(ticket_id: int) -> list[Row[Any]]:
    """Lock a ticket's parcels in id order: id, code, state, and the outcome of their stop."""
    return rows(
        """
        SELECT p.id, p.code, p.state, s.outcome FROM stop AS s JOIN parcel AS p ON p.id = s.parcel_id
        WHERE s.ticket_id = :ticket ORDER BY p.id FOR NO KEY UPDATE OF p
        """,
        ticket=ticket_id,
    )


@contextmanager
def scans_recorded(asker: Asker, scan: Scan | None) -> Iterator[None]:
    """Wrap a command's transaction: when somebody is turned away, write that in one of its own, once a scan."""
    try:
        yield
    except TurnedAwayError as refused:
        _record(asker, scan, refused.reason, refused.ticket_id, refused.badge_id)
        raise
    except NotFoundError:
        _record(asker, scan, ScanRefusal.UNKNOWN)
        raise


def _record(
    asker: Asker, scan: Scan | None, reason: str, ticket_id: int | None = None, badge_id: int | None = None
) -> None:
    with transaction():
        execute(
            """
            INSERT INTO refused_scan (id, community_id, scanned_by, reason, ticket_id, badge_id, offline, happened_at)
            VALUES (:id, :community, :by, :reason, :ticket, :badge, :offline,
                    least(coalesce(:at, clock_timestamp()), clock_timestamp()))
            ON CONFLICT (id) DO NOTHING
            """,
            id=scan.id if scan else uuid4(),
            community=asker.community_id,
            by=asker.account_id,
            reason=reason,
            ticket=ticket_id,
            badge=badge_id,
            offline=bool(scan and scan.offline),
            at=scan.happened_at if scan else None,
        )


def code_of(asker: Asker, scanned: str, key: SigningKey | None) -> str:
    """Return the code of a scanned or typed ticket. Raises ForgedError for a token that isn't ours."""
    if not signing.is_token(scanned):
        return scanned
    return signing.read(scanned.strip(), _keys(key), signing.audience_of(asker.community_id)).ticket


def _keys(key: SigningKey | None) -> dict[str, bytes]:
    return {key.id: key.public} if key else {}


def _handed_before(ticket: Row[Any], scan: Scan) -> bool:
    """Tell whether this very scan handed the ticket over. Raises ConflictError when it was another ticket."""
    handed: int | None = scalar("SELECT ticket_id FROM handover WHERE scan_id = :scan", scan=scan.id)
    if handed not in {None, ticket.id}:
        raise ConflictError("this number was given to another handover", scan=str(scan.id))
    return handed is not None


def _moment_of(ticket: Row[Any], scan: Scan | None) -> datetime:
    """Return when a handover happened: now, or as the device says, but neither before the claim nor later than now."""
    found: datetime = scalar(
        "SELECT least(greatest(coalesce(CAST(:at AS timestamptz), clock_timestamp()), :claimed_at), clock_timestamp())",
        at=scan.happened_at if scan and scan.offline else None,
        claimed_at=ticket.claimed_at,
    )
    return found


@contextmanager
def _known_who(ticket: Row[Any], badge: Row[Any]) -> Iterator[None]:
    """Write into a refusal whom it is about."""
    try:
        yield
    except TurnedAwayError as refused:
        refused.ticket_id, refused.badge_id = ticket.id, badge.id
        raise


def _judge(
    asker: Asker, ticket: Row[Any], badge: Row[Any], scanned: tuple[str, str], key: SigningKey | None, at: datetime
) -> None:
    """Raise what `scanning.judge` decides, by what the locked rows say of that moment."""
    then = row(BADGE_THEN, badge=badge.id, at=at)
    if then is None:
        raise NotFoundError("no such badge", badge=badge.code)
    known = Known(
        made_at=_seconds(datetime.now(UTC)) + 1,
        audience=signing.audience_of(asker.community_id),
        # Whose point it is was asked by its key: two communities may have a point of the same name.
        point=None,
        everywhere=True,
        points={ticket.grid_number: ticket.delivery_point, badge.grid_number: badge.delivery_point},
        tickets={
            ticket.code: KnownTicket(
                ticket.code,
                ticket.grid_number,
                ticket.delivery_point,
                ticket.state,
                ticket.claims,
                ticket.badge,
                _seconds(ticket.handed_over_at),
                scalar("SELECT max(code) FROM ticket WHERE predecessor_id = :ticket", ticket=ticket.id),
                ticket.at_point,
            )
        },
        badges={
            badge.code: KnownBadge(
                badge.code, badge.grid_number, then.state, _seconds(then.valid_until), _seconds(then.shift_ends)
            )
        },
        keys=_keys(key),
    )
    keep_to_point(asker, ticket)
    keep_to_grid(ticket, badge)
    found = scanning.judge(known, *scanned, now=_seconds(at))
    if not isinstance(found, Fits):
        raise _error_of(found, ticket)


# A badge as it was at a moment, and the newest shift that had begun by then.
BADGE_THEN = """
    SELECT CASE WHEN b.revoked_at <= :at THEN 'revoked' WHEN b.suspended_at <= :at THEN 'suspended' ELSE 'live' END AS state,
           b.valid_until, (SELECT max(ends_at) FROM shift WHERE badge_id = b.id AND starts_at <= :at) AS shift_ends
    FROM badge AS b WHERE b.id = :badge
"""


def _seconds(when: datetime | None) -> Any:
    return None if when is None else int(when.timestamp())


def _error_of(refusal: Refusal, ticket: Row[Any]) -> ScanRefusedError:
    if refusal.reason == ScanRefusal.FORGED:
        return ForgedError()
    facts: dict[str, object] = {
        "ticket": refusal.ticket,
        "badge": refusal.badge,
        "what": refusal.what,
        "point": refusal.point,
        "holder": refusal.holder,
        "at": datetime.fromtimestamp(refusal.at, UTC).isoformat() if refusal.at else None,
        "successor": refusal.successor,
        "state": ticket.state,
    }
    known = {name: fact for name, fact in facts.items() if fact is not None}
    return ScanRefusedError(MESSAGES[refusal.reason], reason=refusal.reason, **known)


def _pass_unseen(asker: Asker, ticket: Row[Any], counted: int, at: datetime) -> None:
    """Write that crates are at the delivery point which were all counted there, without signal to say so before."""
    execute(
        """
        INSERT INTO crate_passage (crate_id, step, delivery_point_id, counted_by, counted_at)
        SELECT c.id, s.step, :point, :by, :at
        FROM crate AS c CROSS JOIN unnest(ARRAY['left_depot', 'reached_point']) AS s(step)
        WHERE c.ticket_id = :ticket AND CAST(:point AS bigint) IS NOT NULL
          AND :counted = (SELECT count(*) FROM crate WHERE ticket_id = :ticket)
          AND (:kept_to_point OR EXISTS (SELECT FROM crate_passage AS p JOIN crate AS k ON k.id = p.crate_id
                                         WHERE k.ticket_id = :ticket AND p.step = 'left_depot'))
        ON CONFLICT DO NOTHING
        """,
        point=ticket.delivery_point_id,
        by=asker.account_id,
        at=at,
        ticket=ticket.id,
        counted=counted,
        kept_to_point=asker.delivery_point_id is not None,
    )


def _refuse_scattered(ticket_id: int, counted: int | None) -> None:
    """Raise ConflictError unless a ticket's crates stand in one place, and are as many as were counted.

    They never left the depot, or all of them were counted at the delivery point. A ticket of before crates were kept has
    none to look for.
    """
    crates = rows(
        """
        SELECT c.code, "left".crate_id IS NOT NULL AS "left", reached.crate_id IS NOT NULL AS reached
        FROM crate AS c
        LEFT JOIN crate_passage AS "left" ON "left".crate_id = c.id AND "left".step = 'left_depot'
        LEFT JOIN crate_passage AS reached ON reached.crate_id = c.id AND reached.step = 'reached_point'
        WHERE c.ticket_id = :ticket ORDER BY c.number
        """,
        ticket=ticket_id,
    )
    on_the_way = [crate.code for crate in crates if crate.left and not crate.reached]
    if on_the_way:
        raise ConflictError("some crates of this ticket were not counted at the delivery point", on_the_way=on_the_way)
    at_depot = [crate.code for crate in crates if not crate.left]
    if 0 < len(at_depot) < len(crates):
        raise ConflictError("some crates of this ticket are still at the depot", at_depot=at_depot)
    if crates and counted is not None and counted != len(crates):
        expected = [crate.code for crate in crates]
        raise ConflictError(
            f"{counted} crates were counted, this ticket has {len(crates)}", counted=counted, expected=expected
        )
