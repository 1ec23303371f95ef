"""The lead's inbox on pages, and what a household reads of a parcel that is near, or that has not arrived."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.delivery.commands import attach_photo, hand_back, record_entries
from supplyhub.delivery.entries import Entry
from supplyhub.delivery.following import follow_up
from supplyhub.delivery.states import Problem, StopOutcome
from supplyhub.people.applications import phones_of
from supplyhub.people.commands.applying import apply_to_volunteer
from supplyhub.people.states import Role
from tests.commands.test_following import later
from tests.factories import a_grid, an_account, asking, bearer
from tests.factories_depot import Town, Walk, a_walk
from tests.rules.test_photos import a_png
from tests.web.test_pages import sign_in, token_of

if TYPE_CHECKING:
    from flask.testing import FlaskClient


@pytest.fixture
def walk(database: Any) -> Walk:
    """Return a ticket of five doors in a volunteer's hands."""
    town = Town(homes=5)
    town.everybody_orders(V001=1)
    town.to_tickets()
    return a_walk(town=town)


def lead_of(walk: Walk) -> int:
    return an_account(walk.town.community, Role.GRID_LEAD, grid=walk.town.first.grid).id


def went(walk: Walk, place: int, problem: Problem | None = None) -> None:
    """Report a door."""
    outcome = StopOutcome.FAILED if problem else StopOutcome.DELIVERED
    entry = Entry(uuid4(), walk.stops[place].id, outcome, problem, datetime.now(UTC))
    record_entries(walk.volunteer.asker, ticket_code=walk.ticket, entries=[entry])


def order_of(client: FlaskClient, walk: Walk, place: int) -> str:
    return sign_in(client, walk.town.first.homes[place].account_id).get("/order").text


def headline(page: str) -> str:
    return page.split('class="headline')[1].split("</section>", maxsplit=1)[0]


def test_three_doors_away_is_the_headline(client, walk):
    assert "<h2>正在送来</h2>" in headline(order_of(client, walk, 4))
    assert "<h2>前面还有 3 户</h2>" in headline(order_of(client, walk, 3))
    went(walk, 0)
    assert "<h2>前面还有 3 户</h2>" in headline(order_of(client, walk, 4))
    assert "<h2>下一户就是您家</h2>" in headline(order_of(client, walk, 1))


def test_a_household_reports_what_has_not_arrived_and_reads_how_it_ended(client, walk):
    went(walk, 0)
    page = order_of(client, walk, 0)
    assert "没收到？" in page
    code = walk.stops[0].code
    form = {"csrf_token": token_of(page), "note": "门口没有", "back": "/order"}
    assert "告诉网格长了" in client.post(f"/parcels/{code}/not-arrived", data=form, follow_redirects=True).text
    assert "早就有人" in client.post(f"/parcels/{code}/not-arrived", data=form, follow_redirects=True).text
    assert "网格长正在查" in order_of(client, walk, 0)
    lead = lead_of(walk)
    page = sign_in(client, lead).get("/inbox").text
    assert "说没收到" in page
    assert "门口没有" in page
    (item,) = rows("SELECT id FROM inbox_item")
    form = {"csrf_token": token_of(page)}
    assert "住户在等这句话" in client.post(f"/inbox/{item.id}", data=form).text
    done = client.post(f"/inbox/{item.id}", data=form | {"note": "在快递柜，送上来了"}, follow_redirects=True)
    assert "处理好了。" in done.text
    page = order_of(client, walk, 0)
    assert "“没收到”查过了" in page
    assert "在快递柜，送上来了" in page


def test_a_neighbour_cannot_report_for_another_household(client, walk):
    went(walk, 0)
    form = {"csrf_token": token_of(order_of(client, walk, 1))}
    assert client.post(f"/parcels/{walk.stops[0].code}/not-arrived", data=form).status_code == 404
    assert client.post("/parcels/KKKKKK/not-arrived", data=form).status_code == 404


def test_an_item_is_cleared_by_one_tap_and_again_does_no_harm(client, walk):
    went(walk, 0, Problem.NOBODY_HOME)
    later(15)
    follow_up()
    page = sign_in(client, lead_of(walk)).get("/inbox").text
    assert "没送成" in page
    assert "没人应门" in page
    (item,) = rows("SELECT id FROM inbox_item")
    form = {"csrf_token": token_of(page)}
    assert "处理好了。" in client.post(f"/inbox/{item.id}", data=form, follow_redirects=True).text
    assert "早就处理好了" in client.post(f"/inbox/{item.id}", data=form, follow_redirects=True).text
    assert client.post(f"/inbox/{item.id}", data=form | {"note": "长" * 201}).status_code == 422


