"""What a volunteer brings back of a ticket: parcels that could not be left, what was kept back at doors, and the cash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.codes import read_code
from supplyhub.db import execute, rows, transaction
from supplyhub.delivery.commands.handing_over import parcels_for_update
from supplyhub.delivery.grid_binding import keep_to_point
from supplyhub.delivery.queries import ticket_for_update
from supplyhub.delivery.states import TICKET_MOVES, EntryAnswer, Problem, StopOutcome, TicketState
from supplyhub.depot.carrying import bring_back_kept, carry
from supplyhub.errors import ConflictError, InvalidError
from supplyhub.moves import move
from supplyhub.payments.counting import count

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Row

    from supplyhub.payments.counting import Counted
    from supplyhub.people.asker import Asker


def hand_back(
    asker: Asker,
    *,
    ticket_code: str,
    parcel_codes: Iterable[str],
    unvisited: bool = False,
    cash: Counted | None = None,
) -> None:
    """Take back what a ticket didn't deliver, every parcel counted by its code, and finish the ticket.

    A parcel of which something was kept back at its door counts with them: that comes back too. With it the volunteer's
    cash is counted; what isn't counted here stays open until it is (`count_cash`). Of a ticket whose other doors somebody
    else took over, what failed before comes back, and it stays void. Raises ConflictError while doors have no outcome
    (`without_outcome` names their parcels), unless `unvisited` says that nobody went there: then they failed for another
    reason. Raises InvalidError when parcels are `missing` or `foreign` ones are among them, WrongPointError, and what
    `payments.counting.count` raises.
    """
    brought = {read_code(code) for code in parcel_codes}
    with transaction():
        ticket = ticket_for_update(asker, ticket_code)
        keep_to_point(asker, ticket)
        parcels = parcels_for_update(ticket.id)
        undelivered = [parcel for parcel in parcels if parcel.outcome != StopOutcome.DELIVERED]
        kept = _kept_back(ticket.id)
        state = _state_after(ticket, "hand_back" if undelivered or kept else "finish")
        _refuse_open_doors(parcels, unvisited=unvisited)
        _refuse_others({parcel.code for parcel in undelivered} | set(kept), brought)
        _fail_open_doors(ticket)
        carry(asker, [parcel.id for parcel in undelivered], "bring_back")
        bring_back_kept(asker, list(kept.values()))
        execute(
            "UPDATE ticket SET state = :state, finished_at = clock_timestamp() WHERE id = :ticket",
            state=state,
            ticket=ticket.id,
        )
        if cash:
            count(asker, ticket, cash)


def _state_after(ticket: Row[Any], action: str) -> str:
    """Return the state after the hand-back; void stays void. Raises ConflictError when nothing was out, or all is back."""
    if ticket.state == TicketState.VOID and ticket.handed_over_at and not ticket.finished_at:
        return TicketState.VOID
    return move(TICKET_MOVES, ticket.state, action)


def _kept_back(ticket_id: int) -> dict[str, int]:
    """Return the parcels, code and id, of which something was kept back at the door."""
    kept = rows(
        """
        SELECT p.code, p.id FROM stop AS s JOIN parcel AS p ON p.id = s.parcel_id
        WHERE s.ticket_id = :ticket AND s.outcome = :delivered
          AND EXISTS (SELECT FROM kept_back AS k WHERE k.entry_id = s.entry_id)
        """,
        ticket=ticket_id,
        delivered=StopOutcome.DELIVERED,
    )
    return {parcel.code: parcel.id for parcel in kept}


def _refuse_others(expected: set[str], brought: set[str]) -> None:
    if expected != brought:
        raise InvalidError(
            "what is brought back must be what was not delivered",
            missing=sorted(expected - brought),
            foreign=sorted(brought - expected),
        )


def count_cash(asker: Asker, *, ticket_code: str, cash: Counted) -> None:
    """Count the cash of a ticket that was not counted yet: what came after the hand-back, say.

    Raises NotFoundError, WrongPointError, and what `payments.counting.count` raises.
    """
    with transaction():
        ticket = ticket_for_update(asker, ticket_code)
        keep_to_point(asker, ticket)
        count(asker, ticket, cash)


def _fail_open_doors(ticket: Row[Any]) -> None:
    """Report the doors where nobody went, with an entry each like any other outcome: for the badge that had the ticket."""
    execute(
        """
        WITH unvisited AS (
            UPDATE stop SET outcome = :failed, problem = :other, happened_at = clock_timestamp(), entry_id = gen_random_uuid()
            WHERE ticket_id = :ticket AND outcome IS NULL RETURNING id, grid_id, entry_id, outcome, problem, happened_at
        )
        INSERT INTO delivery_entry (id, stop_id, badge_id, grid_id, outcome, problem, happened_at, answer)
        SELECT entry_id, id, :badge, grid_id, outcome, problem, happened_at, :applied FROM unvisited
        """,
        failed=StopOutcome.FAILED,
        other=Problem.OTHER,
        applied=EntryAnswer.APPLIED,
        ticket=ticket.id,
        badge=ticket.badge_id,
    )


def _refuse_open_doors(parcels: list[Row[Any]], *, unvisited: bool) -> None:
    open_doors = [parcel.code for parcel in parcels if parcel.outcome is None]
    if open_doors and not unvisited:
        raise ConflictError(
            f"{len(open_doors)} doors have no outcome yet", without_outcome=open_doors, doors=len(open_doors)
        )
