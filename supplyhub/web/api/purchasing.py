"""Buying: a cycle's purchase orders, the platforms, and what is left of earlier cycles."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from supplyhub.catalog.platforms import platforms_for, set_minimum_order
from supplyhub.catalog.queries import cycle_for
from supplyhub.db import as_dict
from supplyhub.depot import commands
from supplyhub.depot.commands import ConfirmedLine
from supplyhub.depot.purchase_queries import purchase_lines_of, purchase_order_for, purchase_orders_for, surplus_for
from supplyhub.depot.schemas_purchasing import (
    ConfirmIn,
    MinimumIn,
    PlatformOut,
    PurchaseOrderOut,
    SendIn,
    SurplusOut,
)
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
@blp.arguments(SendIn)
@blp.response(204)
@audience(Role.DEPOT, Role.COORDINATOR)
def send(payload: dict[str, bool], purchase_order_id: int) -> None:
    """Note that a purchase order went to its platform."""
    commands.send_purchase_order(asker(), purchase_order_id, below_minimum=payload["below_minimum"])


@blp.route("/purchase-orders/<int:purchase_order_id>/confirm", methods=["POST"])
@blp.arguments(ConfirmIn)
@blp.response(204)
@audience(Role.DEPOT, Role.COORDINATOR)
def confirm(payload: dict[str, Any], purchase_order_id: int) -> None:
    """Note what the platform confirmed; again, until goods come."""
    lines = [ConfirmedLine(line["line"], line["quantity"], line["cost_fen"]) for line in payload["lines"]]
    commands.confirm_purchase_order(asker(), purchase_order_id, lines)


@blp.route("/purchase-orders/<int:purchase_order_id>/close", methods=["POST"])
@blp.response(204)
@audience(Role.COORDINATOR)
def close(purchase_order_id: int) -> None:
    """Note that a received purchase order is settled with its platform."""
    commands.close_purchase_order(asker(), purchase_order_id)


@blp.route("/platforms")
@blp.response(200, PlatformOut(many=True))
@audience(Role.DEPOT, Role.COORDINATOR)
def platforms() -> list[Any]:
    """List the platforms by name."""
    return platforms_for(asker())


@blp.route("/platforms/<int:platform_id>/minimum-order", methods=["PUT"])
@blp.arguments(MinimumIn)
@blp.response(204)
@audience(Role.COORDINATOR)
def minimum_order(payload: dict[str, int], platform_id: int) -> None:
    """Set the least that an order on a platform must come to."""
    set_minimum_order(asker(), platform_id, payload["minimum_order_fen"])


@blp.route("/shelf-surplus")
@blp.response(200, SurplusOut(many=True))
@audience(Role.GRID_LEAD, Role.DEPOT, Role.COORDINATOR)
def shelf_surplus() -> list[Any]:
    """List what earlier cycles left on the shelf, for the next menus."""
    return surplus_for(asker())
