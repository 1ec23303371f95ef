"""The pages of buying: seen, sent, confirmed by hand or by table, settled."""

from __future__ import annotations

import io
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.catalog.platforms import platforms_for, set_minimum_order
from supplyhub.db import db
from supplyhub.depot.commands import finish_receiving, send_purchase_order
from supplyhub.depot.purchase_queries import purchase_order_for
from supplyhub.people.states import Role
from tests.factories import a_cycle, an_account
from tests.factories_depot import Town
from tests.web.test_pages import sign_in, token_of

if TYPE_CHECKING:
    from flask.testing import FlaskClient

PLATFORMS = "/depot/purchase/platforms"


@pytest.fixture
def town(database: None) -> Town:
    town = Town(homes=1, skus=("V001", "V002"))
    town.everybody_orders(V001=4, V002=4)
    town.cut_off()
    return town


@pytest.fixture
def depot(client: FlaskClient, town: Town) -> FlaskClient:
    return sign_in(client, town.depot.account_id)


def path(town: Town, rest: str = "") -> str:
    (order,) = town.purchase_orders()
    return f"/depot/purchase/{order}{rest}"


def sent(town: Town) -> int:
    (order,) = town.purchase_orders()
    send_purchase_order(town.depot, order)
    return order


def post(client: FlaskClient, address: str, *, follow: bool = False, **form: Any) -> Any:
    """Send a form; the token of the session is on the sign-out form of any page."""
    token = token_of(client.get("/depot/purchase").text)
    return client.post(address, data={"csrf_token": token, **form}, follow_redirects=follow)


def view(town: Town) -> Any:
    return purchase_order_for(town.depot, town.purchase_orders()[0])


def test_the_order_shows_its_lines_and_the_text_for_the_chat(depot, town):
    page = depot.get(path(town)).text
    assert "1箱×10份（共10份）" in page
    assert "记为已发出" in page
    assert "记下平台的答复" not in page


@pytest.mark.parametrize(
    ("kind", "start"), [("xlsx", b"PK\x03\x04"), ("pdf", b"%PDF-"), ("csv", b"\xef\xbb\xbf\xe8\xb4\xa7")]
)
def test_the_order_is_fetched_as_a_file_with_a_name_that_says_what_it_is(depot, town, kind, start):
    answer = depot.get(path(town, f"/file.{kind}"))
    assert answer.status_code == 200
    assert answer.data.startswith(start)
    assert f".{kind}" in answer.headers["Content-Disposition"]
    assert depot.get(path(town, "/file.exe")).status_code == 404


def test_below_the_platforms_least_it_is_sent_only_after_being_told(depot, town):
    (platform,) = platforms_for(town.coordinator)
    set_minimum_order(town.coordinator, platform.id, 99_900)
    assert "不到起订额 ¥999.00" in depot.get("/depot/purchase").text
    told = post(depot, path(town, "/send"), follow=True)
    assert "没有记：不到起订额 ¥999.00" in told.text
    assert "照样记为已发出" in told.text
    post(depot, path(town, "/send"), below_minimum="1")
    assert view(town).order.state == "sent"


def test_what_the_platform_can_supply_is_noted_line_by_line(depot, town):
    sent(town)
    first, second = view(town).lines
    form = {
        f"quantity_{first.id}": "６",
        f"cost_{first.id}": "3.20",
        f"quantity_{second.id}": "10",
        f"cost_{second.id}": "3",
    }
    answer = post(depot, path(town, "/confirm"), follow=True, **form)
    assert "平台的答复记下了。" in answer.text
    assert [(line.confirmed_quantity, line.confirmed_cost_fen) for line in view(town).lines] == [(6, 320), (10, 300)]
    assert "平台少给 4 件" in depot.get("/depot/purchase").text


@pytest.mark.parametrize(("quantity", "cost"), [("11", "3"), ("-1", "3"), ("", "3"), ("6", "三元"), ("6", "-3")])
def test_what_was_typed_wrong_stays_and_nothing_is_noted(depot, town, quantity, cost):
    sent(town)
    first, second = view(town).lines
    form = {f"quantity_{first.id}": quantity, f"cost_{first.id}": cost}
    form |= {f"quantity_{second.id}": "7", f"cost_{second.id}": "3"}
    answer = post(depot, path(town, "/confirm"), **form)
    assert answer.status_code == 422
    assert 'value="7"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert view(town).order.state == "sent"


