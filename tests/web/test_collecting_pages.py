"""What a volunteer's pages say about money at the doors, and what they enter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.db import rows, scalar
from supplyhub.payments.commands.covers import cover_order
from supplyhub.payments.states import CoverSource
from tests.factories_depot import Walk, a_walk
from tests.factories_money import a_paid_charge, on_account, orders_of
from tests.web.test_pages import sign_in, token_of

if TYPE_CHECKING:
    from flask.testing import FlaskClient

OWED = 480


@pytest.fixture
def walk(database: Any) -> Walk:
    """Return a ticket of three doors in a volunteer's hands, each of which owes 4.80 yuan."""
    return a_walk()


@pytest.fixture
def phone(client: FlaskClient, walk: Walk) -> FlaskClient:
    """Return the volunteer's browser."""
    return sign_in(client, walk.volunteer.asker.account_id)


def form_of(page: str) -> dict[str, str]:
    """Return the hidden fields of a page's door."""
    return dict(re.findall('<input type="hidden" name="([a-z_]+)" value="([^"]*)">', page))


def tell(phone: FlaskClient, walk: Walk, **form: str) -> str:
    """Press the button of the door that is to be walked to now."""
    page = phone.get(f"/tickets/{walk.ticket}").text
    return phone.post(f"/tickets/{walk.ticket}/doors", data=form_of(page) | form, follow_redirects=True).text


def money_page(phone: FlaskClient, walk: Walk, at: int = 0, **form: str) -> Any:
    """Open the page about the money of a door, and send it when there is a form to send."""
    address = f"/tickets/{walk.ticket}/money/{walk.stops[at].id}"
    page = phone.get(address)
    return phone.post(address, data=form_of(page.text) | form, follow_redirects=True) if form else page


def test_the_button_says_what_is_collected_and_enters_it_once(phone, walk):
    page = phone.get(f"/tickets/{walk.ticket}").text
    assert "已收 ¥4.80，送到了" in page
    form = form_of(page) | {"way": "cash"}
    for _twice in range(2):
        answer = phone.post(f"/tickets/{walk.ticket}/doors", data=form, follow_redirects=True)
        assert "已送达" in answer.text
    assert (on_account("cash"), scalar("SELECT count(*) FROM taking")) == (OWED, 1)
    assert "现金 ¥4.80" in answer.text
    tell(phone, walk, way="shown_code")
    page = tell(phone, walk, way="cash")
    assert "现金 ¥9.60" in page
    assert "扫码 ¥4.80，不用交" in page


def test_where_somebody_else_pays_the_page_is_that_of_a_paid_order(phone, walk):
    covered, paid, _ = orders_of(walk.ticket)
    cover_order(walk.town.coordinator, covered, CoverSource.HARDSHIP)
    a_paid_charge(paid, OWED)

    def shown() -> str:
        page = phone.get(f"/tickets/{walk.ticket}").text
        found = re.search('<section class="card" aria-labelledby="door">(.*?)</section>', page, re.DOTALL)
        assert found
        # Without what tells one door and one form from another.
        said = re.sub('<input[^>]*>|href="[^"]*"|<h2.*?</h2>|<span class="code">[^<]*</span>|[0-9]+ 楼', "", found[1])
        assert "不用收钱" in said
        return said

    first = shown()
    tell(phone, walk)
    assert shown() == first
    assert "减免" not in phone.get(f"/tickets/{walk.ticket}").text


def test_a_sum_that_has_changed_meanwhile_enters_nothing(phone, walk):
    page = phone.get(f"/tickets/{walk.ticket}").text
    a_paid_charge(orders_of(walk.ticket)[0], 100)
    form = form_of(page) | {"way": "cash"}
    answer = phone.post(f"/tickets/{walk.ticket}/doors", data=form, follow_redirects=True).text
    assert "要收的钱变了，什么都没有记" in answer
    assert "已收 ¥3.80，送到了" in answer
    assert [stop.outcome for stop in rows("SELECT outcome FROM stop ORDER BY id")] == [None] * 3


def test_less_has_to_be_confirmed_and_more_is_refused(phone, walk):
    assert "这一户要付" in money_page(phone, walk).text
    refused = money_page(phone, walk, amount="5", way="cash")
    assert (refused.status_code, "只欠 ¥4.80，不能多收" in refused.text) == (422, True)
    refused = money_page(phone, walk, amount="1.5", way="cash")
    assert (refused.status_code, "少收了 ¥3.30" in refused.text) == (422, True)
    assert money_page(phone, walk, amount="abc", way="cash").status_code == 422
    page = money_page(phone, walk, amount="1.50", way="cash", less="1").text
    assert "还欠 ¥3.30" in page
    assert scalar("SELECT outcome FROM stop WHERE id = :s", s=walk.stops[0].id) == "delivered"
    assert on_account("cash") == 150


def test_a_wrong_amount_is_replaced_by_the_right_one(phone, walk):
    tell(phone, walk, way="shown_code")
    assert "记过的" in money_page(phone, walk).text
    form = form_of(money_page(phone, walk).text) | {"amount": "4.80", "way": "cash"}
    for _twice in range(2):
        phone.post(f"/tickets/{walk.ticket}/money/{walk.stops[0].id}", data=form)
    assert (on_account("cash"), on_account("shown_code")) == (OWED, 0)
    money_page(phone, walk, amount="0", way="cash", less="1")
    assert on_account("cash") == 0


def test_a_parcel_is_left_without_money_and_the_rest_is_collected_later(phone, walk):
    page = money_page(phone, walk, none="1").text
    assert "没收到，还欠 ¥4.80" in page
    money_page(phone, walk, amount="4.80", way="cash")
    assert on_account("cash") == OWED


def test_a_form_that_is_not_ours_and_another_ones_door_are_refused(phone, walk, client):
    token = token_of(phone.get(f"/tickets/{walk.ticket}").text)
    address = f"/tickets/{walk.ticket}/money/{walk.stops[0].id}"
    assert phone.post(address, data={"csrf_token": token, "number": "x", "amount": "1"}).status_code == 422
    assert money_page(phone, walk, amount="4.80", way="card").status_code == 422
    assert phone.get(f"/tickets/{walk.ticket}/money/999999").status_code == 404
    other = a_walk()
    assert phone.get(f"/tickets/{other.ticket}/money/{other.stops[0].id}").status_code == 404
