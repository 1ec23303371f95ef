"""Editing a published menu: prices, quantities and caps in public, and an item that is withdrawn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.catalog.commands import close_menu
from supplyhub.catalog.editing import Withdrawn, edit_item, withdraw_item
from supplyhub.catalog.errors import EditRefusedError, EditsOverError, ItemWithdrawnError
from supplyhub.catalog.queries import edits_of, items_of
from supplyhub.catalog.states import Edit, MenuMode, MenuState
from supplyhub.db import db, row, rows, scalar
from supplyhub.errors import NotFoundError
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.commands import place_order
from supplyhub.ordering.states import Consent
from tests.factories import Shop, a_grid, an_account, asking

if TYPE_CHECKING:
    from supplyhub.people.asker import Asker
    from supplyhub.residents.models import Household


class Counter:
    """A menu with two items that cost 480, its lead, and households that order."""

    def __init__(self) -> None:
        self.shop = Shop()
        self.eggs, self.rice = self.shop.item(offered=20, cap=5), self.shop.item(offered=20, cap=5)
        self.lead = self.shop.lead()

    def order(self, home: Household, *lines: Line, expected: int | None = None, price: int = 480) -> dict[str, Any]:
        """Order at a price."""
        return place_order(
            self.shop.resident(home),
            menu_id=self.shop.menu.id,
            household_id=home.id,
            expected=expected,
            lines=lines,
            total_fen=price * sum(line.quantity for line in lines),
        )

    def edit(self, **changes: int) -> list[Edit]:
        """Edit the eggs."""
        return edit_item(self.lead, self.shop.menu.id, self.eggs.id, **changes)

    def withdraw(self) -> Withdrawn:
        """Withdraw the eggs."""
        return withdraw_item(self.lead, self.shop.menu.id, self.eggs.id)

    def edits(self) -> list[tuple[str, int, int]]:
        """Return what everybody can read, oldest first."""
        return [(edit.kind, edit.before, edit.after) for edit in reversed(edits_of(self.shop.menu.id))]

    def lines(self, home: Household) -> list[tuple[int, int, int]]:
        """Return a household's lines: item, units, price."""
        found = rows(
            "SELECT l.item_id, l.quantity, l.unit_price_fen FROM order_line AS l JOIN orders AS o ON o.id = l.order_id"
            " WHERE o.household_id = :home ORDER BY l.item_id",
            home=home.id,
        )
        return [(line.item_id, line.quantity, line.unit_price_fen) for line in found]

    def head(self, home: Household) -> tuple[str, int, int]:
        """Return an order's state, version and total."""
        found = row("SELECT state, version, total_fen FROM orders WHERE household_id = :home", home=home.id)
        assert found is not None
        return found.state, found.version, found.total_fen

    def eggs_now(self) -> Any:
        """Return the eggs as the menu shows them."""
        return next(item for item in items_of(self.shop.menu.id) if item.id == self.eggs.id)


@pytest.fixture
def counter(database: Any) -> Counter:
    return Counter()


def test_a_higher_price_never_touches_an_order_already_made(counter):
    home = counter.shop.home
    counter.order(home, Line(counter.eggs.id, 2))
    assert counter.edit(price_fen=520) == [Edit.PRICE]
    assert counter.lines(home) == [(counter.eggs.id, 2, 480)]
    assert counter.head(home) == ("placed", 1, 960)
    assert counter.edits() == [("price", 480, 520)]


def test_a_cut_reaches_the_lines_above_it_and_their_totals_and_leaves_the_versions(counter):
    first, second = counter.shop.home, counter.shop.another_home()
    counter.order(first, Line(counter.eggs.id, 2), Line(counter.rice.id, 1))
    counter.edit(price_fen=400)
    counter.order(second, Line(counter.eggs.id, 1), price=400)
    counter.edit(price_fen=450)
    assert counter.lines(first) == [(counter.eggs.id, 2, 400), (counter.rice.id, 1, 480)]
    assert counter.head(first) == ("placed", 1, 2 * 400 + 480)
    assert counter.head(second) == ("placed", 1, 400)
    counter.edit(price_fen=390)
    assert counter.head(second) == ("placed", 1, 390)
    assert counter.edits() == [("price", 480, 400), ("price", 400, 450), ("price", 450, 390)]


def test_the_quantity_goes_up_and_down_but_never_below_what_is_reserved(counter):
    counter.order(counter.shop.home, Line(counter.eggs.id, 4))
    counter.edit(offered=30)
    counter.edit(offered=4)
    assert counter.eggs_now().left == 0
    with pytest.raises(EditRefusedError) as caught:
        counter.edit(offered=3)
    assert caught.value.data == {"item": counter.eggs.id, "reserved": 4}
    assert counter.edits() == [("offered", 20, 30), ("offered", 30, 4)]


def test_the_cap_goes_down_only_as_far_as_no_order_is_above_it(counter):
    counter.order(counter.shop.home, Line(counter.eggs.id, 4))
    counter.order(counter.shop.another_home(), Line(counter.eggs.id, 3))
    counter.edit(cap=9)
    counter.edit(cap=4)
    with pytest.raises(EditRefusedError) as caught:
        counter.edit(cap=2)
    assert caught.value.data == {"item": counter.eggs.id, "most": 4, "orders": 2}
    assert counter.edits() == [("cap", 5, 9), ("cap", 9, 4)]


