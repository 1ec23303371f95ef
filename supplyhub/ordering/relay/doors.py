"""Whose entry it is: the door, telephone and name of an entry against the register of the grid. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplyhub.ordering.relay.door_words import NEARBY, SaidDoor, phones, said_doors
from supplyhub.ordering.relay.hygiene import plain_text
from supplyhub.ordering.relay.notes import Code, Note
from supplyhub.places.rules import building_number
from supplyhub.residents.rules import phone_digits

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from supplyhub.ordering.relay.facts import Door, Known

DOORS_TOLD = 5


@dataclass(frozen=True, slots=True)
class Written:
    """What a text says about its door, and the rest of it, with a line's end where something was cut out."""

    text: str
    doors: tuple[SaidDoor, ...]
    phones: tuple[str, ...]
    rest: str
    # A door with a word that makes it another's: 47-1-101隔壁.
    nearby: str = ""


@dataclass(frozen=True, slots=True)
class FoundDoor:
    """Whose entry it is, and what speaks against it; without a door, whose it may be."""

    door: Door | None
    notes: tuple[Note, ...] = ()
    guess: Door | None = None


class DoorBook:
    """The grid's doors by everything that people write for one."""

    def __init__(self, known: Known) -> None:
        self._whole: dict[tuple[int, int, str], list[Door]] = defaultdict(list)
        self._in_building: dict[tuple[int, str], list[Door]] = defaultdict(list)
        self._in_units: dict[tuple[int, str], list[Door]] = defaultdict(list)
        self._buildings: dict[int, list[Door]] = defaultdict(list)
        self._phones: dict[str, list[Door]] = defaultdict(list)
        self._names: dict[str, list[Door]] = defaultdict(list)
        for door in known.doors:
            self._add(door)
        self._grid_of: dict[int, set[int]] = defaultdict(set)
        for building, grid in known.elsewhere.items():
            self._grid_of[building_number(building)].add(grid)

    def _add(self, door: Door) -> None:
        number = plain_text(door.door)
        self._whole[door.building_number, door.unit_number, number].append(door)
        self._in_building[door.building_number, number].append(door)
        self._in_units[door.unit_number, number].append(door)
        self._buildings[door.building_number].append(door)
        if digits := phone_digits(door.phone):
            self._phones[digits].append(door)
        if name := plain_text(door.name):
            self._names[name].append(door)

    def named(self, name: str) -> Door | None:
        """Return the door of a contact whose name is unique in the grid, or None."""
        found = self._names.get(name, ())
        return found[0] if len(found) == 1 else None

    def of_phone(self, digits: str) -> list[Door]:
        """Return the doors with a telephone; several of a family may share it."""
        return self._phones.get(phone_digits(digits), [])

    def fitting(self, said: SaidDoor, text: str) -> list[Door]:
        """Return the doors that a written door can mean; a building's full name in the text decides between two."""
        if said.door is None:
            return []
        if said.building is None:
            found = self._in_units.get((said.unit or 0, said.door), [])
        elif said.unit is None:
            found = self._in_building.get((said.building, said.door), [])
        else:
            found = self._whole.get((said.building, said.unit, said.door), [])
        told = [door for door in found if plain_text(door.building) in text]
        return told if told and len(found) > 1 else found

    def living_in(self, said: SaidDoor, names: Iterable[str]) -> list[Door]:
        """Return the doors of a building, without a number of the door, whose contact is named."""
        homes = self._buildings.get(said.building or 0, [])
        wanted = set(names)
        return [door for door in homes if plain_text(door.name) in wanted and said.unit in {None, door.unit_number}]

    def grid_of(self, said: SaidDoor) -> int | None:
        """Return the number of the other grid that a written door's building is in, or None."""
        if said.building is None or said.building in self._buildings:
            return None
        return min(self._grid_of.get(said.building, set()), default=None)


def written_in(text: str) -> Written:
    """Return what a plain text says about its door, and what is left of it."""
    calls = list(phones(text))
    without_calls = _cut(text, [(start, end) for start, end, _ in calls])
    doors = said_doors(without_calls)
    rest = _cut(without_calls, [(said.start, said.end) for said in doors])
    beside = ((said, NEARBY.match(without_calls, said.end)) for said in doors)
    nearby = next((f"{said.text}{found[1]}" for said, found in beside if found), "")
    return Written(text, tuple(doors), tuple(digits for *_, digits in calls), rest, nearby)


