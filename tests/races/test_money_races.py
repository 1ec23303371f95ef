"""Money that two people are at in the same moment, on real connections: it is taken, counted, handed out, credited once."""

from __future__ import annotations

from threading import Barrier
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy.exc import IntegrityError

from supplyhub.audit.queries import audit
from supplyhub.db import row, rows, scalar
from supplyhub.delivery.commands import Paid, check_off, count_cash, custody, doors, fetching, hand_back, record_doors
from supplyhub.delivery.levels import change_level
from supplyhub.delivery.queries import ticket_now
from supplyhub.depot import cheaper
from supplyhub.depot.commands.crediting import ask_credit
from supplyhub.errors import ConflictError
from supplyhub.payments import counting, taking
from supplyhub.payments.commands import cash_refunds
from supplyhub.payments.commands.cash_refunds import hand_out_cash
from supplyhub.payments.counting import Counted
from supplyhub.payments.refusals import MoreThanWorthError
from supplyhub.payments.rules import AtDoor
from supplyhub.payments.states import CreditReason, TakingAnswer, TakingWay
from supplyhub.people.states import Role
from supplyhub.places.states import ZoneLevel
from tests.factories import an_account, asking
from tests.factories_depot import Town, Walk, a_walk
from tests.factories_money import money, on_account, orders_of, settled, taken
from tests.races.crowd import PATIENCE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from tests.races.crowd import Crowd

OWED = 480
APPLIED, DUPLICATE, MORE = TakingAnswer.APPLIED, TakingAnswer.DUPLICATE, TakingAnswer.MORE_THAN_OWED


@pytest.fixture
def walk(committed) -> Walk:
    """Return a ticket of three doors in a volunteer's hands, each of which owes 4.80 yuan."""
    return a_walk()


def take(walk: Walk, number: UUID) -> Callable[[], TakingAnswer]:
    """Return a phone that reports what the first door paid, under a number."""
    who, ticket, paid = walk.volunteer.asker, walk.ticket, taken(walk.stops[0].id, OWED, number=number)
    return lambda: record_doors(who, ticket_code=ticket, takings=[paid]).takings[0].answer


def unlocked_ticket(_asker: Any, code: str) -> Any:
    """Return a ticket without locking it."""
    return ticket_now(scalar("SELECT id FROM ticket WHERE code = :code", code=code))


def after(gate: Barrier, read: Callable[..., Any]) -> Callable[..., Any]:
    """Return the same read, at whose end everybody waits for the others."""

    def waiting(*args: Any, **kwargs: Any) -> Any:
        found = read(*args, **kwargs)
        gate.wait()
        return found

    return waiting


def test_the_same_money_from_eight_devices_counts_once(walk, crowd: Crowd):
    results = crowd.at_once([take(walk, uuid4())] * 8)
    assert sorted(results) == [APPLIED, *[DUPLICATE] * 7]
    assert (on_account("cash"), scalar("SELECT count(*) FROM taking")) == (OWED, 1)


def test_what_two_devices_number_on_their_own_is_taken_by_one(walk, crowd: Crowd):
    results = crowd.at_once([take(walk, uuid4()) for _ in range(8)])
    assert sorted(results) == [APPLIED, *[MORE] * 7]
    assert money(orders_of(walk.ticket)[0]) == (OWED, OWED, 0)


def test_without_the_locks_a_door_pays_twice(walk, crowd: Crowd, monkeypatch):
    """A negative control: this race can be lost."""
    monkeypatch.setattr(doors, "ticket_for_update", unlocked_ticket)
    monkeypatch.setattr(taking, "execute", lambda *_args, **_kwargs: None)
    monkeypatch.setattr(taking, "at_doors", after(Barrier(2, timeout=PATIENCE_SECONDS), taking.at_doors))
    results = crowd.at_once([take(walk, uuid4()) for _ in range(2)])
    assert results == [APPLIED] * 2
    assert on_account("cash") == 2 * OWED


