"""Packing what is weighed, what stands in for something, and what turns out broken or gone."""

from __future__ import annotations

import pytest

from supplyhub.db import execute, row, rows, scalar, transaction
from supplyhub.depot.commands import Missing, Weighed, pack
from supplyhub.depot.errors import UnweighedError
from supplyhub.depot.packing_queries import parcels_of, pick_list_of
from supplyhub.depot.states import MoveReason
from supplyhub.errors import ConflictError, InvalidError
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.commands import place_order
from supplyhub.ordering.states import Consent
from tests.factories_depot import Town, places

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def town(database) -> Town:
    """Return a town of two homes, each with 2 of V001 and 3 of W001, which is weighed."""
    town = Town(homes=2, skus=("V001", "W001"))
    with transaction():
        execute("UPDATE product SET by_weight = true WHERE sku = 'W001'")
    town.everybody_orders(V001=2, W001=3)
    town.share(V001=10, W001=10)
    return town


def item(town: Town, sku: str) -> int:
    return town.first.items[sku].id


def packed(town: Town, code: str, **notes) -> None:
    weights = [Weighed(code, item(town, "W001"), 1480)]
    pack(town.depot, town.batch_of(town.first), [code], **({"weights": weights} | notes))


def test_what_is_charged_by_weight_is_not_packed_before_it_was_weighed(town):
    first, second = town.codes(town.first)
    with pytest.raises(UnweighedError) as caught:
        pack(town.depot, town.batch_of(town.first), [first, second], weights=[Weighed(first, item(town, "W001"), 1480)])
    assert caught.value.data["lines"] == [{"parcel": second, "item": item(town, "W001"), "sku": "W001"}]
    assert "packed" not in places()
    packed(town, first)
    assert rows("SELECT item_id, substitute, grams FROM parcel_weight") == [(item(town, "W001"), False, 1480)]
    (line,) = [line for line in parcels_of(town.depot, town.batch_of(town.first))[0].lines if line.by_weight]
    assert (line.sku, line.quantity, line.grams) == ("W001", 3, 1480)


@pytest.mark.parametrize("grams", [0, -5, 2_000_000])
def test_a_weight_that_is_none_is_refused(town, grams):
    first = town.codes(town.first)[0]
    with pytest.raises(InvalidError):
        packed(town, first, weights=[Weighed(first, item(town, "W001"), grams)])


def test_a_weight_of_what_is_not_weighed_or_of_another_parcel_is_refused(town):
    first, second = town.codes(town.first)
    good = Weighed(first, item(town, "W001"), 1480)
    for stray in (Weighed(first, item(town, "V001"), 900), Weighed(second, item(town, "W001"), 900)):
        with pytest.raises(InvalidError) as caught:
            packed(town, first, weights=[good, stray])
        assert caught.value.data["items"] == [stray.item]


def test_what_is_broken_is_written_off_counts_as_short_and_the_rest_is_packed(town):
    first = town.codes(town.first)[0]
    packed(town, first, missing=[Missing(first, item(town, "V001"), 1, MoveReason.DAMAGED)])
    assert places() == {"packed": 4, "shelf": 15, "waste": 1}
    short = row("SELECT item_id, units, reason, noted_by FROM packing_short")
    assert short == (item(town, "V001"), 1, "damaged", town.depot.account_id)
    (line,) = [line for line in parcels_of(town.depot, town.batch_of(town.first))[0].lines if line.sku == "V001"]
    assert (line.quantity, line.missing) == (1, 1)


def test_what_is_gone_stays_in_the_book_until_a_count_finds_out(town):
    first = town.codes(town.first)[0]
    packed(town, first, missing=[Missing(first, item(town, "V001"), 2, MoveReason.LOST)])
    assert places() == {"packed": 3, "shelf": 17}


def test_a_weighed_line_of_which_nothing_is_left_needs_no_weight(town):
    first = town.codes(town.first)[0]
    packed(town, first, weights=[], missing=[Missing(first, item(town, "W001"), 3, MoveReason.SPOILED)])
    assert places() == {"packed": 2, "shelf": 15, "waste": 3}
    assert not scalar("SELECT count(*) FROM parcel_weight")


@pytest.mark.parametrize(
    ("units", "reason"), [(0, MoveReason.DAMAGED), (3, MoveReason.DAMAGED), (1, MoveReason.INSPECTED)]
)
def test_no_more_can_be_missing_than_was_shared_out_and_only_for_a_reason_of_packing(town, units, reason):
    first = town.codes(town.first)[0]
    with pytest.raises(InvalidError):
        packed(town, first, missing=[Missing(first, item(town, "V001"), units, reason)])
    assert "packed" not in places()


def test_goods_for_the_care_register_alone_go_into_nobodys_parcel(town):
    with transaction():
        execute("UPDATE lot SET purpose = 'care' WHERE product_id = (SELECT id FROM product WHERE sku = 'V001')")
    with pytest.raises(ConflictError) as caught:
        packed(town, town.codes(town.first)[0])
    assert caught.value.data["missing"] == [{"sku": "V001", "units": 2}]


@pytest.fixture
def substituted(database) -> Town:
    """Return a town whose first home ordered 3 of V001 or else X001, and gets 2 of X001; its neighbour has one of X001."""
    town = Town(homes=2, skus=("V001", "X001"))
    first, second = town.first.homes
    (wanted, instead) = (town.first.items[sku] for sku in ("V001", "X001"))
    line = Line(wanted.id, 3, Consent.SUBSTITUTE, instead.id)
    assert town.first.menu is not None
    place_order(
        town.coordinator,
        menu_id=town.first.menu.id,
        household_id=first.id,
        expected=None,
        lines=[line],
        total_fen=3 * wanted.price_fen,
    )
    town.order(town.first, second, X001=1)
    town.share(V001=1, X001=10)
    return town


def test_a_substitute_is_a_line_of_its_own_in_the_parcel_and_on_the_pick_list(substituted):
    town, batch = substituted, substituted.batch_of(substituted.first)
    parcel = parcels_of(town.depot, batch)[0]
    assert [(line.sku, line.substitute, line.quantity) for line in parcel.lines] == [
        ("V001", False, 1),
        ("X001", True, 2),
    ]
    assert [line.instead_zh for line in parcel.lines] == [None, parcel.lines[0].name_zh]
    assert [(line.sku, line.units) for line in pick_list_of(town.depot, batch)] == [("V001", 1), ("X001", 3)]
    pack(town.depot, batch, [parcel.code])
    held = rows(
        "SELECT d.sku, l.substitute, l.quantity FROM parcel_line AS l JOIN lot ON lot.id = l.lot_id"
        " JOIN product AS d ON d.id = lot.product_id ORDER BY d.sku"
    )
    assert held == [("V001", False, 1), ("X001", True, 2)]


def test_a_broken_substitute_is_short_beside_its_line(substituted):
    town, code = substituted, substituted.codes(substituted.first)[0]
    broken = Missing(code, item(town, "V001"), 2, MoveReason.DAMAGED, substitute=True)
    pack(town.depot, town.batch_of(town.first), [code], missing=[broken])
    assert rows("SELECT substitute, units FROM packing_short") == [(True, 2)]
    assert not scalar("SELECT count(*) FROM parcel_line WHERE substitute")
