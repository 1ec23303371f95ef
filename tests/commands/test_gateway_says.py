"""What the gateway says comes into the books once; what isn't ours, or doesn't fit, is kept and does no harm."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from supplyhub.db import db, execute, rows, scalar, transaction
from supplyhub.errors import BusyError
from supplyhub.outside.errors import GatewayRefusedError
from supplyhub.outside.ports import Checkout, EventSeen, RefundSeen
from supplyhub.payments import listening
from supplyhub.payments.commands.observing import book_checkout, receive_events
from supplyhub.payments.commands.reconciling import ask_reconciliation
from supplyhub.payments.commands.refunding import book_refund, refuse_refund, settle_cancelled_orders
from supplyhub.payments.dividing import Back
from supplyhub.payments.listening import look_after_refunds, poll_events, send_refund
from supplyhub.payments.reconciling import comparison_for, reconcile
from supplyhub.payments.settling import promise
from supplyhub.payments.states import CameBy, RefundReason
from tests.factories_paying import (
    PrepaidShop,
    an_unknown_event,
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

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def shop(database, gateway) -> PrepaidShop:
    return PrepaidShop(gateway)


@pytest.fixture
def charged(shop) -> int:
    """Return a charge of 9.60 whose page is open."""
    return shop.pay(shop.order(2)).charge_id


@pytest.fixture
def back(shop, standin, charged) -> int:
    """Return a refund of 9.60 that is due: its order was paid and cancelled."""
    standin.pay(session_of(charged))
    poll_events(shop.gateway)
    work()
    shop.cancel(charge(charged).order_id)
    with transaction():
        execute("UPDATE outbox SET finished_at = now() WHERE finished_at IS NULL")
    settle_cancelled_orders()
    return int(scalar("SELECT id FROM refund"))


def paid(charge_id: int, /, **values: object) -> Checkout:
    """Return the checkout of a charge, as if it were paid."""
    found = charge(charge_id)
    seen = Checkout(found.session_id, "", "paid", found.amount_fen, found.amount_fen, f"pi_{charge_id}", charge_id)
    return replace(seen, **values)


def seen(refund_id: int, state: str, /, **values: object) -> RefundSeen:
    """Return a refund as the gateway has it."""
    amount = scalar("SELECT amount_fen FROM refund WHERE id = :r", r=refund_id)
    return replace(
        RefundSeen(f"re_{refund_id}", state, amount, refund_id, "expired_card" * (state == "failed")), **values
    )


def test_a_payment_is_booked_once_and_stays_paid_whatever_is_said_later(charged):
    for state in ("paid", "open", "ended", "paid"):
        book_checkout(paid(charged, state=state, paid_fen=960 if state == "paid" else 0))
    assert (charge(charged).state, books()) == ("paid", {"gateway": 960, "household": -960})


def test_a_page_that_ended_and_turns_out_to_be_paid_is_paid(charged):
    book_checkout(paid(charged, state="ended", paid_fen=0))
    assert charge(charged).state == "ended"
    book_checkout(paid(charged))
    assert (charge(charged).state, owed(charge(charged).order_id)) == ("paid", 0)


def test_a_payment_of_another_amount_than_was_asked_for_is_listed_by_the_reconciliation(shop, standin, charged):
    standin.pay(session_of(charged))
    poll_events(shop.gateway)
    work()
    coordinator, now = shop.shop.coordinator(), datetime.now(UTC)
    hour = timedelta(hours=1)
    asked = ask_reconciliation(coordinator, now - hour, now + hour)
    reconcile(asked, gateway=shop.gateway)
    assert comparison_for(coordinator, asked).unmatched == []
    with transaction():
        execute("UPDATE charge SET amount_fen = 900")
    (listed,) = comparison_for(coordinator, asked).unmatched
    assert (listed.what, listed.ours_fen, listed.theirs_fen) == ("not_as_asked", 960, 960)


def test_while_money_is_on_its_way_through_a_page_nobody_is_led_to_another(shop, standin, charged):
    standin.play(session_of(charged), "pay_later")
    shop.order(3)
    with pytest.raises(BusyError):
        shop.pay(charge(charged).order_id)
    assert scalar("SELECT count(*) FROM charge") == 1
    standin.play(session_of(charged), "arrive")
    assert shop.pay(charge(charged).order_id).fits
    assert [found.amount_fen for found in rows("SELECT amount_fen FROM charge ORDER BY id")] == [960, 480]


@pytest.mark.parametrize(("received", "left"), [(900, 60), (1000, -40), (1, 959)])
def test_what_the_gateway_received_is_booked_whatever_was_asked_for(charged, received, left):
    book_checkout(paid(charged, paid_fen=received))
    assert (charge(charged).paid_fen, charge(charged).amount_fen, books()["gateway"]) == (received, 960, received)
    assert owed(charge(charged).order_id) == left
    assert (order_of(charge(charged).order_id).hold_until is None) == (left <= 0)


def test_a_late_payment_of_too_little_takes_no_goods(shop, charged):
    order = charge(charged).order_id
    time_passes(25)
    everything_runs(None)
    assert order_of(order).state == "cancelled"
    book_checkout(paid(charged, paid_fen=900))
    assert (order_of(order).state, refunds_of(order)) == ("cancelled", [("online", "due", 900, "too_late")])


def test_a_page_without_our_number_is_known_by_its_own(charged):
    assert book_checkout(paid(charged, charge_id=None))
    assert charge(charged).state == "paid"


def test_another_page_that_names_our_charge_is_not_booked(charged):
    assert not book_checkout(paid(charged, id="cs_of_somebody_else"))
    assert (charge(charged).state, books()) == ("open", {})


def test_a_page_of_another_installation_with_the_number_of_ours_is_not_booked(charged):
    with transaction():
        execute("UPDATE charge SET state = 'preparing', session_id = NULL WHERE id = :c", c=charged)
    assert not book_checkout(paid(charged, id="cs_theirs", key=str(uuid4())))
    assert (charge(charged).state, books()) == ("preparing", {})
    assert book_checkout(paid(charged, id="cs_ours", key=str(charge(charged).idempotency_key)))


def test_the_page_of_another_order_that_names_our_charge_is_not_booked(shop, charged):
    neighbour = shop.neighbour()
    other = shop.pay(shop.order(1, home=neighbour), home=neighbour).charge_id
    with transaction():
        execute("UPDATE charge SET state = 'preparing', session_id = NULL WHERE id = :c", c=other)
    assert not book_checkout(paid(charged, charge_id=other))
    assert (charge(charged).state, charge(other).state, books()) == ("open", "preparing", {})


def test_a_payment_of_nothing_we_know_is_left_alone(shop, charged):
    assert not book_checkout(paid(charged, charge_id=charged + 1_000, id="cs_unknown"))
    assert not book_checkout(paid(charged, charge_id=None, id="cs_unknown"))
    assert books() == {}


def test_an_event_of_a_page_that_the_gateway_does_not_know_is_kept_and_not_tried_for_ever(shop):
    an_unknown_event("evt_1", "cs_nowhere")
    an_unknown_event("evt_2", "re_nowhere", "refund.updated")
    assert work() == 2
    assert unfinished() == []
    assert scalar("SELECT count(*) FROM gateway_event") == 2


def test_an_event_of_somebody_elses_page_at_the_same_gateway_is_kept_and_not_tried_for_ever(shop, standin, charged):
    with transaction():
        execute("UPDATE charge SET session_id = 'cs_another' WHERE id = :c", c=charged)
    session = standin.things("checkout.session")[0]["id"]
    standin.pay(session)
    poll_events(shop.gateway)
    work()
    assert (unfinished(), books()) == ([], {})
    assert scalar("SELECT object_id FROM gateway_event") == session


class Listed:
    """A gateway's list of events, the newest first; `breaks`: it can't be read to its end."""

    def __init__(self) -> None:
        self.made: list[datetime] = []
        self.asked: list[datetime] = []
        self.breaks = False

    def events_since(self, since: datetime) -> Iterator[EventSeen]:
        self.asked.append(since)
        for made_at in reversed([each for each in self.made if each >= since]):
            yield EventSeen(f"evt_{made_at.timestamp()}", "checkout.session.expired", "cs_1", made_at)
        if self.breaks:
            raise GatewayRefusedError("nothing_more")


def test_the_gateways_list_is_read_on_from_the_newest_event_that_was_read(database, monkeypatch):
    monkeypatch.setattr(listening, "EVENTS_AT_ONCE", 2)
    noon, minute = datetime(2026, 4, 12, 12, tzinfo=UTC), timedelta(minutes=1)
    gateway = Listed()
    assert poll_events(gateway) == 0
    assert timedelta(hours=23) < datetime.now(UTC) - gateway.asked[0] < timedelta(hours=25)
    assert scalar("SELECT polled_until FROM gateway_poll") is None
    with transaction():
        execute("INSERT INTO gateway_poll (polled_until) VALUES (:noon)", noon=noon)
    gateway.made = [noon + minute * n for n in range(60)]
    assert (poll_events(gateway), gateway.asked[-1]) == (60, noon - listening.LOOK_BACK)
    # The next look is a short one, however long it took until then; what shows up late is found by it.
    gateway.made.insert(-1, noon + minute * 58.5)
    assert (poll_events(gateway), gateway.asked[-1]) == (1, noon + minute * 59 - listening.LOOK_BACK)
    assert poll_events(gateway) == 0
    assert poll_events(None) == 0


def test_a_list_that_breaks_off_is_read_again_from_where_it_was_read_to_the_end(database, monkeypatch):
    monkeypatch.setattr(listening, "EVENTS_AT_ONCE", 2)
    now = datetime.now(UTC)
    gateway = Listed()
    gateway.made = [now - timedelta(minutes=30 - n) for n in range(5)]
    gateway.breaks = True
    with pytest.raises(GatewayRefusedError):
        poll_events(gateway)
    # What was read by then is kept; where to read on from is not.
    assert scalar("SELECT count(*) FROM gateway_event") == 4
    assert scalar("SELECT count(*) FROM gateway_poll") == 0
    gateway.breaks = False
    assert poll_events(gateway) == 1
    assert scalar("SELECT polled_until FROM gateway_poll") == gateway.made[-1]


def test_events_of_a_poll_are_worked_off_in_the_order_in_which_they_happened(database):
    now = datetime.now(UTC)
    listed = [EventSeen(f"evt_{n}", "refund.updated", "re_1", now - timedelta(minutes=n)) for n in range(3)]
    assert receive_events(listed, CameBy.POLL) == 3
    assert [entry.payload["event_id"] for entry in rows("SELECT payload FROM outbox ORDER BY id")] == [
        "evt_2",
        "evt_1",
        "evt_0",
    ]


def test_a_refund_is_sent_once_and_done(shop, standin, back):
    send_refund(back, gateway=shop.gateway)
    send_refund(back, gateway=shop.gateway)
    send_refund(back + 1_000, gateway=shop.gateway)
    order = scalar("SELECT order_id FROM refund")
    assert refunds_of(order) == [("online", "done", 960, "cancelled")]
    assert (books(), standin.books()["merchant_fen"], len(standin.things("refund"))) == ({}, 0, 1)


def test_a_refund_that_takes_its_time_is_done_when_the_gateway_says_so(shop, standin, back):
    standin.set_faults(refund_pending=1)
    send_refund(back, gateway=shop.gateway)
    order = scalar("SELECT order_id FROM refund")
    assert (refunds_of(order)[0][1], books()) == ("sent", {"gateway": 960, "refunds": -960})
    standin.finish_refund(scalar("SELECT gateway_id FROM refund"), "succeeded")
    poll_events(shop.gateway)
    work()
    assert (refunds_of(order)[0][1], books()) == ("done", {})


def test_a_refund_of_which_no_event_tells_is_looked_after(shop, standin, back):
    standin.set_faults(refund_pending=1)
    send_refund(back, gateway=shop.gateway)
    standin.finish_refund(scalar("SELECT gateway_id FROM refund"), "succeeded")
    assert look_after_refunds(shop.gateway) == 0
    with transaction():
        execute("UPDATE refund SET made_at = made_at - interval '11 minutes'")
    assert look_after_refunds(shop.gateway) == 1
    assert scalar("SELECT state FROM refund") == "done"
    assert look_after_refunds(None) == 0


@pytest.mark.parametrize("before", ["due", "sent", "done"])
def test_a_refund_that_failed_goes_back_in_cash_and_is_never_done_again(shop, standin, back, before):
    order = scalar("SELECT order_id FROM refund")
    for state in ({"due": [], "sent": ["sent"], "done": ["sent", "done"]})[before]:
        book_refund(seen(back, state))
    for state in ("failed", "failed", "done", "sent"):
        book_refund(seen(back, state))
    assert refunds_of(order) == [("online", "failed", 960, "cancelled"), ("cash", "due", 960, "cancelled")]
    assert books() == {"gateway": 960, "refunds": -960}
    assert scalar("SELECT refunded_fen FROM charge") == 0
    assert scalar("SELECT failure FROM refund WHERE id = :r", r=back) == "expired_card"


def test_a_refund_that_the_gateway_refuses_goes_back_in_cash(shop, standin, back):
    with transaction():
        execute("UPDATE charge SET payment_id = 'pi_nowhere'")
    send_refund(back, gateway=shop.gateway)
    refuse_refund(back, "again")
    order = scalar("SELECT order_id FROM refund")
    assert [(way, state) for way, state, _, _ in refunds_of(order)] == [("online", "failed"), ("cash", "due")]
    assert scalar("SELECT failure FROM refund WHERE id = :r", r=back) == "resource_missing"


def test_a_refund_that_is_not_ours_is_left_alone(shop, back):
    assert not book_refund(seen(back, "done", refund_id=back + 1_000))
    assert not book_refund(seen(back, "done", refund_id=None))
    assert scalar("SELECT state FROM refund") == "due"
    book_refund(seen(back, "sent"))
    assert not book_refund(seen(back, "done", id="re_another"))
    assert scalar("SELECT state FROM refund") == "sent"
    assert book_refund(seen(back, "done", refund_id=None))


def test_a_refund_of_another_installation_with_the_number_of_ours_is_not_booked(back):
    assert not book_refund(seen(back, "done", key=str(uuid4())))
    assert scalar("SELECT state FROM refund") == "due"
    assert book_refund(seen(back, "done", key=str(scalar("SELECT idempotency_key FROM refund"))))


REFUND = """
    INSERT INTO refund (order_id, way, charge_id, amount_fen, reason)
    SELECT order_id, 'online', id, :fen, 'surplus' FROM charge
