"""Filling cases: what a household takes at most, and items that may be ordered after their menu's cut-off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.audit.laws.offer import OFFER
from supplyhub.catalog.commands import close_due_menus, close_menu
from supplyhub.catalog.editing import edit_item, withdraw_item
from supplyhub.catalog.errors import EditsOverError, ItemWithdrawnError
from supplyhub.catalog.late import LONGEST, order_later
from supplyhub.catalog.queries import edits_of, items_of, menu_for
from supplyhub.catalog.states import Edit, MenuMode
from supplyhub.db import execute, row, rows, scalar, transaction
from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.commands import cancel_order, place_order
from supplyhub.ordering.errors import MenuClosedError, SoldOutError, StaleOrderError
from supplyhub.ordering.putting import Basket, put_baskets
from tests.factories import Shop, a_grid, an_account, asking

if TYPE_CHECKING:
    from supplyhub.residents.models import Household

HOUR = timedelta(hours=1)


def write(statement: str, **values: object) -> None:
    """Write, with all rights, and commit."""
    with transaction():
        execute(statement, **values)


class Counter:
    """A menu with eggs, which may be ordered longer, and rice, which may not; the cut-off can be let pass."""

    def __init__(self) -> None:
        self.shop = Shop()
        self.menu, self.home = self.shop.menu, self.shop.home
        self.eggs, self.rice = self.shop.item(offered=20, cap=5).id, self.shop.item(offered=20, cap=5).id
        self.lead = self.shop.lead()
        self.cutoff: datetime = self.menu.cutoff_at

    def later(self, until: datetime | None, item: int | None = None) -> bool:
        """Let the eggs be ordered until then."""
        return order_later(self.lead, self.menu.id, item or self.eggs, until)

    def pass_the_cutoff(self, *, late: timedelta = HOUR) -> None:
        """Let the menu's cut-off be an hour ago; the eggs may be ordered for `late` more."""
        self.later(self.cutoff + HOUR)
        write(
            "UPDATE menu SET opens_at = opens_at - interval '9 hours', cutoff_at = now() - interval '1 hour',"
            " late_until = now() + :late WHERE id = :menu",
            menu=self.menu.id,
            late=late,
        )
        write("UPDATE menu_item SET late_until = now() + :late WHERE id = :item", item=self.eggs, late=late)
        # What was ordered before, was.
        write("UPDATE orders SET placed_at = now() - interval '2 hours', changed_at = now() - interval '2 hours'")

    def order(self, *lines: Line, home: Household | None = None, expected: int | None = None, note: str = "") -> Any:
        """Order at the price of now."""
        home = home or self.home
        return place_order(
            self.shop.resident(home),
            menu_id=self.menu.id,
            household_id=home.id,
            expected=expected,
            lines=lines,
            total_fen=480 * sum(line.quantity for line in lines),
            note=note,
        )

    def lines(self) -> list[tuple[int, int, int | None]]:
        """Return all lines: item, units, most."""
        found = rows("SELECT item_id, quantity, most FROM order_line ORDER BY order_id, item_id")
        return [(line.item_id, line.quantity, line.most) for line in found]

    def broken(self) -> list[Any]:
        """Return what breaks the first law."""
        return [found for check in OFFER.checks for found in rows(check.offending)]


@pytest.fixture
def counter(database: Any) -> Counter:
    return Counter()


def test_a_maximum_is_kept_with_the_line_and_reserves_and_costs_nothing(counter):
    put = counter.order(Line(counter.eggs, 2, most=4), Line(counter.rice, 1))
    assert [line["most"] for line in put.data["lines"]] == [4, None]
    assert counter.lines() == [(counter.eggs, 2, 4), (counter.rice, 1, None)]
    assert scalar("SELECT reserved FROM menu_item WHERE id = :item", item=counter.eggs) == 2
    assert put.data["total_fen"] == 3 * 480


def test_another_maximum_is_a_change_and_the_same_is_none(counter):
    counter.order(Line(counter.eggs, 2, most=4))
    assert counter.order(Line(counter.eggs, 2, most=4), expected=1).outcome == "unchanged"
    assert counter.order(Line(counter.eggs, 2, most=5), expected=1).outcome == "changed"
    assert counter.order(Line(counter.eggs, 2), expected=2).outcome == "changed"
    assert counter.lines() == [(counter.eggs, 2, None)]


