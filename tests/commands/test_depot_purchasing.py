"""Buying: demand less the shelf, in whole cases, once."""

from __future__ import annotations

from datetime import date

import pytest

from supplyhub.db import db, rows, scalar
from supplyhub.depot.commands import cut_off_batch, finish_receiving, receive, send_purchase_order, share_out
from supplyhub.depot.commands.receiving import ReceivedLine
from supplyhub.depot.purchase_queries import purchase_order_for, purchase_orders_for
from supplyhub.errors import ConflictError, NotFoundError
from tests.factories import an_item, an_offer
from tests.factories_depot import Town, work

pytestmark = pytest.mark.usefixtures("database")


def test_demand_of_all_grids_is_bought_in_whole_cases_a_purchase_order_a_platform():
    town = Town(grids=2, homes=2, skus=("V001", "V002"), case_size=10)
    town.offers["W001"] = an_offer(town.community, sku="W001", platform="乙", case_size=6)
    town.open_cycle()
    town.everybody_orders(V001=3, W001=1)
    town.cut_off()
    first, second = purchase_orders_for(town.depot, town.cycle_id)
    assert (first.platform, first.lines, first.units) == ("乙", 1, 6)
    assert (second.platform, second.lines, second.cases, second.units, second.cost_fen) == ("甲", 1, 2, 20, 6_000)
    line = town.line_of("V001")
    assert (line.demand, line.from_shelf, line.cases) == (12, 0, 2)


def test_the_cut_off_batch_has_its_effect_once():
    town = Town()
    town.everybody_orders(V001=1)
    town.cut_off()
    work(cut_off_batch, town.cycle_id)
    assert len(town.purchase_orders()) == 1
    assert scalar("SELECT count(*) FROM order_number WHERE cycle_id = :c", c=town.cycle_id) == 2
    assert scalar("SELECT state FROM cycle WHERE id = :c", c=town.cycle_id) == "procuring"


def test_an_open_menu_stops_the_cut_off_batch_and_nothing_is_written():
    town = Town(grids=2)
    town.everybody_orders(V001=1)
    with pytest.raises(ConflictError, match="still takes orders"):
        work(cut_off_batch, town.cycle_id)
    assert scalar("SELECT state FROM cycle WHERE id = :c", c=town.cycle_id) == "ordering"
    assert town.purchase_orders() == []


def test_a_cycle_without_orders_is_cut_off_with_nothing_to_buy():
    town = Town()
    town.cut_off()
    assert town.purchase_orders() == []
    finish_receiving(town.depot, town.cycle_id)
    work(share_out, town.cycle_id)
    assert scalar("SELECT state FROM cycle WHERE id = :c", c=town.cycle_id) == "staging"


def test_what_a_closed_cycle_left_on_the_shelf_is_not_bought_again():
    town = Town(homes=2)
    town.everybody_orders(V001=2)
    town.share(V001=10)
    town.pack()
    town.close_by_hand()
    town.open_cycle()
    town.everybody_orders(V001=8)
    town.cut_off()
    line = town.line_of("V001")
    assert (line.demand, line.from_shelf, line.cases, line.quantity) == (16, 6, 1, 10)


def test_a_shelf_that_covers_everything_leaves_a_line_without_cases():
    town = Town(homes=1)
    town.everybody_orders(V001=1)
    town.share(V001=10)
    town.pack()
    town.close_by_hand()
    town.open_cycle()
    town.everybody_orders(V001=4)
    town.cut_off()
    line = town.line_of("V001")
    assert (line.demand, line.from_shelf, line.cases) == (4, 4, 0)
    town.send()
    finish_receiving(town.depot, town.cycle_id)
    work(share_out, town.cycle_id)
    town.pack()
    assert scalar("SELECT sum(quantity) FROM parcel_line") == 5


def test_goods_that_expire_before_the_delivery_day_are_not_counted_on():
    town = Town(homes=1)
    town.everybody_orders(V001=1)
    town.cut_off()
    town.send()
    (purchase_order_id,) = town.purchase_orders()
    lines = [ReceivedLine(town.line_of("V001").id, 10, expires_on=date(2099, 1, 1))]
    receive(town.depot, purchase_order_id=purchase_order_id, delivery_note="N", lines=lines)
    finish_receiving(town.depot, town.cycle_id)
    work(share_out, town.cycle_id)
    town.pack()
    town.close_by_hand()
    town.open_cycle()
    town.cycle.delivery_on = date(2099, 1, 2)
    db.session.commit()
    town.order(town.first, town.first.homes[0], V001=1)
    town.cut_off()
    assert town.line_of("V001").from_shelf == 0


def test_a_purchase_order_is_sent_once():
    town = Town()
    town.everybody_orders(V001=1)
    town.cut_off()
    (purchase_order_id,) = town.purchase_orders()
    send_purchase_order(town.depot, purchase_order_id)
    view = purchase_order_for(town.depot, purchase_order_id)
    assert view.order.state == "sent"
    assert [(line.sku, line.received) for line in view.lines] == [("V001", 0)]
    with pytest.raises(ConflictError):
        send_purchase_order(town.depot, purchase_order_id)


def test_another_community_has_no_such_purchase_order():
    town, strangers = Town(), Town()
    town.everybody_orders(V001=1)
    town.cut_off()
    (purchase_order_id,) = town.purchase_orders()
    with pytest.raises(NotFoundError):
        send_purchase_order(strangers.depot, purchase_order_id)
    assert purchase_orders_for(strangers.depot, town.cycle_id) == []


def test_two_offers_of_one_product_share_what_the_shelf_has():
    town = Town(homes=1)
    town.everybody_orders(V001=4)
    town.share(V001=10)
    town.pack()
    town.close_by_hand()
    old = town.offers["V001"]
    product = old.product_id
    town.open_cycle()
    # The product's supplier changes between two menus of one cycle: both offers are ordered from.
    old.active = False
    newer = an_offer(town.community, sku="X", platform="乙")
    newer.product_id = product
    db.session.commit()
    town.offers["V002"] = newer
    town.first.items["V002"] = an_item(town.first.menu, newer, cap=100)
    town.order(town.first, town.first.homes[0], V001=4, V002=5)
    town.cut_off()
    lines = rows(
        "SELECT l.demand, l.from_shelf FROM purchase_order_line AS l JOIN purchase_order AS o ON o.id = l.purchase_order_id"
        " WHERE o.cycle_id = :c ORDER BY l.offer_id",
        c=town.cycle_id,
    )
    assert [(line.demand, line.from_shelf) for line in lines] == [(4, 4), (5, 2)]