"""


def broken(sql: str, **values: object) -> str:
    with pytest.raises(DBAPIError) as caught, transaction():
        execute(sql, **values)
    db.session.rollback()
    assert isinstance(caught.value, IntegrityError)
    return str(caught.value.orig.diag.constraint_name)


def test_the_database_refuses_more_back_than_came(shop, standin, charged):
    assert broken(REFUND, fen=1) == "ck_charge_no_more_back_than_came"
    book_checkout(paid(charged))
    with transaction():
        execute(REFUND, fen=900)
    assert broken(REFUND, fen=61) == "ck_charge_no_more_back_than_came"
    assert broken("UPDATE refund SET amount_fen = 961") == "ck_charge_no_more_back_than_came"
    with transaction():
        execute("UPDATE refund SET state = 'failed'")
        execute(REFUND, fen=960)
    assert broken("UPDATE refund SET state = 'due' WHERE state = 'failed'") == "ck_charge_no_more_back_than_came"
    assert broken("UPDATE charge SET paid_fen = 959") == "ck_charge_no_more_back_than_came"


def test_the_database_refuses_a_refund_to_another_orders_payment(shop, charged):
    book_checkout(paid(charged))
    other = shop.order(1, home=shop.neighbour())
    wrong = REFUND.replace("SELECT order_id", f"SELECT {other}")
    assert broken(wrong, fen=1) == "fk_refund_charge_id_order_id"


def test_the_database_refuses_to_book_a_payment_twice_and_to_forget_one(shop, charged):
    book_checkout(paid(charged))
    again = "INSERT INTO journal_entry (kind, cycle_id, charge_id) SELECT kind, cycle_id, charge_id FROM journal_entry"
    assert broken(again) == "uq_journal_entry_kind_charge_id"
    assert broken("UPDATE charge SET state = 'open'") in {"ck_charge_paid_when_paid", "ck_charge_paid_has_a_time"}
    assert broken("UPDATE charge SET state = 'open', paid_fen = 0, paid_at = NULL, amount_fen = 0").startswith(
        "ck_charge"
    )


@pytest.mark.parametrize(("fault", "first", "rest"), [("refund_less", 480, 480), ("refund_more", 960, 0)])
def test_what_the_gateway_gave_back_is_booked_and_the_rest_goes_back_too(shop, standin, charged, fault, first, rest):
    """A price is cut by half or not at all: what went back first is too little, or all that came."""
    order = charge(charged).order_id
    standin.pay(session_of(charged))
    everything_runs(shop.gateway)
    if fault == "refund_less":
        shop.cancel(order)
    else:
        give_back_by_hand(order, 480)
    standin.fail_next(fault)
    everything_runs(shop.gateway)
    found = rows("SELECT state, amount_fen, asked_fen FROM refund ORDER BY id")
    asked = 960 if fault == "refund_less" else 480
    assert [tuple(each) for each in found] == [("done", first, asked)] + [("done", rest, None)] * bool(rest)
    assert books().get("gateway", 0) == standin.books()["merchant_fen"] == 0
    assert (books().get("refunds", 0), unfinished()) == (0, [])
    assert owed(order) == (0 if rest else 960)
    (listed,) = compared(shop)
    assert (listed.what, listed.kind, listed.ours_fen, listed.theirs_fen) == ("not_as_asked", "refund", first, first)
    assert listed.asked_fen == asked


def give_back_by_hand(order: int, fen: int) -> None:
    """Promise so much of an order's payment back, as if it were worth less."""
    with transaction():
        promise([(order, RefundReason.SURPLUS, [Back(scalar("SELECT id FROM charge"), fen)])])


