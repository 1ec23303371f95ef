"""Purchase orders after the cut-off: sent, confirmed by the platform, closed."""

from __future__ import annotations

import pytest

from supplyhub.catalog.platforms import platforms_for, set_minimum_order
from supplyhub.depot.commands import (
    ConfirmedLine,
    close_purchase_order,
    confirm_from_sheet,
    confirm_purchase_order,
    finish_receiving,
    receive,
    send_purchase_order,
)
from supplyhub.depot.commands.receiving import ReceivedLine
from supplyhub.depot.errors import BelowMinimumError
from supplyhub.depot.purchase_queries import purchase_order_for, purchase_orders_for
from supplyhub.depot.sheets import ConfirmedRow
from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from supplyhub.files import FileRefusedError
from tests.factories_depot import Town

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def town() -> Town:
    """Return a town after its cut-off: one purchase order, ten of each of two products, at 3 yuan."""
    town = Town(homes=1, skus=("V001", "V002"), case_size=10)
    town.everybody_orders(V001=4, V002=4)
    town.cut_off()
    return town


def order_of(town: Town) -> int:
    (purchase_order_id,) = town.purchase_orders()
    return purchase_order_id


def sent(town: Town) -> int:
    send_purchase_order(town.depot, order_of(town))
    return order_of(town)


def confirmed(town: Town) -> list[tuple[str, int, int]]:
    view = purchase_order_for(town.depot, order_of(town))
    return [(line.sku, line.confirmed_quantity, line.confirmed_cost_fen) for line in view.lines]


def minimum(town: Town, fen: int) -> None:
    (platform,) = platforms_for(town.coordinator)
    set_minimum_order(town.coordinator, platform.id, fen)


def test_an_order_that_comes_to_less_than_the_platform_takes_is_not_sent_unless_that_was_talked_over(town):
    minimum(town, 6_001)
    with pytest.raises(BelowMinimumError) as refused:
        send_purchase_order(town.depot, order_of(town))
    assert refused.value.data == {"total_fen": 6_000, "minimum_order_fen": 6_001}
    assert purchase_order_for(town.depot, order_of(town)).order.state == "draft"
    send_purchase_order(town.depot, order_of(town), below_minimum=True)
    assert purchase_order_for(town.depot, order_of(town)).order.state == "sent"


def test_an_order_that_comes_to_exactly_the_least_is_sent(town):
    minimum(town, 6_000)
    assert sent(town)


def test_an_order_that_the_shelf_covers_wholly_has_nothing_to_come_to():
    town = Town(homes=1)
    town.everybody_orders(V001=1)
    town.share(V001=10)
    town.pack()
    town.close_by_hand()
    town.open_cycle()
    town.everybody_orders(V001=4)
    town.cut_off()
    minimum(town, 100_000)
    assert sent(town)


def test_the_least_of_a_platform_is_set_by_its_own_community_and_never_negative(town):
    strangers = Town()
    (platform,) = platforms_for(town.coordinator)
    assert (platform.name, platform.minimum_order_fen, platform.products) == ("甲", 0, 2)
    with pytest.raises(NotFoundError):
        set_minimum_order(strangers.coordinator, platform.id, 100)
    with pytest.raises(InvalidError):
        set_minimum_order(town.coordinator, platform.id, -1)


def test_a_platform_confirms_less_and_dearer_before_the_truck_comes(town):
    order = sent(town)
    confirm_purchase_order(town.depot, order, [ConfirmedLine(town.line_of("V001").id, 6, 320)])
    assert confirmed(town) == [("V001", 6, 320), ("V002", 10, 300)]
    (found,) = purchase_orders_for(town.depot, town.cycle_id)
    assert (found.state, found.units, found.expected_units) == ("confirmed", 20, 16)
    assert (found.cost_fen, found.expected_cost_fen) == (6_000, 6 * 320 + 10 * 300)
    assert found.confirmed_at is not None


def test_a_confirmation_without_lines_confirms_all_as_ordered(town):
    confirm_purchase_order(town.depot, sent(town))
    assert confirmed(town) == [("V001", 10, 300), ("V002", 10, 300)]


