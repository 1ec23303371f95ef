"""Zone levels on pages; a delivery point's desk; how a household reads where its parcel is."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from supplyhub.db import scalar
from supplyhub.delivery.commands import replan_grid
from supplyhub.people.states import Role
from supplyhub.places.hours import Opening, set_hours
from supplyhub.places.states import ZoneLevel
from tests.commands.test_levels import a_town, stands
from tests.factories import an_account
from tests.factories_depot import Town, work
from tests.printed import texts_of
from tests.web.test_pages import sign_in, token_of

if TYPE_CHECKING:
    from flask.testing import FlaskClient

pytestmark = pytest.mark.usefixtures("database")


def send(client: FlaskClient, page: str, address: str, **form: Any) -> Any:
    token = token_of(client.get(page).text)
    return client.post(address, data={"csrf_token": token, **form}, follow_redirects=True)


def desk(client: FlaskClient, town: Town) -> FlaskClient:
    return sign_in(client, town.depot.account_id)


def test_a_coordinator_changes_a_level_now_and_later(client):
    town = a_town(ZoneLevel.LOCKDOWN)
    office = sign_in(client, town.coordinator.account_id)
    assert "改好了" in send(office, "/levels", "/levels/1", level="normal").text
    work(replan_grid, town.first.grid.id)
    assert stands(town) == [("issued", "point", True, 4)]
    later = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    assert "改好了" in send(office, "/levels", "/levels/2", level="controlled", since=later).text
    page = office.get("/levels").text
    assert "起改成管控" in page
    assert "后面已经定了一次变更" in send(office, "/levels", "/levels/2", level="normal").text
    assert "撤掉了" in send(office, "/levels", "/levels/2/drop").text


@pytest.mark.parametrize(
    "form",
    [{"level": "red"}, {}, {"level": "normal", "since": "soon"}, {"level": "normal", "since": "2020-01-01T00:00"}],
)
def test_what_is_no_level_or_no_moment_changes_nothing(client, form):
    town = a_town(ZoneLevel.LOCKDOWN)
    office = sign_in(client, town.coordinator.account_id)
    assert "没有改" in send(office, "/levels", "/levels/1", **form).text


def test_levels_are_a_coordinators(client):
    town = a_town(None)
    lead = an_account(town.community, Role.GRID_LEAD, grid=town.first.grid)
    assert sign_in(client, lead.id).get("/levels").status_code == 403


def test_the_desk_hands_out_by_code_and_says_why_not(client):
    town = a_town(ZoneLevel.NORMAL)
    point = desk(client, town)
    first, second, *_ = town.codes(town.first)
    assert "还有 4 户没来" in point.get("/point").text
    assert "领走了" in send(point, "/point", "/point", code=f" {first.lower()} ", way="later").text
    assert "早就领走了" in send(point, "/point", "/point", code=first).text
    assert "还有 3 户没来" in point.get("/point").text
    refused = send(point, "/point", "/point", code=town.codes(town.sides[1])[0])
    assert (refused.status_code, "志愿者送上门" in refused.text) == (409, True)
    assert "没有这个码" in send(point, "/point", "/point", code="ZZZZZZ").text
    found = point.get(f"/point?q={second[:5]}").text
    assert "还有 1 户没来" in found


def test_what_nobody_fetched_is_counted_back(client):
    town = a_town(ZoneLevel.NORMAL)
    point = desk(client, town)
    codes = town.codes(town.first)
    (ticket,) = town.tickets(town.first)
    address = f"/point/{ticket}/close"
    assert "还差" in send(point, address, address, parcel=codes[:2]).text
    assert "退回 4 个包裹" in send(point, address, address, parcel=codes).text
    assert stands(town) == [("handed_back", "point", True, 4)]


def test_the_pick_up_list_is_printed_with_the_hours_of_its_point(client):
    town = a_town(ZoneLevel.NORMAL)
    point = desk(client, town)
    answer = point.get("/point/list.pdf")
    assert (answer.mimetype, answer.data[:5]) == ("application/pdf", b"%PDF-")
    assert "开放时间" not in "".join(texts_of(answer.data))
    week = [Opening(day, time(9), time(12)) for day in range(1, 8)]
    shorter = [Opening(day, time(14), time(19)) for day in range(1, 6)]
    set_hours(town.community.id, town.first.grid.delivery_point_id, week + shorter)
    printed = "".join(texts_of(point.get("/point/list.pdf").data)).replace(" ", "")
    assert "开放时间：周一至周五09:00–12:00、14:00–19:00；周六、周日09:00–12:00" in printed


def test_an_empty_desk_says_when_there_will_be_something(client):
    town = a_town(ZoneLevel.LOCKDOWN)
    assert "没有要来领的包裹" in desk(client, town).get("/point").text


@pytest.mark.parametrize(
    ("level", "words"),
    [(ZoneLevel.LOCKDOWN, "送到门口"), (ZoneLevel.CONTROLLED, "在楼门口领"), (ZoneLevel.NORMAL, "带上订单号来领")],
)
def test_a_household_reads_where_its_parcel_is_had(client, level, words):
    town = a_town(level)
    home = sign_in(client, town.first.homes[0].account_id)
    assert words in home.get("/order").text


def test_the_desk_asks_for_what_is_owed_before_it_gives_out(client):
    town = a_town(ZoneLevel.NORMAL)
    point = desk(client, town)
    first, second, third, fourth = town.codes(town.first)
    assert "要收 ¥4.80" in send(point, "/point", "/point", code=first).text
    assert stands(town) == [("issued", "point", True, 4)]
    paid = {"money": str(uuid4()), "fen": "480"}
    wrong = send(point, "/point", "/point", code=first, way="cash", **(paid | {"fen": "500"}))
    assert (wrong.status_code, "要收的数变了" in wrong.text) == (409, True)
    assert "收了 ¥4.80" in send(point, "/point", "/point", code=first, way="cash", **paid).text
    assert "早就领走了" in send(point, "/point", "/point", code=first, way="cash", **paid).text
    assert send(point, "/point", "/point", code=second, way="cash", money="no", fen="480").status_code == 409
    assert scalar("SELECT sum(amount_fen) FROM taking") == 480
    address, form = f"/point/{second}/money", {"number": str(uuid4()), "way": "shown_code"}
    assert "少收了 ¥1.80" in send(point, address, address, amount="3", **form).text
    assert "只欠" in send(point, address, address, amount="5", **form).text
    assert "记好了" in send(point, address, address, amount="3", less="1", **form).text
    page = point.get("/point").text
    assert "还欠 ¥1.80" in page
    assert "现金 ¥4.80 没点" in page
    assert "记好了" in send(point, address, address, amount="0", less="1", number=str(uuid4())).text
    assert scalar("SELECT sum(amount_fen) FROM taking") == 480
    assert point.get("/point/ZZZZZZ/money").status_code == 404
    (ticket,) = town.tickets(town.first)
    address = f"/point/{ticket}/close"
    assert "请另一位同事来点" in point.get(address).text
    colleague = sign_in(client, an_account(town.community, Role.DEPOT).id)
    counted = {"parcel": [third, fourth], "counted": "4.70", "expected": "480"}
    assert "和账上差" in send(colleague, address, address, **counted).text
    assert "现金点清了" in send(colleague, address, address, **counted, cash_note="少一角").text
    assert stands(town) == [("handed_back", "point", True, 4)]
    assert "现金点过了" in colleague.get(address).text


def test_money_at_the_desk_is_counted_after_everybody_came_and_the_depot_and_the_office_see_it(client):
    town = a_town(ZoneLevel.NORMAL)
    point = desk(client, town)
    for code in town.codes(town.first):
        send(point, "/point", "/point", code=code, way="cash", money=str(uuid4()), fen="480")
    (ticket,) = town.tickets(town.first)
    assert "东门领货" in point.get("/depot/returns").text
    address = f"/depot/returns/{ticket}/cash"
    counted = {"counted": "19.20", "expected": "1920"}
    assert "收钱的人不能自己点" in send(point, address, address, **counted).text
    office = sign_in(client, town.coordinator.account_id)
    assert "东门领货" in office.get("/coordinator/money").text
    assert "现金点清了" in send(office, address, address, **counted).text
    assert "东门领货" in office.get(f"/settlement/1?cycle={town.cycle_id}").text


@pytest.mark.parametrize(("level", "words"), [(ZoneLevel.LOCKDOWN, "送到时付"), (ZoneLevel.NORMAL, "领的时候付")])
def test_a_household_reads_where_it_pays(client, level, words):
    town = a_town(level)
    home = sign_in(client, town.first.homes[0].account_id)
    assert f"{words} ¥4.80" in home.get("/order").text
    other = "领的时候付" if level == ZoneLevel.LOCKDOWN else "送到时付"
    assert other not in home.get("/order").text
