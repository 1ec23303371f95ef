"""Buying: a cycle's purchase orders."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from supplyhub.catalog.queries import cycle_for
from supplyhub.db import as_dict
from supplyhub.depot import commands
from supplyhub.depot.purchase_queries import purchase_lines_of, purchase_order_for, purchase_orders_for
from supplyhub.depot.schemas import PurchaseOrderOut
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience

blp = Blueprint("purchasing", __name__, url_prefix="/api/v1", description="Buying")


@blp.route("/cycles/<int:cycle_id>/purchase-orders")
@blp.response(200, PurchaseOrderOut(many=True))
@audience(Role.DEPOT, Role.COORDINATOR)
def purchase_orders(cycle_id: int) -> list[dict[str, Any]]:
    """List a cycle's purchase orders, by platform, with their lines."""
    orders = purchase_orders_for(asker(), cycle_for(asker(), cycle_id).id)
    lines = purchase_lines_of([order.id for order in orders])
    return [
        as_dict(order) | {"lines": [line for line in lines if line.purchase_order_id == order.id]} for order in orders
    ]


@blp.route("/purchase-orders/<int:purchase_order_id>")
@blp.response(200, PurchaseOrderOut)
@audience(Role.DEPOT, Role.COORDINATOR)
def purchase_order(purchase_order_id: int) -> dict[str, Any]:
    """Return a purchase order with its lines."""
    view = purchase_order_for(asker(), purchase_order_id)
    return as_dict(view.order) | {"lines": view.lines}


@blp.route("/purchase-orders/<int:purchase_order_id>/send", methods=["POST"])
@blp.response(204)
@audience(Role.DEPOT, Role.COORDINATOR)
def send(purchase_order_id: int) -> None:
    """Note that a purchase order went to its platform."""
    commands.send_purchase_order(asker(), purchase_order_id)
