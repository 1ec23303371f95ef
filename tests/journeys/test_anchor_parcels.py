"""A parcel at the anchor household's, as that household and the one whose it is see it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from playwright.sync_api import expect

from supplyhub.db import rows
from supplyhub.delivery.commands import sync
from supplyhub.delivery.entries import Entry, Kept, SentEntry
from supplyhub.delivery.states import EntryOutcome, Problem
from tests.journeys.looking import faults, scrolls_sideways

if TYPE_CHECKING:
    from tests.journeys.house import House


def leave(house: House) -> tuple[int, int]:
    """Leave a parcel with the anchor household, less one unit; return the anchor's home and the neighbour's."""
    scene = house.scene.open_cycle().order(0.03).cut_off().send().receive().share().pack(3)
    code = scene.claim(3)
    neighbour = scene.home_on(code, 2)
    anchor = scene.neighbour_of(code, 2)
    scene.appoint(anchor)
    (stop, *_) = rows(
        """
        SELECT s.id, n.id AS anchor, l.item_id FROM stop AS s JOIN ticket AS t ON t.id = s.ticket_id
        JOIN orders AS o ON o.id = s.order_id JOIN anchor_household AS n ON n.building_id = o.building_id
        JOIN parcel_line AS l ON l.parcel_id = s.parcel_id
        WHERE t.code = :code AND o.household_id = :home AND NOT l.substitute ORDER BY l.item_id
        """,
        code=code,
        home=neighbour,
    )
    now = datetime.now(UTC)
    kept = frozenset({Kept(stop.item_id, False, 1, Problem.DAMAGED)})
    entry = Entry(uuid4(), stop.id, EntryOutcome.DELIVERED, None, now, left_with=stop.anchor, kept_back=kept)
    sync(scene.volunteers[3], sent_at=now, device=uuid4(), entries=[SentEntry(code, entry)])
    return anchor, neighbour


def test_an_anchor_passes_a_parcel_on_and_its_household_knows_where_it_is(house: House) -> None:
    anchor, neighbour = leave(house)
    page = house.resident(neighbour, viewport={"width": 320, "height": 700})
    page.goto("/order")
    expect(page.get_by_text("袋，在中心户那里")).to_be_visible()
    expect(page.get_by_role("button", name="我拿到了")).to_be_visible()
    expect(page.get_by_text("没有留下")).to_be_visible()
    assert faults(page) == []
    assert not scrolls_sideways(page)
    keeper = house.resident(anchor)
    keeper.goto("/neighbours")
    keeper.get_by_role("link", name="邻居的 1 个包裹在您家").click()
    assert faults(keeper) == []
    keeper.get_by_role("button", name="交给他家了").click()
    expect(keeper.get_by_text("已经交了的")).to_be_visible()
    assert faults(keeper) == []
    page.reload()
    expect(page.get_by_role("button", name="我拿到了")).to_have_count(0)


def test_a_household_says_what_its_door_needs(house: House) -> None:
    page = house.resident(house.scene.homes(3)[0], viewport={"width": 320, "height": 700})
    page.goto("/household")
    page.get_by_label("先打电话").check()
    assert faults(page) == []
    assert not scrolls_sideways(page)
    page.get_by_role("button", name="记下").click()
    expect(page.get_by_label("先打电话")).to_be_checked()
