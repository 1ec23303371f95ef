"""Anchor households: one a building; they order for the doors of their building, and learn nothing else of them."""

from __future__ import annotations

import pytest

from supplyhub.catalog.editing import withdraw_item
from supplyhub.db import db, row, scalar
from supplyhub.errors import NotAllowedError, NotFoundError
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.calls import call_list, record_call
from supplyhub.ordering.commands import cancel_order, decline, place_order
from supplyhub.ordering.doors import contacts_for, door_for
from supplyhub.ordering.errors import SoldOutError
from supplyhub.ordering.finding import neighbours_of
from supplyhub.ordering.proxies import entered_for
from supplyhub.ordering.queries import order_of, orders_of_household
from supplyhub.ordering.states import CallOutcome, Channel
from supplyhub.people.states import Role
from supplyhub.residents.anchors import (
    AnchorThereError,
    anchored_building,
    anchors_for,
    appoint_anchor,
    end_anchor,
)
from tests.factories import Shop, a_building, a_grid, a_household, an_account, asking

pytestmark = pytest.mark.usefixtures("database")


class Stairs(Shop):
    """A shop whose first household is the anchor of its building, and a neighbour of it."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.neighbour = self.another_home()
        self.milk = self.item(cap=3)
        appoint_anchor(self.lead(), self.home.id)
        self.anchor = self.resident()

    def order(self, home=None, *, quantity=2, asker=None, channel=Channel.DOORSTEP, expected=None):
        return place_order(
            asker or self.anchor,
            menu_id=self.menu.id,
            household_id=(home or self.neighbour).id,
            expected=expected,
            lines=[Line(self.milk.id, quantity)],
            total_fen=quantity * self.milk.price_fen,
            channel=channel,
        )  # fmt: skip


def test_an_anchor_orders_for_a_neighbour_and_the_record_says_who_for_whom_and_how():
    stairs = Stairs()
    stairs.order()
    order = order_of(stairs.anchor, stairs.menu.id, stairs.neighbour.id)
    assert order["by_household"] is False
    entry = entered_for(stairs.anchor, [order["id"]])[order["id"]]
    assert (entry.who, entry.by, entry.channel) == (
        stairs.anchor.display_name,
        stairs.anchor.account_id,
        "doorstep",
    )
    assert entered_for(stairs.lead(), [order["id"]])[order["id"]].role == Role.RESIDENT
    assert entered_for(Shop().lead(), [order["id"]]) == {}


def test_an_order_stays_on_record_as_somebodys_after_an_item_of_it_was_withdrawn():
    stairs = Stairs()
    gone = stairs.item()
    place_order(
        stairs.anchor,
        menu_id=stairs.menu.id,
        household_id=stairs.neighbour.id,
        expected=None,
        lines=[Line(stairs.milk.id, 1), Line(gone.id, 1)],
        total_fen=stairs.milk.price_fen + gone.price_fen,
        channel=Channel.PHONE,
    )
    withdraw_item(stairs.lead(), stairs.menu.id, gone.id)
    order = order_of(stairs.anchor, stairs.menu.id, stairs.neighbour.id)
    assert order["version"] == 2
    entry = entered_for(stairs.anchor, [order["id"]])[order["id"]]
    assert (entry.by, entry.channel) == (stairs.anchor.account_id, "phone")


def test_a_later_change_by_the_household_itself_is_its_own_again():
    stairs = Stairs()
    stairs.order()
    own = stairs.resident(stairs.neighbour)
    stairs.order(asker=own, channel=Channel.WEB, quantity=1, expected=1)
    order = order_of(own, stairs.menu.id, stairs.neighbour.id)
    assert (order["version"], entered_for(own, [order["id"]])) == (2, {})
    assert scalar("SELECT count(*) FROM proxy_order WHERE order_id = :id", id=order["id"]) == 1


def test_an_anchor_changes_and_cancels_what_a_neighbour_ordered():
    stairs = Stairs()
    stairs.order(asker=stairs.resident(stairs.neighbour), channel=Channel.WEB)
    stairs.order(quantity=1, expected=1)
    cancel_order(
        stairs.anchor, menu_id=stairs.menu.id, household_id=stairs.neighbour.id, expected=2, channel=Channel.PHONE
    )
    assert scalar("SELECT state FROM orders") == "cancelled"
    assert scalar("SELECT channel FROM proxy_order WHERE version = 3") == "phone"


def test_what_an_anchor_orders_for_a_neighbour_counts_against_the_neighbours_cap():
    stairs = Stairs()
    stairs.order(stairs.home, quantity=3, channel=Channel.WEB)
    stairs.order(quantity=3)
    with pytest.raises(SoldOutError):
        stairs.order(quantity=4, expected=1)


@pytest.mark.parametrize("stranger", ["another building", "left the register", "another community"])
def test_an_anchor_reaches_no_door_but_the_active_ones_of_the_own_building(stranger):
    stairs = Stairs()
    home = {
        "another building": lambda: a_household(a_building(stairs.grid)),
        "left the register": lambda: a_household(stairs.building, active=False),
        "another community": lambda: Shop().home,
    }[stranger]()
    for reach in (
        lambda: stairs.order(home),
        lambda: door_for(stairs.anchor, home.id),
        lambda: order_of(stairs.anchor, stairs.menu.id, home.id),
        lambda: decline(stairs.anchor, cycle_id=stairs.cycle.id, household_id=home.id),
    ):
        with pytest.raises(NotFoundError):
            reach()
    assert [door.id for door in neighbours_of(stairs.anchor)] == [stairs.neighbour.id]


def test_whoever_is_no_anchor_any_more_reaches_nobody():
    stairs = Stairs()
    stairs.order()
    end_anchor(stairs.lead(), stairs.home.id)
    with pytest.raises(NotFoundError):
        stairs.order(quantity=1, expected=1)
    with pytest.raises(NotFoundError):
        door_for(stairs.anchor, stairs.neighbour.id)
    assert (anchored_building(stairs.anchor), neighbours_of(stairs.anchor)) == (None, [])
    assert scalar("SELECT state FROM orders") == "placed"


def test_an_anchor_that_left_the_register_reaches_nobody():
    stairs = Stairs()
    stairs.home.active = False
    db.session.commit()
    assert anchored_building(stairs.anchor) is None
    with pytest.raises(NotFoundError):
        stairs.order()


def test_an_anchor_reaches_nobody_in_a_cycle_without_the_building_or_in_a_closed_one():
    stairs = Stairs()
    later = a_household(a_building(stairs.grid))
    appoint_anchor(stairs.lead(), later.id)
    moved = a_household(db.session.get_one(type(stairs.building), later.building_id))
    with pytest.raises(NotFoundError):
        stairs.order(moved, asker=asking(later.account_id))
    stairs.order()
    stairs.cycle.state = "closed"
    db.session.commit()
    with pytest.raises(NotFoundError):
        order_of(stairs.anchor, stairs.menu.id, stairs.neighbour.id)
    assert orders_of_household(stairs.anchor, stairs.neighbour.id) == []


def test_an_anchor_learns_no_phone_no_name_no_care_and_makes_no_calls():
    stairs = Stairs()
    seen = door_for(stairs.anchor, stairs.neighbour.id)
    assert not any("care" in name or "phone" in name or "contact" in name for name in seen._mapping)
    with pytest.raises(NotAllowedError):
        contacts_for(stairs.anchor, [stairs.neighbour.id], vault=None)
    with pytest.raises(NotAllowedError):
        record_call(
            stairs.anchor,
            cycle_id=stairs.cycle.id,
            household_id=stairs.neighbour.id,
            outcome=CallOutcome.NO_ANSWER,
        )
    assert call_list(stairs.lead(), cycle_id=stairs.cycle.id)


def test_a_building_has_one_anchor_and_a_second_must_wait():
    stairs = Stairs()
    appoint_anchor(stairs.coordinator(), stairs.home.id)
    with pytest.raises(AnchorThereError) as there:
        appoint_anchor(stairs.lead(), stairs.neighbour.id)
    assert there.value.data == {"household": stairs.home.id}
    end_anchor(stairs.coordinator(), stairs.home.id)
    appoint_anchor(stairs.lead(), stairs.neighbour.id)
    assert [anchor.household_id for anchor in anchors_for(stairs.lead())] == [stairs.neighbour.id]
    with pytest.raises(NotFoundError):
        end_anchor(stairs.lead(), stairs.home.id)


def test_anchors_are_appointed_by_the_own_grids_lead_and_a_coordinator_only():
    stairs = Stairs()
    elsewhere = asking(an_account(stairs.community, Role.GRID_LEAD, grid=a_grid(stairs.community)).id)
    for attempt in (appoint_anchor, end_anchor):
        with pytest.raises(NotFoundError):
            attempt(elsewhere, stairs.home.id)
        with pytest.raises(NotAllowedError):
            attempt(stairs.anchor, stairs.home.id)
    assert anchors_for(elsewhere) == []
    with pytest.raises(NotFoundError):
        appoint_anchor(stairs.lead(), a_household(stairs.building, active=False).id)
    facts = row("SELECT count(*) AS anchors, count(ended_at) AS ended FROM anchor_household")
    assert facts is not None
    assert tuple(facts) == (1, 0)


@pytest.mark.parametrize(("typed", "found"), [("900901", 1), ("2-900901", 1), ("1-900901", 0), ("", 2), ("王", 0)])
def test_an_anchor_finds_a_neighbour_by_door_or_unit_and_door(typed, found):
    stairs = Stairs()
    a_household(stairs.building, door="900901", unit=2)
    assert len(neighbours_of(stairs.anchor, typed)) == found
    whole = f"{stairs.building.number}-2-900901"
    assert [home.door for home in neighbours_of(stairs.anchor, whole)] == ["900901"]