def compared(shop: PrepaidShop) -> list[Any]:
    """Return what doesn't match between our books and the gateway's."""
    coordinator, now = shop.shop.coordinator(), datetime.now(UTC)
    asked = ask_reconciliation(coordinator, now - timedelta(hours=1), now + timedelta(hours=1))
    reconcile(asked, gateway=shop.gateway)
    return comparison_for(coordinator, asked).unmatched


def test_a_refund_is_corrected_once_and_never_to_more_than_is_left(shop, charged):
    book_checkout(paid(charged))
    order = charge(charged).order_id
    give_back_by_hand(order, 400)
    give_back_by_hand(order, 500)
    first, second = (each.id for each in rows("SELECT id FROM refund ORDER BY id"))
    assert not book_refund(seen(first, "done", amount_fen=461))
    assert book_refund(seen(first, "sent", amount_fen=460))
    assert not book_refund(seen(first, "done", amount_fen=459))
    assert book_refund(seen(first, "done"))
    assert not book_refund(seen(first, "done", amount_fen=459))
    assert book_refund(seen(second, "failed", amount_fen=1))
    assert charge(charged).refunded_fen == 460
    assert books() == {"gateway": 500, "household": -500}


def test_one_that_failed_is_owed_as_it_was_promised_whatever_amount_is_named(shop, charged):
    book_checkout(paid(charged))
    order = charge(charged).order_id
    shop.cancel(order)
    settle_cancelled_orders()
    refund = int(scalar("SELECT id FROM refund"))
    book_refund(seen(refund, "failed", amount_fen=1))
    assert refunds_of(order) == [("online", "failed", 960, "cancelled"), ("cash", "due", 960, "cancelled")]