def test_without_the_locks_the_same_number_still_counts_once(walk, crowd: Crowd, monkeypatch):
    """The key has the last word; the one that lost is told to come again."""
    monkeypatch.setattr(doors, "ticket_for_update", unlocked_ticket)
    monkeypatch.setattr(taking, "execute", lambda *_args, **_kwargs: None)
    monkeypatch.setattr(taking, "at_doors", after(Barrier(2, timeout=PATIENCE_SECONDS), taking.at_doors))
    results = crowd.at_once([take(walk, uuid4())] * 2)
    assert [isinstance(result, Exception) for result in results].count(True) == 1
    assert on_account("cash") == OWED


@pytest.fixture
def back(walk: Walk) -> Walk:
    """Return a ticket that was handed back with cash in the bag."""
    take(walk, uuid4())()
    hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=[stop.code for stop in walk.stops], unvisited=True)
    settled()
    return walk


def count(walk: Walk) -> Callable[[], None]:
    who, ticket = walk.town.depot, walk.ticket
    return lambda: count_cash(who, ticket_code=ticket, cash=Counted(OWED, OWED))


def test_of_eight_who_count_the_same_cash_one_does(back, crowd: Crowd):
    results = crowd.at_once([count(back)] * 8)
    assert sorted(isinstance(result, ConflictError) for result in results) == [False] + [True] * 7
    assert (on_account("cash"), on_account("till"), scalar("SELECT count(*) FROM cash_count")) == (0, OWED, 1)


def test_without_the_lock_on_the_ticket_the_same_cash_is_counted_twice(back, crowd: Crowd, monkeypatch):
    """A negative control: this race can be lost."""
    monkeypatch.setattr(custody, "ticket_for_update", unlocked_ticket)
    monkeypatch.setattr(counting, "cash_left", after(Barrier(2, timeout=PATIENCE_SECONDS), counting.cash_left))
    assert crowd.at_once([count(back)] * 2) == [None, None]
    assert (on_account("cash"), on_account("till")) == (-OWED, 2 * OWED)


def give_out(walk: Walk) -> list[Callable[[], None]]:
    """Return eight coordinators who hand the same cash out."""
    refund = int(scalar("SELECT id FROM refund WHERE way = 'cash'"))
    askers = [asking(an_account(walk.town.community, Role.COORDINATOR).id) for _ in range(8)]
    return [lambda who=who: hand_out_cash(who, refund) for who in askers]  # type: ignore[misc]


def test_of_eight_who_hand_out_the_same_cash_one_does(back, crowd: Crowd):
    results = crowd.at_once(give_out(back))
    assert sorted(isinstance(result, ConflictError) for result in results) == [False] + [True] * 7
    assert (on_account("till"), on_account("refunds")) == (-OWED, 0)


def test_without_the_locks_the_books_refuse_the_second_who_hands_out(back, crowd: Crowd, monkeypatch):
    """A negative control: nobody is told what happened, but the cash leaves the books once."""

    def unlocked(_asker: Any, refund_id: int) -> Any:
        return row(
            "SELECT r.id, r.order_id, o.cycle_id, r.amount_fen, r.state, r.second_by"
            " FROM refund AS r JOIN orders AS o ON o.id = r.order_id WHERE r.id = :refund",
            refund=refund_id,
        )

    monkeypatch.setattr(cash_refunds, "_cash_for_update", after(Barrier(2, timeout=PATIENCE_SECONDS), unlocked))
    results = crowd.at_once(give_out(back)[:2])
    assert sorted(type(result).__name__ for result in results) == [IntegrityError.__name__, "NoneType"]
    assert on_account("till") == -OWED


def credit(walk: Walk, fen: int) -> list[Callable[[], Any]]:
    """Return eight coordinators who each take so much off the first order."""
    order = orders_of(walk.ticket)[0]
    askers = [asking(an_account(walk.town.community, Role.COORDINATOR).id) for _ in range(8)]
    return [lambda who=who: ask_credit(who, order, amount_fen=fen, reason=CreditReason.OTHER) for who in askers]  # type: ignore[misc]


