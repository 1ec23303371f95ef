"""What an order is worth changes with its goods, and what was paid too much goes back."""

from __future__ import annotations

import pytest

from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.delivery.commands import unpack
from supplyhub.depot.commands import Missing, Weighed, pack
from supplyhub.depot.states import MoveReason
from supplyhub.depot.valuing import WORTH, book_ordered
from supplyhub.ordering.commands import cancel_order
from supplyhub.payments.settling import settle_orders
from tests.factories_depot import Town, work
from tests.factories_money import a_cover, a_paid_charge, money, on_account, refunds, settled

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def town(database) -> Town:
    """Return a town of two homes; V001 costs 4.80, W001 as much, and is weighed."""
    town = Town(homes=2, skus=("V001", "W001"))
    with transaction():
        execute("UPDATE product SET by_weight = true, unit_weight_grams = 500 WHERE sku = 'W001'")
    return town


@pytest.fixture
def orders(town) -> list[int]:
    """Return the orders of both homes: 2 of V001 and 3 of W001 each, worth 24.00."""
    return [town.order(town.first, home, V001=2, W001=3) for home in town.first.homes]


def worth(order_id: int) -> int:
    return scalar(f"SELECT fen FROM ({WORTH.format(orders='o.id = :order')}) AS w", order=order_id)


def test_before_the_cut_off_an_order_owes_its_total_and_nothing_is_booked(orders):
    assert money(orders[0]) == (2400, 0, 2400)
    assert rows("SELECT id FROM journal_entry") == []


def test_at_the_cut_off_every_order_is_booked_in_one_entry_once(town, orders):
    town.cut_off()
    work(book_ordered, town.cycle_id)
    work(book_ordered, town.cycle_id)
    assert rows("SELECT kind FROM journal_entry") == [("ordered",)]
    assert (on_account("household"), on_account("goods")) == (4800, -4800)
    assert money(orders[0]) == (2400, 0, 2400)


def test_what_is_short_is_not_owed_any_more_and_what_was_paid_for_it_goes_back_to_its_charge(town, orders):
    charge = a_paid_charge(orders[0], 2400)
    town.share(V001=1, W001=10)
    settled()
    short = {order: worth(order) for order in orders}
    assert sorted(short.values()) == [1440, 1920]
    assert money(orders[1]) == (short[orders[1]], 0, short[orders[1]])
    assert money(orders[0]) == (short[orders[0]], short[orders[0]], 0)
    assert refunds(orders[0]) == [("online", 2400 - short[orders[0]], "surplus")]
    assert scalar("SELECT refunded_fen FROM charge WHERE id = :id", id=charge) == 2400 - short[orders[0]]
    assert scalar("SELECT count(*) FROM outbox WHERE topic = 'refund'") == 1


def test_what_is_weighed_costs_by_the_grams_that_were_packed_and_is_owed_anew_when_unpacked(town, orders):
    town.share(V001=10, W001=10)
    code = town.codes(town.first)[0]
    order = scalar("SELECT order_id FROM parcel WHERE code = :code", code=code)
    item = town.first.items["W001"].id
    pack(town.depot, town.batch_of(town.first), [code], weights=[Weighed(code, item, 1480)])
    assert money(order)[0] == worth(order) == 960 + round(1480 * 480 / 500)
    unpack(town.depot, code, reason=MoveReason.MISWEIGHED)
    assert money(order)[0] == worth(order) == 2400


def test_what_is_broken_when_it_is_packed_is_not_owed(town, orders):
    town.share(V001=10, W001=10)
    code = town.codes(town.first)[0]
    order = scalar("SELECT order_id FROM parcel WHERE code = :code", code=code)
    items = town.first.items
    pack(
        town.depot,
        town.batch_of(town.first),
        [code],
        weights=[Weighed(code, items["W001"].id, 1500)],
        missing=[Missing(code, items["V001"].id, 1, MoveReason.DAMAGED)],
    )
    assert money(order)[0] == worth(order) == 1920


