"""The depot's part of the tour: bought, counted, shared out, packed, carried to the point, on the shelves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.db import rows, scalar
from supplyhub.delivery.chain import crates_for
from supplyhub.delivery.commands import pass_crates
from supplyhub.delivery.states import CrateStep
from supplyhub.depot.commands import (
    Counted,
    confirm_purchase_order,
    count_lots,
    drop_stocktake,
    finish_count,
    finish_receiving,
    receive,
    start_stocktake,
)
from supplyhub.depot.commands.receiving import ReceivedLine
from supplyhub.depot.purchase_queries import purchase_order_for
from supplyhub.depot.shortage import short_products
from supplyhub.depot.states import Place
from supplyhub.depot.stocktake_queries import stocktake_for
from tests.journeys.stops import Stop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.journeys.scene import Scene


def at_the_depot(scene: Scene) -> Iterator[Stop]:
    """Goods are bought, counted and shared."""
    scene.cut_off()
    yield Stop("depot-purchase-draft", "depot", "/depot/purchase")
    order = scalar("SELECT min(id) FROM purchase_order WHERE cycle_id = :cycle", cycle=scene.cycle)
    yield Stop("depot-purchase-order", "depot", f"/depot/purchase/{order}")
    yield Stop("depot-purchase-platforms", "coordinator", "/depot/purchase/platforms")
    scene.send()
    yield Stop("depot-purchase-answer", "coordinator", f"/depot/purchase/{order}")
    yield Stop("depot-receive", "depot", f"/depot/receive/{order}")
    yield Stop("depot-purchase-sent", "depot", "/depot/purchase")
    confirm_purchase_order(scene.depot, order)
    yield Stop("depot-purchase-confirmed", "coordinator", "/depot/purchase")
    line = purchase_order_for(scene.depot, order).lines[0]
    receive(scene.depot, purchase_order_id=order, delivery_note="N-0", lines=[ReceivedLine(line.id, 1)])
    yield Stop("depot-purchase-part", "depot", "/depot/purchase")
    scene.receive()
    yield Stop("depot-receiving", "depot", "/depot/receive")
    receipt = scalar("SELECT min(id) FROM receipt WHERE cycle_id = :cycle", cycle=scene.cycle)
    yield Stop("depot-receipt", "depot", f"/depot/receive/receipts/{receipt}")
    yield Stop("depot-donation", "depot", "/depot/receive/extra/donation")
    yield Stop("depot-finish", "depot", "/depot/receive/finish")
    finish_receiving(scene.depot, scene.cycle)
    yield Stop("depot-purchase-received", "coordinator", "/depot/purchase")
    yield Stop("depot-purchase-done", "coordinator", f"/depot/purchase/{order}")
    yield Stop("depot-shortages-ahead", "depot", "/depot/shortages")
    for short in short_products(scene.cycle)[:1]:
        yield Stop("depot-shortage", "coordinator", f"/depot/shortages/{short.id}")
        yield Stop("depot-shortage-depot", "depot", f"/depot/shortages/{short.id}")
    yield Stop("gridlead-short-calls", "gridlead:3", "/short-calls")
    scene.share().pack(3, 0.4)
    batch = scalar(
        "SELECT b.id FROM batch AS b JOIN grid AS g ON g.id = b.grid_id WHERE g.number = 3 AND b.cycle_id = :cycle",
        cycle=scene.cycle,
    )
    yield Stop("depot-shortages", "depot", "/depot/shortages")
    yield Stop("depot-pack-grids", "depot", "/depot/pack")
    yield Stop("depot-pack", "depot", f"/depot/pack/{batch}")
    crate = scalar(
        "SELECT max(k.code) FROM crate AS k JOIN ticket AS t ON t.id = k.ticket_id WHERE t.batch_id = :batch",
        batch=batch,
    )
    weighed = scalar(
        "SELECT p.code FROM parcel AS p JOIN allocation AS a ON a.order_id = p.order_id AND a.allocated > 0"
        " JOIN menu_item AS i ON i.id = a.item_id JOIN offer AS o ON o.id = i.offer_id"
        " JOIN product AS d ON d.id = o.product_id AND d.by_weight"
        " WHERE p.batch_id = :batch AND p.state = 'planned' ORDER BY p.position LIMIT 1",
        batch=batch,
    )
    yield Stop("depot-pack-crate", "depot", f"/depot/pack/{batch}?crate={crate}")
    yield Stop("coordinator-pack", "coordinator", f"/depot/pack/{batch}?parcel={weighed}")
    yield Stop("depot-pack-scales", "depot", f"/depot/pack/{batch}?parcel={weighed}")
    yield Stop("depot-pick-list", "depot", f"/depot/pack/{batch}/list")
    yield Stop("depot-pick-orders", "depot", f"/depot/pack/{batch}/list?by=order")
    yield Stop("depot-print", "depot", f"/depot/print?batch={batch}")
    yield Stop("volunteer-tickets", "volunteer:3", "/tickets")


def to_the_point(scene: Scene, ticket: str) -> Iterator[Stop]:
    """The crates of grid 3 that are still here go out to its delivery point, and some of them arrive."""
    batch = scalar("SELECT batch_id FROM ticket WHERE code = :code", code=ticket)
    yield Stop("depot-load", "depot", f"/depot/crates/{batch}")
    crates = [crate.code for crate in crates_for(scene.depot, batch) if not crate.handed_at]
    pass_crates(scene.depot, batch, CrateStep.LEFT_DEPOT, counted=len(crates))
    if len(crates) > 1:
        pass_crates(scene.depot, batch, CrateStep.REACHED_POINT, codes=crates[: len(crates) // 2])
    yield Stop("depot-load-at-point", "depot", f"/depot/crates/{batch}")
    yield Stop("depot-loads", "depot", "/depot/crates")
    yield Stop("depot-chain", "depot", f"/depot/tickets/{ticket}")


def on_the_shelves(scene: Scene, ticket: str) -> Iterator[Stop]:
    """What stands here and what came back."""
    yield Stop("depot-returns", "depot", "/depot/returns")
    lot = scalar("SELECT min(lot_id) FROM stock_level WHERE place = 'shelf' AND quantity > 0")
    yield Stop("depot-stock", "depot", "/depot/stock")
    yield Stop("depot-stock-found", "depot", "/depot/stock?q=v0")
    yield Stop("depot-lot", "depot", f"/depot/stock/{lot}")
    stocktake = start_stocktake(scene.depot, Place.SHELF)
    yield Stop("depot-stocktake", "depot", f"/depot/stocktakes/{stocktake}")
    yield Stop("depot-stocktake-found", "depot", f"/depot/stocktakes/{stocktake}?q=v0")
    lines = stocktake_for(scene.depot, stocktake).lines
    units = dict(rows("SELECT lot_id, quantity FROM stock_level WHERE place = 'shelf'"))
    counted = [Counted(each.lot_id, max(units[each.lot_id] - (place == 0), 0)) for place, each in enumerate(lines)]
    count_lots(scene.depot, stocktake, counted)
    finish_count(scene.depot, stocktake)
    yield Stop("depot-stocktake-counted", "coordinator", f"/depot/stocktakes/{stocktake}")
    drop_stocktake(scene.depot, stocktake)
    yield Stop("depot-stocktakes", "depot", "/depot/stocktakes")
    yield Stop("depot-take-back", "depot", f"/depot/returns/{ticket}")
