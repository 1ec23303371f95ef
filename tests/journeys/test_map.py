"""The map as people use it: from a grid to its houses to a door, by another colour, as a table, on a wall, by keyboard alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from supplyhub.db import db, scalar
from supplyhub.web.pages import map_watch
from tests.drill import drilled
from tests.journeys.house import PC, PHONE
from tests.journeys.looking import faults, scrolls_sideways
from tests.journeys.test_board import in_hand, let_pass

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.journeys.house import House

WALL = {"width": 1920, "height": 1080}
# "Live within 5 s."
FIVE_SECONDS = 5_000


def on_the_way(house: House) -> House:
    """Bring the community as far as a door with a problem."""
    house.scene.items = 12
    scene = house.scene.open_cycle().order(0.3).cut_off().send().receive().share()
    scene.pack(3)
    scene.deliver(3, scene.claim(3), 4, failed=1)
    return house


def row_id(table: str, number: int) -> int:
    """Return the id of the row with a number."""
    found = int(scalar(f"SELECT id FROM {table} WHERE number = :number ORDER BY id LIMIT 1", number=number))
    db.session.rollback()
    return found


def area(page: Page, number: int) -> Locator:
    """Return a grid on the map."""
    return page.locator(f"[data-part=grid-{row_id('grid', number)}]")


def test_a_coordinator_goes_from_the_map_to_a_door_with_a_problem(house: House) -> None:
    page = on_the_way(house).staff("coordinator", viewport=PC)
    page.goto("/coordinator")
    page.get_by_role("link", name="一张图").click()
    expect(page.locator(".plan .plan-grid")).to_have_count(7)
    area(page, 3).click()
    page.wait_for_url("**/map/3")
    expect(page.locator(".plan .plan-grid")).to_have_count(1)
    page.locator("a:has(> .plan-building[data-status=problem])").click()
    page.wait_for_url("**/buildings/*")
    expect(page.get_by_text("没人应门")).to_have_count(1)
    page.get_by_label("返回").click()
    page.wait_for_url("**/map/3")


def test_a_map_is_coloured_anew_and_its_layers_are_put_on_and_off_without_script(house: House) -> None:
    page = on_the_way(house).staff("coordinator", viewport=PC)
    plain = house.device(viewport=PC, java_script_enabled=False)
    plain.context.add_cookies(page.context.cookies())
    plain.goto("/map")
    plain.get_by_role("link", name="没消息").click()
    expect(plain.locator(".plan-grid[data-step]")).to_have_count(7)
    expect(plain.locator(".plan-route")).to_have_count(0)
    plain.get_by_role("link", name="路线").click()
    expect(plain.locator(".plan-route")).to_have_count(1)
    plain.get_by_role("link", name="楼栋").click()
    expect(plain.locator(".plan-building")).to_have_count(0)
    # What was chosen goes along into the grid.
    area(plain, 3).click()
    expect(plain.locator(".plan-grid[data-step]")).to_have_count(1)
    expect(plain.locator(".plan-building")).to_have_count(0)


def test_grids_and_the_doors_of_the_table_are_reached_by_keyboard_alone(house: House) -> None:
    page = on_the_way(house).staff("coordinator", viewport=PC)
    page.goto("/map")
    third = page.get_by_role("link", name="第三网格：配送中")
    third.focus()
    expect(third).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/map/3")
    page.get_by_role("link", name="表格").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**view=table")
    first = page.get_by_role("rowheader").first.get_by_role("link")
    first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/buildings/*")
    expect(page.get_by_role("rowheader").first).to_be_visible()


def test_a_map_on_a_wall_follows_within_five_seconds_without_a_reload(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is drawn is given to all who ask for so long: as if that were over, and counted in.
    kept_seconds = map_watch.SHORTEST_SECONDS
    monkeypatch.setattr(map_watch, "SHORTEST_SECONDS", 0)
    scene = house.scene
    scene.items = 12
    scene.open_cycle().order(0.1).cut_off().send().receive().share()
    wall = house.staff("coordinator", viewport=WALL)
    in_hand(wall, "/map?wall=1")
    shape = area(wall, 3).locator("path")
    expect(shape).to_have_attribute("data-status", "ordered")
    scene.pack(3)
    let_pass(wall, FIVE_SECONDS - int(kept_seconds * 1000))
    expect(shape).to_have_attribute("data-status", "packed")
    assert wall.evaluate("window.written")
    assert not wall.evaluate("document.documentElement.scrollHeight > innerHeight")
    assert wall.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


@pytest.mark.parametrize(("viewport", "scheme", "lang"), drilled((PHONE, "dark", "zh"), (PC, "light", "en")))
def test_every_page_of_the_map_can_be_used_by_everybody(house: House, viewport, scheme, lang) -> None:
    scene = on_the_way(house).scene
    page = house.staff("coordinator", viewport=viewport, color_scheme=scheme)
    page.context.add_cookies([{"name": "lang", "value": lang, "url": house.site}])
    building = f"/map/3/buildings/{row_id('building', 47)}"
    for address in (
        "/map",
        "/map?by=silent",
        "/map?view=table",
        "/map/3",
        "/map/3?view=table",
        building,
        "/map?wall=1",
    ):
        page.goto(f"{address}{'&' if '?' in address else '?'}cycle={scene.cycle}")
        assert faults(page) == [], address
        assert not scrolls_sideways(page), address
