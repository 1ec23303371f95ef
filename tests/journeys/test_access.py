"""Every page is looked at by axe: names, roles, contrast, targets (WCAG 2.2 AA); and with script turned off it still stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.drill import DRILL, drilled
from tests.journeys.house import PC, PHONE
from tests.journeys.looking import faults
from tests.journeys.tour import before_the_menu, tour, while_ordering
from tests.journeys.tour_care import about_care
from tests.journeys.tour_help import about_help
from tests.journeys.tour_people import about_people
from tests.journeys.visitors import Visitors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.journeys.house import House
    from tests.journeys.scene import Scene
    from tests.journeys.stops import Stop

# Each page once. In the drill phone and PC, light and dark, Chinese and English go round among those who visit.
LOOKS = [(PHONE, "light", "zh"), (PC, "dark", "zh"), (PHONE, "dark", "en"), (PC, "light", "en")][: None if DRILL else 1]
# Drawn for their words; their elements are those of another stop.
ALIKE = {
    "entry-sign-in",
    # These in `test_household`.
    "entry-signed-out",
    "resident-household",
    "gridlead-card",
    "gridlead-cards",
    "resident-menu-ordered",
    "resident-order-on-the-way",
    "resident-order-delivered",
    "gridlead-publish-faulty",
    "gridlead-declined",
    "gridlead-for",
    "gridlead-for-review",
    "resident-no-anchor",
    "gridlead-today-delivering",
    "coordinator-home-ordering",
    "depot-board-ordering",
    "depot-board-wall",
    "depot-purchase-sent",
    "depot-handover",
    "volunteer-tickets",
}


# `make drill` looks at all of the pages, in six parts; every run looks at some of those before anything is delivered.
SIXTHS = 6
EVERY = 1 if DRILL else 2 * SIXTHS


def beginning(scene: Scene) -> Iterator[Stop]:
    """Visit what doesn't need a whole day: bringing the community through one takes longer than looking at some pages."""
    yield from before_the_menu(scene)
    yield from while_ordering(scene)
    yield from about_care(scene)
    yield from about_people(scene)
    yield from about_help(scene)


@pytest.mark.parametrize("sixth", drilled(*range(SIXTHS)))
def test_every_page_can_be_used_by_everybody(house: House, sixth: int) -> None:
    # Few rows do: axe takes its time for each.
    house.scene.items, house.scene.part = 12, 0.1
    house.scene.scarce = {f"V{number:03d}" for number in range(9, 21)}
    visitors = Visitors(house)
    found: list[str] = []
    looks: dict[str, tuple[dict[str, int], str, str]] = {}
    for place, stop in enumerate((tour if DRILL else beginning)(house.scene)):
        if stop.name in ALIKE or place % SIXTHS != sixth or place % EVERY:
            continue
        page = visitors.page(stop, *looks.setdefault(stop.actor, LOOKS[len(looks) % len(LOOKS)]))
        stop.open(page)
        found += [f"{stop.name}: {fault}" for fault in faults(page)]
    assert found == []
