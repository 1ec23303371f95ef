"""Grid life on pages: the duty card, a delivery point's hours, the roster, what a level means for those who live there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.delivery.levels import change_level
from supplyhub.people.roster import places_of, plan_shift
from supplyhub.people.states import Role
from supplyhub.places.states import ZoneLevel
from tests.commands.test_levels import a_town
from tests.factories import Shop, a_badge, a_grid, an_account
from tests.web.test_pages import PLANTED, sign_in, token_of

if TYPE_CHECKING:
    from flask.testing import FlaskClient

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def shop(database) -> Shop:
    return Shop()


def send(client: FlaskClient, page: str, address: str, **form: Any) -> Any:
    token = token_of(client.get(page).text)
    return client.post(address, data={"csrf_token": token, **form}, follow_redirects=True)


def test_a_lead_writes_the_card_and_the_residents_call(client, shop):
    edit = f"/duty/{shop.grid.number}"
    lead = sign_in(client, shop.lead().account_id)
    assert "牌上还没有人" in lead.get(edit).text
    assert "写好了" in send(lead, edit, edit, title="lead", name="周平", phone="139 0000 0001").text
    assert "写好了" in send(lead, edit, edit, title="doctor", name=PLANTED, phone="").text
    for bad, why in (({"phone": "晚上"}, "请填电话"), ({"name": ""}, "这里要填"), ({"title": "king"}, "请选身份")):
        refused = send(lead, edit, edit, **({"title": "lead", "name": "周平", "phone": ""} | bad))
        assert (refused.status_code, why in refused.text) == (422, True)
    poster = lead.get(f"{edit}/poster.pdf")
    assert (poster.mimetype, poster.data[:5]) == ("application/pdf", b"%PDF-")
    home = sign_in(client, shop.home.account_id)
    card = home.get("/duty").text
    assert 'href="tel:13900000001"' in card
    assert PLANTED not in card


def test_another_grids_card_is_not_to_be_written(client, shop):
    other = a_grid(shop.community, 88)
    lead = sign_in(client, an_account(shop.community, Role.GRID_LEAD, grid=other).id)
    edit = f"/duty/{shop.grid.number}"
    assert [lead.get(edit).status_code, lead.get(f"{edit}/poster.pdf").status_code] == [404, 404]
    assert send(lead, "/duty/88", edit, title="lead", name="周平", phone="").status_code == 404
    assert sign_in(client, shop.home.account_id).get(edit).status_code == 403
    assert sign_in(client, an_account(shop.community, Role.DEPOT).id).get("/duty").status_code == 403


def test_a_card_that_says_nothing_names_the_lead(client, shop):
    name = shop.lead().display_name
    assert name in sign_in(client, shop.home.account_id).get("/duty").text


def test_who_is_on_duty_now_stands_on_the_card(client, shop):
    volunteer = a_badge(shop.grid).account_id
    office = shop.coordinator()
    start = datetime.now(UTC) - timedelta(hours=1)
    place = next(each for each in places_of(office) if each.kind == "grid")
    plan_shift(office, volunteer, place, starts_at=start, ends_at=start + timedelta(hours=12))
    assert "现在值班" in sign_in(client, shop.home.account_id).get("/duty").text
    assert "在值班" in sign_in(client, volunteer).get("/roster/mine").text


def test_a_coordinator_plans_a_week_and_reads_why_not(client, shop):
    office = sign_in(client, shop.coordinator().account_id)
    who = an_account(shop.community, Role.DEPOT).id
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    depot, point, _grid = places_of(shop.coordinator())
    form = {"who": who, "day": tomorrow, "starts": "08:00", "hours": "12"}
    page = f"/roster?place={depot.key}&week={tomorrow}"
    assert "排上了" in send(office, page, page, **form).text
    elsewhere = f"/roster?place={point.key}&week={tomorrow}"
    refused = send(office, elsewhere, elsewhere, **form)
    assert (refused.status_code, "已经在物资暂存中转站值班" in refused.text) == (409, True)
    for bad in ({"day": "soon"}, {"starts": "x"}, {"hours": "13"}, {"who": "0"}):
        assert send(office, page, page, **(form | bad)).status_code == 422
    after = (datetime.now(UTC) + timedelta(days=8)).date().isoformat()
    assert "照上周排了 1 班" in send(office, page, f"/roster/copy?place={depot.key}&week={after}").text
    assert office.get("/roster?place=depot-0").status_code == 404
    assert sign_in(client, shop.lead().account_id).get("/roster").status_code == 403


def test_hours_are_set_by_the_day_and_read_where_parcels_are_fetched(client):
    town = a_town(ZoneLevel.NORMAL)
    office = sign_in(client, town.coordinator.account_id)
    point = town.first.grid.delivery_point_id
    assert "9:00-12:00" in send(office, "/points", f"/points/{point}", day1="早上").text
    said = send(office, "/points", f"/points/{point}", every="0:00-24:00").text
    assert "每天 00:00–23:59" in said
    home = sign_in(client, town.first.homes[0].account_id)
    assert "现在开着，到 23:59" in home.get("/order").text
    assert "现在开着" in sign_in(client, town.depot.account_id).get("/point").text


def test_a_level_says_what_changes_and_when(client):
    town = a_town(ZoneLevel.LOCKDOWN)
    office = sign_in(client, town.coordinator.account_id)
    assert "写好了" in send(office, "/levels", "/levels/1/note", note="每天 9 点楼下做核酸").text
    soon, later = (datetime.now(UTC) + timedelta(days=days) for days in (2, 4))
    change_level(town.coordinator, ZoneLevel.CONTROLLED, grid=1, since=soon, note="先管控")
    change_level(town.coordinator, ZoneLevel.NORMAL, grid=1, since=later)
    home = sign_in(client, town.first.homes[0].account_id)
    for page in ("/order", "/duty"):
        text = home.get(page).text
        assert all(words in text for words in ("足不出户", "楼下做核酸", "起改成管控", "先管控", "起改成正常"))
    office = sign_in(client, town.coordinator.account_id)
    page = office.get("/levels").text
    assert page.count('name="step"') == 2
    step = page.split('name="step" value="')[1].split('"')[0]
    assert "撤掉了" in send(office, "/levels", "/levels/1/drop", step=step).text
    assert office.get("/levels").text.count('name="step"') == 1
