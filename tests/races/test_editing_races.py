"""A menu that is edited while households order from it, on real connections."""

from __future__ import annotations

import random
from threading import Barrier, Thread
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.audit.laws.offer import OFFER
from supplyhub.audit.queries import judge
from supplyhub.catalog import editing
from supplyhub.catalog.editing import edit_item, withdraw_item
from supplyhub.catalog.errors import EditRefusedError
from supplyhub.catalog.queries import edits_of
from supplyhub.db import db, row, rows, scalar
from supplyhub.errors import HubError
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.commands import place_order
from supplyhub.ordering.errors import PriceChangedError, SoldOutError, StaleOrderError
from supplyhub.ordering.states import Consent
from tests.factories import Shop
from tests.races.crowd import PATIENCE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from supplyhub.people.asker import Asker
    from tests.races.crowd import Crowd

HOUSEHOLDS = 12
REPLACEMENTS = 12
CAP = 9
NOT_MY_FAULT = (PriceChangedError, SoldOutError, StaleOrderError)
WRONG_TOTALS = """
    SELECT o.id FROM orders AS o LEFT JOIN order_line AS l ON l.order_id = o.id
    GROUP BY o.id HAVING o.total_fen <> coalesce(sum(l.quantity * l.unit_price_fen), 0)
"""


class Market:
    """A published menu, known to threads by its numbers: they must not touch a session's objects."""

    def __init__(self) -> None:
        shop = Shop()
        self.menu = shop.menu.id
        self.items = [shop.item(offered=60, cap=CAP).id for _ in range(5)]
        self.lead = shop.lead()
        homes = [shop.another_home() for _ in range(HOUSEHOLDS)]
        self.homes = [(home.id, shop.resident(home)) for home in homes]
        self.home_id, self.resident = shop.home.id, shop.resident()

    def put(self, home: int, asker: Asker, lines: list[Line]) -> None:
        """Make the household's order these lines, at the prices and from the version of now."""
        order = row(
            "SELECT id, version, state FROM orders WHERE menu_id = :menu AND household_id = :home",
            menu=self.menu,
            home=home,
        )
        prices = rows(
            "SELECT i.id, least(i.price_fen, l.unit_price_fen) AS fen FROM menu_item AS i"
            " LEFT JOIN order_line AS l ON l.item_id = i.id AND l.order_id = :order WHERE i.menu_id = :menu",
            menu=self.menu,
            order=order.id if order else None,
        )
        costs = {item.id: item.fen for item in prices}
        place_order(
            asker,
            menu_id=self.menu,
            household_id=home,
            expected=order.version if order else None,
            lines=lines,
            total_fen=sum(costs[line.item] * line.quantity for line in lines),
        )


@pytest.fixture
def market(committed: Flask) -> Market:
    return Market()


def shopper(market: Market, home: int, asker: Asker) -> Callable[[], int]:
    """Return somebody who replaces a basket again and again; gives how often that was taken."""

    def run() -> int:
        chance, taken = random.Random(home), 0
        for _ in range(REPLACEMENTS):
            chosen = chance.sample(market.items, 3)
            lines = [Line(item, chance.randint(1, 6)) for item in chosen[:2]]
            lines[0] = Line(chosen[0], lines[0].quantity, Consent.SUBSTITUTE, chosen[2])
            try:
                market.put(home, asker, lines)
                taken += 1
            except NOT_MY_FAULT:
                db.session.rollback()
        return taken

    return run


def editor(market: Market, item: int, *, withdraw: bool) -> Callable[[], int]:
    """Return somebody who edits an item again and again, and may withdraw it in the end."""

    def run() -> int:
        chance, changed = random.Random(item), 0
        for time in range(REPLACEMENTS):
            # A price may be anything; fewer units than are ordered, say, are refused.
            more = {"offered": chance.randint(20, 80), "cap": chance.randint(4, CAP)} if time % 2 else {}
            try:
                changed += len(edit_item(market.lead, market.menu, item, price_fen=chance.randint(300, 600), **more))
            except EditRefusedError:
                db.session.rollback()
        if withdraw:
            withdraw_item(market.lead, market.menu, item)
        return changed

    return run


