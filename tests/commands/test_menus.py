"""Menus: drafted, published, closed at their cut-off, and what that means for their cycle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from supplyhub.catalog import commands as catalog
from supplyhub.catalog.states import CycleState, MenuState
from supplyhub.db import db, scalar
from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from tests.factories import Shop, a_cycle, a_grid, a_menu, an_item, an_offer

pytestmark = pytest.mark.usefixtures("database")


def test_closing_the_last_menu_of_a_cycle_records_that_its_orders_are_final():
    shop = Shop()
    other_grid = a_grid(shop.community)
    a_menu(shop.cycle, other_grid)
    catalog.close_menu(shop.lead(), shop.menu.id)
    assert scalar("SELECT count(*) FROM outbox WHERE topic = 'cut_off'") == 0
    catalog.close_menu(shop.coordinator(), scalar("SELECT id FROM menu WHERE grid_id = :grid", grid=other_grid.id))
    assert scalar("SELECT payload ->> 'cycle_id' FROM outbox WHERE topic = 'cut_off'") == str(shop.cycle.id)


def test_a_draft_keeps_a_cycle_open_until_its_own_cut_off_and_no_longer():
    shop = Shop()
    draft = a_menu(shop.cycle, a_grid(shop.community), state=MenuState.DRAFT)
    catalog.close_menu(shop.lead(), shop.menu.id)
    catalog.close_due_menus()
    assert scalar("SELECT count(*) FROM outbox WHERE topic = 'cut_off'") == 0
    draft.opens_at = datetime.now(UTC) - timedelta(hours=2)
    draft.cutoff_at = datetime.now(UTC) - timedelta(seconds=1)
    db.session.commit()
    for _ in range(2):
        catalog.close_due_menus()
    assert scalar("SELECT count(*) FROM outbox WHERE topic = 'cut_off'") == 1
    assert scalar("SELECT state FROM menu WHERE id = :id", id=draft.id) == "draft"


def test_a_draft_cannot_be_published_after_its_cut_off_or_its_cycles():
    shop = Shop()
    shop.item()
    draft = a_menu(shop.cycle, a_grid(shop.community), state=MenuState.DRAFT)
    an_item(draft, an_offer(shop.community))
    shop.cycle.state = CycleState.PROCURING
    db.session.commit()
    with pytest.raises(ConflictError, match="cycle"):
        catalog.publish_menu(shop.coordinator(), draft.id)
    shop.cycle.state = CycleState.ORDERING
    draft.opens_at = datetime.now(UTC) - timedelta(hours=2)
    draft.cutoff_at = datetime.now(UTC) - timedelta(seconds=1)
    db.session.commit()
    with pytest.raises(ConflictError, match="cut-off"):
        catalog.publish_menu(shop.coordinator(), draft.id)


def test_closing_again_and_closing_what_is_not_due_change_nothing():
    shop = Shop()
    assert catalog.close_due_menus() == 0
    catalog.close_menu(shop.lead(), shop.menu.id)
    catalog.close_menu(shop.lead(), shop.menu.id)
    assert scalar("SELECT count(*) FROM outbox WHERE topic = 'cut_off'") == 1


def test_the_scheduler_closes_menus_whose_cut_off_has_come():
    shop = Shop()
    shop.menu.cutoff_at = datetime.now(UTC) - timedelta(seconds=1)
    db.session.commit()
    assert catalog.close_due_menus() == 1
    assert scalar("SELECT state FROM menu WHERE id = :id", id=shop.menu.id) == "closed"


def test_a_lead_cannot_close_another_grids_menu():
    shop = Shop()
    with pytest.raises(NotFoundError):
        catalog.close_menu(Shop().lead(), shop.menu.id)


def test_a_published_menu_cannot_be_replaced_and_an_unknown_sku_is_named():
    shop = Shop()
    offer = an_offer(shop.community, sku="V900")
    lead = shop.lead()
    times = {"opens_at": datetime.now(UTC), "cutoff_at": datetime.now(UTC) + timedelta(hours=1)}
    wanted = [catalog.ItemWanted(sku="V900", offered=10, cap=2)]
    with pytest.raises(ConflictError):
        catalog.save_menu(lead, cycle_id=shop.cycle.id, grid_number=shop.grid.number, items=wanted, **times)
    cycle = a_cycle(shop.community)
    menu_id = catalog.save_menu(lead, cycle_id=cycle.id, grid_number=shop.grid.number, items=wanted, **times)
    assert scalar("SELECT price_fen FROM menu_item WHERE menu_id = :menu", menu=menu_id) == offer.price_fen
    with pytest.raises(InvalidError) as caught:
        catalog.save_menu(
            lead, cycle_id=cycle.id, grid_number=shop.grid.number, items=[catalog.ItemWanted("nope", 1, 1)], **times
        )
    assert caught.value.data["skus"] == ["nope"]
