"""A ticket goes on with somebody else: it is void, and a successor takes over the doors that have no outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, row, rows, scalar, transaction
from supplyhub.delivery.commands.handing_over import parcels_for_update, write_handover
from supplyhub.delivery.grid_binding import badge_by_code, keep_to_grid, keep_to_point, own_badge, refusals_recorded
from supplyhub.delivery.queries import ticket_for_update
from supplyhub.delivery.scanning import read_badge
from supplyhub.delivery.states import TICKET_MOVES, RefusedMove, TicketState, VoidReason
from supplyhub.depot.states import ParcelState
from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.moves import move
from supplyhub.people.shifts import ensure_shift, shift_end

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


def reassign_ticket(asker: Asker, code: str, *, badge_code: str | None = None) -> str:
    """Void a ticket and return the code of its successor, free or claimed by a named badge.

    Doors without an outcome go over, in their places; what was reported and taken stays with the old one. Crates that
    nobody took yet go with them; parcels that are out pass from person to person (`take_over`). For the depot,
    coordinators, and the grid's lead. Raises WrongGridError (and records it), WrongPointError, NotFoundError, and
    ConflictError for a ticket that has come to its end, without a door left, or a badge that isn't live or has it.
    """
    with refusals_recorded(RefusedMove.CLAIM), transaction():
        ticket = ticket_for_update(asker, code)
        if not asker.sees_grid(ticket.grid_id):
            raise NotFoundError("no such ticket", ticket=code)
        keep_to_point(asker, ticket)
        state = move(TICKET_MOVES, ticket.state, "void")
        badge = badge_by_code(asker, read_badge(badge_code) or badge_code) if badge_code else None
        if badge:
            _refuse_unfit(ticket, badge)
        if not scalar("SELECT count(*) FROM stop WHERE ticket_id = :id AND outcome IS NULL", id=ticket.id):
            raise ConflictError("every door of this ticket has an outcome", nothing_left=ticket.code)
        successor = _succeed(ticket, badge.id if badge else None)
        void_ticket(asker, ticket.id, state, VoidReason.REASSIGNED)
        _pass_on(ticket, successor.id)
        return str(successor.code)


def _refuse_unfit(ticket: Row[Any], badge: Row[Any]) -> None:
    keep_to_grid(ticket, badge)
    if not badge.live:
        raise ConflictError("this badge isn't valid now", badge=badge.code)
    if ticket.badge_id == badge.id:
        raise ConflictError("this badge has the ticket already", badge=badge.code, ticket=ticket.code)
    if ticket.at_point:
        raise ConflictError("its parcels are fetched at the delivery point", ticket=ticket.code, action="claim")


def _succeed(ticket: Row[Any], badge_id: int | None) -> Row[Any]:
    """Write the successor of a locked ticket: id, code."""
    if badge_id is not None:
        ensure_shift(badge_id)
    # Two tickets of a batch at once: they take turns at its next number.
    execute("SELECT FROM batch WHERE id = :batch FOR NO KEY UPDATE", batch=ticket.batch_id)
    found = row(
        """
        INSERT INTO ticket (cycle_id, grid_id, batch_id, route_id, sequence, state, badge_id, claims, claimed_at, at_point,
                            predecessor_id)
        SELECT cycle_id, grid_id, batch_id, route_id, (SELECT max(sequence) + 1 FROM ticket WHERE batch_id = t.batch_id),
               CASE WHEN CAST(:badge AS bigint) IS NULL THEN 'issued' ELSE 'claimed' END, :badge,
               CASE WHEN CAST(:badge AS bigint) IS NULL THEN 0 ELSE 1 END,
               CASE WHEN CAST(:badge AS bigint) IS NULL THEN NULL ELSE clock_timestamp() END, at_point, id
        FROM ticket AS t WHERE id = :ticket RETURNING id, code
        """,
        ticket=ticket.id,
        badge=badge_id,
    )
    if found is None:
        raise NotFoundError("no such ticket", ticket=ticket.code)
    return found


def void_ticket(asker: Asker, ticket_id: int, state: str, reason: VoidReason) -> None:
    """Write that a locked ticket is void."""
    execute(
        "UPDATE ticket SET state = :state, void_reason = :reason, voided_at = clock_timestamp(), voided_by = :by"
        " WHERE id = :ticket",
        state=state,
        reason=reason,
        by=asker.account_id,
        ticket=ticket_id,
    )


def _pass_on(ticket: Row[Any], successor_id: int) -> None:
    """Give the successor the doors without an outcome; and the crates, while nobody has taken them."""
    execute(
        "UPDATE stop SET ticket_id = :successor WHERE ticket_id = :ticket AND outcome IS NULL",
        successor=successor_id,
        ticket=ticket.id,
    )
    if ticket.state in {TicketState.ISSUED, TicketState.CLAIMED}:
        execute(
            "UPDATE crate SET ticket_id = :successor WHERE ticket_id = :ticket",
            successor=successor_id,
            ticket=ticket.id,
        )


def take_over(asker: Asker, code: str) -> None:
    """Write that the asker has the parcels of a claimed ticket from the person who had it before. For volunteers.

    Raises WrongGridError (and records it), NotAllowedError for a badge that isn't live, NotFoundError for somebody else's
    ticket, and ConflictError outside a shift (`off_shift`) and for parcels that aren't out: the depot hands those over.
    """
    with refusals_recorded(RefusedMove.HAND_OVER), transaction():
        ticket = ticket_for_update(asker, code)
        badge = own_badge(asker)
        keep_to_grid(ticket, badge)
        if ticket.badge_id != badge.id:
            raise NotFoundError("no such ticket", ticket=code)
        if shift_end(badge.id) is None:
            raise ConflictError("the shift is over", off_shift=badge.code)
        if any(parcel.state != ParcelState.HANDED_OVER for parcel in parcels_for_update(ticket.id)):
            raise ConflictError("its parcels are handed over where they are", ticket=ticket.code, state=ticket.state)
        write_handover(asker, ticket, at=scalar("SELECT clock_timestamp()"), crates=None, scan=None)


def is_out(ticket_id: int) -> bool:
    """Tell whether a ticket's parcels are in somebody's hands already: it took over from another ticket on its way."""
    found = rows(
        "SELECT bool_and(p.state = 'handed_over') AS out FROM stop AS s JOIN parcel AS p ON p.id = s.parcel_id"
        " WHERE s.ticket_id = :ticket",
        ticket=ticket_id,
    )
    return bool(found[0].out)
