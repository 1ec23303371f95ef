"""Goods that are held until they are paid for: given to others in time, taken again or the money given back after it."""

from __future__ import annotations

import pytest

from supplyhub.catalog.commands import close_due_menus, close_menu
from supplyhub.catalog.editing import edit_item, withdraw_item
from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.commands import place_order
from supplyhub.payments.commands.covers import cover_order
from supplyhub.payments.holds import end_checkouts_of_ended_holds, lapse_holds
from supplyhub.payments.paying import finish_charges
from supplyhub.payments.states import CoverSource
from tests.factories_paying import (
    PRICE_FEN,
    PrepaidShop,
    books,
    charge,
    everything_runs,
    order_of,
    owed,
    refunds_of,
    session_of,
    time_passes,
)

pytestmark = pytest.mark.usefixtures("database")
OFFERED = 5


@pytest.fixture
def shop(database, gateway) -> PrepaidShop:
    """Return a shop with five of its thing."""
    return PrepaidShop(gateway, offered=OFFERED)


@pytest.fixture
def paid(shop, standin) -> int:
    """Return an order of one, paid."""
    order = shop.order(1)
    pays(shop, standin, order)
    return order


def pays(shop, standin, order: int) -> int:
    """Pay what an order owes, let it be heard, and return the charge."""
    begun = shop.pay(order)
    standin.pay(session_of(begun.charge_id))
    everything_runs(shop.gateway)
    return begun.charge_id


def lapses(shop, minutes: float = 15) -> None:
    """Let the hold end, and what follows happen."""
    time_passes(minutes)
    everything_runs(shop.gateway)


def pays_late(shop, standin, order: int, *, meanwhile=lambda: None) -> int:
    """Pay on a page that couldn't be ended before the goods went to others; return the charge."""
    charge_id = shop.pay(order).charge_id
    standin.set_faults(away=True)
    lapses(shop)
    lapses(shop, 10)
    standin.set_faults()
    meanwhile()
    standin.pay(session_of(charge_id))
    time_passes(1)
    everything_runs(shop.gateway)
    return charge_id


def test_what_is_not_paid_in_time_goes_to_others_and_its_page_ends_first(shop, standin):
    order = shop.order(2)
    begun = shop.pay(order)
    time_passes(14.9)
    everything_runs(shop.gateway)
    assert (order_of(order).state, shop.left()) == ("placed", OFFERED - 2)
    lapses(shop, 0.2)
    assert (order_of(order).state, order_of(order).hold_until, shop.left()) == ("cancelled", None, OFFERED)
    assert charge(begun.charge_id).state == "ended"
    assert [found["status"] for found in standin.things("checkout.session")] == ["expired"]
    assert [(lapse.total_fen, len(lapse.basket["lines"])) for lapse in rows("SELECT * FROM lapse")] == [
        (2 * PRICE_FEN, 1)
    ]


def test_a_hold_without_a_page_lapses_without_asking_anybody(shop):
    order = shop.order(2)
    time_passes(15)
    assert lapse_holds() == 1
    assert order_of(order).state == "cancelled"


def test_a_payment_of_the_last_moment_keeps_its_goods(shop, standin):
    order = shop.order(2)
    begun = shop.pay(order)
    standin.pay(session_of(begun.charge_id))
    time_passes(15)
    assert lapse_holds() == 0
    assert end_checkouts_of_ended_holds(shop.gateway) == 1
    assert (order_of(order).state, order_of(order).hold_until, owed(order)) == ("placed", None, 0)


def test_while_the_gateway_is_away_a_hold_waits_ten_minutes_more_and_no_longer(shop, standin):
    order = shop.order(2)
    begun = shop.pay(order)
    standin.set_faults(away=True)
    lapses(shop)
    assert order_of(order).state == "placed"
    lapses(shop, 9.8)
    assert order_of(order).state == "placed"
    lapses(shop, 0.3)
    assert (order_of(order).state, charge(begun.charge_id).state) == ("cancelled", "open")
    standin.set_faults()
    assert finish_charges(shop.gateway) == 1
    assert charge(begun.charge_id).state == "ended"


def test_where_the_keys_were_taken_out_a_hold_lapses_too(shop):
    order = shop.order(2)
    shop.pay(order)
    time_passes(25)
    everything_runs(None)
    assert order_of(order).state == "cancelled"


def test_a_late_payment_takes_its_goods_again(shop, standin):
    order = shop.order(2)
    charge_id = pays_late(shop, standin, order)
    assert (order_of(order).state, order_of(order).units, order_of(order).hold_until) == ("placed", 2, None)
    assert (owed(order), shop.left(), refunds_of(order)) == (0, OFFERED - 2, [])
    assert charge(charge_id).lapsed_at is None


