"""Care packs on real connections: two who give at once, households that edit beside it, the cut-off in the same moment."""

from __future__ import annotations

from threading import Barrier, Event
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from supplyhub.audit.law import Verdict
from supplyhub.audit.queries import audit
from supplyhub.catalog.commands import close_menu
from supplyhub.db import execute, row, rows, scalar
from supplyhub.depot.commands import cut_off_batch
from supplyhub.errors import ConflictError
from supplyhub.help.commands import packing_up
from supplyhub.help.commands.packing_up import Wish, decline_pack, give_packs
from supplyhub.help.pack_errors import TooLateError
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.commands import cancel_order, place_order
from supplyhub.ordering.errors import StaleOrderError
from supplyhub.people.states import Role
from tests.drill import drilled
from tests.factories import an_account, asking
from tests.factories_depot import Town, work
from tests.factories_packs import VAULT, cared_for, donate, give, laid_in, promised, wish_of
from tests.races.crowd import PATIENCE_SECONDS

if TYPE_CHECKING:
    from supplyhub.people.asker import Asker
    from tests.races.crowd import Crowd

HOMES = 4
GIVERS = 4


@pytest.fixture
def town(committed) -> Town:
    """Return a town whose homes are all in the care register; as many units were given as there are homes."""
    town = Town(homes=HOMES, skus=("V001", "V002"))
    for home in town.first.homes:
        cared_for(home)
    donate(town, V002=HOMES)
    return town


def broken() -> dict[int, list[Any]]:
    return {finding.law.number: finding.first_rows for finding in audit() if finding.verdict == Verdict.BROKEN}


def givers(town: Town, number: int) -> list[Asker]:
    return [asking(an_account(town.community, Role.COORDINATOR).id) for _ in range(number)]


def giving(town: Town, who: Asker, wish: Wish, name: str) -> Any:
    return lambda: give_packs(who, town.cycle_id, wish, name=name, key=uuid4(), vault=VAULT)


def unlocked(asker: Asker, cycle_id: int) -> Any:
    """Return a cycle as `cycle_for_update` does, without its lock."""
    return row("SELECT id, number, delivery_on, state FROM cycle WHERE id = :id", id=cycle_id)


def all_promised() -> int:
    return int(scalar("SELECT count(*) FROM care_pack_share"))


def cut_off(town: Town) -> Any:
    """Return what closes the town's menu and runs the batch, from a thread of its own."""
    menu, coordinator, cycle = town.first.menu.id, town.coordinator, town.cycle_id

    def close() -> None:
        close_menu(coordinator, menu)
        work(cut_off_batch, cycle)

    return close


# Two who give at once


def test_of_coordinators_who_give_the_same_goods_at_once_one_does_and_the_others_find_nothing_left(town, crowd: Crowd):
    wish = wish_of(town, V002=1)
    results = crowd.at_once([giving(town, who, wish, f"包{n}") for n, who in enumerate(givers(town, GIVERS))])
    assert [type(result) for result in results].count(int) == 1
    assert sum(isinstance(result, ConflictError) for result in results) == GIVERS - 1
    assert all_promised() == HOMES
    assert broken() == {}


def test_without_the_lock_on_the_cycle_they_promise_the_same_goods_twice(town, crowd: Crowd, monkeypatch):
    """A negative control."""
    both_have_read = Barrier(2, timeout=PATIENCE_SECONDS)
    goods_of = packing_up._goods

    def read(*args: Any) -> Any:
        goods = goods_of(*args)
        both_have_read.wait()
        return goods

    monkeypatch.setattr(packing_up, "cycle_for_update", unlocked)
    monkeypatch.setattr(packing_up, "_goods", read)
    wish = wish_of(town, V002=1)
    results = crowd.at_once([giving(town, who, wish, f"包{n}") for n, who in enumerate(givers(town, 2))])
    assert {type(result) for result in results} == {int}
    assert all_promised() == 2 * HOMES
    assert 1 in broken()


def test_one_form_that_is_sent_many_times_at_once_gives_once(town, crowd: Crowd):
    wish, key, who = wish_of(town, V002=1), uuid4(), town.coordinator
    cycle = town.cycle_id
    results = crowd.at_once(
        [lambda: give_packs(who, cycle, wish, name="油", key=key, vault=VAULT) for _ in range(GIVERS)]
    )
    assert len(set(results)) == 1
    assert all_promised() == HOMES


# Households that edit in the same moment


