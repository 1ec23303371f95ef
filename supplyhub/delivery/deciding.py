"""Which of two entries about a door stands, when a lead decides: data in, data out."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from supplyhub.delivery.entries import Change
from supplyhub.delivery.states import EntryAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from supplyhub.delivery.entries import Door, Entry, Known


class Hindrance(StrEnum):
    """Why a door can't be made to stand otherwise any more."""

    NOT_KEPT = "not_kept"  # the same number said something else: only the first was kept
    FINISHED = "finished"  # the ticket was handed back, is void, or stays at the delivery point
    NOT_TAKEN_OVER = "not_taken_over"  # it waits to be taken over, and whoever said it never had it
    PASSED_ON = "passed_on"  # the anchor household gave the parcel to its household
    TAKEN_BACK = "taken_back"  # whoever said it took it back
    NO_ENTRY = "no_entry"  # the door stands by what came before entries were kept
    IMPLAUSIBLE = "implausible"  # it names an anchor household or goods that this door doesn't have
    BY_PHONE = "by_phone"  # a phone said it, nobody typed it
    COUNTED = "counted"  # the ticket's cash was counted: what is wrong in it stands as a difference
    AMOUNT = "amount"  # more than is owed, or what was typed before went back to the household


class Decision(NamedTuple):
    """Which entry is set aside for good, and how its door stands then; None where nothing changes."""

    aside: UUID | None
    change: Change | None


def hindrance(door: Door) -> Hindrance | None:
    """Return why nothing can be decided about a door any more, None when it can."""
    if not door.out:
        return Hindrance.FINISHED
    if door.passed_on:
        return Hindrance.PASSED_ON
    return Hindrance.NO_ENTRY if door.outcome and door.entry is None else None


def take_instead(number: UUID, door: Door, known: Mapping[UUID, Known]) -> Decision | Hindrance:
    """Decide that an entry that contradicts stands, or that one holds which came too late to undo another.

    `known`: all entries about the door, by their numbers. What is undone leaves its door without outcome.
    """
    said = known[number]
    if why := hindrance(door) or (Hindrance.TAKEN_BACK if said.undo == EntryAnswer.APPLIED else None):
        return why
    undone = said.entry.undoes
    if undone is None:
        return stand_by(said.entry, door, known)
    change = Change(said.entry.stop, known[undone].entry, None) if door.entry == undone else None
    return Decision(undone, change)


def stand_by(entry: Entry, door: Door, known: Mapping[UUID, Known]) -> Decision:
    """Decide that an entry stands, and what its door stood by until now doesn't."""
    before = known[door.entry].entry if door.entry else None
    return Decision(door.entry, Change(entry.stop, before, entry) if door.entry != entry.id else None)
