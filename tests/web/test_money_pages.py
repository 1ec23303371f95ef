"""The coordinator's money on pages: sums, an order's money, covers, credits, refunds, settlements, both books."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from supplyhub.db import execute, scalar, transaction
from supplyhub.delivery.commands import count_cash, hand_back, record_doors
from supplyhub.delivery.entries import Entry
from supplyhub.delivery.states import StopOutcome
from supplyhub.depot.commands.crediting import ask_credit
from supplyhub.payments.commands.covers import cover_order
from supplyhub.payments.commands.reconciling import ask_reconciliation
from supplyhub.payments.counting import Counted
from supplyhub.payments.reconciling import reconcile
from supplyhub.payments.states import CoverSource, CreditReason
from supplyhub.people.states import Role
from tests.commands.test_reconciling import HOUR, Books, payment, payment_of
from tests.factories import an_account, asking
from tests.factories_depot import Town, Walk, a_walk
from tests.factories_money import a_paid_charge, money, on_account, orders_of, settled, taken
from tests.web.test_pages import sign_in, token_of

if TYPE_CHECKING:
    from flask.testing import FlaskClient

EACH = 480 * 20


@pytest.fixture
def walk(database: Any) -> Walk:
    """Return a delivered ticket of three doors that owe 96 yuan each."""
    town = Town(homes=3)
    town.everybody_orders(V001=20)
    town.to_tickets()
    walk = a_walk(town=town)
    entries = [Entry(uuid4(), stop.id, StopOutcome.DELIVERED, None, datetime.now(UTC)) for stop in walk.stops]
    record_doors(walk.volunteer.asker, ticket_code=walk.ticket, entries=entries)
    return walk


@pytest.fixture
def office(client: FlaskClient, walk: Walk) -> FlaskClient:
    """Return a coordinator's browser."""
    return sign_in(client, walk.town.coordinator.account_id)


def send(client: FlaskClient, address: str, page: str | None = None, **form: Any) -> Any:
    """Send a form of a page, and follow where it leads."""
    token = token_of(client.get(page or address).text)
    return client.post(address, data={"csrf_token": token, **form}, follow_redirects=True)


def test_an_order_is_covered_and_owes_again(office, walk):
    order = orders_of(walk.ticket)[0]
    address = f"/coordinator/money/orders/{order}"
    page = send(office, f"{address}/cover", address, source="hardship").text
    assert "困难减免" in page
    assert money(order) == (EACH, EACH, 0)
    assert f"/coordinator/money/orders/{order}" in office.get("/coordinator/money/orders?which=covered").text
    assert "减免停了" in send(office, f"{address}/cover", address, source="").text
    assert money(order) == (EACH, 0, EACH)


def test_nobody_but_the_coordinator_reads_of_a_cover_on_pages(client, walk):
    town, covered = walk.town, orders_of(walk.ticket)[0]
    cover_order(town.coordinator, covered, CoverSource.HARDSHIP)
    lead = an_account(town.community, Role.GRID_LEAD, grid=town.first.grid).id
    neighbour = town.first.homes[1].account_id
    pages = {
        walk.volunteer.asker.account_id: ["/tickets", f"/tickets/{walk.ticket}"],
        lead: ["/grid", "/grid/households?standing=ordered", "/grid/delivery", f"/grid/tickets/{walk.ticket}"],
        town.depot.account_id: ["/depot", "/depot/returns", f"/depot/returns/{walk.ticket}"],
        neighbour: ["/", f"/menus/{town.first.menu.id}/order"],
    }
    for account, addresses in pages.items():
        sign_in(client, account)
        for address in addresses:
            text = client.get(address, follow_redirects=True).text
            assert "减免" not in text, address
            assert "困难" not in text, address
        assert client.get(f"/coordinator/money/orders/{covered}").status_code == 403


