"""Buying, receiving, shortages, packing and stock."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from supplyhub.depot import commands
from supplyhub.depot.commands import ReceivedLine
from supplyhub.depot.schemas import (
    ReceiptIn,
    ReceiptOut,
)
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience

blp = Blueprint("depot", __name__, url_prefix="/api/v1", description="The staging depot")


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