def test_a_late_payment_whose_goods_are_gone_goes_back_whole_at_once(shop, standin):
    order = shop.order(2)
    neighbour = shop.neighbour()
    charge_id = pays_late(shop, standin, order, meanwhile=lambda: shop.order(4, home=neighbour))
    assert order_of(order).state == "cancelled"
    assert refunds_of(order) == [("online", "done", 2 * PRICE_FEN, "too_late")]
    assert charge(charge_id).lapsed_at is not None
    assert books() == {}
    assert standin.books()["merchant_fen"] == 0


def test_a_late_payment_after_the_goods_were_bought_goes_back_whole(shop, standin):
    order = shop.order(2)

    def buy() -> None:
        with transaction():
            execute("UPDATE cycle SET state = 'procuring'")

    pays_late(shop, standin, order, meanwhile=buy)
    assert refunds_of(order) == [("online", "done", 2 * PRICE_FEN, "too_late")]


def test_a_late_payment_counts_for_what_the_household_ordered_instead_if_that_costs_as_much(shop, standin):
    order = shop.order(2)
    pays_late(shop, standin, order, meanwhile=lambda: shop.order(3))
    assert (owed(order), order_of(order).hold_until is not None, refunds_of(order)) == (PRICE_FEN, True, [])
    pays(shop, standin, order)
    assert (owed(order), order_of(order).hold_until) == (0, None)


def test_a_late_payment_goes_back_whole_when_the_household_ordered_less_instead(shop, standin):
    order = shop.order(2)
    pays_late(shop, standin, order, meanwhile=lambda: shop.order(1))
    assert refunds_of(order) == [("online", "done", 2 * PRICE_FEN, "too_late")]
    assert (owed(order), order_of(order).state) == (PRICE_FEN, "placed")


def test_two_late_payments_of_one_basket_pay_it_once(shop, standin):
    order = shop.order(2)
    first = shop.pay(order).charge_id
    standin.set_faults(away=True)
    lapses(shop, 25)
    standin.set_faults()
    shop.order(2)
    second = shop.pay(order).charge_id
    assert charge(first).state == "ended"
    standin.pay(session_of(second))
    everything_runs(shop.gateway)
    assert (owed(order), books()["gateway"]) == (0, 2 * PRICE_FEN)


def test_a_paid_order_that_is_enlarged_and_not_paid_in_time_falls_back_to_what_was_paid(shop, paid):
    shop.order(3)
    assert (owed(paid), order_of(paid).hold_until is not None) == (2 * PRICE_FEN, True)
    shop.pay(paid)
    lapses(shop)
    assert (order_of(paid).state, order_of(paid).units, owed(paid), shop.left()) == ("placed", 1, 0, OFFERED - 1)
    assert refunds_of(paid) == []


def test_a_late_payment_of_the_difference_enlarges_again_what_fell_back(shop, standin, paid):
    shop.order(3)
    pays_late(shop, standin, paid)
    assert (order_of(paid).units, owed(paid), order_of(paid).hold_until) == (3, 0, None)


def test_a_late_payment_of_a_difference_that_is_gone_goes_back_whole_and_the_rest_stays(shop, standin, paid):
    shop.order(3)
    neighbour = shop.neighbour()
    pays_late(shop, standin, paid, meanwhile=lambda: shop.order(4, home=neighbour))
    assert (order_of(paid).units, owed(paid)) == (1, 0)
    assert refunds_of(paid) == [("online", "done", 2 * PRICE_FEN, "too_late")]


def test_an_order_that_was_enlarged_while_it_was_paid_falls_back_to_what_was_paid_for(shop, standin):
    order = shop.order(1)
    begun = shop.pay(order)
    shop.order(3)
    standin.pay(session_of(begun.charge_id))
    everything_runs(shop.gateway)
    assert owed(order) == 2 * PRICE_FEN
    lapses(shop)
    assert (order_of(order).state, order_of(order).units, owed(order)) == ("placed", 1, 0)


def test_nothing_falls_back_to_a_basket_whose_money_went_back(shop, paid):
    shop.cancel(paid)
    everything_runs(shop.gateway)
    assert refunds_of(paid) == [("online", "done", PRICE_FEN, "cancelled")]
    shop.order(2)
    lapses(shop)
    assert (order_of(paid).state, owed(paid), shop.left()) == ("cancelled", 0, OFFERED)


def test_what_falls_back_is_what_the_paid_order_was_changed_to(shop, paid):
    instead, more = shop.item().id, shop.item().id
    for items in ([instead], [instead, more]):
        place_order(
            shop.asker,
            menu_id=shop.menu_id,
            household_id=shop.home.id,
            expected=order_of(paid).version,
            lines=[Line(item, 1) for item in items],
            total_fen=len(items) * PRICE_FEN,
        )
    lapses(shop)
    assert [line.item_id for line in rows("SELECT item_id FROM order_line")] == [instead]
    assert (owed(paid), refunds_of(paid)) == (0, [])


