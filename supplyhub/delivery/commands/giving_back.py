"""A door that waits to be taken over goes back to the ticket of who was there: a lead decided that it was so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, row, scalar
from supplyhub.delivery.commands.reassigning import void_ticket
from supplyhub.delivery.deciding import Hindrance
from supplyhub.delivery.entries import Door
from supplyhub.delivery.states import TICKET_MOVES, EntryOutcome, TicketState, VoidReason
from supplyhub.moves import move

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.delivery.entries import Entry
    from supplyhub.people.asker import Asker

WAITING = frozenset({TicketState.ISSUED, TicketState.CLAIMED})


def origin_of(stop_id: int, badge_id: int | None) -> int | None:
    """Return the ticket by which a badge had a stop that is another's now, the last one before; None without any."""
    found: int | None = scalar(ORIGIN, stop=stop_id, badge=badge_id)
    return found


def who_was_there(stop: Row[Any], origin_id: int | None) -> Door | Hindrance:
    """Return how a stop stood in the hands of who was there. The caller holds its ticket, and `origin_id`."""
    origin = row(OUT, ticket=origin_id, parcel=stop.parcel_id)
    if origin is None:
        return Hindrance.NOT_TAKEN_OVER
    return Door(origin.badge_id, stop.outcome, stop.problem, stop.entry_id, out=True)


def give_back(asker: Asker, stop: Row[Any], origin_id: int, entry: Entry) -> Hindrance | None:
    """Give a stop back to the ticket by which it was visited; the ticket that waited for it is void with its last one.

    Returns why it can't be done: what wasn't left there would have to come back, and that ticket's hand-back is over.
    """
    finished = scalar("SELECT finished_at IS NOT NULL FROM ticket WHERE id = :ticket", ticket=origin_id)
    if finished and (entry.outcome == EntryOutcome.FAILED or entry.kept_back):
        return Hindrance.FINISHED
    execute("UPDATE stop SET ticket_id = :origin WHERE id = :stop", origin=origin_id, stop=stop.id)
    if not scalar("SELECT count(*) FROM stop WHERE ticket_id = :ticket", ticket=stop.ticket_id):
        void_ticket(asker, stop.ticket_id, move(TICKET_MOVES, stop.state, "void"), VoidReason.REASSIGNED)
    return None


ORIGIN = """
    WITH RECURSIVE before AS (
        SELECT t.predecessor_id AS id, 1 AS steps FROM stop AS s JOIN ticket AS t ON t.id = s.ticket_id
        WHERE s.id = :stop AND t.state IN ('issued', 'claimed') AND NOT t.at_point
        UNION ALL
        SELECT t.predecessor_id, b.steps + 1 FROM before AS b JOIN ticket AS t ON t.id = b.id
    )
    SELECT t.id FROM before AS b JOIN ticket AS t ON t.id = b.id WHERE t.badge_id = :badge ORDER BY b.steps LIMIT 1
"""

OUT = """
    SELECT t.badge_id FROM ticket AS t JOIN parcel AS p ON p.id = :parcel AND p.state = 'handed_over'
    WHERE t.id = :ticket AND t.handed_over_at IS NOT NULL
"""
