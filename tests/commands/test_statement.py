"""An order's statement: lines that a household understands, and that add up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from supplyhub.db import execute, scalar, transaction
from supplyhub.delivery.commands import record_doors
from supplyhub.depot.commands import Missing, pack
from supplyhub.depot.commands.crediting import ask_credit
from supplyhub.depot.states import MoveReason
from supplyhub.payments.settling import settle_orders
from supplyhub.payments.statement import Statement, back_fen, statement_of
from supplyhub.payments.states import CreditReason
from supplyhub.people.states import Role
from tests.factories import an_account, asking
from tests.factories_depot import Town, a_walk
from tests.factories_money import a_cover, a_paid_charge, orders_of, settled, taken, taken_back
from tests.factories_paying import PRICE_FEN, PrepaidShop, everything_runs, session_of, time_passes

if TYPE_CHECKING:
    from tests.factories_depot import Walk

pytestmark = pytest.mark.usefixtures("database")


def read(order: int) -> Statement:
    """Return a statement, after checking that it adds up."""
    found = statement_of(order)
    assert found is not None
    paid = sum(entry.amount_fen for entry in found.payments) - back_fen(found.refunds)
    changes = sum(entry.amount_fen for entry in found.changes)
    assert found.value_fen == (found.ordered_fen + changes if found.value_fen or changes else 0)
    assert (found.paid_fen, found.owed_fen) == (paid, found.value_fen - paid)
    return found


def take(walk: Walk, *takings) -> None:
    """Report money as the volunteer's phone does."""
    record_doors(walk.volunteer.asker, ticket_code=walk.ticket, entries=(), takings=takings)


def kinds(entries) -> list[tuple[str, int]]:
    return [(entry.kind, entry.amount_fen) for entry in entries]


@pytest.fixture
def town(database) -> Town:
    """Return a town of two homes; what they order costs 4.80."""
    return Town(homes=2, skus=("V001", "V002"))


@pytest.fixture
def order(town) -> int:
    """Return the order of a home: 2 of one, 3 of the other, 24.00; its neighbour's is the same."""
    mine, _ = (town.order(town.first, home, V001=2, V002=3) for home in town.first.homes)
    return mine


def test_before_anything_happened_it_is_what_was_ordered(order):
    found = read(order)
    assert (found.value_fen, found.due_fen, found.settled) == (2400, 2400, False)
    assert (found.changes, found.payments, found.refunds, found.charge) == ((), (), (), None)


def test_each_change_of_what_it_is_worth_has_its_line(town, order):
    town.share(V001=2, V002=10)
    coordinator = asking(an_account(town.community, Role.COORDINATOR).id)
    ask_credit(coordinator, order, amount_fen=100, reason=CreditReason.SPOILED)
    found = read(order)
    short = [("shared", -480)] if found.value_fen < 2300 else []
    assert kinds(found.changes) == [*short, ("credited", -100)]
    assert found.changes[-1].reason == "spoiled"


def test_what_was_missing_when_it_was_packed_is_a_line_too_and_none_when_it_was_packed_anew(town, order):
    town.share(V001=10, V002=10)
    code = town.codes(town.first)[0]
    packed = scalar("SELECT order_id FROM parcel WHERE code = :code", code=code)
    missing = [Missing(code, town.first.items["V001"].id, 1, MoveReason.DAMAGED)]
    pack(town.depot, town.batch_of(town.first), [code], missing=missing)
    assert kinds(read(packed).changes) == [("packed", -480)]


def test_money_goes_back_with_its_reason_and_state(town, order):
    a_paid_charge(order, 2400)
    settled()
    assert kinds(read(order).payments) == [("paid_online", 2400)]
    assert read(order).settled
    assert read(order).paid_before
    town.share(V001=2, V002=10)
    settled()
    found = read(order)
    assert [(refund.reason, refund.way, refund.state, refund.amount_fen) for refund in found.refunds] == [
        ("surplus", "online", "due", 480)
    ]
    assert (found.due_fen, found.surplus_fen, found.settled) == (0, 0, True)