def test_a_credit_is_given_or_waits_for_another_one(office, walk, client):
    order = orders_of(walk.ticket)[0]
    address = f"/coordinator/money/orders/{order}"
    assert "请填钱数" in send(office, f"{address}/credits", address, amount="0", reason="damaged").text
    assert "请选一个" in send(office, f"{address}/credits", address, amount="1", reason="").text
    assert "只值 ¥96.00" in send(office, f"{address}/credits", address, amount="96.01", reason="damaged").text
    assert "减了 ¥9.60" in send(office, f"{address}/credits", address, amount="9.60", reason="spoiled", note="烂").text
    assert money(order)[0] == EACH - 960
    page = send(office, f"{address}/credits", address, amount="60", reason="missing").text
    assert "要第二个人同意" in page
    credit = scalar("SELECT id FROM credit WHERE state = 'asked'")
    decide, here = f"/coordinator/money/credits/{credit}", "/coordinator/money/credits"
    assert "等另一位专班" in office.get(here).text
    assert "自己提的不能自己同意" in send(office, decide, here, give="1").text
    sign_in(client, an_account(walk.town.community, Role.COORDINATOR).id)
    assert "付多的会退" in send(client, decide, here, give="1").text
    assert "别人刚刚决定过了" in send(client, decide, here, refuse="1").text
    assert money(order)[0] == EACH - 6960


def test_cash_is_handed_out_by_two_when_it_is_much(office, walk, client):
    town, order = walk.town, orders_of(walk.ticket)[0]
    record_doors(walk.volunteer.asker, ticket_code=walk.ticket, takings=[taken(walk.stops[0].id, EACH)])
    mate = asking(an_account(town.community, Role.COORDINATOR).id)
    ask_credit(mate, order, amount_fen=4000, reason=CreditReason.DAMAGED)
    ask_credit(town.coordinator, order, amount_fen=2000, reason=CreditReason.DAMAGED)
    settled()
    refund, here = scalar("SELECT max(id) FROM refund"), "/coordinator/money/refunds"
    assert "¥60.00" in office.get(here).text
    assert "要两个人" in send(office, f"{here}/{refund}", here, done="1").text
    assert "同意了。请另一位专班" in send(office, f"{here}/{refund}", here, agree="1").text
    assert "等另一位专班" in office.get(here).text
    sign_in(client, mate.account_id)
    assert "现金给了，记下了" in send(client, f"{here}/{refund}", here, done="1").text
    assert "别人刚刚给过" in send(client, f"{here}/{refund}", here, done="1").text
    assert on_account("till") == -6000


def test_the_money_page_says_what_waits_and_leads_there(office, walk):
    town = walk.town
    a_paid_charge(orders_of(walk.ticket)[0], EACH)
    record_doors(walk.volunteer.asker, ticket_code=walk.ticket, takings=[taken(walk.stops[1].id, EACH)])
    hand_back(town.depot, ticket_code=walk.ticket, parcel_codes=[])
    ask_credit(town.coordinator, orders_of(walk.ticket)[2], amount_fen=6000, reason=CreditReason.DAMAGED)
    page = office.get("/coordinator/money").text
    for words in ("¥288.00", "¥96.00 现金没点", "1 笔减价等第二个人同意", walk.ticket):
        assert words in page
    for link in set(re.findall('href="(/(?:coordinator/money|settlement|depot/returns)[^"#]*)"', page)):
        assert office.get(link.replace("&amp;", "&")).status_code == 200, link
    assert "找一张订单" in page
    number = scalar("SELECT number FROM order_number LIMIT 1")
    assert number in office.get(f"/coordinator/money/orders?q={number}").text
    assert "10-1-101" in office.get("/coordinator/money/orders?q=10-1-1").text
    page = send(office, f"/depot/returns/{walk.ticket}/cash", counted="90", expected=str(EACH))
    assert (page.status_code, "和账上差 −¥6.00" in page.text) == (422, True)
    page = send(office, f"/depot/returns/{walk.ticket}/cash", counted="96", expected="0", cash_note="x")
    assert (page.status_code, "账上的现金变了" in page.text) == (409, True)
    page = send(office, f"/depot/returns/{walk.ticket}/cash", counted="96", expected=str(EACH))
    assert "现金点清了：¥96.00" in page.text


