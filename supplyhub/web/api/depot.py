"""Buying, receiving, shortages, packing and stock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_smorest import Blueprint

from supplyhub.catalog.queries import cycle_for
from supplyhub.db import as_dict
from supplyhub.depot import commands, queries
from supplyhub.depot.commands import ReceivedLine
from supplyhub.depot.schemas import (
    LotOut,
    PurchaseOrderOut,
    ReceiptIn,
    ReceiptOut,
    ShortageOut,
)
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience

if TYPE_CHECKING:
    from flask_smorest.pagination import PaginationParameters

blp = Blueprint("depot", __name__, url_prefix="/api/v1", description="The staging depot")


@blp.route("/cycles/<int:cycle_id>/purchase-orders")
@blp.response(200, PurchaseOrderOut(many=True))
@audience(Role.DEPOT, Role.COORDINATOR)
def purchase_orders(cycle_id: int) -> list[dict[str, Any]]:
    """List a cycle's purchase orders, by platform, with their lines."""
    orders = queries.purchase_orders_for(asker(), cycle_for(asker(), cycle_id).id)
    lines = queries.purchase_lines_of([order.id for order in orders])
    return [
        as_dict(order) | {"lines": [line for line in lines if line.purchase_order_id == order.id]} for order in orders
    ]


@blp.route("/purchase-orders/<int:purchase_order_id>")
@blp.response(200, PurchaseOrderOut)
@audience(Role.DEPOT, Role.COORDINATOR)
def purchase_order(purchase_order_id: int) -> dict[str, Any]:
    """Return a purchase order with its lines."""
    view = queries.purchase_order_for(asker(), purchase_order_id)
    return as_dict(view.order) | {"lines": view.lines}


@blp.route("/purchase-orders/<int:purchase_order_id>/send", methods=["POST"])
@blp.response(204)
@audience(Role.DEPOT, Role.COORDINATOR)
def send(purchase_order_id: int) -> None:
    """Note that a purchase order went to its platform."""
    commands.send_purchase_order(asker(), purchase_order_id)


@blp.route("/purchase-orders/<int:purchase_order_id>/receipts", methods=["POST"])
@blp.arguments(ReceiptIn)
@blp.response(200, ReceiptOut)
@audience(Role.DEPOT)
def receive(payload: dict[str, Any], purchase_order_id: int) -> dict[str, int]:
    """Enter a delivery; the same note with the same counts again changes nothing."""
    lines = [ReceivedLine(line["line"], line["quantity"], line["expires_on"]) for line in payload["lines"]]
    receipt_id = commands.receive(
        asker(), purchase_order_id=purchase_order_id, delivery_note=payload["delivery_note"], lines=lines
    )
    return {"id": receipt_id}


@blp.route("/cycles/<int:cycle_id>/finish-receiving", methods=["POST"])
@blp.response(204)
@audience(Role.DEPOT, Role.COORDINATOR)
def finish_receiving(cycle_id: int) -> None:
    """Put what came on the shelf and have it shared out."""
    commands.finish_receiving(asker(), cycle_id)


@blp.route("/cycles/<int:cycle_id>/shortages")
@blp.response(200, ShortageOut(many=True))
@audience(Role.DEPOT, Role.COORDINATOR)
def shortages(cycle_id: int) -> list[Any]:
    """List what was short, the largest gap first; empty until it was shared out."""
    return queries.shortages_for(asker(), cycle_for(asker(), cycle_id).id)


@blp.route("/stock")
@blp.response(200, LotOut(many=True))
@blp.paginate(max_page_size=500, page_size=100)
@audience(Role.DEPOT, Role.COORDINATOR)
def stock(pagination_parameters: PaginationParameters) -> list[Any]:
    """List the lots of which something is here, expiring first."""
    pagination_parameters.item_count = queries.count_stock_for(asker())
    page = {"limit": pagination_parameters.page_size, "offset": pagination_parameters.first_item}
    return queries.stock_for(asker(), **page)
