"""Paying for an order at the gateway: one charge of what is owed, whatever is pressed, changed or broken off meanwhile."""

from __future__ import annotations

import pytest

from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.errors import NotFoundError
from supplyhub.outside.errors import GatewayAwayError, GatewayBusyError
from supplyhub.payments.commands.covers import cover_order
from supplyhub.payments.commands.observing import book_checkout
from supplyhub.payments.errors import HoldEndedError, NothingOwedError, NotPaidOnlineError, PaymentOffError
from supplyhub.payments.listening import poll_events
from supplyhub.payments.paying import finish_charges, pay_online
from supplyhub.payments.schemas_paying import PaymentOut
from supplyhub.payments.statement import payment_of
from supplyhub.payments.states import CoverSource
from tests.factories import Shop
from tests.factories_money import a_cover
from tests.factories_paying import (
    PRICE_FEN,
    VISIT,
    PrepaidShop,
    books,
    charge,
    everything_runs,
    order_of,
    owed,
    refunds_of,
    session_of,
    time_passes,
    unfinished,
    work,
)

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def shop(database, gateway) -> PrepaidShop:
    return PrepaidShop(gateway)


def heard(gateway) -> int:
    """Let the gateway's events be polled and worked off."""
    poll_events(gateway)
    return work()


def test_an_order_is_paid_on_the_gateways_page_and_then_holds_its_goods_for_good(shop, standin):
    order = shop.order(2)
    assert order_of(order).hold_until is not None
    begun = shop.pay(order)
    assert begun.pay_url.startswith(standin.url)
    standin.pay(session_of(begun.charge_id))
    heard(shop.gateway)
    paid = charge(begun.charge_id)
    assert (paid.state, paid.paid_fen) == ("paid", 2 * PRICE_FEN)
    assert (owed(order), order_of(order).hold_until) == (0, None)
    assert books() == {"gateway": 2 * PRICE_FEN, "household": -2 * PRICE_FEN}
    assert unfinished() == []


def test_pressing_again_leads_to_the_same_page(shop, standin):
    order = shop.order()
    assert shop.pay(order) == shop.pay(order)
    assert len(standin.things("checkout.session")) == 1


def test_the_first_click_waits_for_the_second_if_the_gateway_heard_that_one_first(shop, standin, monkeypatch):
    order, asked = shop.order(2), shop.gateway.open_checkout

    def heard_second(wanted):
        monkeypatch.setattr(shop.gateway, "open_checkout", asked)
        book_checkout(asked(wanted))
        raise GatewayBusyError

    monkeypatch.setattr(shop.gateway, "open_checkout", heard_second)
    assert shop.pay(order).pay_url == shop.pay(order).pay_url
    assert len(standin.things("checkout.session")) == 1


def test_an_order_that_is_changed_ends_its_page_and_gets_another(shop, standin):
    order = shop.order(1)
    first = shop.pay(order)
    shop.order(3)
    second = shop.pay(order)
    assert [found["status"] for found in standin.things("checkout.session")] == ["expired", "open"]
    assert (charge(first.charge_id).state, charge(second.charge_id).amount_fen) == ("ended", 3 * PRICE_FEN)


def test_a_page_that_was_paid_before_the_order_was_changed_is_booked_and_the_rest_is_owed(shop, standin):
    order = shop.order(1)
    first = shop.pay(order)
    standin.pay(session_of(first.charge_id))
    shop.order(3)
    second = shop.pay(order)
    assert (charge(first.charge_id).state, charge(second.charge_id).amount_fen) == ("paid", 2 * PRICE_FEN)
    assert order_of(order).hold_until is not None
    standin.pay(session_of(second.charge_id))
    heard(shop.gateway)
    assert (owed(order), order_of(order).hold_until) == (0, None)


def test_what_is_paid_after_the_cutoff_is_what_is_owed(shop):
    order = shop.order(1)
    with transaction():
        execute("UPDATE orders SET hold_until = NULL")
        execute("UPDATE menu SET state = 'closed'")
    assert charge(shop.pay(order).charge_id).amount_fen == PRICE_FEN


def test_nothing_owed_another_way_to_pay_and_somebody_elses_order_are_refused(shop, standin, gateway):
    order = shop.order(1)
    with pytest.raises(NotFoundError):
        shop.pay(order, home=shop.neighbour())
    with pytest.raises(NotFoundError):
        pay_online(Shop().resident(), order, VISIT, gateway=gateway)
    with pytest.raises(NotFoundError):
        shop.pay(order + 1_000_000)
    with pytest.raises(PaymentOffError):
        pay_online(shop.asker, order, VISIT, gateway=None)
    standin.pay(session_of(shop.pay(order).charge_id))
    heard(gateway)
    with pytest.raises(NothingOwedError):
        shop.pay(order)
    with transaction():
        execute("UPDATE menu SET pays_online = false, pays_on_delivery = true")
    with pytest.raises(NotPaidOnlineError):
        shop.pay(order)


