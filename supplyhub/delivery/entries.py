"""What phones report of doors, decided: data in, data out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from supplyhub.delivery.states import EntryAnswer, EntryOutcome, EntryReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from supplyhub.delivery.states import Problem, StopOutcome
    from supplyhub.payments.rules import SettledTaking, Taken

# How long a phone offers to undo.
UNDO_SECONDS = 60
# A phone's clock that is less off than this is taken at its word.
CLOCK_MAY_DIFFER = timedelta(minutes=2)
# What happened longer ago than any phone keeps an entry.
LONGEST_AGO = timedelta(days=30)


class Kept(NamedTuple):
    """Units of a line that were not left at the door with the rest, and why."""

    item: int
    substitute: bool
    units: int
    problem: Problem


@dataclass(frozen=True, slots=True)
class Entry:
    """What a phone reports about a stop; `id` is the phone's own number for it.

    One that `undoes` another says that this one wasn't so. `left_with`: the anchor household that has the parcel now.
    `phone_at`: when it happened by the phone's clock, where that had to be set right for `happened_at`.
    """

    id: UUID
    stop: int
    outcome: StopOutcome | EntryOutcome
    problem: Problem | None
    happened_at: datetime
    undoes: UUID | None = None
    left_with: int | None = None
    kept_back: frozenset[Kept] = frozenset()
    phone_at: datetime | None = None

    def says(self) -> tuple[object, ...]:
        """Return what it claims."""
        return self.stop, self.undoes, *self.tells()

    def tells(self) -> tuple[object, ...]:
        """Return what it makes of its door."""
        return str(self.outcome), self.problem, self.left_with, self.kept_back

    def at(self) -> datetime:
        """Return when it happened by the clock of whoever says so."""
        return self.phone_at or self.happened_at


@dataclass(frozen=True, slots=True)
class Known:
    """An entry that came before: by which badge, what became of it, and whether it was undone.

    `undo`: what became of the entry that said that it wasn't so, None without one.
    """

    entry: Entry
    badge: int
    answer: EntryAnswer | None
    undo: EntryAnswer | None = None


@dataclass(frozen=True, slots=True)
class Door:
    """How a stop stands: its outcome (None before one) and the entry that says so; `badge`: whose parcel it is now.

    out: the parcels are in that badge's hands
    passed_on: the anchor household that had the parcel gave it to its household
    """

    badge: int
    outcome: str | None = None
    problem: str | None = None
    entry: UUID | None = None
    out: bool = True
    passed_on: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """An entry, what became of it (None when it was refused) and why; `keep`: its row is to be written."""

    entry: Entry
    answer: EntryAnswer | None
    keep: bool
    reason: EntryReason | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A stop that stands by another entry than before; None for no outcome."""

    stop: int
    before: Entry | None
    after: Entry | None


@dataclass(frozen=True, slots=True)
class SentEntry:
    """An entry, and the code of the ticket that the phone had the stop from."""

    ticket: str
    what: Entry


@dataclass(frozen=True, slots=True)
class SentTaking:
    """Money taken at a stop, and the code of the ticket that the phone had the stop from."""

    ticket: str
    what: Taken


@dataclass(frozen=True, slots=True)
class RefusedTaking:
    """Money that isn't booked: no stop of this volunteer's, or nothing was handed over."""

    taking: Taken
    reason: EntryReason


@dataclass(frozen=True, slots=True)
class Synced:
    """What became of what a phone sent, in the order it was sent."""

    entries: list[Settled]
    takings: list[SettledTaking | RefusedTaking]