def find_door(written: Written, names: Sequence[str], book: DoorBook) -> FoundDoor:
    """Return whose entry it is. `names` are the contacts' names that stand in it before the first item."""
    of_phones = [door for digits in written.phones for door in book.of_phone(digits)]
    unknown = [digits for digits in written.phones if not book.of_phone(digits)]
    whole = [said for said in written.doors if said.door is not None]
    if written.nearby:
        return FoundDoor(None, (Note(Code.DOOR_UNCLEAR, {"doors": [written.nearby]}),))
    if whole:
        door, notes = _of_written(whole, written.text, [*of_phones, *_named(names, book)], book)
    else:
        door, notes = _of_people(written.doors, names, of_phones, book)
    if door is None:
        return FoundDoor(None, notes, of_phones[0] if len(of_phones) == 1 else None)
    return FoundDoor(door, (*notes, *_against(door, names, of_phones, unknown, book)))


def _of_written(
    whole: Sequence[SaidDoor], text: str, others: Sequence[Door], book: DoorBook
) -> tuple[Door | None, tuple[Note, ...]]:
    """Return the one door that is written, or what keeps it from being one."""
    sets = [book.fitting(said, text) for said in whole]
    fitting = list({door.household_id: door for doors in sets for door in doors}.values())
    if len(sets) > 1 and not all(sets):
        return None, (_missing(next(said for said, doors in zip(whole, sets, strict=True) if not doors), book),)
    if not fitting:
        return None, (_missing(whole[0], book),)
    if len(fitting) > 1 and len(whole) == 1:
        # 47-101 in two units: the telephone or the name says which.
        fitting = [door for door in fitting if door in others] or fitting
    if len(fitting) > 1:
        return None, (Note(Code.DOOR_UNCLEAR, {"doors": [door.said for door in fitting[:DOORS_TOLD]]}),)
    return fitting[0], ()


def _missing(said: SaidDoor, book: DoorBook) -> Note:
    grid = book.grid_of(said)
    if grid is not None:
        return Note(Code.OTHER_GRID, {"said": said.text, "grid": grid})
    return Note(Code.NO_SUCH_DOOR, {"said": said.text})


def _of_people(
    written: Sequence[SaidDoor], names: Sequence[str], of_phones: Sequence[Door], book: DoorBook
) -> tuple[Door | None, tuple[Note, ...]]:
    """Return the door of whoever is named or can be called, when there is only one."""
    homes = [door for said in written for door in book.living_in(said, names)]
    fitting = homes or list(of_phones) or _named(names, book)
    found = list({door.household_id: door for door in fitting}.values())
    if len(found) == 1:
        return found[0], ()
    if len(found) > 1:
        return None, (Note(Code.DOOR_UNCLEAR, {"doors": [door.said for door in found[:DOORS_TOLD]]}),)
    for said in written:
        if (grid := book.grid_of(said)) is not None:
            return None, (Note(Code.OTHER_GRID, {"said": said.text, "grid": grid}),)
    return None, (Note(Code.NO_DOOR),)


def _named(names: Iterable[str], book: DoorBook) -> list[Door]:
    return [door for name in names if (door := book.named(name)) is not None]


def _against(
    door: Door, names: Sequence[str], of_phones: Sequence[Door], unknown: Sequence[str], book: DoorBook
) -> tuple[Note, ...]:
    """Return what the telephones and names in an entry say against its door."""
    if of_phones and door not in of_phones:
        return (Note(Code.PHONE_OF_ANOTHER, {"door": of_phones[0].said}),)
    if unknown and not of_phones and door.phone:
        return (Note(Code.PHONE_DIFFERS),)
    own = plain_text(door.name)
    for name in names:
        other = book.named(name)
        if other is not None and name != own and own not in names and not of_phones:
            return (Note(Code.NAME_OF_ANOTHER, {"name": name, "door": other.said}),)
    return ()


def _cut(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """Return a text with a line's end where each span was: what stood on either side doesn't touch."""
    for start, end in sorted(spans, reverse=True):
        text = f"{text[:start]}\n{text[end:]}"
    return text


def without_number(written: Written, door: Door) -> str:
    """Return the rest without the bare number of a door that was found by name: 苏怡 101 白菜1."""
    bare = re.escape(plain_text(door.door))
    return re.sub(rf"(?<![^\s,]){bare}(?![^\s,])", " ", written.rest)