def test_a_covered_order_holds_for_good_however_it_is_changed(shop):
    order = shop.order(1)
    cover_order(shop.shop.coordinator(), order, CoverSource.HARDSHIP)
    assert order_of(order).hold_until is None
    shop.order(2)
    assert order_of(order).hold_until is None
    shop.cancel(order)
    everything_runs(shop.gateway)
    assert books() == {}
    shop.order(3)
    lapses(shop)
    assert (order_of(order).state, order_of(order).units) == ("placed", 3)


def test_a_hold_that_a_cover_comes_upon_ends_and_nothing_lapses(shop):
    order = shop.order(2)
    cover_order(shop.shop.coordinator(), order, CoverSource.HARDSHIP)
    with transaction():
        # As an order sees it that was being changed when the cover was decided.
        execute("UPDATE orders SET hold_until = clock_timestamp(), total_fen = total_fen + 1 WHERE id = :o", o=order)
    assert lapse_holds() == 0
    assert (order_of(order).state, order_of(order).hold_until) == ("placed", None)


def test_what_falls_back_costs_no_more_than_the_price_was_cut_to(shop, paid):
    edit_item(shop.lead, shop.menu_id, shop.item_id, price_fen=400)
    with transaction():
        execute("UPDATE orders SET total_fen = 1200, hold_until = now() + interval '15 min' WHERE id = :o", o=paid)
        execute("UPDATE order_line SET quantity = 3, unit_price_fen = 400")
        execute("UPDATE menu_item SET reserved = 3")
    lapses(shop)
    assert (order_of(paid).units, order_of(paid).total_fen) == (1, 400)


def test_an_order_whose_only_thing_is_withdrawn_while_it_waits_for_its_payment_holds_nothing(shop, standin):
    order = shop.order(2)
    begun = shop.pay(order)
    withdraw_item(shop.lead, shop.menu_id, shop.item_id)
    assert (order_of(order).state, order_of(order).hold_until) == ("cancelled", None)
    standin.pay(session_of(begun.charge_id))
    everything_runs(shop.gateway)
    assert refunds_of(order) == [("online", "done", 2 * PRICE_FEN, "cancelled")]


def test_when_what_was_still_owed_goes_off_the_menu_the_rest_is_kept_as_it_is(shop, paid):
    other = shop.item(offered=OFFERED)
    with transaction():
        execute(
            "INSERT INTO order_line (order_id, item_id, menu_id, quantity, unit_price_fen) VALUES (:o, :i, :m, 1, 480)",
            o=paid,
            i=other.id,
            m=shop.menu_id,
        )
        execute("UPDATE orders SET total_fen = 960, hold_until = now() + interval '15 min' WHERE id = :o", o=paid)
        execute("UPDATE menu_item SET reserved = 1 WHERE id = :i", i=other.id)
    withdraw_item(shop.lead, shop.menu_id, other.id)
    version = order_of(paid).version
    lapses(shop)
    assert (order_of(paid).version, order_of(paid).hold_until, order_of(paid).units) == (version, None, 1)
    assert rows("SELECT * FROM lapse") == []


def test_what_was_drawn_and_is_paid_too_late_is_taken_again_while_nobody_bought_yet(shop, standin):
    order = shop.order(2)
    with transaction():
        execute("UPDATE menu SET mode = 'draw', state = 'closed'")
        execute(
            "INSERT INTO draw (menu_id, seed_hash, seed_sealed, slip_key_sealed, seed, drawn_at)"
            " VALUES (:m, '', '', '', 'seed', now())",
            m=shop.menu_id,
        )
    pays_late(shop, standin, order)
    assert (order_of(order).state, owed(order), shop.left()) == ("placed", 0, OFFERED - 2)


def test_a_menu_that_closes_waits_for_open_holds_and_closes_by_itself_when_they_are_paid_or_over(shop, standin):
    paying, silent = shop.order(1), shop.order(1, home=shop.neighbour())
    assert close_menu(shop.lead, shop.menu_id) == 2
    assert close_due_menus() == 0
    assert scalar("SELECT state || (cutoff_at <= clock_timestamp())::text FROM menu") == "publishedtrue"
    pays(shop, standin, paying)
    assert close_due_menus() == 0
    lapses(shop)
    assert order_of(silent).state == "cancelled"
    assert close_due_menus() == 1
    assert scalar("SELECT state FROM menu") == "closed"
    assert scalar("SELECT count(*) FROM outbox WHERE topic = 'cut_off'") == 1
    assert close_menu(shop.lead, shop.menu_id) == 0


def test_a_late_payment_before_the_menu_closed_is_counted_with_it(shop, standin):
    order = shop.order(2)
    other = shop.order(1, home=shop.neighbour())
    close_menu(shop.lead, shop.menu_id)
    with transaction():
        execute("UPDATE orders SET hold_until = hold_until + interval '1 hour' WHERE id = :o", o=other)
    pays_late(shop, standin, order)
    assert (order_of(order).units, owed(order), scalar("SELECT state FROM menu")) == (2, 0, "published")
