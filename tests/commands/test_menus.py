"""Menus: drafted, published, closed at their cut-off, and what that means for their cycle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from supplyhub.catalog import commands as catalog
from supplyhub.catalog.models import Product
from supplyhub.catalog.queries import items_of
from supplyhub.catalog.states import CycleState, MenuMode, MenuState
from supplyhub.db import db, row, scalar
from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from supplyhub.ordering.models import Draw
from tests.factories import Shop, a_cycle, a_grid, a_menu, an_item, an_offer, saved

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


def a_draft(shop: Shop, *skus: str, **values: object) -> int:
    """Save a menu of these products for a cycle of its own."""
    return catalog.save_menu(
        shop.lead(),
        cycle_id=a_cycle(shop.community).id,
        grid_number=shop.grid.number,
        opens_at=datetime.now(UTC),
        cutoff_at=datetime.now(UTC) + timedelta(hours=1),
        items=[catalog.ItemWanted(sku, offered=10, cap=2, price_fen=280) for sku in skus],
        **values,
    )


def test_items_stand_by_kind_then_sku_and_their_places_are_the_short_numbers():
    shop = Shop()
    for sku, kind in (("A001", "粮油"), ("B002", "蔬菜"), ("B001", "蔬菜"), ("C001", "宠物"), ("D001", "水果")):
        offer = an_offer(shop.community, sku=sku)
        db.session.get_one(Product, offer.product_id).category = kind
    db.session.commit()
    menu_id = a_draft(shop, "C001", "A001", "B002", "D001", "B001")
    assert [(item.position, item.sku) for item in items_of(menu_id)] == [
        (1, "B001"),
        (2, "B002"),
        (3, "D001"),
        (4, "A001"),
        (5, "C001"),
    ]


def test_what_an_item_was_bought_for_is_kept_and_a_price_below_it_is_a_subsidy():
    shop = Shop()
    offer = an_offer(shop.community, sku="V900")
    menu_id = a_draft(shop, "V900")
    offer.cost_fen = 999
    db.session.commit()
    (item,) = items_of(menu_id)
    assert (item.price_fen, item.cost_fen, item.fee_fen) == (280, 300, -20)


def test_a_part_is_set_aside_in_a_draw_only():
    shop = Shop()
    an_offer(shop.community, sku="V900")
    draw = a_draft(shop, "V900", mode=MenuMode.DRAW, care_percent=30)
    first_come = a_draft(shop, "V900", care_percent=30)
    kept = {
        menu: tuple(row("SELECT mode, care_percent FROM menu WHERE id = :menu", menu=menu))
        for menu in (draw, first_come)
    }
    assert kept == {draw: ("draw", 30), first_come: ("first_come", 0)}


def test_a_draw_whose_seed_is_not_fixed_cannot_be_published():
    shop = Shop()
    an_offer(shop.community, sku="V900")
    menu_id = a_draft(shop, "V900", mode=MenuMode.DRAW)
    with pytest.raises(ConflictError, match="not prepared"):
        catalog.publish_menu(shop.lead(), menu_id)
    assert scalar("SELECT state FROM menu WHERE id = :menu", menu=menu_id) == "draft"
    saved(Draw(menu_id=menu_id, seed_hash=b"hash", seed_sealed=b"seed", slip_key_sealed=b"key"))
    catalog.publish_menu(shop.lead(), menu_id)
    assert scalar("SELECT state FROM menu WHERE id = :menu", menu=menu_id) == "published"
