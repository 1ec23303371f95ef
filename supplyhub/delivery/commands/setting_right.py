"""A lead decides how a door stands: by the entry that contradicts, or otherwise than it was typed from paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, row, rows, transaction
from supplyhub.delivery import recording
from supplyhub.delivery.commands.giving_back import WAITING, give_back, origin_of, who_was_there
from supplyhub.delivery.deciding import Hindrance, hindrance, stand_by, take_instead
from supplyhub.delivery.entries import Settled
from supplyhub.delivery.inbox import clear
from supplyhub.delivery.states import EntryAnswer, InboxKind
from supplyhub.errors import BusyError, ConflictError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.engine import Row

    from supplyhub.delivery.deciding import Decision
    from supplyhub.delivery.entries import Door, Entry
    from supplyhub.people.asker import Asker


def take_this_instead(asker: Asker, item_id: int) -> bool:
    """Let a door stand by the entry that contradicts, as an item of the inbox has it; tell whether it was still open.

    What the door stood by is set aside for good; parcel, units, worth, custody and inbox follow, money that was taken stays
    as it is. A door that waits for somebody else to take it over goes back to the ticket of who was there. Raises
    NotFoundError for another grid's item, ConflictError (`why`: a Hindrance) where it can't be done any more: then clearing
    the item lets stand what stands.
    """
    with transaction():
        item = _item(asker, item_id)
        origin = origin_of(item.stop_id, item.badge_id)
        locked = _lock(item.stop_id, origin)
        # Read after the lock, in statements of their own: the one that waited saw how it was before the wait.
        item = _item(asker, item_id)
        if item.cleared_at:
            return False
        stop = _stop(asker, item.stop_id, locked - {origin})
        if item.entry_id is None:
            raise hindered(Hindrance.NOT_KEPT)
        known = {each.entry.id: each for each in recording.known_entries([stop.id], [])}
        entry = known[item.entry_id].entry
        decision = take_instead(entry.id, _door_of(stop, origin), known)
        if recording.implausible([entry], {stop.id: stop}):
            decision = Hindrance.IMPLAUSIBLE
        if stop.state in WAITING and origin:
            decision, stop = _back(asker, stop, origin, decision)
        _let_stand(asker, stop, decision)
        clear(asker, [item_id])
    return True


def correct(asker: Asker, entries: Sequence[Entry], stops: dict[int, Row[Any]]) -> list[Settled]:
    """Let doors stand otherwise than they were typed from paper before, by entries of the asker's; return an answer for each.

    In the caller's transaction, which holds the ticket of the stops and read these after that. Raises ConflictError as
    `take_this_instead` does, and for what a phone said.
    """
    settled: list[Settled] = []
    for entry in entries:
        stop = stops[entry.stop]
        known = {each.entry.id: each for each in recording.known_entries([stop.id], [])}
        door = _door_of(stop)
        if stop.entry_id and known[stop.entry_id].entry.tells() == entry.tells():
            settled.append(Settled(entry, EntryAnswer.DUPLICATE, keep=False))
            continue
        if why := hindrance(door) or (None if stop.typed else Hindrance.BY_PHONE):
            raise hindered(why)
        # Typed before without saying that it corrects, it waits for the lead under the same number.
        settled.append(Settled(entry, EntryAnswer.APPLIED, keep=entry.id not in known))
        recording.keep(settled[-1:], stops, {stop.id: stop.badge_id}, None, entered_by=asker.account_id)
        _let_stand(asker, stop, stand_by(entry, door, known))
    return settled


def _item(asker: Asker, item_id: int) -> Row[Any]:
    found = row(
        """
        SELECT i.entry_id, i.stop_id, i.cleared_at, e.badge_id FROM inbox_item AS i JOIN grid AS g ON g.id = i.grid_id
        LEFT JOIN delivery_entry AS e ON e.id = i.entry_id
        WHERE i.id = :item AND i.kind = :kind AND g.community_id = :community
          AND (CAST(:grid AS bigint) IS NULL OR i.grid_id = :grid)
        """,
        item=item_id,
        kind=InboxKind.ENTRY_CONFLICT,
        community=asker.community_id,
        grid=asker.grid_id,
    )
    if found is None:
        raise NotFoundError("no such item", item=item_id)
    return found


def _lock(stop_id: int, origin_id: int | None) -> set[int | None]:
    """Lock a stop's ticket, and the one by which somebody had it before, in id order; return them."""
    locked = rows(
        "SELECT id FROM ticket WHERE id = (SELECT ticket_id FROM stop WHERE id = :stop) OR id = :origin"
        " ORDER BY id FOR UPDATE",
        stop=stop_id,
        origin=origin_id,
    )
    return {ticket.id for ticket in locked}


def _stop(asker: Asker, stop_id: int, locked: Collection[int | None]) -> Row[Any]:
    stop = recording.stops_by_id(asker, [stop_id])[stop_id]
    if stop.ticket_id not in locked:
        raise BusyError("the door goes to another ticket at this moment", retry_after_seconds=1)
    return stop


def _door_of(stop: Row[Any], origin_id: int | None = None) -> Door:
    """Return how a stop stands, or stood with who was there. Raises ConflictError for one that nobody carries."""
    if stop.at_point:
        raise hindered(Hindrance.FINISHED)
    if stop.state not in WAITING:
        return recording.door_of(stop)
    door = who_was_there(stop, origin_id)
    if isinstance(door, Hindrance):
        raise hindered(door)
    return door


def _back(
    asker: Asker, stop: Row[Any], origin_id: int, decision: Decision | Hindrance
) -> tuple[Decision | Hindrance, Row[Any]]:
    """Give a stop back to who was there if it gets an outcome; return the decision, and the stop as it is then."""
    if isinstance(decision, Hindrance) or decision.change is None or decision.change.after is None:
        return decision, stop
    why = give_back(asker, stop, origin_id, decision.change.after)
    return why or decision, recording.stops_by_id(asker, [stop.id])[stop.id]


def _let_stand(asker: Asker, stop: Row[Any], decision: Decision | Hindrance) -> None:
    if isinstance(decision, Hindrance):
        raise hindered(decision)
    if decision.aside:
        execute(
            "INSERT INTO entry_set_aside (entry_id, grid_id, set_aside_by) VALUES (:entry, :grid, :by)"
            " ON CONFLICT DO NOTHING",
            entry=decision.aside,
            grid=stop.grid_id,
            by=asker.account_id,
        )
    if decision.change:
        recording.take_effect(asker, [decision.change], {stop.id: stop})
        if decision.change.after:
            recording.set_out([stop])


def hindered(why: Hindrance) -> ConflictError:
    """Return the refusal that says why."""
    return ConflictError("this door stands as it is", why=why)
