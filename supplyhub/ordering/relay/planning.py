"""What a paste makes of each door's order, and where the door's own change wins. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from supplyhub.ordering.relay.folding import fold
from supplyhub.ordering.relay.matching import Since, sequences
from supplyhub.ordering.states import EntryKind

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from supplyhub.ordering.baskets import Line
    from supplyhub.ordering.relay.matching import Kept, Link, Matched, Said


class Fate(StrEnum):
    """What becomes of a door's order. `web`: it was changed otherwise since, and stays; `nothing`: none to cancel.

    The last three are refusals: too little left or above the cap; the menu doesn't take orders; anything else.
    """

    PLACED = "placed"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    SAME = "same"
    NOTHING = "nothing"
    WEB = "web"
    SHORT = "short"
    CLOSED = "closed"
    REFUSED = "refused"


WRITES = frozenset({Fate.PLACED, Fate.CHANGED, Fate.CANCELLED})


@dataclass(frozen=True, slots=True)
class Standing:
    """A door's order as it stands; a cancelled one has no lines. `relay_lines` and `relay_version` are what the relay
    last made of it, None when it never did.
    """

    version: int | None = None
    lines: Mapping[int, Line] = field(default_factory=dict)
    note: str = ""
    channel: str = ""
    changed_at: datetime | None = None
    relay_lines: Mapping[int, int] | None = None
    relay_version: int | None = None

    @property
    def units(self) -> dict[int, int]:
        """Return the units by item id."""
        return {item: line.quantity for item, line in self.lines.items()}

    def changed_otherwise(self, withdrawn: Collection[int]) -> bool:
        """Tell whether somebody ordered here, or changed it, since the relay did; withdrawing an item is nobody's change."""
        if self.version is None:
            return False
        if self.relay_lines is None or self.relay_version is None:
            return True
        ended = sum(item in withdrawn for item in self.relay_lines)
        if self.version == self.relay_version:
            return False
        return self.version > self.relay_version + ended or self.units != without(self.relay_lines, withdrawn)


@dataclass(frozen=True, slots=True)
class Lacks:
    """Why a basket can't be had: dictionaries with item, asked and left or cap; item ids of what was withdrawn."""

    sold_out: Sequence[Mapping[str, int]] = ()
    over_cap: Sequence[Mapping[str, int]] = ()
    withdrawn: Sequence[int] = ()

    def __bool__(self) -> bool:
        """Tell whether anything is lacking."""
        return bool(self.sold_out or self.over_cap or self.withdrawn)


@dataclass(slots=True)
class DoorPlan:
    """A door's entries, the basket that they come to, the order as it stands, and what becomes of it.

    `touched`: the paste says something new about it. `ended`: withdrawn items that the entries still ask for.
    """

    household: int
    links: Sequence[Link]
    wanted: Mapping[int, int]
    standing: Standing
    touched: bool
    fate: Fate = Fate.SAME
    ended: Sequence[int] = ()
    lacks: Lacks = field(default_factory=Lacks)
    taken: bool = False

    @property
    def place(self) -> int:
        """Return the place in the paste of its first entry."""
        return min((link.place for link in self.links if link.place is not None), default=0)

    def changes(self, items: Collection[int]) -> bool:
        """Tell whether it orders more or less of one of these items."""
        had = self.standing.units
        return any(self.wanted.get(item, 0) != had.get(item, 0) for item in items)

    @property
    def left_out(self) -> bool:
        """Tell whether somebody left an entry out: it is kept, and does nothing."""
        return any(link.entry.step.kind == EntryKind.ADD and not link.entry.step.lines for link in self.links)

    @property
    def unseen(self) -> list[int]:
        """Return the numbers of the entries that count, but aren't in the paste."""
        return [link.entry.number for link in self.links if link.place is None]


