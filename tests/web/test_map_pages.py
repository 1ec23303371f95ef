"""The map on pages: who sees what of it, what it is coloured by, a tag for what a screen has, whatever the outlines are."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pypdfium2
import pytest

from supplyhub.db import execute, scalar, transaction
from supplyhub.delivery.commands import record_entries
from supplyhub.delivery.levels import change_level
from supplyhub.delivery.states import Problem
from supplyhub.depot.commands import pack
from supplyhub.people.states import Role
from supplyhub.places.states import ZoneLevel
from supplyhub.web.pages import map_watch
from tests.commands.test_map_figures import a_request, entry
from tests.factories import a_badge, a_building, a_community, a_grid, a_household, an_account
from tests.factories_depot import Town, a_walk
from tests.printed import texts_of
from tests.web.test_grid_life_pages import send
from tests.web.test_live_board import Screen
from tests.web.test_pages import sign_in

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

A3_POINTS = (1191, 842)
PLANTED = "<script>alert(1)</script>"


def square(east: float, north: float = 0, side: float = 0.001) -> dict[str, Any]:
    """Return a square outline."""
    ring = [(east, north), (east + side, north), (east + side, north + side), (east, north + side), (east, north)]
    return {"type": "Polygon", "coordinates": [[list(point) for point in ring]]}


def outlined(table: str, row_id: int, outline: object) -> None:
    """Give a row of the register an outline, whatever it is."""
    said = None if outline is None else json.dumps(outline)
    with transaction():
        execute(f"UPDATE {table} SET outline = CAST(:outline AS jsonb) WHERE id = :id", id=row_id, outline=said)


@pytest.fixture
def town(database: Any) -> Town:
    """Return a town of 3 grids side by side, a building in each."""
    town = Town(grids=3, homes=2)
    for place, side in enumerate(town.sides):
        outlined("grid", side.grid.id, square(0.002 * place))
        outlined("building", side.building.id, square(0.002 * place + 0.0004, 0.0004, 0.0002))
    return town


@pytest.fixture
def office(client: FlaskClient, town: Town) -> FlaskClient:
    return sign_in(client, town.coordinator.account_id)


def a_lead(client: FlaskClient, town: Town, grid: int = 1) -> FlaskClient:
    return sign_in(client, an_account(town.community, Role.GRID_LEAD, grid=town.sides[grid - 1].grid).id)


def shape_of(page: str, part: str) -> str:
    """Return the link of a grid or a building on the map, with its path."""
    found = re.search(rf'<a [^>]*data-part="{part}".+?</a>', page)
    assert found, part
    return found[0]


def row_of(page: str, row_id: int) -> list[str]:
    """Return the words of a row of the table."""
    found = re.search(rf'data-part="row-{row_id}".+?</tr>', page, re.DOTALL)
    assert found, row_id
    return re.sub("<[^>]+>", " ", found[0].split(">", 1)[1]).split()


def test_a_map_shows_every_grid_with_a_link_to_its_own_map(office, town):
    page = office.get("/map").text
    for side in town.sides:
        shape = shape_of(page, f"grid-{side.grid.id}")
        assert f'href="/map/{side.grid.number}"' in shape
        assert 'data-status="waiting"' in shape
    assert page.count("plan-tile") == 3


def test_a_grid_goes_from_ordered_over_packed_to_the_way(office, town):
    grid = f"grid-{town.first.grid.id}"
    town.everybody_orders(V001=1)
    assert 'data-status="ordered"' in shape_of(office.get("/map").text, grid)
    town.to_tickets()
    assert 'data-status="packed"' in shape_of(office.get("/map").text, grid)
    a_walk(town=town)
    shape = shape_of(office.get("/map").text, grid)
    assert 'data-status="onway"' in shape
    assert "配送中，送到 0 / 2 户" in shape


def test_a_building_shows_its_worst_door_and_leads_to_the_list_of_its_doors(office, town):
    town.everybody_orders(V001=1)
    town.to_tickets()
    walk = a_walk(town=town)
    failed = entry(walk.stops[0], Problem.NOBODY_HOME)
    record_entries(walk.volunteer.asker, ticket_code=walk.ticket, entries=[failed])
    page = office.get("/map/1").text
    house = shape_of(page, f"building-{town.first.building.id}")
    assert 'data-status="problem"' in house
    assert 'tabindex="-1"' in house
    (address,) = re.findall('href="([^"]+)"', house)
    doors = office.get(address).text
    assert "没人应门" in doors
    assert "10-1-101" in doors
    assert "10-1-201" in doors


def test_a_map_is_coloured_by_level_and_says_the_level_in_words(office, town):
    change_level(town.coordinator, ZoneLevel.LOCKDOWN, grid=2)
    page = office.get("/map?by=level").text
    locked = shape_of(page, f"grid-{town.sides[1].grid.id}")
    assert 'data-status="problem"' in locked
    assert "封控" in locked
    assert 'data-status="waiting"' in shape_of(page, f"grid-{town.first.grid.id}")


@pytest.mark.parametrize(("by", "step"), [("silent", 5), ("ordered", 0), ("packed", 0), ("delivered", 0)])
def test_a_map_is_coloured_by_shares_in_six_shades(office, town, by, step):
    page = office.get(f"/map?by={by}").text
    assert f'data-step="{step}"' in shape_of(page, f"grid-{town.first.grid.id}")
    assert page.count('class="swatch"') == 6


def test_layers_are_put_on_and_taken_off_by_links_and_stay_so_on_the_way_to_a_grid(office, town):
    with_houses = office.get("/map").text
    assert "plan-building" in with_houses
    (off,) = re.findall(r'<a class="chip layer layer-on" href="([^"]+)">[^楼]+楼栋', with_houses)
    without = office.get(off.replace("&amp;", "&")).text
    assert "plan-building" not in without
    assert "show=streets%2Cpoints%2Cproblems" in shape_of(without, f"grid-{town.first.grid.id}").replace(",", "%2C")
    assert "plan-building" not in office.get("/map?show=none").text


@pytest.mark.parametrize("asked", ["by=nonsense", "show=%00,x", "view=chair", "page=-7", "page=x", "wall=&by=level"])
def test_what_an_address_can_not_mean_is_left_aside(office, asked):
    assert office.get(f"/map?{asked}").status_code == 200


def test_the_table_says_the_same_as_the_drawing(office, town):
    town.everybody_orders(V001=1)
    change_level(town.coordinator, ZoneLevel.CONTROLLED, grid=2)
    a_request(town, 2, hours=-1)
    page = office.get("/map?view=table").text
    assert "<svg xmlns" not in page
    assert row_of(page, town.sides[1].grid.id) == [
        *["2", "第二网格", "管控", "2", "2", "0", "0", "0", "0", "0", "1", "已下单"]
    ]
    houses = office.get("/map/2?view=table").text
    assert row_of(houses, town.sides[1].building.id) == [*["20号楼", "2", "2", "0", "0", "0", "0", "0", "已下单"]]


def test_a_lead_has_the_own_grid_and_no_other(client, town):
    lead = a_lead(client, town, 2)
    went = lead.get("/map?view=table&by=level&number=1&cycle=")
    assert (went.status_code, went.location) == (303, "/map/2?by=level&view=table")
    page = lead.get("/map/2").text
    assert f'data-part="building-{town.sides[1].building.id}"' in page
    assert "第一网格" not in page
    first = town.first
    for foreign in ("/map/1", "/map/1/live", "/map/1/print.pdf", "/map/0/live", "/map/0/print.pdf"):
        assert lead.get(foreign).status_code == 404, foreign
    for number in (1, 2):
        assert lead.get(f"/map/{number}/buildings/{first.building.id}").status_code == 404
    assert lead.get(f"/map/2/buildings/{town.sides[1].building.id}").status_code == 200


def test_a_building_is_not_found_under_another_grids_number(office, town):
    assert office.get(f"/map/2/buildings/{town.first.building.id}").status_code == 404
    assert office.get(f"/map/1/buildings/{town.first.building.id}").status_code == 200


@pytest.mark.parametrize("role", [Role.DEPOT, Role.VOLUNTEER, Role.RESIDENT])
def test_depot_volunteers_and_residents_have_no_map(client, town, role):
    account = {
        Role.DEPOT: lambda: town.depot.account_id,
        Role.VOLUNTEER: lambda: a_badge(town.first.grid).account_id,
        Role.RESIDENT: lambda: town.first.homes[0].account_id,
    }[role]()
    sign_in(client, account)
    house = f"/map/1/buildings/{town.first.building.id}"
    for address in ("/map", "/map/1", "/map/1/live", "/map/0/live", "/map/1/print.pdf", house):
        assert client.get(address).status_code == 403, address


def test_another_communitys_coordinator_finds_neither_grid_nor_cycle(client, town):
    sign_in(client, an_account(a_community(), Role.COORDINATOR).id)
    for address in ("/map/1", f"/map?cycle={town.cycle_id}", f"/map/1/buildings/{town.first.building.id}"):
        assert client.get(address).status_code == 404, address


def test_a_screen_that_is_up_to_date_is_told_so_in_an_empty_answer(client, town):
    screen = Screen(client, town.coordinator.account_id, "/map")
    answer = screen.look()
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_order_a_packed_parcel_a_level_a_request_and_an_outline_each_change_the_tag(client, town):
    screen = Screen(client, town.coordinator.account_id, "/map?by=level&show=buildings,requests")

    def changed() -> bool:
        return bool(screen.look().status_code == 200 and screen.look().status_code == 304)

    town.everybody_orders(V001=1)
    assert changed()
    town.share()
    assert changed()
    pack(town.depot, town.batch_of(town.first), town.codes(town.first)[:1])
    assert changed()
    change_level(town.coordinator, ZoneLevel.NORMAL, grid=3)
    assert changed()
    a_request(town, 3, hours=2)
    assert changed()
    outlined("grid", town.first.grid.id, square(0, 0.0001))
    assert changed()
    # What is of another community is nothing to this screen.
    a_grid(a_community(), 1)
    assert not changed()


def test_the_parts_that_change_come_with_the_address_of_the_screen(client, town):
    screen = Screen(client, town.coordinator.account_id, "/map/2?by=silent&view=table")
    town.everybody_orders(V001=1)
    answer = screen.look()
    assert "<html" not in answer.text
    assert 'data-part="this-grid"' in answer.text
    assert row_of(answer.text, town.sides[1].building.id)[2] == "2"


def test_another_language_and_another_role_are_another_tag(client, town):
    screen = Screen(client, town.coordinator.account_id, "/map/1")
    client.set_cookie("lang", "en")
    assert screen.look().status_code == 200
    client.delete_cookie("lang")
    assert a_lead(client, town).get("/map/1/live", headers={"If-None-Match": f'"{screen.tag}"'}).status_code == 200


def test_nothing_is_read_again_until_somebody_writes(client, town, monkeypatch):
    over, read = ["1:1:"], []
    monkeypatch.setattr(map_watch, "snapshot", lambda: over[0])
    monkeypatch.setattr(map_watch, "SHORTEST_SECONDS", 0.0)
    grid_counts = map_watch.grid_counts
    monkeypatch.setattr(map_watch, "grid_counts", lambda *a, **k: read.append(1) or grid_counts(*a, **k))
    screen = Screen(client, town.coordinator.account_id, "/map")
    for _ in range(3):
        screen.look()
    assert len(read) == 1
    over[0] = "2:2:"
    screen.look()
    assert len(read) == 2
    # However often others write, a map is read once in a while only.
    monkeypatch.setattr(map_watch, "SHORTEST_SECONDS", 60.0)
    over[0] = "3:3:"
    screen.look()
    assert len(read) == 2


BROKEN = [
    None,
    {},
    [],
    "outline",
    {"type": "Polygon", "coordinates": []},
    {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]},
    {"type": "LineString", "coordinates": [[0, 0], [1, 1]]},
    {"type": "Polygon", "coordinates": [[[999, 0], [999, 1], [998, 1], [999, 0]]]},
    {"type": "Polygon", "coordinates": [[["a", "b"], ["c", "d"], ["e", "f"], ["a", "b"]]]},
]


@pytest.mark.parametrize("outline", BROKEN)
def test_an_outline_that_can_not_be_drawn_is_listed_and_the_others_are_drawn(office, town, outline):
    outlined("grid", town.first.grid.id, outline)
    outlined("building", town.first.building.id, outline)
    micro_grid = int(scalar("SELECT id FROM micro_grid WHERE grid_id = :grid", grid=town.first.grid.id))
    outlined("micro_grid", micro_grid, outline)
    page = office.get("/map").text
    assert f'data-part="grid-{town.first.grid.id}"' not in page
    assert f'data-part="grid-{town.sides[1].grid.id}"' in page
    assert re.search("第一网格：(没有轮廓|轮廓是坏的)", page)
    assert re.search("10号楼：(没有轮廓|轮廓是坏的)", page)
    assert office.get("/map/1").status_code == 200
    assert office.get("/map/1/print.pdf").status_code == 200
    assert "第一网格" in office.get("/map?view=table").text


def test_an_outline_that_crosses_itself_is_drawn_repaired(office, town):
    bow_tie = {"type": "Polygon", "coordinates": [[[0, 0], [0.001, 0.001], [0.001, 0], [0, 0.001], [0, 0]]]}
    outlined("grid", town.first.grid.id, bow_tie)
    page = office.get("/map").text
    shape = shape_of(page, f"grid-{town.first.grid.id}")
    assert shape.count("Z") == 2
    assert "画不出来的" not in page


def test_a_grid_at_the_other_end_of_the_world_does_not_make_the_others_small(office, town):
    before = shape_of(office.get("/map").text, f"grid-{town.sides[2].grid.id}")
    assert "M" in before
    outlined("grid", town.first.grid.id, square(118, 25))
    page = office.get("/map").text
    assert "第一网格：离别处太远" in page
    assert f'data-part="grid-{town.first.grid.id}"' not in page


def test_a_building_of_which_only_the_place_is_known_is_drawn_as_a_square(office, town):
    outlined("building", town.first.building.id, None)
    with transaction():
        execute("UPDATE building SET longitude = 0.0005, latitude = 0.0005 WHERE id = :id", id=town.first.building.id)
    page = office.get("/map").text
    assert "h10v10h-10Z" in shape_of(page, f"building-{town.first.building.id}")
    assert "画不出来的" not in page


def test_a_street_that_is_broken_is_not_drawn(office, town):
    with transaction():
        for name, line in (("坏街", {"type": "LineString", "coordinates": [[0, 0]]}), ("无街", {"type": "Point"})):
            execute(
                "INSERT INTO street (community_id, name, line) VALUES (:c, :name, CAST(:line AS jsonb))",
                c=town.community.id,
                name=name,
                line=json.dumps(line),
            )
    assert office.get("/map").status_code == 200


def test_a_register_without_any_outline_has_its_table_and_says_why_there_is_no_map(client, database):
    town = Town(grids=2)
    office = sign_in(client, town.coordinator.account_id)
    page = office.get("/map").text
    assert "底册里没有轮廓" in page
    assert row_of(office.get("/map?view=table").text, town.first.grid.id)[1] == "第一网格"
    assert office.get("/map/0/print.pdf").status_code == 200


def test_before_anything_is_there_the_map_is_empty_and_answers(client, database):
    community = a_community()
    office = sign_in(client, an_account(community, Role.COORDINATOR).id)
    assert "底册里没有轮廓" in office.get("/map").text
    assert office.get("/map?view=table").status_code == 200
    assert office.get("/map/0/print.pdf").status_code == 200
    assert office.get("/map?wall=1").status_code == 200
    assert office.get("/map/7").status_code == 404


def test_names_of_the_register_are_text_on_every_page_and_on_paper(office, town):
    with transaction():
        execute("UPDATE building SET name = :n, number = 0 WHERE id = :id", n=PLANTED, id=town.first.building.id)
        point = "UPDATE delivery_point SET name = :n, longitude = 0, latitude = 0 WHERE id = :id"
        execute(point, n=PLANTED, id=town.first.grid.delivery_point_id)
    house = f"/map/1/buildings/{town.first.building.id}"
    for address in ("/map", "/map/1", "/map/1?view=table", "/map?wall=1", house):
        page = office.get(address).text
        assert PLANTED not in page, address
        assert "alert(1)" in page, address
    assert office.get("/map/1/print.pdf").status_code == 200


def test_the_printed_map_is_a3_with_cycle_page_and_date_and_the_table_behind(office, town):
    town.everybody_orders(V001=1)
    client_pdf = office.get("/map/0/print.pdf?by=level")
    assert client_pdf.mimetype == "application/pdf"
    sheets = pypdfium2.PdfDocument(client_pdf.data)
    assert {tuple(round(side) for side in sheet.get_size()) for sheet in sheets} == {A3_POINTS}
    first, second = texts_of(client_pdf.data)
    assert f"第 {town.cycle.number} 期" in first
    assert "第 1 页，共 2 页" in first
    assert re.search(r"20\d\d-\d\d-\d\d \d\d:\d\d 印", first)
    assert "封控" in first
    assert "第三网格" in second


def test_what_is_printed_is_chinese_whoever_prints_it(office, town):
    office.set_cookie("lang", "en")
    first, *_ = texts_of(office.get("/map/0/print.pdf").data)
    assert "没人下单" in first
    assert "No orders" not in first


def test_a_wall_is_dark_and_large_without_links_away_and_renews_itself_without_script(office, town):
    page = office.get("/map?wall=1").text
    assert 'data-type="wall" data-theme="dark"' in page
    assert '<noscript><meta http-equiv="refresh"' in page
    assert 'class="rooms"' not in page
    assert "按什么上色" not in page
    assert "wall=1" in re.findall('data-live="([^"]+)"', page)[0]


def test_a_large_communitys_table_comes_in_pages(client, database):
    community = a_community()
    for number in range(1, 71):
        a_grid(community, number)
    office = sign_in(client, an_account(community, Role.COORDINATOR).id)
    assert office.get("/map?view=table").text.count('data-part="row-') == 60
    second = office.get("/map?view=table&page=2").text
    assert second.count('data-part="row-') == 10
    assert "page=2" in re.findall('data-live="([^"]+)"', second)[0]


def test_a_map_of_one_grid_leads_to_it(client, database):
    community = a_community()
    grid = a_grid(community, 1)
    a_household(a_building(grid, number=5))
    outlined("grid", grid.id, square(0))
    office = sign_in(client, an_account(community, Role.COORDINATOR).id)
    assert 'href="/map/1"' in shape_of(office.get("/map").text, f"grid-{grid.id}")


def test_coordinator_and_lead_find_the_map_among_their_rooms(app: Flask, client, town):
    assert 'href="/map"' in sign_in(client, town.coordinator.account_id).get("/coordinator").text
    assert 'href="/map"' in a_lead(client, town).get("/grid").text


def test_the_depot_is_drawn_where_the_coordinator_puts_it_and_stands_in_legend_and_table(client, town):
    with transaction():
        execute(
            "INSERT INTO depot (community_id, name) VALUES (:c, '物资暂存中转站') ON CONFLICT DO NOTHING",
            c=town.community.id,
        )
        execute("UPDATE building SET longitude = 0.0005, latitude = 0.0005 WHERE id = :id", id=town.first.building.id)
    office = sign_in(client, town.coordinator.account_id)
    before = office.get("/map").text
    assert "plan-depot-tile" not in before
    assert "中转站还不在图上，放上去" in before
    number = town.first.building.number
    assert send(office, "/points", "/points/depot", at="999").status_code == 422
    assert "在一张图上看得到" in send(office, "/points", "/points/depot", at=str(number)).text
    map_watch.forget()
    after = office.get("/map").text
    # On the map, and in its legend.
    assert after.count('class="plan-depot-tile"') == 2
    assert "放上去" not in after
    assert office.get("/map?show=buildings").text.count("plan-depot-tile") == 0
    table = office.get("/map?view=table").text
    assert f"在{number}号楼旁边" in table
    assert "中转站" in texts_of(office.get("/map/0/print.pdf").data)[0]
