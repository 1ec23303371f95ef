"""Cash is counted against what was taken: a volunteer's at the doors, with the hand-back or after it, or that of a desk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub import outbox
from supplyhub.db import rows, scalar
from supplyhub.errors import ConflictError, InvalidError, NotAllowedError
from supplyhub.payments.collecting import cash_left
from supplyhub.payments.events import Booked
from supplyhub.payments.journal import Line, book
from supplyhub.payments.states import Account, EntryKind

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


@dataclass(frozen=True, slots=True)
class Counted:
    """Cash as it was counted. `expected_fen`: what the counter saw that there should be; `note`: why it isn't."""

    counted_fen: int
    expected_fen: int
    note: str = ""


def count(asker: Asker, ticket: Row[Any], counted: Counted) -> int:
    """Book the count of a ticket's cash that was not counted yet, and return its id.

    The caller holds the lock on the ticket (id, badge_id, grid_id, holder_id). Raises NotAllowedError for cash that the
    asker took, ConflictError when something else is expected than the counter saw (`expected_fen`), which it is too when
    another one has counted, InvalidError for a difference without a note.
    """
    holders = holders_of(ticket.id)
    if asker.account_id in {ticket.holder_id, *(each.holder_id for each in holders)}:
        raise NotAllowedError("cash is counted by another person than the one who took it")
    expected = cash_left([ticket.id]).get(ticket.id, 0)
    if expected != counted.expected_fen:
        raise ConflictError("the cash that is expected has changed", expected_fen=expected)
    if not expected and not counted.counted_fen:
        raise ConflictError("there is no cash to count", expected_fen=0)
    difference = expected - counted.counted_fen
    if difference and not counted.note:
        raise InvalidError("a difference needs a note", expected_fen=expected, counted_fen=counted.counted_fen)
    made: int = scalar(
        """
        INSERT INTO cash_count (ticket_id, badge_id, grid_id, expected_fen, counted_fen, note, counted_by)
        VALUES (:ticket, :badge, :grid, :expected, :counted, :note, :by) RETURNING id
        """,
        ticket=ticket.id,
        badge=ticket.badge_id,
        grid=ticket.grid_id,
        expected=expected,
        counted=counted.counted_fen,
        note=counted.note,
        by=asker.account_id,
    )
    lines = [
        *(Line(Account.CASH, -each.fen, badge_id=each.badge_id, holder_id=each.holder_id) for each in holders),
        Line(Account.TILL, counted.counted_fen),
        Line(Account.DIFFERENCE, difference),
    ]
    cycle = scalar("SELECT cycle_id FROM ticket WHERE id = :ticket", ticket=ticket.id)
    outbox.record(Booked(book(cycle, EntryKind.COUNTED, lines, by=asker.account_id, cash_count_id=made)))
    return made


def holders_of(ticket_id: int) -> list[Row[Any]]:
    """Return with whom the cash of a ticket lies that nobody counted yet: badge_id or holder_id (a desk's), and fen."""
    return rows(
        """
        SELECT p.badge_id, p.holder_id, sum(p.amount_fen)::bigint AS fen
        FROM posting AS p
        JOIN journal_entry AS e ON e.id = p.entry_id
        LEFT JOIN taking AS k ON k.id = e.taking_id
        LEFT JOIN cash_count AS n ON n.id = e.cash_count_id
        WHERE p.account = 'cash' AND (k.ticket_id = :ticket OR n.ticket_id = :ticket)
        GROUP BY p.badge_id, p.holder_id HAVING sum(p.amount_fen) <> 0 ORDER BY 1, 2
        """,
        ticket=ticket_id,
    )
