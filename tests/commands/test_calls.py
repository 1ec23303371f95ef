"""Calling the silent: what a call changes, whom it puts where on the list, and who may call whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from supplyhub.db import db, rows, scalar
from supplyhub.errors import ConflictError, NotAllowedError, NotFoundError
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.calls import PARTS, call_counts, call_list, record_call
from supplyhub.ordering.commands import place_order
from supplyhub.ordering.errors import CannotOrderError
from supplyhub.ordering.models import CallAttempt
from supplyhub.ordering.queries import households_standing
from supplyhub.ordering.states import CallOutcome
from supplyhub.people.states import Role
from tests.factories import Shop, a_building, a_grid, a_household, an_account, asking, in_care, saved

pytestmark = pytest.mark.usefixtures("database")


def called(shop: Shop, home, outcome: CallOutcome, *, by=None, minutes_ago: float = 0) -> None:
    """Note a call as if it had been made some minutes ago."""
    saved(
        CallAttempt(
            cycle_id=shop.cycle.id,
            household_id=home.id,
            account_id=(by or shop.lead()).account_id,
            outcome=outcome,
            called_at=datetime.now(UTC) - timedelta(minutes=minutes_ago),
        )
    )


def ordered(shop: Shop, home) -> None:
    """Let a household order."""
    item = shop.item()
    place_order(
        shop.resident(home),
        menu_id=shop.menu.id,
        household_id=home.id,
        expected=None,
        lines=[Line(item.id, 1)],
        total_fen=item.price_fen,
    )  # fmt: skip


def doors(found) -> list[int]:
    return [home.household_id for home in found]


def test_a_call_is_noted_with_who_when_and_how_often():
    shop = Shop()
    lead, liaison = shop.lead(), shop.lead()
    record_call(lead, cycle_id=shop.cycle.id, household_id=shop.home.id, outcome=CallOutcome.NO_ANSWER)
    record_call(liaison, cycle_id=shop.cycle.id, household_id=shop.home.id, outcome=CallOutcome.WILL_ORDER)
    (home,) = call_list(lead, cycle_id=shop.cycle.id)
    assert (home.tries, home.last_outcome, home.last_caller) == (2, "will_order", liaison.display_name)
    assert home.called_a_moment_ago


def test_a_no_on_the_telephone_declines_the_cycle():
    shop = Shop()
    record_call(shop.lead(), cycle_id=shop.cycle.id, household_id=shop.home.id, outcome=CallOutcome.DECLINED)
    assert call_counts(shop.lead(), cycle_id=shop.cycle.id) == {
        "ordered": 0, "declined": 1, "silent": 0, "all": 0, "care": 0, "uncalled": 0, "again": 0, "will_order": 0,
    }  # fmt: skip


def test_a_no_of_a_household_that_has_an_order_is_refused_and_nothing_is_lost():
    shop = Shop()
    ordered(shop, shop.home)
    with pytest.raises(ConflictError):
        record_call(shop.lead(), cycle_id=shop.cycle.id, household_id=shop.home.id, outcome=CallOutcome.DECLINED)
    assert scalar("SELECT state FROM orders") == "placed"
    assert scalar("SELECT count(*) FROM declined") + scalar("SELECT count(*) FROM call_attempt") == 0


def test_the_urgent_of_the_care_register_come_before_its_others():
    shop = Shop()
    other, urgent = shop.another_home(), shop.another_home()
    in_care(other)
    in_care(urgent).priority = 1
    db.session.commit()
    assert doors(call_list(shop.lead(), cycle_id=shop.cycle.id)) == [urgent.id, other.id, shop.home.id]
    assert doors(households_standing(shop.lead(), cycle_id=shop.cycle.id)) == [urgent.id, other.id, shop.home.id]


def test_those_to_be_looked_after_come_first_and_those_called_just_now_last():
    shop = Shop()
    plain, cared, cared_called_before, just_called = shop.home, *(shop.another_home() for _ in range(3))
    for home in (cared, cared_called_before, just_called):
        in_care(home)
    called(shop, cared_called_before, CallOutcome.NO_ANSWER, minutes_ago=40)
    called(shop, just_called, CallOutcome.NO_ANSWER, minutes_ago=5)
    assert doors(call_list(shop.lead(), cycle_id=shop.cycle.id)) == [
        cared.id,
        cared_called_before.id,
        plain.id,
        just_called.id,
    ]


def test_the_parts_of_the_list_hold_what_they_are_called_and_are_counted():
    shop = Shop()
    homes = {part: shop.another_home() for part in ("care", "again", "will_order", "no_more")}
    in_care(homes["care"])
    called(shop, homes["again"], CallOutcome.CALL_AGAIN)
    called(shop, homes["will_order"], CallOutcome.NO_ANSWER, minutes_ago=9)
    called(shop, homes["will_order"], CallOutcome.WILL_ORDER)
    called(shop, homes["no_more"], CallOutcome.WILL_ORDER)
    ordered(shop, homes["no_more"])
    lead = shop.lead()
    found = {part: set(doors(call_list(lead, cycle_id=shop.cycle.id, part=part))) for part in PARTS}
    silent = {shop.home.id, *(homes[part].id for part in ("care", "again", "will_order"))}
    assert found == {
        "all": silent,
        "care": {homes["care"].id},
        "uncalled": {shop.home.id, homes["care"].id},
        "again": {homes["again"].id},
        "will_order": {homes["will_order"].id},
    }
    counts = call_counts(lead, cycle_id=shop.cycle.id)
    assert {part: counts[part] for part in PARTS} == {part: len(homes) for part, homes in found.items()}
    assert (counts["ordered"], counts["silent"]) == (1, 4)


def test_the_list_comes_in_pages_and_names_the_order_of_who_ordered():
    shop = Shop()
    for _ in range(4):
        shop.another_home()
    whole = doors(call_list(shop.lead(), cycle_id=shop.cycle.id))
    pages = [doors(call_list(shop.lead(), cycle_id=shop.cycle.id, limit=2, offset=at)) for at in (0, 2, 4)]
    assert (len(whole), [home for page in pages for home in page]) == (5, whole)
    ordered(shop, shop.home)
    (home,) = call_list(shop.lead(), cycle_id=shop.cycle.id, standing="ordered")
    assert home.order_id == scalar("SELECT id FROM orders")


def test_calls_are_noted_by_the_grids_lead_and_a_coordinator_and_by_nobody_else():
    shop = Shop()
    neighbour_grid = asking(an_account(shop.community, Role.GRID_LEAD, grid=a_grid(shop.community)).id)
    for stranger in (neighbour_grid, Shop().lead(), Shop().coordinator()):
        with pytest.raises(NotFoundError):
            record_call(stranger, cycle_id=shop.cycle.id, household_id=shop.home.id, outcome=CallOutcome.NO_ANSWER)
        assert call_list(stranger, cycle_id=shop.cycle.id) == []
        assert set(call_counts(stranger, cycle_id=shop.cycle.id).values()) == {0}
    with pytest.raises(NotAllowedError):
        record_call(shop.resident(), cycle_id=shop.cycle.id, household_id=shop.home.id, outcome=CallOutcome.NO_ANSWER)
    record_call(shop.coordinator(), cycle_id=shop.cycle.id, household_id=shop.home.id, outcome=CallOutcome.NO_ANSWER)
    assert [tuple(each) for each in rows("SELECT household_id, outcome FROM call_attempt")] == [
        (shop.home.id, "no_answer")
    ]


def test_no_call_is_noted_in_a_closed_cycle_nor_of_a_household_without_part_in_it():
    shop = Shop()
    came_later = a_household(a_building(shop.grid))
    with pytest.raises(CannotOrderError):
        record_call(
            shop.coordinator(), cycle_id=shop.cycle.id, household_id=came_later.id, outcome=CallOutcome.NO_ANSWER
        )
    shop.cycle.state = "closed"
    db.session.commit()
    with pytest.raises(NotFoundError):
        record_call(shop.lead(), cycle_id=shop.cycle.id, household_id=shop.home.id, outcome=CallOutcome.NO_ANSWER)