def test_households_that_order_change_and_cancel_beside_a_giving_notice_nothing_of_it(town, crowd: Crowd):
    side, who = town.first, town.coordinator
    for home in side.homes[:3]:
        town.order(side, home, V001=1)
    menu, item, price = side.menu.id, side.items["V001"].id, side.items["V001"].price_fen
    homes = [home.id for home in side.homes]

    def change(home: int, expected: int | None, units: int) -> Any:
        return lambda: place_order(
            who,
            menu_id=menu,
            household_id=home,
            expected=expected,
            lines=[Line(item, units)],
            total_fen=price * units,
        )

    tasks = [
        giving(town, who, wish_of(town, V002=1), "油"),
        change(homes[0], 1, 5),
        change(homes[1], 1, 2),
        lambda: cancel_order(who, menu_id=menu, household_id=homes[2], expected=1),
        change(homes[3], None, 3),
    ]
    results = crowd.at_once(tasks)
    assert isinstance(results[0], int)
    assert [put.outcome for put in results[1:]] == ["changed", "changed", "cancelled", "placed"]
    cut_off(town)()
    assert [laid_in(home) for home in side.homes] == [{"V002": 1}] * HOMES
    totals = rows("SELECT total_fen FROM orders ORDER BY household_id")
    assert [order.total_fen for order in totals] == [5 * price, 2 * price, 0, 3 * price]
    assert broken() == {}


def test_a_giving_that_wrote_to_the_orders_would_pull_them_from_under_the_hands_of_who_edits(town, monkeypatch):
    """A negative control: lines at once are a change of the order, and whoever edits it has to look again."""
    home, menu, item = town.first.homes[0], town.first.menu.id, town.first.items["V001"]
    town.order(town.first, home, V001=1)
    promise = packing_up._promise

    def write(pack_id: int, cases: Any) -> None:
        promise(pack_id, cases)
        execute("UPDATE orders SET version = version + 1")

    monkeypatch.setattr(packing_up, "_promise", write)
    give(town, V002=1)
    with pytest.raises(StaleOrderError):
        place_order(
            town.coordinator,
            menu_id=menu,
            household_id=home.id,
            expected=1,
            lines=[Line(item.id, 2)],
            total_fen=2 * item.price_fen,
        )


# The cut-off in the same moment


@pytest.mark.parametrize("turn", drilled(*range(4)))
def test_a_giving_at_the_cut_off_is_laid_in_or_refused(town, crowd: Crowd, turn):
    who = town.coordinator
    result, closed = crowd.at_once([giving(town, who, wish_of(town, V002=1), "油"), cut_off(town)])
    assert closed is None
    laid = [laid_in(home) for home in town.first.homes]
    if isinstance(result, int):
        assert laid == [{"V002": 1}] * HOMES, turn
    else:
        assert isinstance(result, TooLateError)
        assert laid == [{}] * HOMES
        assert all_promised() == 0
    assert broken() == {}


def test_without_the_lock_on_the_cycle_a_giving_over_the_cut_off_is_in_no_order(town, crowd: Crowd, monkeypatch):
    """A negative control: promised while the batch runs, and laid in by nobody."""
    has_read, is_cut_off = Event(), Event()
    draw = packing_up._draw
    close = cut_off(town)

    def wait(*args: Any) -> Any:
        given = draw(*args)
        has_read.set()
        assert is_cut_off.wait(PATIENCE_SECONDS)
        return given

    def close_meanwhile() -> None:
        assert has_read.wait(PATIENCE_SECONDS)
        close()
        is_cut_off.set()

    monkeypatch.setattr(packing_up, "cycle_for_update", unlocked)
    monkeypatch.setattr(packing_up, "_hold_menus", lambda _: None)
    monkeypatch.setattr(packing_up, "_draw", wait)
    result, closed = crowd.at_once([giving(town, town.coordinator, wish_of(town, V002=1), "油"), close_meanwhile])
    assert isinstance(result, int)
    assert closed is None
    assert [laid_in(home) for home in town.first.homes] == [{}] * HOMES
    assert 1 in broken()


@pytest.mark.parametrize("turn", drilled(*range(4)))
def test_a_no_at_the_cut_off_keeps_the_pack_out_or_comes_too_late(town, crowd: Crowd, turn):
    pack_id, home = give(town, V002=1), town.first.homes[0]
    resident = asking(home.account_id)
    said, closed = crowd.at_once([lambda: decline_pack(resident, pack_id), cut_off(town)])
    assert closed is None
    if said is None:
        assert laid_in(home) == {}, turn
        assert home.id not in promised(pack_id)
    else:
        assert isinstance(said, TooLateError)
        assert laid_in(home) == {"V002": 1}
    assert broken() == {}
