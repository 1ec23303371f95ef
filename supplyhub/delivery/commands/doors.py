"""What happened at the doors, and the money taken there, as phones report it: once or many times, in any order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, rows, transaction
from supplyhub.delivery.grid_binding import keep_to_grid, own_badge, refusals_recorded
from supplyhub.delivery.queries import ticket_for_update
from supplyhub.delivery.rules import settle
from supplyhub.delivery.states import FINISHED, TICKET_MOVES, WITH_VOLUNTEER, EntryAnswer, RefusedMove, StopOutcome
from supplyhub.depot.carrying import carry
from supplyhub.errors import BusyError, ConflictError, NotFoundError
from supplyhub.moves import move
from supplyhub.payments.taking import take

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.engine import Row

    from supplyhub.delivery.rules import Entry, Settled
    from supplyhub.payments.rules import SettledTaking, Taken
    from supplyhub.people.asker import Asker


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of the entries and of the money, in the order they were sent."""

    entries: list[Settled]
    takings: list[SettledTaking]


def record_entries(asker: Asker, *, ticket_code: str, entries: Sequence[Entry]) -> list[Settled]:
    """Record what a volunteer's phone reports about the doors of a ticket, without money, as `record_doors` does."""
    return record_doors(asker, ticket_code=ticket_code, entries=entries).entries


def record_doors(
    asker: Asker, *, ticket_code: str, entries: Sequence[Entry] = (), takings: Sequence[Taken] = ()
) -> Recorded:
    """Record what a volunteer's phone reports about the doors of a ticket; return an answer for each entry and taking.

    The same entry again has no further effect, and the same money neither. A delivered parcel, its units and the money
    move in the same transaction. Raises WrongGridError (and records it) for a ticket of another grid, NotFoundError for
    another volunteer's and for stops of another ticket, ConflictError before the handover.
    """
    with refusals_recorded(RefusedMove.DELIVER), transaction():
        ticket = ticket_for_update(asker, ticket_code)
        # A badge that expired on the way still tells what was done with it; nobody else's does.
        if ticket.holder_id != asker.account_id:
            keep_to_grid(ticket, own_badge(asker))
            raise NotFoundError("no such ticket", ticket=ticket_code)
        if ticket.state not in {*WITH_VOLUNTEER, *FINISHED}:
            raise ConflictError("nothing was handed over yet", state=ticket.state, action="deliver")
        stops = _stops_of(ticket.id, {*(entry.stop for entry in entries), *(taking.stop for taking in takings)})
        stands = {stop.id: (stop.outcome, stop.problem) if stop.outcome else None for stop in stops.values()}
        settled = settle(entries, stands, _known(entries))
        _keep(ticket, settled)
        applied = [found.entry for found in settled if found.answer == EntryAnswer.APPLIED]
        _set_outcomes(applied)
        if applied and ticket.state in WITH_VOLUNTEER:
            _set_out(ticket)
        delivered = [stops[entry.stop].parcel_id for entry in applied if entry.outcome == StopOutcome.DELIVERED]
        carry(asker, delivered, "deliver")
        money = take(asker, ticket, takings, {stop.id: stop.order_id for stop in stops.values()})
        return Recorded(settled, money)


def _stops_of(ticket_id: int, named: set[int]) -> dict[int, Row[Any]]:
    stops = rows(
        "SELECT id, order_id, parcel_id, outcome, problem FROM stop WHERE ticket_id = :ticket", ticket=ticket_id
    )
    found = {stop.id: stop for stop in stops}
    unknown = sorted(named - found.keys())
    if unknown:
        raise NotFoundError("this ticket has no such stops", stops=unknown)
    return found


def _known(entries: Sequence[Entry]) -> dict[UUID, tuple[int, str, str | None]]:
    known = rows(
        "SELECT id, stop_id, outcome, problem FROM delivery_entry WHERE id = ANY (:ids)",
        ids=[entry.id for entry in entries],
    )
    return {entry.id: (entry.stop_id, entry.outcome, entry.problem) for entry in known}


def _keep(ticket: Row[Any], settled: list[Settled]) -> None:
    """Write every entry whose id is new, whatever became of it."""
    new = [found.entry for found in settled if found.keep]
    kept = rows(
        """
        INSERT INTO delivery_entry (id, stop_id, badge_id, grid_id, outcome, problem, happened_at)
        SELECT e.id, e.stop_id, :badge, :grid, e.outcome, e.problem, e.happened_at
        FROM unnest(CAST(:ids AS uuid[]), CAST(:stops AS bigint[]), CAST(:outcomes AS text[]),
                    CAST(:problems AS text[]), CAST(:times AS timestamptz[]))
             AS e(id, stop_id, outcome, problem, happened_at)
        ON CONFLICT (id) DO NOTHING RETURNING id
        """,
        badge=ticket.badge_id,
        grid=ticket.grid_id,
        ids=[entry.id for entry in new],
        stops=[entry.stop for entry in new],
        outcomes=[entry.outcome.value for entry in new],
        problems=[entry.problem.value if entry.problem else None for entry in new],
        times=[entry.happened_at for entry in new],
    )
    if len(kept) < len(new):
        raise BusyError("the same entry arrives on another way at this moment", retry_after_seconds=1)


def _set_out(ticket: Row[Any]) -> None:
    execute(
        "UPDATE ticket SET state = :state, started_at = coalesce(started_at, clock_timestamp()) WHERE id = :ticket",
        state=move(TICKET_MOVES, ticket.state, "set_out"),
        ticket=ticket.id,
    )


def _set_outcomes(applied: list[Entry]) -> None:
    execute(
        """
        UPDATE stop SET outcome = e.outcome, problem = e.problem, happened_at = e.happened_at
        FROM unnest(CAST(:stops AS bigint[]), CAST(:outcomes AS text[]), CAST(:problems AS text[]),
                    CAST(:times AS timestamptz[])) AS e(stop_id, outcome, problem, happened_at)
        WHERE stop.id = e.stop_id
        """,
        stops=[entry.stop for entry in applied],
        outcomes=[entry.outcome.value for entry in applied],
        problems=[entry.problem.value if entry.problem else None for entry in applied],
        times=[entry.happened_at for entry in applied],
    )
