"""What a household file changes in the register. Pure: what is known and what is wanted in, changes out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from supplyhub.residents.rules import said_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from supplyhub.places.placing import Unplaced
    from supplyhub.places.planning import BuildingFacts
    from supplyhub.residents.register_file import Door


@dataclass(frozen=True, slots=True)
class KnownHousehold:
    """A household of the register, opened for comparison. An unreadable contact or phone is None."""

    id: int
    building: str
    unit: str
    door: str
    people: int
    contact: str | None
    phone: str | None
    active: bool
    special_group_hash: bytes | None

    @property
    def key(self) -> tuple[str, int | str, str]:
        """Return what makes it the same household in a file."""
        return said_key(self.building, self.unit, self.door)


@dataclass(frozen=True, slots=True)
class UnplacedDoor:
    """A door that has no grid and can't order, and why."""

    building: str
    unit: str
    door: str
    reason: Unplaced


@dataclass(frozen=True, slots=True)
class HouseholdChanges:
    """What a household file changes, by the id of the known household."""

    added: list[Door] = field(default_factory=list)
    changed: dict[int, Door] = field(default_factory=dict)
    reactivated: dict[int, Door] = field(default_factory=dict)
    deactivated: list[int] = field(default_factory=list)
    # Households whose special group began, ended or became another: the new one, empty for none.
    special_groups: dict[int, str] = field(default_factory=dict)
    unchanged: int = 0
    unplaced: list[UnplacedDoor] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """Return how many households the file has, and what becomes of each; a reactivated one isn't counted as changed."""
        return {
            "households": len(self.added) + len(self.changed) + len(self.reactivated) + self.unchanged,
            "added": len(self.added),
            "changed": len(self.changed),
            "unchanged": self.unchanged,
            "deactivated": len(self.deactivated),
            "reactivated": len(self.reactivated),
            "unplaced": len(self.unplaced),
        }


def plan_households(
    known: Sequence[KnownHousehold],
    doors: Sequence[Door],
    *,
    special_group_hashes: Mapping[str, bytes],
    buildings: Mapping[str, BuildingFacts],
) -> HouseholdChanges:
    """Return what `doors`, a whole household file, changes: a known household that isn't in it is deactivated.

    `special_group_hashes` gives the look-up hash of every special group in the file; `buildings` their places after
    the import.
    """
    plan = HouseholdChanges(unplaced=unplaced_doors(doors, buildings))
    by_key = {household.key: household for household in known}
    unchanged = 0
    for door in doors:
        household = by_key.pop(door.key, None)
        if household is None:
            plan.added.append(door)
            continue
        same_group = household.special_group_hash == special_group_hashes.get(door.special_group)
        if not same_group:
            plan.special_groups[household.id] = door.special_group
        if not household.active:
            plan.reactivated[household.id] = door
        elif same_group and _facts(household) == _facts(door):
            unchanged += 1
        else:
            plan.changed[household.id] = door
    plan.deactivated.extend(sorted(household.id for household in by_key.values() if household.active))
    return replace(plan, unchanged=unchanged)


def unplaced_doors(doors: Sequence[Door], buildings: Mapping[str, BuildingFacts]) -> list[UnplacedDoor]:
    """Return the doors whose building has no grid, in the file's order."""
    return [
        UnplacedDoor(door.building, door.unit, door.door, reason)
        for door in doors
        if (reason := buildings[door.building].placement.reason) is not None
    ]


def _facts(one: KnownHousehold | Door) -> tuple[object, ...]:
    return one.unit, one.people, one.contact, one.phone