def test_a_covered_order_is_not_paid_by_its_household(shop):
    order = shop.order(1)
    a_cover(order)
    with pytest.raises(NothingOwedError):
        shop.pay(order)


def test_an_ask_in_a_draw_is_paid_once_it_was_drawn(shop):
    order = shop.order(1)
    with transaction():
        execute("UPDATE menu SET mode = 'draw'")
    with pytest.raises(NotPaidOnlineError) as caught:
        shop.pay(order)
    assert caught.value.data == {"drawn": False}


def test_a_hold_that_is_over_begins_no_payment(shop):
    order = shop.order(1)
    time_passes(15)
    with pytest.raises(HoldEndedError):
        shop.pay(order)


def test_an_order_that_was_cancelled_and_is_paid_all_the_same_gets_everything_back(shop, standin):
    order = shop.order(2)
    begun = shop.pay(order)
    shop.cancel(order)
    standin.pay(session_of(begun.charge_id))
    everything_runs(shop.gateway)
    assert refunds_of(order) == [("online", "done", 2 * PRICE_FEN, "cancelled")]
    assert books() == {}
    assert standin.books()["merchant_fen"] == 0


def test_a_page_nobody_needs_any_more_is_ended_by_the_scheduler(shop, standin):
    order = shop.order(2)
    begun = shop.pay(order)
    shop.cancel(order)
    assert finish_charges(shop.gateway) == 0
    time_passes(1)
    assert finish_charges(shop.gateway) == 1
    assert charge(begun.charge_id).state == "ended"
    assert standin.things("checkout.session")[0]["status"] == "expired"


def test_a_page_that_the_gateway_opened_without_an_answer_is_found_again(shop, standin):
    order = shop.order(2)
    standin.fail_next("timeout_after", on="/v1/checkout/sessions")
    with pytest.raises(GatewayAwayError):
        shop.pay(order)
    assert [found.state for found in rows("SELECT state FROM charge")] == ["preparing"]
    time_passes(1)
    finish_charges(shop.gateway)
    assert [found.state for found in rows("SELECT state FROM charge")] == ["open"]
    assert shop.pay(order).pay_url
    assert len(standin.things("checkout.session")) == 1


def test_an_opening_that_was_broken_off_is_gone_on_with_by_the_next_click(shop, standin):
    order = shop.order(2)
    standin.fail_next("error", on="/v1/checkout/sessions")
    with pytest.raises(GatewayAwayError):
        shop.pay(order)
    assert shop.pay(order).pay_url
    assert len(standin.things("checkout.session")) == scalar("SELECT count(*) FROM charge") == 1


def test_a_page_that_was_paid_without_any_event_is_looked_at_after_its_time(shop, standin):
    order = shop.order(2)
    standin.pay(session_of(shop.pay(order).charge_id))
    time_passes(10)
    assert finish_charges(shop.gateway) == 0
    with transaction():
        execute("UPDATE orders SET hold_until = NULL")
    time_passes(36)
    assert finish_charges(shop.gateway) == 1
    assert owed(order) == 0


def test_how_a_payment_stands_is_told_to_those_who_may_enter_the_order(shop, standin):
    order = shop.order(2)
    stands = payment_of(shop.asker, order)
    assert (stands.owed_fen, stands.charge, stands.refunds) == (2 * PRICE_FEN, None, ())
    begun = shop.pay(order)
    assert payment_of(shop.asker, order).charge.pay_url == begun.pay_url
    assert payment_of(shop.shop.coordinator(), order).charge.pay_url == begun.pay_url
    with pytest.raises(NotFoundError):
        payment_of(shop.neighbour().asker, order)
    with pytest.raises(NotFoundError):
        payment_of(Shop().coordinator(), order)


def test_who_orders_for_others_reads_of_a_payment_and_of_a_cover_the_same(shop, standin):
    paid, covered = shop.order(2), shop.order(2, home=shop.neighbour())
    standin.pay(session_of(shop.pay(paid).charge_id))
    everything_runs(shop.gateway)
    cover_order(shop.shop.coordinator(), covered, CoverSource.HARDSHIP)
    money = PaymentOut(exclude=("order",))
    assert money.dump(payment_of(shop.lead, paid)) == money.dump(payment_of(shop.lead, covered))
    assert money.dump(payment_of(shop.asker, paid))["charge"]["state"] == "paid"