def test_a_refund_that_failed_counts_for_nothing(town, order):
    a_paid_charge(order, 2400)
    town.share(V001=2, V002=10)
    settled()
    with transaction():
        execute("UPDATE refund SET state = 'failed', failure = 'lost'")
        execute(
            """
            WITH entry AS (
              INSERT INTO journal_entry (kind, cycle_id, refund_id)
              SELECT 'refund_failed', :cycle, id FROM refund RETURNING id)
            INSERT INTO posting (entry_id, account, order_id, amount_fen)
            SELECT id, 'refunds', CAST(:order AS bigint), 480 FROM entry
            UNION ALL SELECT id, 'household', CAST(:order AS bigint), -480 FROM entry
            """,
            cycle=town.cycle_id,
            order=order,
        )
    assert read(order).surplus_fen == 480
    with transaction():
        settle_orders([order])
    found = read(order)
    assert [(refund.way, refund.state) for refund in found.refunds] == [("online", "failed"), ("cash", "due")]
    assert found.surplus_fen == 0


def test_a_cover_says_so_to_the_household_and_to_nobody_else(order):
    a_cover(order)
    found = read(order)
    assert (found.due_fen, found.settled) == (0, True)
    assert found.for_others().settled
    with transaction():
        settle_orders([order])
    found = read(order)
    assert kinds(found.payments) == [("covered", 2400)]
    others = found.for_others()
    assert (others.payments, others.charge, others.settled) == ((), None, True)
    assert not others.covered


def test_what_was_taken_at_the_door_and_taken_back_is_not_there(database):
    walk = a_walk()
    stop = walk.stops[0]
    (order, *_) = orders_of(walk.ticket)
    owed = read(order).due_fen
    first = taken(stop.id, owed)
    take(walk, first)
    assert kinds(read(order).payments) == [("cash", owed)]
    assert not read(order).paid_before
    take(walk, taken_back(first))
    assert read(order).payments == ()
    take(walk, taken(stop.id, owed, way="shown_code"))
    assert kinds(read(order).payments) == [("shown_code", owed)]


def test_an_order_that_lapsed_says_when_and_what_it_was(gateway):
    shop = PrepaidShop(gateway)
    order = shop.order(2)
    held = read(order)
    assert held.hold_until is not None
    assert (held.hold_ended, held.kept_fen, held.lapsed) == (False, None, None)
    time_passes(15)
    assert read(order).hold_ended
    everything_runs(gateway)
    lapsed = read(order).lapsed
    assert lapsed is not None
    assert (lapsed.total_fen, [line["quantity"] for line in lapsed.basket["lines"]]) == (2 * PRICE_FEN, [2])
    shop.order(1)
    assert read(order).lapsed is None


def test_an_enlarged_order_owes_the_difference_and_falls_back_to_what_was_paid(gateway, standin):
    shop = PrepaidShop(gateway)
    order = shop.order(1)
    standin.pay(session_of(shop.pay(order).charge_id))
    everything_runs(gateway)
    assert read(order).settled
    shop.order(3)
    found = read(order)
    assert (found.due_fen, found.kept_fen) == (2 * PRICE_FEN, PRICE_FEN)
    time_passes(15)
    everything_runs(gateway)
    found = read(order)
    assert (found.due_fen, found.value_fen) == (0, PRICE_FEN)
    assert found.lapsed is not None
    assert found.lapsed.total_fen == 3 * PRICE_FEN


def test_an_order_that_was_cancelled_by_hand_did_not_lapse(gateway, standin):
    shop = PrepaidShop(gateway)
    order = shop.order(2)
    standin.pay(session_of(shop.pay(order).charge_id))
    everything_runs(gateway)
    shop.cancel(order)
    everything_runs(gateway)
    found = read(order)
    assert found.lapsed is None
    assert [(refund.reason, refund.amount_fen) for refund in found.refunds] == [("cancelled", 2 * PRICE_FEN)]


def test_nobody_reads_an_order_that_there_is_not():
    assert statement_of(1) is None