def test_a_rush_on_a_menu_whose_items_are_edited_and_withdrawn_keeps_every_sum(market: Market, crowd: Crowd) -> None:
    editors = [editor(market, item, withdraw=place < 2) for place, item in enumerate(market.items[:4])]
    results = crowd.at_once([shopper(market, home, asker) for home, asker in market.homes] + editors)
    assert [result for result in results if isinstance(result, Exception)] == []
    assert sum(results[:HOUSEHOLDS])
    assert all(results[HOUSEHOLDS:])
    finding = judge(OFFER)
    assert (finding.offending, finding.first_rows) == (0, [])
    assert rows(WRONG_TOTALS) == []
    withdrawn = market.items[:2]
    assert scalar("SELECT count(*) FROM order_line WHERE item_id = ANY (:items)", items=withdrawn) == 0


def unlocked(_asker: Asker, menu_id: int, item_id: int, *, whole_menu: bool = False) -> Any:
    """Read an item as `item_for_edit` does, without its locks."""
    del whole_menu
    return row(
        "SELECT *, false AS cut_off_passed FROM menu_item WHERE id = :item AND menu_id = :menu",
        item=item_id,
        menu=menu_id,
    )


@pytest.mark.parametrize("guarded", [True, False], ids=["with the locks", "without them"])
def test_an_order_cannot_slip_in_while_an_item_is_withdrawn(market, committed, monkeypatch, guarded) -> None:
    """Without the locks, the negative control, it does: a line of an item that has nothing on offer stays behind."""
    item = market.items[0]
    outcomes: list[Exception] = []

    def slip_in() -> None:
        with committed.app_context():
            db.session.connection().exec_driver_sql("SET lock_timeout = '100ms'")
            db.session.commit()
            try:
                market.put(market.home_id, market.resident, [Line(item, 2)])
            except HubError as error:
                outcomes.append(error)
            finally:
                db.session.connection().exec_driver_sql("RESET lock_timeout")
                db.session.commit()

    def then(menu_id: int, item_id: int) -> Any:
        ended = end_lines(menu_id, item_id)
        thread = Thread(target=slip_in)
        thread.start()
        thread.join()
        return ended

    end_lines = editing._end_lines
    monkeypatch.setattr(editing, "_end_lines", then)
    if not guarded:
        monkeypatch.setattr(editing, "item_for_edit", unlocked)
    withdraw_item(market.lead, market.menu, item)
    assert [error.code for error in outcomes] == (["busy"] if guarded else [])
    assert judge(OFFER).offending == (0 if guarded else 1)


def prices_told(market: Market) -> list[tuple[int, int]]:
    return [(edit.before, edit.after) for edit in reversed(edits_of(market.menu))]


def test_of_two_edits_at_once_the_last_wins_and_both_are_told_as_they_were(market: Market, crowd: Crowd) -> None:
    item, wanted = market.items[0], [400 + place for place in range(8)]
    crowd.at_once([lambda fen=fen: edit_item(market.lead, market.menu, item, price_fen=fen) for fen in wanted])
    told = prices_told(market)
    assert [before for before, _ in told] == [480, *(after for _, after in told[:-1])]
    assert sorted(after for _, after in told) == wanted
    assert scalar("SELECT price_fen FROM menu_item WHERE id = :item", item=item) == told[-1][1]


def test_without_the_lock_two_edits_both_say_that_they_came_first(market: Market, crowd: Crowd, monkeypatch) -> None:
    """The negative control."""
    both_have_read = Barrier(2, timeout=PATIENCE_SECONDS)

    def read(*args: Any, **kwargs: Any) -> Any:
        item = unlocked(*args, **kwargs)
        both_have_read.wait()
        return item

    monkeypatch.setattr(editing, "item_for_edit", read)
    item = market.items[0]
    crowd.at_once([lambda fen=fen: edit_item(market.lead, market.menu, item, price_fen=fen) for fen in (400, 410)])
    assert [before for before, _ in prices_told(market)] == [480, 480]