@pytest.mark.usefixtures("database")
def test_the_inbox_through_the_api(client, walk):
    went(walk, 0, Problem.DAMAGED)
    lead, other = lead_of(walk), Town(homes=1)
    (item,) = client.get("/api/v1/inbox", headers=bearer(lead)).json
    assert (item["kind"], item["parcel"], item["problem"]) == ("failed_door", walk.stops[0].code, "damaged")
    stranger = bearer(other.coordinator.account_id)
    assert client.get("/api/v1/inbox", headers=stranger).json == []
    path = f"/api/v1/inbox/{item['id']}/clear"
    assert client.post(path, json={}, headers=stranger).status_code == 404
    assert client.post(path, json={"note": "换了一袋"}, headers=bearer(lead)).status_code == 204
    assert client.get("/api/v1/inbox", headers=bearer(lead)).json == []
    went(walk, 1)
    home = bearer(walk.town.first.homes[1].account_id)
    path = f"/api/v1/parcels/{walk.stops[1].code}/not-arrived"
    assert client.post(path, json={}, headers=home).status_code == 204
    assert scalar("SELECT count(*) FROM arrival_report") == 1


def test_a_photo_of_a_door_is_for_the_grids_lead_and_coordinators_only(client, walk):
    went(walk, 0, Problem.DAMAGED)
    entry = scalar("SELECT entry_id FROM stop WHERE outcome IS NOT NULL")
    attach_photo(walk.volunteer.asker, entry, a_png())
    lead, elsewhere = lead_of(walk), Town(homes=1)
    address = f"/inbox/photos/{entry}"
    for account, page in (
        (lead, "/inbox"),
        (lead, f"/grid/delivery/{walk.ticket}"),
        (walk.town.coordinator.account_id, "/inbox"),
    ):
        assert f'src="{address}"' in sign_in(client, account).get(page).text
        shown = client.get(address)
        assert (shown.status_code, shown.mimetype) == (200, "image/png")
        assert shown.headers["Cache-Control"] == "no-store"
    neighbour = a_grid(walk.town.community, 2)
    for account, status in (
        (an_account(walk.town.community, Role.GRID_LEAD, grid=neighbour).id, 404),
        (elsewhere.coordinator.account_id, 404),
        (walk.town.depot.account_id, 403),
        (walk.volunteer.asker.account_id, 403),
        (walk.town.first.homes[0].account_id, 403),
    ):
        assert sign_in(client, account).get(address).status_code == status
    assert sign_in(client, lead).get(f"/inbox/photos/{uuid4()}").status_code == 404


def test_two_buttons_decide_what_two_phones_say_differently(client, walk):
    went(walk, 0)
    went(walk, 0, Problem.DAMAGED)
    page = sign_in(client, lead_of(walk)).get("/inbox").text
    assert "改成“" in page
    assert "照现在记的" in page
    (item,) = rows("SELECT id FROM inbox_item WHERE cleared_at IS NULL")
    form = {"csrf_token": token_of(page)}
    assert "改过来了。" in client.post(f"/inbox/{item.id}/take", data=form, follow_redirects=True).text
    assert scalar("SELECT outcome FROM stop WHERE id = :s", s=walk.stops[0].id) == "failed"
    page = client.post(f"/inbox/{item.id}/take", data=form, follow_redirects=True).text
    assert "早就处理好了" in page
    assert "改成了后说的" in page


def test_what_was_counted_at_the_hand_back_is_not_changed_and_the_page_says_why(client, walk):
    went(walk, 0)
    went(walk, 0, Problem.DAMAGED)
    back = [stop.code for stop in walk.stops[1:]]
    hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=back, unvisited=True)
    page = sign_in(client, lead_of(walk)).get("/inbox").text
    assert "改成“" not in page
    assert "货点过了或者换了单" in page
    (item,) = rows("SELECT id FROM inbox_item WHERE kind = 'entry_conflict'")
    page = client.post(f"/inbox/{item.id}/take", data={"csrf_token": token_of(page)}, follow_redirects=True).text
    assert "这张单收回了" in page
    path = f"/api/v1/inbox/{item.id}/take"
    assert client.post(path, headers=bearer(walk.town.coordinator.account_id)).status_code == 409
    assert client.post(path, headers=bearer(Town(homes=1).coordinator.account_id)).status_code == 404


def test_a_volunteers_telephone_is_for_the_grids_lead_and_coordinators_only(client, walk):
    vault = client.application.extensions["vault"]
    apply_to_volunteer(walk.town.community.id, grid=1, name="赵毅", phone="199 0000 0777", vault=vault)
    with transaction():
        execute(
            "UPDATE volunteer_application SET state = 'accepted', decided_at = now(), account_id = :account",
            account=walk.volunteer.asker.account_id,
        )
    later(15)
    follow_up()
    call = 'href="tel:199 0000 0777"'
    lead, neighbour = lead_of(walk), a_grid(walk.town.community, 2)
    assert call in sign_in(client, lead).get(f"/grid/delivery/{walk.ticket}").text
    assert call in client.get("/inbox").text
    office = sign_in(client, walk.town.coordinator.account_id)
    assert call in office.get("/inbox").text
    assert call in office.get(f"/coordinator/volunteers/{walk.volunteer.asker.account_id}").text
    badges = [walk.volunteer.badge_code]
    for account in (
        an_account(walk.town.community, Role.GRID_LEAD, grid=neighbour),
        an_account(walk.town.community, Role.DEPOT),
        Town(homes=1).coordinator,
    ):
        assert phones_of(asking(getattr(account, "account_id", None) or account.id), badges, vault=vault) == {}
    hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=[s.code for s in walk.stops], unvisited=True)
    assert call not in sign_in(client, lead).get(f"/grid/delivery/{walk.ticket}").text