def test_eight_who_take_something_off_never_take_more_than_the_order_is_worth(walk, crowd: Crowd):
    results = crowd.at_once(credit(walk, 200))
    assert sorted(isinstance(result, MoreThanWorthError) for result in results) == [False] * 2 + [True] * 6
    assert money(orders_of(walk.ticket)[0])[0] == OWED - 400
    assert scalar("SELECT sum(amount_fen) FROM credit WHERE state = 'given'") == 400


def test_without_the_lock_on_the_order_more_is_taken_off_than_it_is_worth(walk, crowd: Crowd, monkeypatch):
    """A negative control: this race can be lost."""

    def unlocked(_asker: Any, order_id: int) -> Any:
        return row(
            "SELECT o.id, o.cycle_id, o.state, c.state AS cycle_state FROM orders AS o JOIN cycle AS c ON c.id = o.cycle_id"
            " WHERE o.id = :order",
            order=order_id,
        )

    monkeypatch.setattr(cheaper, "order_for_update", unlocked)
    checked = after(Barrier(2, timeout=PATIENCE_SECONDS), cheaper.refuse_more_than_worth)
    monkeypatch.setattr(cheaper, "refuse_more_than_worth", checked)
    results = crowd.at_once(credit(walk, 400)[:2])
    assert [isinstance(result, Exception) for result in results] == [False, False]
    assert scalar("SELECT sum(amount_fen) FROM credit WHERE state = 'given'") > OWED


@pytest.fixture
def desk(committed) -> Town:
    """Return a town whose home fetches at the delivery point and owes 4.80 yuan."""
    town = Town(homes=1)
    change_level(town.coordinator, ZoneLevel.NORMAL, grid=1)
    town.everybody_orders(V001=1)
    town.to_tickets()
    return town


def at_desk(town: Town) -> Callable[[], bool]:
    """Return somebody at the desk who gives the parcel out and takes what it costs, with a form of their own."""
    who = asking(an_account(town.community, Role.DEPOT).id)
    (code,) = town.codes(town.first)
    paid = Paid(uuid4(), TakingWay.CASH, OWED)
    return lambda: check_off(who, code, taken=paid)


def test_what_six_people_at_the_desk_take_for_one_parcel_is_taken_once(desk, crowd: Crowd):
    results = crowd.at_once([at_desk(desk) for _ in range(6)])
    assert sorted(results) == [False] * 5 + [True]
    assert on_account("cash") == OWED
    assert [found.law.name for found in audit() if found.offending] == []


def test_without_the_locks_two_people_at_the_desk_both_take_the_money(desk, crowd: Crowd, monkeypatch):
    """The negative control: this race can be lost."""
    gate = Barrier(2, timeout=PATIENCE_SECONDS)

    def unlocked(*_args: Any, **_bound: Any) -> list[Any]:
        found = rows(STOP)
        gate.wait()
        return found

    monkeypatch.setattr(fetching, "_ticket_for_update", lambda *_args, **_bound: rows(TICKET)[0])
    monkeypatch.setattr(fetching, "_stops_for_update", unlocked)
    monkeypatch.setattr(fetching, "carry", lambda *_args: None)
    monkeypatch.setattr(taking, "at_doors", lambda _ticket, orders: {order: AtDoor(OWED) for order in orders})
    results = crowd.at_once([at_desk(desk) for _ in range(2)])
    assert results == [True, True]
    assert on_account("cash") == 2 * OWED


STOP = """
    SELECT s.id, s.grid_id, s.order_id, s.outcome, s.parcel_id, p.code, p.state AS parcel_state
    FROM stop AS s JOIN parcel AS p ON p.id = s.parcel_id
"""
TICKET = "SELECT id, code, grid_id, state, badge_id, NULL AS holder_id, NULL AS delivery_point_id FROM ticket"
