"""Money at the doors decided: data in, data out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from supplyhub.payments.states import TakingAnswer

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from supplyhub.payments.states import TakingWay

# What a taking claims: its stop, its way, its amount, and which one it takes back.
Said = tuple[int, "str | None", int, "UUID | None"]


@dataclass(frozen=True, slots=True)
class Taken:
    """Money that a phone reports to have been taken at a stop; `id` is the phone's own number for it.

    One that `corrects` another takes that one back, whole; it says no way and no amount. `less` confirms that the household
    paid less than it owes: the rest stays owed.
    """

    id: UUID
    stop: int
    happened_at: datetime
    way: TakingWay | None = None
    amount_fen: int = 0
    corrects: UUID | None = None
    less: bool = False

    def says(self) -> Said:
        """Return what it claims."""
        return self.stop, self.way, self.amount_fen, self.corrects


@dataclass(frozen=True, slots=True)
class SettledTaking:
    """A taking, what became of it, and what was still to be collected at its stop before it.

    `surplus_fen`: what of it was more than was owed by then; it goes back to the household.
    """

    taking: Taken
    answer: TakingAnswer
    owed_fen: int
    surplus_fen: int = 0


@dataclass(frozen=True, slots=True)
class AtDoor:
    """What may be taken at a stop, in fen.

    owed_fen: what is still to be collected there
    told_fen: the most that a phone may still believe to be owed, which it was told since it has the ticket: it was out of
    reach when the household paid otherwise, or came to owe less
    kept_fen: what was paid for the order and has not gone back: so much can be taken back
    """

    owed_fen: int
    told_fen: int = 0
    kept_fen: int = 0


@dataclass
class Doors:
    """What is known while takings are decided. `known` maps ids to what they say, `corrected` those that were taken back."""

    owed: dict[int, int]
    told: dict[int, int]
    kept: dict[int, int]
    known: dict[UUID, Said]
    corrected: set[UUID]
    # Those that another one of the same call takes back: they come to nothing, whatever is owed.
    undone: set[UUID] = field(default_factory=set)

    def correct(self, taking: Taken, original: UUID) -> TakingAnswer:
        """Take a taking back, once. One that is not known here comes again later, after it."""
        said = self.known.get(original)
        if said is None:
            return TakingAnswer.NOT_YET
        if said[0] != taking.stop or said[3] is not None:
            return TakingAnswer.CONFLICT
        if original in self.corrected:
            return TakingAnswer.DUPLICATE
        if original not in self.undone:
            if said[2] > self.kept[taking.stop]:
                # It went back to the household already.
                return TakingAnswer.CONFLICT
            self._move(taking.stop, -said[2])
        self.corrected.add(original)
        return TakingAnswer.APPLIED

    def take(self, taking: Taken) -> TakingAnswer:
        """Take money, as much as is owed or the phone could believe to be, and no more."""
        if taking.id in self.undone:
            return TakingAnswer.APPLIED
        if taking.amount_fen > max(self.owed[taking.stop], self.told[taking.stop]):
            return TakingAnswer.MORE_THAN_OWED
        self._move(taking.stop, taking.amount_fen)
        return TakingAnswer.APPLIED

    def surplus(self, taking: Taken, answer: TakingAnswer) -> int:
        """Return what of a taking that was decided just now is more than was owed."""
        counts = answer == TakingAnswer.APPLIED and taking.corrects is None and taking.id not in self.undone
        return min(taking.amount_fen, max(0, -self.owed[taking.stop])) if counts else 0

    def _move(self, stop: int, fen: int) -> None:
        self.owed[stop] -= fen
        self.told[stop] -= fen
        self.kept[stop] += fen


def settle_takings(
    takings: Sequence[Taken],
    at_doors: Mapping[int, AtDoor],
    known: Mapping[UUID, Said],
    corrected: Collection[UUID] = (),
) -> list[SettledTaking]:
    """Decide takings of a ticket, whatever order they were sent in; return an answer for each, in the order given.

    `at_doors`: how each stop stands; `known`: what takings that came before say; `corrected`: those of them that were
    taken back. What comes together is decided by when it happened, corrections of what is known first. The same again is
    a duplicate, the same id with something else a conflict, as is taking back what went back to the household. More than
    a phone could believe to be owed is refused; less than is owed too, unless one of the stop's takings confirms it.
    """
    fresh = {taking.id: taking.stop for taking in takings if taking.id not in known}
    undone = {
        each.corrects
        for each in takings
        if each.corrects and each.id in fresh and fresh.get(each.corrects) == each.stop
    }
    doors = Doors(
        {stop: door.owed_fen for stop, door in at_doors.items()},
        {stop: door.told_fen for stop, door in at_doors.items()},
        {stop: door.kept_fen for stop, door in at_doors.items()},
        dict(known),
        set(corrected),
        undone,
    )
    settled: dict[int, SettledTaking] = {}
    for place, taking in sorted(enumerate(takings), key=lambda found: (_turn(found[1], known), found[0])):
        answer = _answer(taking, doors)
        owed_fen = at_doors[taking.stop].owed_fen
        settled[place] = SettledTaking(taking, answer, owed_fen, doors.surplus(taking, answer))
    answers = [settled[place] for place in range(len(takings))]
    return [_unconfirmed(each, answers, doors) for each in answers]


def _turn(taking: Taken, known: Mapping[UUID, Said]) -> tuple[int, datetime, UUID]:
    """Return when it is a taking's turn: corrections of what is known, money, corrections of what came along."""
    turn = 1 if taking.corrects is None else 0 if taking.corrects in known else 2
    return turn, taking.happened_at, taking.id


def _answer(taking: Taken, doors: Doors) -> TakingAnswer:
    said = doors.known.get(taking.id)
    if said is not None:
        return TakingAnswer.DUPLICATE if said == taking.says() else TakingAnswer.CONFLICT
    answer = doors.take(taking) if taking.corrects is None else doors.correct(taking, taking.corrects)
    if answer == TakingAnswer.APPLIED:
        doors.known[taking.id] = taking.says()
    return answer


def _unconfirmed(each: SettledTaking, answers: list[SettledTaking], doors: Doors) -> SettledTaking:
    """Refuse money that leaves something owed at its stop when nobody confirmed that."""
    stop = each.taking.stop
    counts = each.answer == TakingAnswer.APPLIED and each.taking.corrects is None and each.taking.id not in doors.undone
    confirmed = any(found.taking.less for found in answers if found.taking.stop == stop)
    if not counts or confirmed or doors.owed[stop] <= 0:
        return each
    return SettledTaking(each.taking, TakingAnswer.LESS_THAN_OWED, each.owed_fen)