@dataclass
class Doors:
    """The stops while entries are decided: what is known of them, and by which entry each stands."""

    doors: Mapping[int, Door]
    known: dict[UUID, Known]
    standing: dict[int, UUID | None] = field(default_factory=dict)
    # What a stop stands by without an entry: those of before that was kept.
    bare: dict[int, tuple[object, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """See how the stops stand."""
        self.standing = {stop: door.entry for stop, door in self.doors.items()}
        self.bare = {
            stop: (door.outcome, door.problem, None, frozenset())
            for stop, door in self.doors.items()
            if door.outcome and door.entry is None
        }

    def decide(self, entry: Entry) -> Settled:
        """Return what becomes of an entry, and remember it."""
        said = self.known.get(entry.id)
        if said is not None:
            return self._again(entry, said)
        settled = self._undo(entry) if entry.undoes else self._report(entry)
        if settled.keep:
            self.known[entry.id] = Known(entry, self.doors[entry.stop].badge, settled.answer)
        return settled

    def _again(self, entry: Entry, said: Known) -> Settled:
        if said.entry.says() != entry.says():
            return Settled(entry, EntryAnswer.CONFLICT, keep=False, reason=EntryReason.SAID_OTHERWISE)
        stands = self._stands(entry.stop) == entry.tells()
        if said.answer == EntryAnswer.CONFLICT and not stands:
            return Settled(entry, EntryAnswer.CONFLICT, keep=False, reason=EntryReason.STANDS_OTHERWISE)
        return Settled(entry, EntryAnswer.DUPLICATE, keep=False)

    def _report(self, entry: Entry) -> Settled:
        stands = self._stands(entry.stop)
        if stands is None:
            self.standing[entry.stop] = entry.id
            return Settled(entry, EntryAnswer.APPLIED, keep=True)
        if stands == entry.tells():
            return Settled(entry, EntryAnswer.DUPLICATE, keep=True)
        return Settled(entry, EntryAnswer.CONFLICT, keep=True, reason=EntryReason.STANDS_OTHERWISE)

    def _undo(self, entry: Entry) -> Settled:
        target = self.known.get(entry.undoes) if entry.undoes else None
        if target is None:
            # It comes again with what it undoes.
            return Settled(entry, None, keep=False, reason=EntryReason.NOT_YET)
        door = self.doors[entry.stop]
        if target.entry.stop != entry.stop or target.badge != door.badge or target.entry.undoes:
            return Settled(entry, None, keep=False, reason=EntryReason.UNKNOWN)
        if target.undo is not None:
            answer = EntryAnswer.CONFLICT if target.undo == EntryAnswer.CONFLICT else EntryAnswer.DUPLICATE
            return Settled(entry, answer, keep=False)
        reason = self._hinders(entry, target.entry, door)
        answer = EntryAnswer.CONFLICT if reason else EntryAnswer.APPLIED
        self.known[target.entry.id] = Known(target.entry, target.badge, target.answer, answer)
        if not reason and self.standing[entry.stop] == target.entry.id:
            self.standing[entry.stop] = self._next(entry.stop, door.badge)
        return Settled(entry, answer, keep=True, reason=reason)

    def _hinders(self, entry: Entry, target: Entry, door: Door) -> EntryReason | None:
        """Return why it is too late to undo an entry, None when it isn't."""
        if not 0 <= (entry.at() - target.at()).total_seconds() <= UNDO_SECONDS:
            return EntryReason.TOO_LATE
        if not door.out:
            return EntryReason.FINISHED
        if door.passed_on and door.entry == target.id:
            return EntryReason.PASSED_ON
        return None

    def _stands(self, stop: int) -> tuple[object, ...] | None:
        by = self.standing[stop]
        return self.bare.get(stop) if by is None else self.known[by].entry.tells()

    def _next(self, stop: int, badge: int) -> UUID | None:
        """Return the earliest entry of a stop that nobody took back: what it says was in the way of the undone one."""
        waiting = [
            each.entry
            for each in self.known.values()
            if each.entry.stop == stop
            and each.badge == badge
            and each.entry.undoes is None
            and each.undo != EntryAnswer.APPLIED
        ]
        first = min(waiting, key=lambda entry: (entry.happened_at, entry.id), default=None)
        return first.id if first else None


def settle(
    entries: Sequence[Entry], doors: Mapping[int, Door], known: Iterable[Known] = ()
) -> tuple[list[Settled], list[Change]]:
    """Decide entries about stops; return an answer for each, in the order given, and the stops that stand otherwise now.

    `known`: the entries that came before, about these stops or by these numbers. The first outcome of a stop stands; among
    those that come together the one that happened first. An entry that says the same again is a duplicate, one that
    contradicts is a conflict. One that is undone within a minute makes way for the earliest other one of its badge.
    """
    book = Doors(doors, {each.entry.id: each for each in known})
    settled: dict[int, Settled] = {}
    for place, entry in sorted(enumerate(entries), key=lambda found: _turn(*found)):
        settled[place] = book.decide(entry)
    changes = [
        Change(stop, _entry(book, door.entry), _entry(book, book.standing[stop]))
        for stop, door in doors.items()
        if book.standing[stop] != door.entry
    ]
    return [settled[place] for place in range(len(entries))], changes


def _turn(place: int, entry: Entry) -> tuple[datetime, bool, UUID, int]:
    return entry.happened_at, entry.undoes is not None, entry.id, place


def _entry(book: Doors, number: UUID | None) -> Entry | None:
    return book.known[number].entry if number else None


def set_right(happened_at: datetime, *, sent_at: datetime, now: datetime, earliest: datetime | None) -> datetime:
    """Return when something happened by our clock, told by a phone that reads `sent_at` where we read `now`.

    Never after now, and never before `earliest`, when the parcels were handed over.
    """
    if abs(now - sent_at) > CLOCK_MAY_DIFFER:
        happened_at = now - min(max(sent_at - happened_at, timedelta()), LONGEST_AGO)
    return min(max(happened_at, earliest or happened_at), now)


def settle_taken_over(entries: Sequence[Entry], known: Iterable[Known]) -> list[Settled]:
    """Decide entries about stops that somebody else has by now, in the order given: kept once, for the lead to look at."""
    seen = {each.entry.id: each for each in known}
    undone = {number for number, each in seen.items() if each.undo is not None}
    settled: dict[int, Settled] = {}
    for place, entry in sorted(enumerate(entries), key=lambda found: _turn(*found)):
        said = seen.get(entry.id)
        answer, keep, reason = EntryAnswer.CONFLICT, said is None, EntryReason.TAKEN_OVER
        if said is not None and said.entry.says() != entry.says():
            reason = EntryReason.SAID_OTHERWISE
        elif said is None and entry.undoes and entry.undoes not in seen:
            settled[place] = Settled(entry, None, keep=False, reason=EntryReason.NOT_YET)
            continue
        elif said is None and entry.undoes in undone:
            keep = False
        settled[place] = Settled(entry, answer, keep=keep, reason=reason)
        seen.setdefault(entry.id, Known(entry, 0, answer))
        undone |= {entry.undoes} if entry.undoes else set()
    return [settled[place] for place in range(len(entries))]
