"""A "no" and an order of one household at once: afterwards it stands in exactly one place."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.audit.queries import audit
from supplyhub.db import db, rows, transaction
from supplyhub.errors import ConflictError
from supplyhub.ordering import calls
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.calls import record_call
from supplyhub.ordering.commands import place_order
from supplyhub.ordering.putting import Basket, put_baskets
from supplyhub.ordering.states import CallOutcome
from tests.factories import Shop

if TYPE_CHECKING:
    from flask import Flask

    from tests.races.crowd import Crowd

HOUSEHOLDS = 8


@pytest.fixture
def shop(committed: Flask) -> Shop:
    return Shop()


def both() -> list[int]:
    """Return the households that ordered and declined."""
    found = rows(
        "SELECT o.household_id FROM orders AS o JOIN declined AS d USING (cycle_id, household_id) WHERE o.state = 'placed'"
    )
    db.session.rollback()
    return [home.household_id for home in found]


def test_a_no_and_an_order_at_once_leave_each_household_in_one_place(shop: Shop, crowd: Crowd) -> None:
    item, lead, menu, cycle = shop.item(), shop.lead(), shop.menu.id, shop.cycle.id
    lines, total, homes = [Line(item.id, 1)], item.price_fen, [shop.another_home() for _ in range(HOUSEHOLDS)]
    askers = {home.id: shop.resident(home) for home in homes}

    def order(home: int) -> Any:
        return place_order(askers[home], menu_id=menu, household_id=home, expected=None, lines=lines, total_fen=total)

    def say_no(home: int) -> None:
        record_call(lead, cycle_id=cycle, household_id=home, outcome=CallOutcome.DECLINED)

    ids = list(askers)
    answers = crowd.at_once([partial(task, home) for home in ids for task in (say_no, order)])
    refused, placed = answers[::2], answers[1::2]
    assert all(answer is None or isinstance(answer, ConflictError) for answer in refused)
    assert not any(isinstance(answer, Exception) for answer in placed)
    assert both() == []
    assert [finding.first_rows for finding in audit() if finding.offending] == []


def test_without_the_households_lock_a_no_slips_in_beside_an_order(
    shop: Shop, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: the "no" looks for an order that isn't committed yet."""
    item, lead, home, cycle = shop.item(), shop.lead(), shop.home.id, shop.cycle.id
    basket = Basket(shop.menu.id, home, shop.home.account_id, None, [Line(item.id, 1)], item.price_fen)
    db.session.rollback()
    monkeypatch.setattr(calls, "lock_household", lambda _household: None)
    with transaction():
        assert put_baskets([basket])[0].outcome == "placed"
        say_no = partial(record_call, lead, cycle_id=cycle, household_id=home, outcome=CallOutcome.DECLINED)
        assert crowd.at_once([say_no]) == [None]
    assert both() == [home]
