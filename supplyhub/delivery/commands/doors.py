"""What happened at the doors of a ticket, and the money taken there, as somebody reports it: once or many times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.db import transaction
from supplyhub.delivery import recording
from supplyhub.delivery.entries import Settled, settle
from supplyhub.delivery.grid_binding import keep_to_grid, own_badge, refusals_recorded
from supplyhub.delivery.queries import ticket_for_update
from supplyhub.delivery.states import FINISHED, WITH_VOLUNTEER, EntryAnswer, RefusedMove
from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.payments.taking import take

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.engine import Row

    from supplyhub.delivery.entries import Entry
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
    """Record what a volunteer reports about the doors of a ticket; return an answer for each entry and taking.

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
        named = {*(entry.stop for entry in entries), *(taking.stop for taking in takings)}
        stops = recording.stops_by_id(asker, named)
        unknown = sorted(stop for stop in named if stop not in stops or stops[stop].ticket_id != ticket.id)
        if unknown:
            raise NotFoundError("this ticket has no such stops", stops=unknown)
        settled = report(asker, entries, stops)
        money = take(asker, ticket, takings, {stop.id: stop.order_id for stop in stops.values()})
        return Recorded(settled, money)


def report(
    asker: Asker,
    entries: Sequence[Entry],
    stops: Mapping[int, Row[Any]],
    *,
    device: UUID | None = None,
    entered_by: int | None = None,
) -> list[Settled]:
    """Decide entries about stops in the asker's hands, write them, and let them take effect.

    `entered_by`: the account of who typed them from a volunteer's paper.

    In the caller's transaction, which holds the tickets of the stops and read these (`recording.stops_by_id`) after that.
    """
    if not entries:
        return []
    wrong = recording.implausible(entries, stops)
    plausible = [entry for entry in entries if entry.id not in wrong]
    concerned = {entry.stop for entry in plausible}
    doors = {stop: recording.door_of(stops[stop]) for stop in concerned}
    settled, changes = settle(plausible, doors, recording.known_entries(concerned, [entry.id for entry in plausible]))
    recording.keep(settled, stops, {stop: door.badge for stop, door in doors.items()}, device, entered_by=entered_by)
    recording.tell_of_conflicts(settled, stops)
    recording.take_effect(asker, changes, stops)
    recording.set_out([stops[each.entry.stop] for each in settled if each.answer == EntryAnswer.APPLIED])
    answers = iter(settled)
    return [
        Settled(entry, None, keep=False, reason=wrong[entry.id]) if entry.id in wrong else next(answers)
        for entry in entries
    ]