def test_a_later_confirmation_takes_the_place_of_an_earlier_one_where_it_says_something(town):
    order, first, second = sent(town), town.line_of("V001").id, town.line_of("V002").id
    confirm_purchase_order(town.depot, order, [ConfirmedLine(first, 6, 320), ConfirmedLine(second, 0)])
    confirm_purchase_order(town.depot, order, [ConfirmedLine(first, 8)])
    assert confirmed(town) == [("V001", 8, 320), ("V002", 0, 300)]


def test_a_draft_is_not_confirmed_and_neither_is_what_has_begun_to_come(town):
    with pytest.raises(ConflictError):
        confirm_purchase_order(town.depot, order_of(town))
    order = sent(town)
    lines = [ReceivedLine(town.line_of("V001").id, 1)]
    receive(town.depot, purchase_order_id=order, delivery_note="N", lines=lines)
    with pytest.raises(ConflictError):
        confirm_purchase_order(town.depot, order)


def test_goods_come_for_a_confirmed_order(town):
    order = sent(town)
    confirm_purchase_order(town.depot, order, [ConfirmedLine(town.line_of("V001").id, 6)])
    town.receive(V001=6, V002=10)
    assert [(line.expected, line.received) for line in purchase_order_for(town.depot, order).lines] == [
        (6, 6),
        (10, 10),
    ]


@pytest.mark.parametrize(("quantity", "cost"), [(11, None), (-1, None), (None, -1)])
def test_more_than_was_ordered_and_negative_figures_are_refused(town, quantity, cost):
    order = sent(town)
    with pytest.raises(InvalidError):
        confirm_purchase_order(town.depot, order, [ConfirmedLine(town.line_of("V001").id, quantity, cost)])
    assert confirmed(town) == [("V001", None, None), ("V002", None, None)]


def test_lines_of_another_order_and_lines_that_stand_twice_are_refused(town):
    other = Town(homes=1)
    other.everybody_orders(V001=1)
    other.cut_off()
    order, line = sent(town), town.line_of("V001").id
    with pytest.raises(InvalidError, match="not of this purchase order"):
        confirm_purchase_order(town.depot, order, [ConfirmedLine(other.line_of("V001").id, 1)])
    with pytest.raises(InvalidError, match="stands twice"):
        confirm_purchase_order(town.depot, order, [ConfirmedLine(line, 1), ConfirmedLine(line, 2)])
    with pytest.raises(NotFoundError):
        confirm_purchase_order(other.depot, order)


def test_what_a_platform_filled_into_the_table_is_confirmed_by_sku(town):
    order = sent(town)
    confirm_from_sheet(town.depot, order, [ConfirmedRow("V001", 6, 320), ConfirmedRow("V002", None, None)], file="回单")
    assert confirmed(town) == [("V001", 6, 320), ("V002", 10, 300)]


def test_a_table_with_other_goods_or_more_than_ordered_is_refused_whole(town):
    order = sent(town)
    rows = [ConfirmedRow("V009", 1, None), ConfirmedRow("V001", 11, None), ConfirmedRow("V002", 3, None)]
    with pytest.raises(FileRefusedError) as refused:
        confirm_from_sheet(town.depot, order, rows, file="回单")
    assert refused.value.data["problems"] == [
        "回单: sku “V009” is not on this purchase order",
        "回单: sku “V001”: 11 confirmed, 10 ordered",
    ]
    assert confirmed(town) == [("V001", None, None), ("V002", None, None)]


def test_an_order_is_closed_after_it_was_received_and_once(town):
    order = sent(town)
    with pytest.raises(ConflictError):
        close_purchase_order(town.coordinator, order)
    town.receive(V001=10, V002=10)
    finish_receiving(town.depot, town.cycle_id)
    close_purchase_order(town.coordinator, order)
    assert purchase_order_for(town.depot, order).order.closed_at is not None
    with pytest.raises(ConflictError):
        close_purchase_order(town.coordinator, order)