def test_a_cancelled_order_gets_all_back_at_once(town, orders):
    a_paid_charge(orders[0], 2400)
    cancel_order(town.coordinator, menu_id=town.first.menu.id, household_id=town.first.homes[0].id, expected=1)
    work(settle_orders, [orders[0]])
    assert refunds(orders[0]) == [("online", 2400, "cancelled")]
    assert money(orders[0]) == (0, 0, 0)


def test_a_change_of_mind_before_the_cut_off_moves_no_money_until_then(town, orders):
    a_paid_charge(orders[0], 3000)
    settled()
    assert refunds(orders[0]) == []
    town.cut_off()
    work(book_ordered, town.cycle_id)
    settled()
    assert refunds(orders[0]) == [("online", 600, "surplus")]


def test_the_newest_payment_goes_back_first_and_one_that_bounced_not_again(town, orders):
    first, second = a_paid_charge(orders[0], 2000), a_paid_charge(orders[0], 1000)
    cancel_order(town.coordinator, menu_id=town.first.menu.id, household_id=town.first.homes[0].id, expected=1)
    work(settle_orders, [orders[0]])
    assert rows("SELECT charge_id, amount_fen FROM refund ORDER BY id") == [(second, 1000), (first, 2000)]
    with transaction():
        execute("UPDATE refund SET state = 'failed' WHERE charge_id = :charge", charge=second)
        cycle, refund = town.cycle_id, scalar("SELECT id FROM refund WHERE charge_id = :charge", charge=second)
        execute(
            """
            WITH entry AS (INSERT INTO journal_entry (kind, cycle_id, refund_id) VALUES ('refund_failed', :cycle, :refund)
                           RETURNING id)
            INSERT INTO posting (entry_id, account, order_id, amount_fen)
            SELECT id, account, :order, fen FROM entry, (VALUES ('refunds', 1000), ('household', -1000)) AS v(account, fen)
            """,
            cycle=cycle,
            refund=refund,
            order=orders[0],
        )
    work(settle_orders, [orders[0]])
    assert refunds(orders[0])[-1] == ("cash", 1000, "cancelled")
    assert money(orders[0]) == (0, 0, 0)


def test_a_cover_pays_what_the_household_does_not_and_follows_what_the_order_is_worth(town, orders):
    a_paid_charge(orders[0], 400)
    a_cover(orders[0])
    work(settle_orders, [orders[0]])
    assert money(orders[0]) == (2400, 2400, 0)
    assert on_account("cover") == 2000
    town.share(V001=0, W001=10)
    settled()
    assert money(orders[0]) == (1440, 1440, 0)
    assert on_account("cover") == 1040
    assert refunds(orders[0]) == []


def test_covers_of_many_orders_change_together(town, orders):
    for order in orders:
        a_cover(order)
        work(settle_orders, [order])
    town.share(V001=1, W001=0)
    settled()
    assert sorted(money(order) for order in orders) == [(0, 0, 0), (480, 480, 0)]


def test_a_cover_that_ends_is_owed_by_the_household_again(town, orders):
    a_cover(orders[0])
    work(settle_orders, [orders[0]])
    with transaction():
        execute("UPDATE cover SET ended_at = clock_timestamp(), ended_by = decided_by")
    work(settle_orders, [orders[0]])
    assert money(orders[0]) == (2400, 0, 2400)
    assert on_account("cover") == 0


def test_settling_again_changes_nothing(town, orders):
    a_paid_charge(orders[0], 2400)
    a_cover(orders[1])
    town.share(V001=0, W001=3)
    settled()
    before = rows("SELECT account, order_id, amount_fen FROM posting ORDER BY id")
    work(settle_orders, orders)
    assert rows("SELECT account, order_id, amount_fen FROM posting ORDER BY id") == before
