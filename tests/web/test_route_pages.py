"""Designated routes on pages: seen, put in order by hand, computed anew, printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from supplyhub import outbox
from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.delivery.commands import arrange_route, issue_tickets, plan_routes
from supplyhub.delivery.events import RouteComputed
from supplyhub.delivery.loads import set_heavy
from supplyhub.delivery.queries import ticket_for
from supplyhub.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from supplyhub.people.states import Role
from tests.factories import an_account, asking
from tests.factories_depot import Town, work
from tests.web.test_pages import sign_in, token_of

if TYPE_CHECKING:
    from flask.testing import FlaskClient

BLOCK = 0.001


@pytest.fixture
def town(database: Any) -> Town:
    """Return a town of two grids; in the first stand four buildings along a street, from west to east."""
    town = Town(grids=2)
    with transaction():
        execute(
            "INSERT INTO street (community_id, name, line) VALUES (:c, 'Main', :line)", c=town.community.id, line=STREET
        )
        for number in range(1, 5):
            execute(
                "INSERT INTO building (community_id, name, number, grid_id, micro_grid_id, longitude, latitude)"
                " SELECT :c, :name, :number, g.id, NULL, :east, 0.0001 FROM grid AS g WHERE g.community_id = :c AND g.number = 1",
                c=town.community.id,
                name=f"{number + 80}号楼",
                number=number + 80,
                east=number * BLOCK,
            )
    plan_routes(town.community.id)
    return town


STREET = '{"type": "LineString", "coordinates": [[0, 0], [0.01, 0]]}'


def walked(grid: int = 1) -> list[str]:
    """Return the buildings of a grid in their one order, those with a place on the map."""
    found = rows(
        "SELECT b.name FROM building AS b JOIN grid AS g ON g.id = b.grid_id WHERE g.number = :grid"
        " AND b.longitude IS NOT NULL ORDER BY b.route_position",
        grid=grid,
    )
    return [each.name for each in found]


def ids(*names: str) -> dict[str, int]:
    return {each.name: each.id for each in rows("SELECT id, name FROM building WHERE name = ANY (:n)", n=list(names))}


def newest(grid: int = 1) -> Any:
    (found,) = rows(
        "SELECT r.version, r.planner, r.made_by FROM route AS r JOIN grid AS g ON g.id = r.grid_id WHERE g.number = :grid"
        " ORDER BY r.version DESC LIMIT 1",
        grid=grid,
    )
    return found


@pytest.fixture
def office(client: FlaskClient, town: Town) -> FlaskClient:
    return sign_in(client, town.coordinator.account_id)


def send(client: FlaskClient, **places: Any) -> Any:
    page = client.get("/routes/1").text
    form = {"csrf_token": token_of(page), "version": newest().version, **places}
    return client.post("/routes/1", data=form, follow_redirects=True)


def place_of(name: str) -> str:
    return f"place-{ids(name)[name]}"


def test_a_building_whose_number_is_changed_comes_there_and_the_rest_follows(office, town):
    assert walked() == ["81号楼", "82号楼", "83号楼", "84号楼"]
    first = scalar("SELECT min(route_position) FROM building WHERE longitude IS NOT NULL")
    page = send(office, **{place_of("84号楼"): first})
    assert "第 2 版" in page.text
    assert walked() == ["84号楼", "81号楼", "82号楼", "83号楼"]
    assert tuple(newest())[1:] == ("manual", town.coordinator.account_id)


def test_an_order_that_stays_the_same_makes_no_version(office):
    assert "顺序没变" in send(office).text
    assert newest().version == 1


def test_two_who_arrange_at_once_do_not_overwrite_each_other(office, town):
    page = office.get("/routes/1").text
    order = [each.id for each in rows("SELECT id FROM building WHERE grid_id = :g", g=town.sides[0].grid.id)]
    arrange_route(town.coordinator, grid=1, building_ids=order[::-1], version=1)
    form = {"csrf_token": token_of(page), "version": 1, place_of("84号楼"): 1}
    assert "别人刚改了这条路线" in office.post("/routes/1", data=form, follow_redirects=True).text
    assert newest().version == 2
    with pytest.raises(ConflictError):
        arrange_route(town.coordinator, grid=1, building_ids=order, version=1)


@pytest.mark.parametrize("given", ["0", "99", "-1"])
def test_a_place_that_is_none_is_refused_and_nothing_is_saved(office, given):
    answer = send(office, **{place_of("81号楼"): given})
    assert (answer.status_code, newest().version) == (422, 1)


def test_a_route_names_each_building_of_its_grid_once(town):
    order = [each.id for each in rows("SELECT id FROM building WHERE grid_id = :g", g=town.sides[0].grid.id)]
    other = scalar("SELECT min(id) FROM building WHERE grid_id = :g", g=town.sides[1].grid.id)
    for wrong in (order[1:], [*order, order[0]], [*order[1:], other]):
        with pytest.raises(InvalidError):
            arrange_route(town.coordinator, grid=1, building_ids=wrong, version=1)


def test_an_order_by_hand_outlives_an_import_and_ends_when_it_is_computed_anew(office, town):
    send(office, **{place_of("84号楼"): scalar("SELECT min(route_position) FROM building WHERE longitude IS NOT NULL")})
    with transaction():
        execute(
            "INSERT INTO building (community_id, name, number, grid_id, longitude, latitude)"
            " VALUES (:c, '90号楼', 90, :g, 0.0025, 0.0001)",
            c=town.community.id,
            g=town.sides[0].grid.id,
        )
    plan_routes(town.community.id)
    assert walked() == ["84号楼", "90号楼", "81号楼", "82号楼", "83号楼"]
    assert newest().planner == "manual"
    token = token_of(office.get("/routes/1").text)
    assert "重新算好了" in office.post("/routes/1/compute", data={"csrf_token": token}, follow_redirects=True).text
    assert walked() == ["81号楼", "82号楼", "90号楼", "83号楼", "84号楼"]
    assert tuple(newest())[:2] == (4, "computed")


def test_a_lead_arranges_the_own_grid_and_knows_of_no_other(client, town):
    lead = an_account(town.community, Role.GRID_LEAD, grid=town.first.grid)
    sign_in(client, lead.id)
    assert client.get("/routes").location == "/routes/1"
    assert client.get("/routes/2").status_code == 404
    assert client.get("/routes/2/1.pdf").status_code == 404
    with pytest.raises(NotFoundError):
        arrange_route(asking(lead.id), grid=2, building_ids=[], version=1)


def test_an_old_version_is_shown_as_one_and_cannot_be_changed(office):
    send(office, **{place_of("84号楼"): 1})
    page = office.get("/routes/1?version=1").text
    assert "这是旧的第 1 版" in page
    assert "保存顺序" not in page
    assert office.get("/routes/1?version=9").status_code == 404


def test_a_route_is_printed(office):
    answer = office.get("/routes/1/1.pdf")
    assert (answer.mimetype, answer.data[:5]) == ("application/pdf", b"%PDF-")


def test_the_map_shows_each_building_with_its_number_and_nothing_that_a_name_smuggles_in(office):
    with transaction():
        execute("UPDATE building SET name = '<script>x</script>' WHERE name = '81号楼'")
    page = office.get("/routes/1").text
    assert page.count('class="map-number"') == 4
    assert "<script>x" not in page


def test_a_coordinator_says_what_is_heavy_and_the_next_tickets_are_cut_by_it(client):
    town = Town(homes=5)
    town.everybody_orders(V001=7)
    town.share()
    office = sign_in(client, town.coordinator.account_id)
    page = office.get("/routes").text
    assert 'value="10"' in page
    form = {"csrf_token": token_of(page)}
    assert office.post("/routes/heavy", data=form | {"kilograms": "0"}).status_code == 422
    assert "按 3 公斤切" in office.post("/routes/heavy", data=form | {"kilograms": "3"}, follow_redirects=True).text
    town.pack()
    work(issue_tickets, town.cycle_id)
    assert [len(ticket_for(town.coordinator, code).stops) for code in town.tickets(town.first)] == [3, 2]
    assert all(stop.heavy for stop in ticket_for(town.coordinator, town.tickets(town.first)[0]).stops)
    with pytest.raises(NotAllowedError):
        set_heavy(town.depot, 5_000)


def test_a_lead_sees_that_a_shorter_way_is_looked_for_and_who_found_it(office, town):
    assert "还在找更短的走法" not in office.get("/routes/1").text
    with transaction():
        outbox.record(RouteComputed(town.first.grid.id, 1))
    assert "还在找更短的走法" in office.get("/routes").text
    assert "还在找更短的走法" in office.get("/routes/1").text
    assert "还在找更短的走法" not in office.get("/routes/2").text
    with transaction():
        execute("UPDATE outbox SET finished_at = now()")
        execute("UPDATE route SET planner = 'solver'")
    page = office.get("/routes/1").text
    assert "还在找更短的走法" not in page
    assert "求解器按街道算出" in page