def test_a_maximum_above_the_cap_is_refused(counter):
    with pytest.raises(SoldOutError) as refused:
        counter.order(Line(counter.eggs, 2, most=6))
    assert refused.value.data["over_cap"] == [{"item": counter.eggs, "asked": 6, "cap": 5}]


def test_a_lower_cap_lowers_the_maximum_and_leaves_what_was_ordered(counter):
    counter.order(Line(counter.eggs, 2, most=5))
    counter.order(Line(counter.eggs, 3, most=4), home=counter.shop.another_home())
    assert edit_item(counter.lead, counter.menu.id, counter.eggs, cap=3) == [Edit.CAP]
    assert counter.lines() == [(counter.eggs, 2, 3), (counter.eggs, 3, None)]
    assert counter.broken() == []


def test_in_a_draw_no_maximum_is_kept(counter):
    write("UPDATE menu SET mode = :mode WHERE id = :menu", mode=MenuMode.DRAW, menu=counter.menu.id)
    with transaction():
        basket = Basket(
            counter.menu.id, counter.home.id, counter.home.account_id, None, [Line(counter.eggs, 2, most=4)]
        )
        assert put_baskets([basket])[0].outcome == "placed"
        assert put_baskets([basket])[0].outcome == "unchanged"
    assert counter.lines() == [(counter.eggs, 2, None)]


def test_a_later_cutoff_is_public_and_holds_the_menu_open(counter):
    until = counter.cutoff + HOUR
    assert counter.later(until)
    assert not counter.later(until)
    told = edits_of(counter.menu.id)[0]
    assert (told.kind, told.before, told.after) == (Edit.LATE, int(counter.cutoff.timestamp()), int(until.timestamp()))
    assert menu_for(counter.lead, counter.menu.id).closes_at == until
    assert next(item for item in items_of(counter.menu.id) if item.id == counter.eggs).late_until == until
    assert counter.later(until + HOUR, counter.rice)
    assert menu_for(counter.lead, counter.menu.id).closes_at == until + HOUR


def test_a_later_cutoff_can_be_taken_back_before_the_cutoff(counter):
    counter.later(counter.cutoff + HOUR)
    assert counter.later(None)
    assert menu_for(counter.lead, counter.menu.id).closes_at == counter.cutoff
    assert [edit.kind for edit in edits_of(counter.menu.id)] == [Edit.LATE, Edit.LATE]
    assert counter.broken() == []


def test_a_withdrawn_item_holds_no_menu_open(counter):
    counter.later(counter.cutoff + HOUR)
    withdraw_item(counter.lead, counter.menu.id, counter.eggs)
    assert menu_for(counter.lead, counter.menu.id).closes_at == counter.cutoff
    with pytest.raises(ItemWithdrawnError):
        counter.later(counter.cutoff + HOUR)


@pytest.mark.parametrize("by", [-HOUR, timedelta(0), LONGEST + HOUR])
def test_a_later_cutoff_is_later_by_a_day_at_most(counter, by):
    with pytest.raises(InvalidError):
        counter.later(counter.cutoff + by)
    assert edits_of(counter.menu.id) == []


def test_a_draw_ends_for_everything_at_once(counter):
    write("UPDATE menu SET mode = :mode WHERE id = :menu", mode=MenuMode.DRAW, menu=counter.menu.id)
    with pytest.raises(ConflictError):
        counter.later(counter.cutoff + HOUR)


def test_after_the_cutoff_nobody_gives_more_time(counter):
    counter.pass_the_cutoff()
    with pytest.raises(EditsOverError):
        counter.later(datetime.now(UTC) + 2 * HOUR)


def test_another_grids_lead_gives_no_time(counter):
    stranger = asking(an_account(counter.shop.community, counter.lead.role, grid=a_grid(counter.shop.community)).id)
    with pytest.raises(NotFoundError):
        order_later(stranger, counter.menu.id, counter.eggs, counter.cutoff + HOUR)


def test_after_the_cutoff_a_new_order_may_hold_late_items_only(counter):
    counter.pass_the_cutoff()
    with pytest.raises(MenuClosedError) as refused:
        counter.order(Line(counter.eggs, 1), Line(counter.rice, 1))
    assert refused.value.data["shut"] == [counter.rice]
    assert counter.order(Line(counter.eggs, 1)).outcome == "placed"
    assert counter.broken() == []