def upload(client: FlaskClient, town: Town, data: bytes, name: str = "回单.csv") -> Any:
    return post(client, path(town, "/confirm-file"), answer=(io.BytesIO(data), name))


def test_the_table_that_the_platform_filled_in_is_read(depot, town):
    sent(town)
    assert upload(depot, town, "货号,确认数量,确认进价（元）\nV001,6,3.2\nV002,,\n".encode()).status_code == 303
    assert [line.confirmed_quantity for line in view(town).lines] == [6, 10]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("货号,确认数量\nV001,11\n", "货号“V001”确认了 11，只订了 10"),
        ("货号,确认数量\nV009,1\n", "货号“V009”不在这张采购单上"),
        ("货号,确认数量\nV001,-1\n", "第 2 行：数量是“-1”，不是整数"),
        ("品名,单价\n大白菜,3\n", "少了这些列：货号, 确认数量"),
    ],
)
def test_a_table_with_faults_is_refused_with_its_lines(depot, town, data, said):
    sent(town)
    answer = upload(depot, town, data.encode())
    assert answer.status_code == 422
    assert "一行都没记" in answer.text
    assert said in answer.text
    assert view(town).order.state == "sent"


def test_no_file_at_all_is_asked_for(depot, town):
    sent(town)
    answer = post(depot, path(town, "/confirm-file"))
    assert answer.status_code == 422
    assert "请选平台发回来的表" in answer.text


def test_the_coordinator_settles_what_was_received_and_the_depot_does_not(client, town):
    sent(town)
    coordinator = sign_in(client, town.coordinator.account_id)
    assert "还不能结清" in post(coordinator, path(town, "/close"), follow=True).text
    town.receive(V001=10, V002=10)
    finish_receiving(town.depot, town.cycle_id)
    assert "和平台结清了" in coordinator.get(path(town)).text
    post(coordinator, path(town, "/close"))
    assert view(town).order.state == "closed"
    assert post(sign_in(client, town.depot.account_id), path(town, "/close")).status_code == 403


def test_the_coordinator_sets_what_a_platform_takes_at_least(client, town):
    (platform,) = platforms_for(town.coordinator)
    coordinator = sign_in(client, town.coordinator.account_id)
    wrong = post(coordinator, PLATFORMS, **{f"least_{platform.id}": "多"})
    assert (wrong.status_code, 'value="多"' in wrong.text) == (422, True)
    post(coordinator, PLATFORMS, **{f"least_{platform.id}": "200"})
    assert platforms_for(town.coordinator)[0].minimum_order_fen == 20_000
    assert "200.00" in coordinator.get(PLATFORMS).text
    assert sign_in(client, town.depot.account_id).get(PLATFORMS).status_code == 403


def test_another_communitys_order_is_not_there(client, town):
    stranger = sign_in(client, Town().depot.account_id)
    for rest in ("", "/file.pdf", "/file.csv"):
        assert stranger.get(path(town, rest)).status_code == 404
    assert post(stranger, path(town, "/send")).status_code == 404


def test_a_lead_who_makes_a_menu_sees_what_earlier_cycles_left_on_the_shelf(client):
    town = Town(homes=1, skus=("V001", "V002"))
    lead = an_account(town.community, Role.GRID_LEAD, grid=town.first.grid)
    town.everybody_orders(V001=4)
    town.share(V001=10)
    town.pack()
    town.close_by_hand()
    cycle = a_cycle(town.community)
    page = sign_in(client, lead.id).get("/grid/publish").text
    assert "架上还有以前剩的 1 种" in page
    assert page.count("架上还有 6，") == 1
    # What does not keep until the delivery day is no surplus of its menus.
    cycle.delivery_on = date(2099, 1, 1)
    db.session.commit()
    assert "架上还有" not in client.get("/grid/publish").text