@dataclass(frozen=True, slots=True)
class Shelf:
    """What a menu can give: caps and units left by item id (left is empty in a draw), and what was withdrawn."""

    caps: Mapping[int, int]
    left: Mapping[int, int]
    withdrawn: Collection[int] = frozenset()


def plan_doors(
    paste: Sequence[Said],
    kept: Sequence[Kept],
    matched: Matched,
    standing: Mapping[int, Standing],
    withdrawn: Collection[int],
    taken: Collection[int] = (),
) -> dict[int, DoorPlan]:
    """Return what becomes of every door that the paste speaks of, in the paste's order.

    `taken`: the households whose own change shall give way to the chain.
    """
    touched = _touched(paste, kept, matched)
    plans: list[DoorPlan] = []
    for home, links in sequences(paste, kept, matched).items():
        if home not in touched and all(link.place is None for link in links):
            continue
        basket = fold(link.entry.step for link in links).get(home, {})
        plan = DoorPlan(
            household=home,
            links=links,
            wanted=without(basket, withdrawn),
            standing=standing.get(home, Standing()),
            touched=home in touched,
            ended=[item for item in basket if item in withdrawn],
            taken=home in taken,
        )
        plan.fate = _fate(plan, withdrawn)
        plans.append(plan)
    return {plan.household: plan for plan in sorted(plans, key=lambda plan: plan.place)}


def forecast(plans: Mapping[int, DoorPlan], shelf: Shelf) -> None:
    """Note which doors would be refused for stock or cap, the chain's first served first, as `put_orders` does."""
    left = dict(shelf.left)
    for plan in plans.values():
        if plan.fate not in WRITES:
            continue
        had = plan.standing.units
        more = {item: units - had.get(item, 0) for item, units in plan.wanted.items()}
        plan.lacks = Lacks(
            sold_out=[
                {"item": item, "asked": plan.wanted[item], "left": left[item] + had.get(item, 0)}
                for item, units in more.items()
                if units > 0 and item in left and units > left[item]
            ],
            over_cap=[
                {"item": item, "asked": units, "cap": shelf.caps[item]}
                for item, units in plan.wanted.items()
                if units > shelf.caps.get(item, units)
            ],
        )
        if plan.lacks:
            plan.fate = Fate.SHORT
            continue
        for item in {*more, *had} & set(left):
            left[item] -= plan.wanted.get(item, 0) - had.get(item, 0)


def without(lines: Mapping[int, int], items: Collection[int]) -> dict[int, int]:
    """Return lines without some items."""
    return {item: units for item, units in lines.items() if item not in items}


def refusal(outcome: str, data: Mapping[str, Any]) -> tuple[Fate, Lacks]:
    """Return what a refused basket's outcome of `put_orders` means for its door."""
    if outcome == "short":
        lacks = Lacks(*(data.get(why) or () for why in ("sold_out", "over_cap", "withdrawn")))
        return Fate.SHORT, lacks
    fates = {"stale": Fate.WEB, "closed": Fate.CLOSED, "not_open": Fate.CLOSED, "nothing_to_cancel": Fate.NOTHING}
    return fates.get(outcome, Fate.REFUSED), Lacks()


def _touched(paste: Sequence[Said], kept: Sequence[Kept], matched: Matched) -> set[int]:
    touched: set[int] = set()
    for said in paste:
        if matched.since[said.place] in {Since.NEW, Since.EDITED}:
            touched.add(matched.steps[said.place].household_id)
            if said.place in matched.was:
                touched.add(kept[matched.was[said.place]].step.household_id)
    return touched


def _fate(plan: DoorPlan, withdrawn: Collection[int]) -> Fate:
    order = plan.standing
    if plan.wanted == order.units:
        return Fate.NOTHING if order.version is None else Fate.SAME
    if order.changed_otherwise(withdrawn) and not plan.taken:
        return Fate.WEB
    if not plan.wanted:
        return Fate.CANCELLED
    return Fate.CHANGED if order.lines else Fate.PLACED