def test_after_the_cutoff_the_other_lines_stay_exactly_as_they_are(counter):
    counter.order(Line(counter.eggs, 1), Line(counter.rice, 2, most=3))
    counter.pass_the_cutoff()
    for rice in ([], [Line(counter.rice, 1)], [Line(counter.rice, 3)], [Line(counter.rice, 2)]):
        with pytest.raises(MenuClosedError):
            counter.order(Line(counter.eggs, 4), *rice, expected=1)
    assert counter.order(Line(counter.eggs, 4, most=5), Line(counter.rice, 2, most=3), expected=1).outcome == "changed"
    assert counter.order(Line(counter.rice, 2, most=3), expected=2).outcome == "changed"
    assert counter.lines() == [(counter.rice, 2, 3)]
    assert counter.broken() == []


def test_after_the_cutoff_an_order_of_late_items_alone_can_be_cancelled(counter):
    other = counter.shop.another_home()
    counter.order(Line(counter.eggs, 1))
    counter.order(Line(counter.eggs, 1), Line(counter.rice, 1), home=other)
    counter.pass_the_cutoff()
    cancel_order(counter.shop.resident(), menu_id=counter.menu.id, household_id=counter.home.id, expected=1)
    with pytest.raises(MenuClosedError):
        cancel_order(counter.shop.resident(other), menu_id=counter.menu.id, household_id=other.id, expected=1)
    assert scalar("SELECT reserved FROM menu_item WHERE id = :item", item=counter.eggs) == 1


def test_an_order_that_changed_meanwhile_is_stale_before_it_is_late(counter):
    counter.order(Line(counter.rice, 2))
    counter.pass_the_cutoff()
    with pytest.raises(StaleOrderError):
        counter.order(Line(counter.rice, 1), expected=7)


def test_after_its_own_cutoff_a_late_item_is_closed_too(counter):
    counter.order(Line(counter.eggs, 1))
    counter.pass_the_cutoff(late=-timedelta(minutes=1))
    with pytest.raises(MenuClosedError):
        counter.order(Line(counter.eggs, 2), expected=1)


def test_of_two_late_items_each_has_its_own_end(counter):
    counter.pass_the_cutoff()
    third = counter.shop.item()
    write("UPDATE menu_item SET late_until = now() - interval '1 minute' WHERE id = :item", item=third.id)
    with pytest.raises(MenuClosedError) as refused:
        counter.order(Line(counter.eggs, 1), Line(third.id, 1))
    assert refused.value.data["shut"] == [third.id]


def test_the_menu_closes_with_its_last_item(counter):
    counter.pass_the_cutoff()
    assert close_due_menus() == 0
    write("UPDATE menu SET late_until = now() - interval '1 s' WHERE id = :menu", menu=counter.menu.id)
    assert close_due_menus() == 1
    assert scalar("SELECT count(*) FROM outbox WHERE topic = 'cut_off'") == 1


@pytest.mark.parametrize("passed", [False, True])
def test_closing_at_once_ends_late_items_too(counter, passed):
    if passed:
        counter.pass_the_cutoff()
    else:
        counter.later(counter.cutoff + HOUR)
    close_menu(counter.lead, counter.menu.id)
    found = row(
        "SELECT m.state, m.late_until IS NULL AS never, coalesce(m.late_until, m.cutoff_at) <= clock_timestamp() AS over,"
        " m.late_until IS NOT DISTINCT FROM i.late_until AS alike FROM menu AS m JOIN menu_item AS i ON i.id = :item",
        item=counter.eggs,
    )
    assert found is not None
    assert (found.state, found.never, found.over, found.alike) == ("closed", not passed, True, True)
    assert counter.broken() == []


def test_closing_a_menu_without_late_items_leaves_it_without(counter):
    write("UPDATE menu SET opens_at = now() - interval '2 hours', cutoff_at = now() - interval '1 hour'")
    assert close_due_menus() == 1
    assert scalar("SELECT late_until FROM menu WHERE id = :menu", menu=counter.menu.id) is None


def test_the_relay_keeps_a_maximum_as_far_as_it_is_one():
    line = Line(1, 2, most=4)
    assert (line.of(3).most, line.of(4).most, line.of(3).quantity) == (4, None, 3)