def test_every_reason_is_told_at_once_and_nothing_of_the_edit_is_written(counter):
    counter.order(counter.shop.home, Line(counter.eggs.id, 4))
    with pytest.raises(EditRefusedError) as caught:
        counter.edit(price_fen=100, offered=1, cap=1)
    assert caught.value.data == {"item": counter.eggs.id, "reserved": 4, "most": 4, "orders": 1}
    assert (counter.eggs_now().price_fen, counter.edits()) == (480, [])


def test_an_edit_that_changes_nothing_writes_nothing(counter):
    assert counter.edit(price_fen=480, offered=20, cap=5) == []
    assert counter.edit() == []
    assert counter.edits() == []


def test_the_withdrawal_of_an_item_ends_its_lines_and_an_order_without_lines(counter):
    both, only = counter.shop.home, counter.shop.another_home()
    untouched = counter.shop.another_home()
    counter.order(both, Line(counter.eggs.id, 2), Line(counter.rice.id, 1))
    counter.order(only, Line(counter.eggs.id, 3))
    counter.order(untouched, Line(counter.rice.id, 1))
    assert counter.withdraw() == Withdrawn(orders=2, cancelled=1)
    assert counter.lines(both) == [(counter.rice.id, 1, 480)]
    assert counter.head(both) == ("placed", 2, 480)
    assert counter.lines(only) == []
    assert counter.head(only) == ("cancelled", 2, 0)
    assert counter.head(untouched) == ("placed", 1, 480)
    ended = rows(
        "SELECT quantity, unit_price_fen FROM withdrawn_line WHERE item_id = :item ORDER BY 1", item=counter.eggs.id
    )
    assert [tuple(line) for line in ended] == [(2, 480), (3, 480)]
    eggs = counter.eggs_now()
    assert (eggs.withdrawn, eggs.reserved, eggs.left) == (True, 0, 0)
    assert counter.edits() == [("withdrawn", 5, 0)]


def test_a_line_whose_substitute_is_withdrawn_takes_less_instead(counter):
    home = counter.shop.home
    counter.order(home, Line(counter.rice.id, 2, Consent.SUBSTITUTE, counter.eggs.id))
    assert counter.withdraw() == Withdrawn()
    assert counter.head(home) == ("placed", 1, 960)
    line = row("SELECT consent, substitute_item_id FROM order_line WHERE item_id = :item", item=counter.rice.id)
    assert line is not None
    assert tuple(line) == ("less", None)


def test_withdrawing_again_changes_nothing_and_a_withdrawn_item_is_not_edited(counter):
    counter.order(counter.shop.home, Line(counter.eggs.id, 2))
    counter.withdraw()
    assert counter.withdraw() == Withdrawn()
    with pytest.raises(ItemWithdrawnError):
        counter.edit(price_fen=100)
    assert len(counter.edits()) == 1


def test_an_item_of_a_draw_is_withdrawn_with_what_was_asked_for(counter):
    counter.shop.menu.mode = MenuMode.DRAW
    db.session.commit()
    counter.order(counter.shop.home, Line(counter.eggs.id, 5))
    assert counter.edit(offered=1) == [Edit.OFFERED]
    assert counter.withdraw() == Withdrawn(orders=1, cancelled=1)
    assert counter.edits() == [("offered", 20, 1), ("withdrawn", 5, 0)]


def test_a_menu_is_edited_from_its_publication_until_its_cut_off(counter):
    for state in (MenuState.DRAFT, MenuState.CLOSED):
        counter.shop.menu.state = state
        db.session.commit()
        with pytest.raises(EditsOverError):
            counter.edit(price_fen=100)
    counter.shop.menu.state = MenuState.PUBLISHED
    counter.shop.menu.opens_at = datetime.now(UTC) + timedelta(minutes=5)
    db.session.commit()
    assert counter.edit(price_fen=400) == [Edit.PRICE]
    counter.shop.menu.opens_at = datetime.now(UTC) - timedelta(hours=1)
    counter.shop.menu.cutoff_at = datetime.now(UTC) - timedelta(seconds=1)
    db.session.commit()
    with pytest.raises(EditsOverError):
        counter.withdraw()


def test_a_menu_is_edited_by_the_grids_lead_and_the_coordinator_only(counter):
    stranger = Shop()
    neighbour = asking(an_account(counter.shop.community, counter.lead.role, grid=a_grid(counter.shop.community)).id)

    def raise_by(asker: Asker) -> None:
        edit_item(asker, counter.shop.menu.id, counter.eggs.id, price_fen=500)

    for nosy in (neighbour, stranger.lead(), stranger.coordinator()):
        with pytest.raises(NotFoundError):
            raise_by(nosy)
    with pytest.raises(NotFoundError):
        edit_item(counter.lead, counter.shop.menu.id, stranger.item().id, price_fen=500)
    raise_by(counter.shop.coordinator())
    assert counter.edits() == [("price", 480, 500)]


def test_no_withdrawal_changes_an_order_after_its_cut_off(counter):
    counter.order(counter.shop.home, Line(counter.eggs.id, 2))
    counter.withdraw()
    close_menu(counter.lead, counter.shop.menu.id)
    assert scalar("SELECT count(*) FROM orders WHERE changed_at > (SELECT cutoff_at FROM menu)") == 0