def test_the_depot_counts_the_cash_with_the_hand_back(client, walk):
    record_doors(walk.volunteer.asker, ticket_code=walk.ticket, takings=[taken(walk.stops[1].id, EACH)])
    sign_in(client, walk.town.depot.account_id)
    address = f"/depot/returns/{walk.ticket}"
    assert "应该有" in client.get(address).text
    refused = send(client, address, counted="", expected=str(EACH))
    assert (refused.status_code, "请填钱数" in refused.text) == (422, True)
    assert send(client, address, counted="95", expected=str(EACH)).status_code == 422
    page = send(client, address, counted="95", expected=str(EACH), cash_note="少一元").text
    assert "收单了" in page
    assert (on_account("till"), on_account("difference")) == (9500, 100)


def test_what_came_after_the_count_is_listed_at_the_depot(client, walk):
    town = walk.town
    hand_back(town.depot, ticket_code=walk.ticket, parcel_codes=[])
    record_doors(walk.volunteer.asker, ticket_code=walk.ticket, takings=[taken(walk.stops[1].id, EACH)])
    sign_in(client, town.depot.account_id)
    page = client.get("/depot/returns").text
    assert "现金还没点的单" in page
    assert f"/depot/returns/{walk.ticket}/cash" in page
    count_cash(town.depot, ticket_code=walk.ticket, cash=Counted(EACH, EACH))
    assert "现金还没点的单" not in client.get("/depot/returns").text


def test_a_lead_opens_the_own_settlement_only(client, walk):
    town = walk.town
    side = town.first
    record_doors(walk.volunteer.asker, ticket_code=walk.ticket, takings=[taken(walk.stops[1].id, EACH)])
    sign_in(client, an_account(town.community, Role.GRID_LEAD, grid=side.grid).id)
    page = client.get("/settlement", follow_redirects=True).text
    assert walk.ticket in page
    assert "还欠" in page
    here = f"/settlement/{side.grid.number}"
    assert client.get(f"{here}/{town.cycle_id}.pdf").data[:5] == b"%PDF-"
    assert client.get(f"{here}/{town.cycle_id}.xlsx").data[:2] == b"PK"
    assert client.get(f"/settlement/{side.grid.number + 1}").status_code == 404


def test_both_books_are_laid_side_by_side(office, walk):
    first, second, _ = orders_of(walk.ticket)
    charge, lost = a_paid_charge(first, EACH), a_paid_charge(second, 700)
    here = "/coordinator/money/reconciliations"
    assert "没有接收款服务" in office.get(here).text
    form = {"from_at": "2026-01-02T08:00", "to_at": "2026-01-01T08:00"}
    assert "要比开始晚" in send(office, here, **form).text
    page = send(office, here, from_at="2026-01-01T08:00", to_at="2026-01-02T08:00").text
    assert "正在读收款服务的账" in page
    now = datetime.now(UTC)
    asked = ask_reconciliation(walk.town.coordinator, now - HOUR, now + HOUR)
    live = office.get(f"{here}/{asked}/live")
    assert "data-goes-on" in live.text
    reconcile(asked, gateway=Books(payment(payment_of(charge), EACH), payment("pi_strange", 99)))
    page = office.get(f"{here}/{asked}").text
    for words in ("2 笔对不上", "pi_strange", payment_of(lost), "我们有，对方没有", "¥103.00", "¥96.99"):
        assert words in page
    with transaction():
        execute("UPDATE charge SET amount_fen = amount_fen + 240 WHERE id = :id", id=charge)
    page = office.get(f"{here}/{asked}").text
    for words in ("3 笔对不上", "和原来要的金额不一样", f"原来要 ¥{(EACH + 240) / 100:.2f}"):
        assert words in page
    again = office.get(
        f"{here}/{asked}/live", headers={"If-None-Match": office.get(f"{here}/{asked}/live").headers["ETag"]}
    )
    assert again.status_code == 304
    assert live.headers["ETag"] != again.headers["ETag"]
