"""Care packs on pages: a coordinator previews and gives, a household reads what is sent to it and may say no."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from supplyhub.db import scalar
from supplyhub.delivery.commands import issue_tickets
from supplyhub.people.states import Role
from supplyhub.residents.states import CareCategory
from tests.factories import an_account, an_anchor, bearer
from tests.factories_depot import Town, work
from tests.factories_packs import cared_for, donate, give, laid_in, promised
from tests.web.test_pages import sign_in, token_of

if TYPE_CHECKING:
    from flask.testing import FlaskClient

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def town(database) -> Town:
    """Return a town of two grids with two homes each, the first of each in the care register; oil was given."""
    town = Town(grids=2, homes=2, skus=("V001", "V002"))
    for side in town.sides:
        cared_for(side.homes[0])
    donate(town, V002=3)
    return town


def office(client: FlaskClient, town: Town) -> FlaskClient:
    return sign_in(client, town.coordinator.account_id)


def asked(town: Town, **more: Any) -> dict[str, Any]:
    """Return what the form asks a preview of one unit each with."""
    return {"cycle": town.cycle_id, f"u{town.offers['V002'].product_id}": 1, **more}


def hidden(page: str) -> dict[str, str]:
    """Return the hidden fields of the form that gives."""
    form = page[page.index('method="post"') :]
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))


def send(client: FlaskClient, page: str, name: str = "油") -> Any:
    return client.post("/coordinator/packs", data=hidden(page) | {"name": name}, follow_redirects=True)


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_a_coordinator_sees_what_was_given_previews_gives_and_follows_each_pack(client, town):
    town.order(town.first, town.first.homes[0], V001=1)
    coordinator = office(client, town)
    waiting = coordinator.get("/coordinator/packs").text
    assert "和平粮油店捐" in text_of(waiting)
    preview = coordinator.get("/coordinator/packs/preview", query_string=asked(town)).text
    assert "2 / 2 户能收" in text_of(preview)
    assert scalar("SELECT count(*) FROM care_pack") == 0
    given = send(coordinator, preview)
    assert "发好了" in given.text
    assert text_of(given.text).count("等截单") == 2
    assert "/coordinator/packs" in coordinator.get("/coordinator").text
    town.share(V001=10)
    town.pack()
    pack_id = scalar("SELECT id FROM care_pack")
    assert text_of(coordinator.get(f"/coordinator/packs/{pack_id}").text).count("已装袋") == 2
    listed = text_of(coordinator.get("/coordinator/packs", query_string={"cycle": town.cycle_id}).text)
    assert "这一期已经截单，不能再发" in listed
    assert "油" in listed


def test_what_changed_after_the_preview_is_said_and_shown_anew(client, town):
    coordinator = office(client, town)
    preview = coordinator.get("/coordinator/packs/preview", query_string=asked(town)).text
    cared_for(town.first.homes[1])
    again = send(coordinator, preview)
    assert "户数刚刚变了" in again.text
    assert "3 / 3 户能收" in text_of(again.text)
    assert scalar("SELECT count(*) FROM care_pack") == 0


def test_a_form_that_is_sent_twice_gives_once_and_a_name_twice_is_refused(client, town):
    coordinator = office(client, town)
    preview = coordinator.get("/coordinator/packs/preview", query_string=asked(town)).text
    assert "发好了" in send(coordinator, preview).text
    assert "发好了" in send(coordinator, preview).text
    assert scalar("SELECT count(*) FROM care_pack") == 1
    donate(town, V002=5)
    preview = coordinator.get("/coordinator/packs/preview", query_string=asked(town)).text
    assert "换个名字" in send(coordinator, preview).text


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "至少一样"),
        ({"category": "famous"}, "至少一样"),
        ({"uX": "1"}, "至少一样"),
    ],
)
def test_a_preview_of_nothing_leads_back_with_words(client, town, form, words):
    found = office(client, town).get(
        "/coordinator/packs/preview", query_string={"cycle": town.cycle_id, **form}, follow_redirects=True
    )
    assert found.status_code == 200
    assert words in found.text


def test_odd_numbers_are_no_packs(client, town):
    for number in ("0", "-1", "101", "1.5", "一", "9" * 30):
        asking = {"cycle": town.cycle_id, f"u{town.offers['V002'].product_id}": number}
        found = office(client, town).get("/coordinator/packs/preview", query_string=asking, follow_redirects=True)
        assert "至少一样" in found.text


def test_after_the_cut_off_the_page_says_that_it_waits_for_the_next_cycle(client, town):
    coordinator = office(client, town)
    preview = coordinator.get("/coordinator/packs/preview", query_string=asked(town)).text
    town.cut_off()
    assert "留给下一期" in send(coordinator, preview).text
    gone = coordinator.get("/coordinator/packs/preview", query_string=asked(town), follow_redirects=True)
    assert "留给下一期" in gone.text


def test_a_household_reads_what_it_is_sent_before_and_after_the_cut_off(client, town):
    home, silent = town.first.homes[0], town.sides[1].homes[0]
    town.order(town.first, home, V001=1)
    give(town, "过节的油", V002=1)
    resident = sign_in(client, home.account_id)
    assert "有一份爱心包送您" in resident.get("/menu").text
    before = text_of(resident.get("/order").text)
    assert "送您的：过节的油" in before
    assert "和平粮油店捐的" in before
    town.share(V001=2)
    town.pack()
    work(issue_tickets, town.cycle_id)
    after = resident.get("/order").text
    assert "送您的：过节的油" in after
    assert "这份不要" not in after
    assert "¥4.80" in text_of(after)
    alone = text_of(sign_in(client, silent.account_id).get("/menu", follow_redirects=True).text)
    assert "送您的：过节的油" in alone
    assert "菜品和金额" not in alone
    assert "替这家下的单" not in alone


def test_a_household_says_no_and_a_neighbour_finds_nothing(client, town):
    home, neighbour = town.first.homes
    pack_id = give(town, V002=1)
    resident = sign_in(client, home.account_id)
    token = token_of(resident.get("/packs").text)
    said = resident.post(f"/packs/{pack_id}/decline", data={"csrf_token": token}, follow_redirects=True).text
    assert "给别家" in said
    assert "您不要" in said
    assert home.id not in promised(pack_id)
    assert "有一份爱心包送您" not in resident.get("/menu").text
    other = sign_in(client, neighbour.account_id)
    assert "现在没有爱心包" in other.get("/packs").text
    token = token_of(other.get("/packs").text)
    assert other.post(f"/packs/{pack_id}/decline", data={"csrf_token": token}).status_code == 404
    town.cut_off()
    late = sign_in(client, home.account_id)
    assert laid_in(home) == {}
    assert "现在没有爱心包" not in late.get("/packs").text


def test_a_coordinator_takes_a_pack_back_for_a_household_until_the_cut_off(client, town):
    pack_id = give(town, V002=1)
    coordinator = office(client, town)
    token = token_of(coordinator.get(f"/coordinator/packs/{pack_id}").text)
    form = {"csrf_token": token, "household": town.first.homes[0].id}
    assert (
        "他家不要" in coordinator.post(f"/coordinator/packs/{pack_id}/decline", data=form, follow_redirects=True).text
    )
    town.cut_off()
    form["household"] = town.sides[1].homes[0].id
    late = coordinator.post(f"/coordinator/packs/{pack_id}/decline", data=form, follow_redirects=True).text
    assert "已经截单" in late


def test_packs_are_a_coordinators_and_no_one_elses_community(client, town):
    pack_id = give(town, V002=1)
    elsewhere = sign_in(client, an_account(Town().community, Role.COORDINATOR).id)
    assert elsewhere.get(f"/coordinator/packs/{pack_id}").status_code == 404
    assert elsewhere.get("/coordinator/packs/preview", query_string=asked(town)).status_code == 404
    for role in (Role.DEPOT, Role.GRID_LEAD, Role.VOLUNTEER):
        somebody = sign_in(client, an_account(town.community, role, grid=town.first.grid).id)
        for page in ("/coordinator/packs", f"/coordinator/packs/{pack_id}", "/packs"):
            assert somebody.get(page).status_code in {403, 404}, (role, page)


def test_an_anchor_who_orders_for_a_neighbour_reads_nothing_of_the_pack(client, town):
    home, neighbour = town.first.homes
    an_anchor(neighbour)
    give(town, "悄悄的", V002=1)
    anchor = sign_in(client, neighbour.account_id)
    addresses = ("/neighbours", f"/for/{home.id}/order", f"/for/{home.id}/menu")
    looked_at = [anchor.get(address, follow_redirects=True) for address in addresses]
    town.cut_off()
    looked_at += [anchor.get(address, follow_redirects=True) for address in addresses[:2]]
    assert {answer.status_code for answer in looked_at} == {200}
    assert all("爱心包" not in answer.text and "悄悄的" not in answer.text for answer in looked_at)
    assert anchor.get(f"/for/{home.id}/order", query_string={"menu_id": town.first.menu.id}).status_code == 404


def test_the_depot_packs_it_like_all_else_and_the_papers_say_nothing_of_it(client, town):
    home = town.first.homes[0]
    town.order(town.first, home, V001=1)
    town.order(town.first, town.first.homes[1], V001=1)
    give(town, "过节的油", V002=1)
    town.share(V001=2)
    packer = sign_in(client, town.depot.account_id)
    batch = town.batch_of(town.first)
    shown = [
        packer.get(page, follow_redirects=True)
        for page in ("/depot/pack", f"/depot/pack/{batch}", f"/depot/pack/{batch}/list")
    ]
    assert [answer.status_code for answer in shown] == [200, 200, 200]
    assert all("爱心包" not in answer.text and "过节的油" not in answer.text for answer in shown)


# The API, as the replay uses it


def test_the_api_gives_and_follows_packs(client, town):
    mother = town.first.homes[1]
    cared_for(mother, CareCategory.PREGNANT_OR_INFANT)
    coordinator = bearer(town.coordinator.account_id)
    (goods,) = client.get("/api/v1/packs/goods", query_string={"cycle": town.cycle_id}, headers=coordinator).json
    assert (goods["sku"], goods["left"], goods["donors"]) == ("V002", 3, "和平粮油店")
    wish = {"cycle": town.cycle_id, "goods": [{"product": goods["product_id"], "units": 1}]}
    seen = client.post("/api/v1/packs/preview", json=wish, headers=coordinator).json
    assert (seen["packs"], seen["possible"], [part["packs"] for part in seen["grids"]]) == (3, 3, [2, 1])
    body = wish | {"name": "油", "key": str(uuid4()), "packs": 3}
    first, again = (client.post("/api/v1/packs", json=body, headers=coordinator).json for _ in range(2))
    assert first == again
    mine = client.get("/api/v1/me/packs", headers=bearer(mother.account_id)).json
    assert [(pack["name"], pack["state"], pack["lines"][0]["units"]) for pack in mine] == [("油", "promised", 1)]
    declined = client.post(f"/api/v1/packs/{first['id']}/decline", json={}, headers=bearer(mother.account_id))
    assert declined.status_code == 204
    town.cut_off()
    (pack,) = client.get("/api/v1/packs", query_string={"cycle": town.cycle_id}, headers=coordinator).json
    assert (pack["homes"], pack["declined"], pack["under_way"]) == (3, 1, 2)
    homes = client.get(f"/api/v1/packs/{first['id']}/homes", headers=coordinator).json
    assert [home["state"] for home in homes] == ["waiting", "declined", "waiting"]


def test_the_api_refuses_what_is_none(client, town):
    coordinator = bearer(town.coordinator.account_id)
    product = town.offers["V002"].product_id
    wish = {"cycle": town.cycle_id, "goods": [{"product": product, "units": 1}]}
    twice = wish | {"goods": wish["goods"] * 2}
    assert client.post("/api/v1/packs/preview", json=twice, headers=coordinator).status_code == 422
    assert client.post("/api/v1/packs/preview", json=wish | {"category": "x"}, headers=coordinator).status_code == 422
    stranger = bearer(town.first.homes[0].account_id)
    assert client.post("/api/v1/packs/preview", json=wish, headers=stranger).status_code == 403
    town.cut_off()
    late = client.post(
        "/api/v1/packs", json=wish | {"name": "油", "key": str(uuid4())}, headers=bearer(town.coordinator.account_id)
    )
    assert (late.status_code, late.json["code"]) == (409, "too_late")


@pytest.mark.parametrize(("cut_off", "words"), [(False, "截单前发给要照顾的户"), (True, "留给下一期")])
def test_whoever_takes_a_donation_in_reads_when_it_is_given(client, town, cut_off, words):
    if cut_off:
        town.cut_off()
    depot = sign_in(client, town.depot.account_id)
    form = {"note": "AX-9", "source": "和平粮油店", "purpose": "care", "what_1": "V001", "count_1": "3", "accept": "1"}
    token = token_of(depot.get("/depot/receive/extra/donation").text)
    done = depot.post("/depot/receive/extra/donation", data={"csrf_token": token, **form}, follow_redirects=True)
    assert words in done.text
