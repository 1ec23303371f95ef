"""A household's basket: whole or not at all."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from supplyhub.catalog.models import MenuItem
from supplyhub.catalog.states import MenuState
from supplyhub.db import db, execute, scalar
from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from supplyhub.ordering import commands
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.errors import (
    CannotOrderError,
    MenuClosedError,
    MenuNotOpenError,
    PriceChangedError,
    SoldOutError,
    StaleOrderError,
)
from supplyhub.ordering.numbering import number_orders
from supplyhub.ordering.queries import households_standing, order_of, standing_counts
from supplyhub.ordering.states import Channel
from supplyhub.people.states import Role
from tests.factories import (
    Shop,
    a_building,
    a_cycle,
    a_grid,
    a_household,
    a_menu,
    an_account,
    an_item,
    an_offer,
    asking,
    in_care,
)

pytestmark = pytest.mark.usefixtures("database")


def put(shop: Shop, *lines: tuple[MenuItem, int], expected: int | None = None, home=None, total=None, note="", by=None):
    home = home or shop.home
    total = sum(item.price_fen * quantity for item, quantity in lines) if total is None else total
    return commands.place_order(
        by or shop.resident(home),
        menu_id=shop.menu.id,
        household_id=home.id,
        expected=expected,
        lines=[Line(item.id, quantity) for item, quantity in lines],
        total_fen=total,
        note=note,
    )


def reserved(item: MenuItem) -> int:
    return scalar("SELECT reserved FROM menu_item WHERE id = :id", id=item.id)


def test_a_first_order_reserves_what_it_asks_for():
    shop = Shop()
    item = shop.item()
    assert put(shop, (item, 3)).outcome == "placed"
    assert reserved(item) == 3


def test_changing_an_order_moves_the_reservation_and_the_version():
    shop = Shop()
    first, second = shop.item(), shop.item()
    put(shop, (first, 3))
    answer = put(shop, (first, 1), (second, 2), expected=1)
    assert (answer.outcome, answer.data["version"], answer.data["total_fen"]) == ("changed", 2, 3 * 480)
    assert (reserved(first), reserved(second)) == (1, 2)


def test_the_same_basket_again_changes_nothing_whatever_it_was_made_from():
    shop = Shop()
    item = shop.item()
    put(shop, (item, 3))
    for expected in (None, 1, 7):
        assert put(shop, (item, 3), expected=expected).outcome == "unchanged"
    assert reserved(item) == 3
    assert order_of(shop.resident(), shop.menu.id, shop.home.id)["version"] == 1


def test_a_basket_made_from_an_older_version_is_stale_and_brings_the_current_order():
    shop = Shop()
    item = shop.item()
    put(shop, (item, 3))
    put(shop, (item, 2), expected=1)
    with pytest.raises(StaleOrderError) as caught:
        put(shop, (item, 5), expected=1)
    assert caught.value.data["current"]["version"] == 2
    assert reserved(item) == 2


def test_a_second_first_order_is_stale():
    shop = Shop()
    item = shop.item()
    put(shop, (item, 3))
    with pytest.raises(StaleOrderError):
        put(shop, (item, 4))


def test_every_shortage_is_named_at_once_and_nothing_is_written():
    shop = Shop()
    short, capped, fine = shop.item(offered=2), shop.item(cap=1), shop.item()
    with pytest.raises(SoldOutError) as caught:
        put(shop, (short, 3), (capped, 2), (fine, 1))
    assert caught.value.data["sold_out"] == [{"item": short.id, "asked": 3, "left": 2}]
    assert caught.value.data["over_cap"] == [{"item": capped.id, "asked": 2, "cap": 1}]
    assert (reserved(short), reserved(capped), reserved(fine)) == (0, 0, 0)


def test_what_a_household_holds_already_counts_as_left_for_it():
    shop = Shop()
    item = shop.item(offered=5)
    put(shop, (item, 4))
    assert put(shop, (item, 5), expected=1).outcome == "changed"


def test_a_total_that_is_not_the_price_is_refused_with_the_right_one():
    shop = Shop()
    item = shop.item(price_fen=480)
    with pytest.raises(PriceChangedError) as caught:
        put(shop, (item, 2), total=900)
    assert caught.value.data["total_fen"] == 960


def test_a_rise_does_not_touch_units_already_ordered_and_a_cut_does():
    shop = Shop()
    item = shop.item(price_fen=500)
    put(shop, (item, 1), total=500)
    db.session.get(MenuItem, item.id).price_fen = 600
    db.session.commit()
    put(shop, (item, 2), expected=1, total=1000)
    db.session.get(MenuItem, item.id).price_fen = 400
    db.session.commit()
    put(shop, (item, 3), expected=2, total=1200)
    assert order_of(shop.resident(), shop.menu.id, shop.home.id)["lines"][0]["unit_price_fen"] == 400


def test_an_item_of_another_menu_is_refused_by_name():
    shop = Shop()
    elsewhere = Shop().item()
    with pytest.raises(InvalidError) as caught:
        put(shop, (elsewhere, 1))
    assert caught.value.data["items"] == [elsewhere.id]


@pytest.mark.parametrize("state", [MenuState.CLOSED, MenuState.DRAFT])
def test_only_a_published_menu_takes_orders(state):
    shop = Shop()
    item = shop.item()
    shop.menu.state = state
    db.session.commit()
    with pytest.raises((MenuClosedError, NotFoundError)):
        put(shop, (item, 1))


def test_after_the_cut_off_nothing_changes_even_while_the_menu_is_not_closed_yet():
    shop = Shop()
    item = shop.item()
    put(shop, (item, 1))
    shop.menu.opens_at = datetime.now(UTC) - timedelta(hours=2)
    shop.menu.cutoff_at = datetime.now(UTC) - timedelta(milliseconds=1)
    db.session.commit()
    with pytest.raises(MenuClosedError):
        put(shop, (item, 2), expected=1)
    with pytest.raises(MenuClosedError):
        commands.cancel_order(shop.resident(), menu_id=shop.menu.id, household_id=shop.home.id, expected=1)
    assert put(shop, (item, 1), expected=1).outcome == "unchanged"


@pytest.mark.parametrize(("seconds", "taken"), [(1, True), (-1, False)])
def test_a_second_before_the_cut_off_counts_and_a_second_after_does_not_whatever_this_machine_thinks(
    monkeypatch, seconds, taken
):
    shop = Shop()
    item = shop.item()
    # The database's clock: in a test `now()` stands still, what decides is `clock_timestamp()`.
    execute("UPDATE menu SET cutoff_at = clock_timestamp() + make_interval(secs => :seconds)", seconds=seconds)
    db.session.commit()
    monkeypatch.setattr(time, "time", lambda: 0.0)
    if taken:
        assert put(shop, (item, 1)).outcome == "placed"
    else:
        with pytest.raises(MenuClosedError) as refusal:
            put(shop, (item, 1))
        assert refusal.value.data["cutoff_at"]
        assert reserved(item) == 0


def test_before_the_opening_nothing_is_taken():
    shop = Shop()
    item = shop.item()
    shop.menu.opens_at = datetime.now(UTC) + timedelta(minutes=5)
    db.session.commit()
    with pytest.raises(MenuNotOpenError):
        put(shop, (item, 1))


def test_cancelling_frees_the_reservation_and_can_be_repeated_and_undone():
    shop = Shop()
    item = shop.item()
    put(shop, (item, 3))
    cancel = {"menu_id": shop.menu.id, "household_id": shop.home.id}
    assert commands.cancel_order(shop.resident(), expected=1, **cancel).outcome == "cancelled"
    assert commands.cancel_order(shop.resident(), expected=1, **cancel).outcome == "unchanged"
    assert reserved(item) == 0
    assert put(shop, (item, 2), expected=2).outcome == "placed"
    assert reserved(item) == 2


def test_cancelling_what_was_never_ordered_is_not_found():
    shop = Shop()
    with pytest.raises(NotFoundError):
        commands.cancel_order(shop.resident(), menu_id=shop.menu.id, household_id=shop.home.id, expected=None)


def test_a_household_of_another_grid_cannot_order_here():
    shop = Shop()
    item = shop.item()
    other = a_household(a_building(a_grid(shop.community)))
    shop.cycle = a_cycle(shop.community)
    shop.menu = a_menu(shop.cycle, shop.grid)
    item = an_item(shop.menu, an_offer(shop.community))
    with pytest.raises(NotFoundError):
        put(shop, (item, 1), home=other)
    with pytest.raises(NotFoundError):
        put(shop, (item, 1), home=other, by=shop.coordinator())


def test_an_unplaced_and_an_inactive_household_cannot_order():
    shop = Shop()
    item = shop.item()
    unplaced = a_household(a_building(None, community=shop.community))
    inactive = a_household(shop.building, active=False)
    for home in (unplaced, inactive):
        with pytest.raises(CannotOrderError):
            put(shop, (item, 1), home=home)


def test_a_building_that_moves_orders_in_its_old_grid_until_the_next_cycle():
    shop = Shop()
    item = shop.item()
    shop.building.grid_id = a_grid(shop.community).id
    db.session.commit()
    assert put(shop, (item, 1)).outcome == "placed"


def test_a_lead_orders_for_a_building_that_moved_away_until_the_next_cycle():
    shop = Shop()
    item = shop.item()
    elsewhere = a_grid(shop.community)
    shop.building.grid_id = elsewhere.id
    db.session.commit()
    new_lead = asking(an_account(shop.community, Role.GRID_LEAD, grid=elsewhere).id)
    with pytest.raises(NotFoundError):
        put(shop, (item, 1), by=new_lead)
    assert put(shop, (item, 1), by=shop.lead()).outcome == "placed"


def test_others_households_are_unknown_to_a_resident_and_other_grids_to_a_lead():
    shop = Shop()
    item = shop.item()
    neighbour = shop.another_home()
    with pytest.raises(NotFoundError):
        put(shop, (item, 1), home=neighbour, by=shop.resident())
    with pytest.raises(NotFoundError):
        put(shop, (item, 1), home=neighbour, by=Shop().lead())
    assert put(shop, (item, 1), home=neighbour, by=shop.lead()).outcome == "placed"


def test_the_record_says_who_ordered_for_whom_and_how():
    shop = Shop()
    item = shop.item()
    lead = shop.lead()
    commands.place_order(
        lead, menu_id=shop.menu.id, household_id=shop.home.id, expected=None, lines=[Line(item.id, 1)],
        total_fen=item.price_fen, channel=Channel.PHONE,
    )  # fmt: skip
    order = order_of(lead, shop.menu.id, shop.home.id)
    assert (order["channel"], order["by_household"], order["placed_by_name"]) == ("phone", False, lead.display_name)


def test_each_household_is_in_exactly_one_of_ordered_declined_silent():
    shop = Shop()
    item = shop.item()
    second, third = shop.another_home(), shop.another_home()
    put(shop, (item, 1))
    commands.decline(shop.lead(), cycle_id=shop.cycle.id, household_id=second.id)
    assert standing_counts(shop.lead(), cycle_id=shop.cycle.id) == {"ordered": 1, "declined": 1, "silent": 1}
    put(shop, (item, 1), home=second)
    assert standing_counts(shop.lead(), cycle_id=shop.cycle.id) == {"ordered": 2, "declined": 0, "silent": 1}
    silent = households_standing(shop.lead(), cycle_id=shop.cycle.id)
    assert [home.household_id for home in silent] == [third.id]


def test_silent_households_of_the_care_register_come_first():
    shop = Shop()
    cared_for = shop.another_home()
    in_care(cared_for)
    assert households_standing(shop.lead(), cycle_id=shop.cycle.id)[0].household_id == cared_for.id


def test_a_household_that_came_after_the_opening_has_nothing_to_decline():
    shop = Shop()
    later = a_household(a_building(shop.grid))
    for asker in (shop.coordinator(), asking(later.account_id)):
        with pytest.raises(CannotOrderError):
            commands.decline(asker, cycle_id=shop.cycle.id, household_id=later.id)


def test_another_communitys_cycle_has_no_standing_to_count():
    shop = Shop()
    assert standing_counts(Shop().coordinator(), cycle_id=shop.cycle.id) == {"ordered": 0, "declined": 0, "silent": 0}


def test_a_household_with_an_order_cannot_decline():
    shop = Shop()
    put(shop, (shop.item(), 1))
    with pytest.raises(ConflictError):
        commands.decline(shop.lead(), cycle_id=shop.cycle.id, household_id=shop.home.id)


def test_order_numbers_follow_the_one_sort_order_and_are_given_once():
    shop = Shop()
    item = shop.item()
    far = a_household(shop.building, door="1201")
    near = a_household(shop.building, door="201")
    for home in (far, near):
        put(shop, (item, 1), home=home)
    from_numbering = _numbered(shop)
    assert from_numbering == _numbered(shop)
    assert from_numbering[near.id].endswith("-0412-001")
    assert from_numbering[far.id].endswith("-0412-002")


def _numbered(shop: Shop) -> dict[int, str]:
    number_orders(shop.cycle.id)
    db.session.commit()
    found = db.session.execute(
        text("SELECT o.household_id, n.number FROM order_number n JOIN orders o ON o.id = n.order_id")
    )
    return dict(found.all())


def test_a_signed_in_lead_sees_only_the_own_grids_orders():
    shop = Shop()
    put(shop, (shop.item(), 1))
    assert order_of(Shop().lead(), shop.menu.id, shop.home.id) is None
    assert order_of(asking(shop.lead().account_id), shop.menu.id, shop.home.id) is not None
