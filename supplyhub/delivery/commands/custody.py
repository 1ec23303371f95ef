"""The custody of a ticket's crates: to one badge, and back what could not be left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.codes import read_code
from supplyhub.db import execute, rows, transaction
from supplyhub.delivery.grid_binding import badge_by_code, keep_to_grid, refusals_recorded
from supplyhub.delivery.queries import ticket_for_update
from supplyhub.delivery.states import TICKET_MOVES, Problem, RefusedMove, StopOutcome
from supplyhub.depot.carrying import carry
from supplyhub.depot.states import ParcelState
from supplyhub.errors import ConflictError, InvalidError
from supplyhub.moves import move
from supplyhub.payments.counting import count

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Row

    from supplyhub.payments.counting import Counted
    from supplyhub.people.asker import Asker


def hand_over(asker: Asker, *, ticket_code: str, badge_code: str, crates: int | None = None) -> None:
    """Hand a ticket's crates to the badge that claimed it: both were scanned, and so many crates counted, if they were.

    Raises WrongGridError (and records it) for a badge of another grid, ConflictError for a badge that isn't live or
    isn't the one that claimed, while a parcel isn't packed (`unpacked` names them), when crates are elsewhere
    (`on_the_way` to the delivery point, `at_depot` still) and for a wrong count (`counted`, `expected` names them).
    """
    with refusals_recorded(RefusedMove.HAND_OVER), transaction():
        ticket = ticket_for_update(asker, ticket_code)
        badge = badge_by_code(asker, badge_code)
        keep_to_grid(ticket, badge)
        if not badge.live:
            raise ConflictError("this badge isn't valid now", badge=badge.code)
        state = move(TICKET_MOVES, ticket.state, "hand_over")
        if ticket.badge_id != badge.id:
            raise ConflictError("another badge claimed this ticket", badge=badge.code, ticket=ticket.code)
        parcels = _parcels_for_update(ticket.id)
        unpacked = [parcel.code for parcel in parcels if parcel.state == ParcelState.PLANNED]
        if unpacked:
            raise ConflictError("some parcels of this ticket aren't packed yet", unpacked=unpacked)
        _refuse_scattered(ticket.id, crates)
        execute(
            "UPDATE ticket SET state = :state, handed_over_at = clock_timestamp() WHERE id = :ticket",
            state=state,
            ticket=ticket.id,
        )
        execute(
            "INSERT INTO handover (ticket_id, badge_id, grid_id, handed_by, crates)"
            " VALUES (:ticket, :badge, :grid, :by, :crates)",
            ticket=ticket.id,
            badge=badge.id,
            grid=ticket.grid_id,
            by=asker.account_id,
            crates=crates,
        )
        carry(asker, [parcel.id for parcel in parcels], "hand_over")


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


def hand_back(
    asker: Asker,
    *,
    ticket_code: str,
    parcel_codes: Iterable[str],
    unvisited: bool = False,
    cash: Counted | None = None,
) -> None:
    """Take back what a ticket didn't deliver, every parcel counted by its code, and finish the ticket.

    With it the volunteer's cash is counted; what isn't counted here stays open until it is (`count_cash`). Raises
    ConflictError while doors have no outcome (`without_outcome` names their parcels), unless `unvisited` says that nobody
    went there: then they failed for another reason. Raises InvalidError when parcels are `missing` or `foreign` ones are
    among them, and what `payments.counting.count` raises.
    """
    brought = {read_code(code) for code in parcel_codes}
    with transaction():
        ticket = ticket_for_update(asker, ticket_code)
        parcels = _parcels_for_update(ticket.id)
        undelivered = [parcel for parcel in parcels if parcel.outcome != StopOutcome.DELIVERED]
        state = move(TICKET_MOVES, ticket.state, "hand_back" if undelivered else "finish")
        _refuse_open_doors(parcels, unvisited=unvisited)
        expected = {parcel.code for parcel in undelivered}
        if expected != brought:
            raise InvalidError(
                "what is brought back must be what was not delivered",
                missing=sorted(expected - brought),
                foreign=sorted(brought - expected),
            )
        _fail_open_doors(ticket)
        carry(asker, [parcel.id for parcel in undelivered], "bring_back")
        execute(
            "UPDATE ticket SET state = :state, finished_at = clock_timestamp() WHERE id = :ticket",
            state=state,
            ticket=ticket.id,
        )
        if cash:
            count(asker, ticket, cash)


def count_cash(asker: Asker, *, ticket_code: str, cash: Counted) -> None:
    """Count the cash of a ticket that was not counted yet: what came after the hand-back, say.

    Raises NotFoundError, and what `payments.counting.count` raises.
    """
    with transaction():
        count(asker, ticket_for_update(asker, ticket_code), cash)


def _fail_open_doors(ticket: Row[Any]) -> None:
    """Report the doors where nobody went, with an entry each like any other outcome: for the badge that had the ticket."""
    execute(
        """
        WITH unvisited AS (
            UPDATE stop SET outcome = :failed, problem = :other, happened_at = clock_timestamp()
            WHERE ticket_id = :ticket AND outcome IS NULL RETURNING id, grid_id, outcome, problem, happened_at
        )
        INSERT INTO delivery_entry (id, stop_id, badge_id, grid_id, outcome, problem, happened_at)
        SELECT gen_random_uuid(), id, :badge, grid_id, outcome, problem, happened_at FROM unvisited
        """,
        failed=StopOutcome.FAILED,
        other=Problem.OTHER,
        ticket=ticket.id,
        badge=ticket.badge_id,
    )


def _parcels_for_update(ticket_id: int) -> list[Row[Any]]:
    """Lock a ticket's parcels in id order: id, code, state, and the outcome of their stop."""
    return rows(
        """
        SELECT p.id, p.code, p.state, s.outcome FROM stop AS s JOIN parcel AS p ON p.id = s.parcel_id
        WHERE s.ticket_id = :ticket ORDER BY p.id FOR NO KEY UPDATE OF p
        """,
        ticket=ticket_id,
    )


def _refuse_open_doors(parcels: list[Row[Any]], *, unvisited: bool) -> None:
    open_doors = [parcel.code for parcel in parcels if parcel.outcome is None]
    if open_doors and not unvisited:
        raise ConflictError(
            f"{len(open_doors)} doors have no outcome yet", without_outcome=open_doors, doors=len(open_doors)
        )
