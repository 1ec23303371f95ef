"""What an import would change, door by door, for whoever decides whether to load it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from supplyhub.places.planning import BuildingFacts, Changes
    from supplyhub.residents.register_file import Door
    from supplyhub.residents.register_plan import HouseholdChanges, KnownHousehold


class Kind(StrEnum):
    """What becomes of a door."""

    ADDED = "added"
    CHANGED = "changed"
    REACTIVATED = "reactivated"
    DEACTIVATED = "deactivated"


class Fact(StrEnum):
    """What changes about a door. Of names, phones and special groups only that they change is told."""

    UNIT = "unit"
    PEOPLE = "people"
    CONTACT = "contact"
    PHONE = "phone"
    SPECIAL_GROUP = "special_group"


@dataclass(frozen=True, slots=True)
class Difference:
    """A door that an import changes; `people` before and after where their number does."""

    kind: Kind
    building: str
    unit: str
    door: str
    facts: tuple[Fact, ...] = ()
    people: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A building that comes into another grid (by number; None for none)."""

    building: str
    before: int | None
    after: int | None


def differences(known: Sequence[KnownHousehold], changes: HouseholdChanges) -> list[Difference]:
    """Return every door that changes: those that go, then those that change, come back, are new."""
    by_id = {household.id: household for household in known}
    gone = (by_id[each] for each in changes.deactivated)
    return [
        *(Difference(Kind.DEACTIVATED, home.building, home.unit, home.door) for home in gone),
        *(_changed(by_id[each], door, changes) for each, door in changes.changed.items()),
        *(Difference(Kind.REACTIVATED, door.building, door.unit, door.door) for door in changes.reactivated.values()),
        *(Difference(Kind.ADDED, door.building, door.unit, door.door) for door in changes.added),
    ]


def _changed(before: KnownHousehold, door: Door, changes: HouseholdChanges) -> Difference:
    differs = {
        Fact.UNIT: before.unit != door.unit,
        Fact.PEOPLE: before.people != door.people,
        Fact.CONTACT: before.contact != door.contact,
        Fact.PHONE: before.phone != door.phone,
        Fact.SPECIAL_GROUP: before.id in changes.special_groups,
    }
    return Difference(
        Kind.CHANGED,
        door.building,
        door.unit,
        door.door,
        tuple(fact for fact, is_other in differs.items() if is_other),
        (before.people, door.people) if differs[Fact.PEOPLE] else None,
    )


def moves(before: Mapping[str, BuildingFacts], changes: Changes[str, BuildingFacts]) -> list[Move]:
    """Return the known buildings that come into another grid, or out of theirs."""
    return [
        Move(name, before[name].placement.grid, facts.placement.grid)
        for name, facts in changes.changed.items()
        if before[name].placement.grid != facts.placement.grid
    ]
