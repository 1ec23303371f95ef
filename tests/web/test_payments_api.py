"""Paying through the API, and what the gateway is answered when it says that something happened."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from supplyhub.db import rows, scalar
from supplyhub.errors import BusyError
from supplyhub.people.states import Role
from supplyhub.web import payment_events
from tests.factories import an_account, bearer
from tests.factories_paying import PRICE_FEN, PrepaidShop, owed, session_of, unfinished, work

EVENTS = "/payments/events"


@pytest.fixture
def shop(client, gateway) -> PrepaidShop:
    return PrepaidShop(gateway)


def tell(client: Any, body: bytes, signature: str) -> Any:
    return client.post(EVENTS, data=body, headers={"Stripe-Signature": signature, "Content-Type": "application/json"})


@pytest.fixture
def paid(client, shop, standin) -> tuple[bytes, str]:
    """Return the message that an order was paid."""
    standin.pay(session_of(shop.pay(shop.order()).charge_id))
    return standin.messages("checkout.session.completed")[0]


def test_an_order_is_paid_through_the_api(client, shop, standin):
    order = shop.order(2)
    token = bearer(shop.asker.account_id)
    url = f"/api/v1/orders/{order}/payment"
    before = client.get(url, headers=token).json
    assert (before["owed_fen"], before["charge"], before["pays_online"]) == (2 * PRICE_FEN, None, True)
    begun = client.post(url, headers=token)
    assert begun.status_code == 200
    assert begun.json["pay_url"].startswith(standin.url)
    assert client.post(url, headers=token).json == begun.json
    standin.pay(session_of(begun.json["charge"]))
    for message in standin.messages():
        assert tell(client, *message).status_code == 200
    work()
    after = client.get(url, headers=token).json
    assert (after["owed_fen"], after["paid_fen"], after["hold_until"]) == (0, 2 * PRICE_FEN, None)
    assert (after["charge"]["state"], after["charge"]["lapsed"]) == ("paid", False)
    again = client.post(url, headers=token)
    assert (again.status_code, again.json["code"]) == (409, "nothing_owed")


def test_other_households_and_other_roles_pay_nothing(client, shop):
    order = shop.order()
    url = f"/api/v1/orders/{order}/payment"
    neighbour = bearer(shop.neighbour().asker.account_id)
    assert client.post(url, headers=neighbour).status_code == client.get(url, headers=neighbour).status_code == 404
    depot = bearer(an_account(shop.shop.community, Role.DEPOT).id)
    assert client.post(url, headers=depot).status_code == client.get(url, headers=depot).status_code == 403


def test_while_the_gateway_is_away_the_api_says_so_and_the_order_stays(client, shop, standin):
    order = shop.order()
    standin.set_faults(away=True)
    answer = client.post(f"/api/v1/orders/{order}/payment", headers=bearer(shop.asker.account_id))
    assert (answer.status_code, answer.json["code"]) == (503, "gateway_away")
    assert scalar("SELECT state FROM orders") == "placed"


def test_without_keys_nothing_is_paid_online_and_no_event_is_heard(client, shop, app, monkeypatch, paid):
    monkeypatch.setitem(app.extensions, "gateway", None)
    order = scalar("SELECT id FROM orders")
    answer = client.post(f"/api/v1/orders/{order}/payment", headers=bearer(shop.asker.account_id))
    assert (answer.status_code, answer.json["code"]) == (409, "payment_off")
    silent = tell(client, *paid)
    assert (silent.status_code, silent.json["code"]) == (404, "not_found")


def test_an_event_is_kept_once_and_worked_off_once_however_often_it_comes(client, shop, paid):
    assert [tell(client, *paid).status_code for _ in range(3)] == [200, 200, 200]
    assert unfinished().count("gateway_event") == 1
    work()
    assert tell(client, *paid).status_code == 200
    assert unfinished() == []
    assert owed(scalar("SELECT id FROM orders")) == 0
    assert scalar("SELECT count(*) FROM gateway_event") == 1


def forged(standin: Any, body: bytes) -> list[tuple[bytes, str]]:
    """Return messages that the gateway didn't sign just now."""
    event = json.loads(body)
    now = time.time()
    good = standin.message(event)
    return [
        (body, ""),
        (body, "t=1,v1=00"),
        (body, "nonsense"),
        (good[0] + b" ", good[1]),
        (good[0].replace(b"cs_", b"cs_x", 1), good[1]),
        standin.message(event, secret="whsec_of_somebody_else"),
        standin.message(event, at=now - 400),
        standin.message(event, at=now + 120),
    ]


def test_what_the_gateway_did_not_sign_just_now_is_refused_and_leaves_nothing(client, standin, paid):
    for body, signature in forged(standin, paid[0]):
        answer = tell(client, body, signature)
        assert (answer.status_code, answer.json["code"]) == (400, "forged_event"), signature
    assert rows("SELECT id FROM gateway_event") == []


def test_a_message_beyond_the_limit_is_refused_unread(client, shop):
    answer = tell(client, b"x" * (256 * 1024 + 1), "t=1,v1=00")
    assert answer.status_code == 413
    assert answer.json["status"] == 413


@pytest.mark.parametrize("trouble", [BusyError("held", retry_after_seconds=1), OperationalError("", {}, Exception())])
def test_while_the_database_is_busy_the_gateway_is_asked_to_send_again(client, paid, monkeypatch, trouble):
    def fail(*_: object) -> None:
        raise trouble

    with monkeypatch.context() as patch:
        patch.setattr(payment_events, "receive_events", fail)
        answer = tell(client, *paid)
    assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (503, True)
    assert rows("SELECT id FROM gateway_event") == []
    assert tell(client, *paid).status_code == 200


def test_an_event_of_no_concern_is_taken_and_forgotten(client, shop, standin, paid):
    event = json.loads(paid[0]) | {"type": "customer.created"}
    assert tell(client, *standin.message(event)).status_code == 200
    assert rows("SELECT id FROM gateway_event") == []


def test_the_route_sets_no_cookie_and_logs_nothing_of_the_message(client, paid, capsys):
    capsys.readouterr()
    answer = tell(client, *paid)
    assert "Set-Cookie" not in answer.headers
    said = capsys.readouterr()
    assert json.loads(paid[0])["id"] not in said.out + said.err
