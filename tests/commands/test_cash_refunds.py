"""Cash that goes back by hand: once, and much of it by two people."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from supplyhub.db import execute, scalar, transaction
from supplyhub.delivery.commands import hand_back, record_doors
from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.payments.commands.cash_refunds import agree_to_cash, hand_out_cash
from supplyhub.payments.refusals import SecondPersonError
from supplyhub.people.states import Role
from tests.factories import Shop, an_account, asking
from tests.factories_depot import Town, a_walk
from tests.factories_money import money, on_account, orders_of, refunds, settled, taken

pytestmark = pytest.mark.usefixtures("database")


def due(units: int):
    """Return a walk, and the refund in cash of a door that paid so many units and then didn't want them."""
    town = Town(homes=1)
    town.everybody_orders(V001=units)
    town.to_tickets()
    walk = a_walk(town=town)
    record_doors(walk.volunteer.asker, ticket_code=walk.ticket, takings=[taken(walk.stops[0].id, 480 * units)])
    codes = [stop.code for stop in walk.stops]
    hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=codes, unvisited=True)
    settled()
    return walk, int(scalar("SELECT id FROM refund WHERE way = 'cash'"))


def mate(town: Town):
    return asking(an_account(town.community, Role.COORDINATOR).id)


def test_a_little_is_handed_out_by_one_person_once():
    walk, refund = due(1)
    order = orders_of(walk.ticket)[0]
    assert (refunds(order), on_account("refunds"), money(order)) == ([("cash", 480, "surplus")], -480, (0, 0, 0))
    hand_out_cash(walk.town.coordinator, refund)
    with pytest.raises(ConflictError):
        hand_out_cash(walk.town.coordinator, refund)
    assert (on_account("refunds"), on_account("till")) == (0, -480)
    settled()
    assert len(refunds(order)) == 1


def test_much_takes_two_people():
    walk, refund = due(11)
    who, other = walk.town.coordinator, mate(walk.town)
    with pytest.raises(SecondPersonError):
        hand_out_cash(who, refund)
    agree_to_cash(who, refund)
    agree_to_cash(who, refund)
    with pytest.raises(SecondPersonError):
        hand_out_cash(who, refund)
    with pytest.raises(ConflictError):
        agree_to_cash(other, refund)
    hand_out_cash(other, refund)
    assert scalar("SELECT done_by = :b AND second_by = :a FROM refund", a=who.account_id, b=other.account_id)
    with pytest.raises(ConflictError):
        agree_to_cash(who, refund)


def test_another_community_hands_nothing_out():
    _walk, refund = due(1)
    with pytest.raises(NotFoundError):
        hand_out_cash(Shop().coordinator(), refund)


def test_the_database_keeps_to_the_second_person():
    walk, refund = due(11)
    with pytest.raises(IntegrityError, match="much_cash"), transaction():
        execute(
            "UPDATE refund SET state = 'done', done_at = now(), done_by = :by, second_by = :by WHERE id = :r",
            by=walk.town.coordinator.account_id,
            r=refund,
        )
