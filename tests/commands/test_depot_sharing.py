"""Sharing out in the database: as the rule says, once, with a reason a line; then parcels."""

from __future__ import annotations

import pytest

from supplyhub.catalog.parts import Part
from supplyhub.db import execute, row, rows, scalar, transaction
from supplyhub.depot.commands import finish_receiving, share_out
from supplyhub.depot.commands.parceling import BAGGED
from supplyhub.depot.packing_queries import batches_for, parcels_of, pick_list_of
from supplyhub.depot.queries import shortages_for
from supplyhub.errors import ConflictError, NotFoundError
from tests.factories import in_care
from tests.factories_depot import Town, work

pytestmark = pytest.mark.usefixtures("database")


def shares(town: Town) -> dict[int, int]:
    found = rows("SELECT order_id, allocated FROM allocation WHERE cycle_id = :c", c=town.cycle_id)
    return {share.order_id: share.allocated for share in found}


def reasons(town: Town) -> set[str]:
    return {found.reason for found in rows("SELECT reason FROM allocation WHERE cycle_id = :c", c=town.cycle_id)}


def test_when_enough_came_everybody_gets_all():
    town = Town(grids=2, homes=2)
    town.everybody_orders(V001=3)
    town.share()
    assert set(shares(town).values()) == {3}
    assert reasons(town) == {"full"}
    assert shortages_for(town.depot, town.cycle_id) == []


def test_a_shortage_goes_round_care_first_over_all_grids():
    town = Town(grids=2, homes=3)
    in_care(town.sides[1].homes[0])
    town.everybody_orders(V001=3)
    town.share(V001=9)
    cared_for = scalar("SELECT id FROM orders WHERE household_id = :h", h=town.sides[1].homes[0].id)
    found = shares(town)
    assert found.pop(cared_for) == 3
    assert sorted(found.values()) == [1, 1, 1, 1, 2]
    (short,) = shortages_for(town.depot, town.cycle_id)
    assert (short.sku, short.ordered, short.allocated, short.short) == ("V001", 18, 9, 9)
    assert (short.full_lines, short.part_lines, short.empty_lines) == (1, 5, 0)
    assert reasons(town) == {"full", "fair_share"}
    first = rows("SELECT order_id FROM allocation WHERE cycle_id = :c AND care_first", c=town.cycle_id)
    assert [share.order_id for share in first] == [cared_for]


def test_nothing_came_and_nothing_was_left_are_different_reasons():
    town = Town(homes=3, skus=("V001", "V002"))
    town.everybody_orders(V001=1, V002=1)
    town.share(V001=0, V002=2)
    assert reasons(town) == {"full", "none_left", "nothing_came"}


def test_sharing_out_again_changes_nothing():
    town = Town(homes=2)
    town.everybody_orders(V001=2)
    town.share(V001=3)
    before = shares(town)
    work(share_out, town.cycle_id)
    finish_receiving(town.depot, town.cycle_id)
    assert shares(town) == before
    assert scalar("SELECT count(*) FROM outbox WHERE topic = 'tickets'") == 1


def test_nothing_is_shared_out_before_receiving_is_finished():
    town = Town()
    town.everybody_orders(V001=1)
    town.cut_off()
    town.send()
    with pytest.raises(ConflictError):
        work(share_out, town.cycle_id)
    with pytest.raises(NotFoundError):
        work(share_out, 0)


def test_every_order_that_gets_something_has_a_parcel_in_the_one_sort_order():
    town = Town(grids=2, homes=3)
    for side in town.sides:
        for home, quantity in zip(reversed(side.homes), (1, 20, 2), strict=True):
            town.order(side, home, V001=quantity)
    town.share()
    first, second = batches_for(town.depot, town.cycle_id)
    assert (first.grid_number, first.delivery_point, first.parcels, first.packed) == (1, "东门", 3, 0)
    assert (second.grid_number, second.delivery_point) == (2, "西门")
    parcels = parcels_of(town.depot, first.id)
    assert [parcel.door for parcel in parcels] == ["10-1-101", "10-1-201", "10-1-301"]
    assert [parcel.order_number for parcel in parcels] == ["1-0412-001", "1-0412-002", "1-0412-003"]
    assert [(parcel.weight_grams, parcel.bags) for parcel in parcels] == [(1_000, 1), (10_000, 2), (500, 1)]
    assert [(line.sku, line.quantity) for line in parcels[1].lines] == [("V001", 20)]
    assert [(line.sku, line.units, line.packed) for line in pick_list_of(town.depot, first.id)] == [("V001", 23, 0)]


def test_an_order_for_which_nothing_came_has_no_parcel_and_a_grid_without_any_no_batch():
    town = Town(grids=2, homes=1, skus=("V001", "V002"))
    town.order(town.sides[0], town.sides[0].homes[0], V001=1)
    town.order(town.sides[1], town.sides[1].homes[0], V002=1)
    town.share(V001=10, V002=0)
    assert [batch.grid_number for batch in batches_for(town.depot, town.cycle_id)] == [1]
    assert scalar("SELECT count(*) FROM parcel WHERE cycle_id = :c", c=town.cycle_id) == 1


@pytest.mark.parametrize("aside", ["nestloop", "hashjoin", "mergejoin"])
def test_a_part_looks_its_goods_up_order_by_order_whatever_the_planner_thinks_of_the_tables(aside: str):
    # As it would be with what the planner knew before the first part was written: it thinks of other joins.
    with transaction():
        execute(f"SET LOCAL enable_{aside} = off")
        plan = [line[0] for line in rows(f"EXPLAIN {BAGGED}", cycle=1, fragile=[], **Part()._asdict())]
    at = next(place for place, line in enumerate(plan) if "on allocation" in line)
    assert "(order_id = o.id)" in plan[at + 1]


def test_the_seed_is_known_to_everybody():
    town = Town()
    town.everybody_orders(V001=1)
    town.share()
    run = row("SELECT policy, seed FROM allocation_run WHERE cycle_id = :c", c=town.cycle_id)
    assert run is not None
    assert (run.policy, run.seed) == ("care_first_equal_share", f"2026-04-12/{town.cycle.number}")
