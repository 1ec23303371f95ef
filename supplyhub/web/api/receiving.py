"""Receiving: deliveries by purchase order, gifts and unexpected goods, what was wrong, and the end of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response
from flask_smorest import Blueprint
from flask_smorest.fields import Upload
from marshmallow import RAISE

from supplyhub.catalog.queries import cycle_for
from supplyhub.db import as_dict
from supplyhub.depot import commands
from supplyhub.depot.commands import Goods, ReceivedLine, Seen, Sender, Unheard
from supplyhub.depot.delivery_note import find_line, read_delivery_note
from supplyhub.depot.purchase_queries import purchase_order_for
from supplyhub.depot.receipt_queries import photo_of_fault, receipt_for, receipts_for
from supplyhub.depot.schemas_receiving import (
    AcceptIn,
    FaultIn,
    NoteRowOut,
    ReceiptHeadOut,
    ReceiptIn,
    ReceiptOut,
    ReceiptWholeOut,
    WrittenOut,
)
from supplyhub.depot.states import Fault, LotPurpose, ReceiptKind
from supplyhub.errors import InvalidError
from supplyhub.people.states import Role
from supplyhub.photos.commands import keep_photo
from supplyhub.schemas import InSchema
from supplyhub.web.audience import asker, audience

if TYPE_CHECKING:
    from werkzeug.datastructures import FileStorage

blp = Blueprint("receipts", __name__, url_prefix="/api/v1", description="Receiving")
LONGEST_FILE_NAME = 60


class PhotoIn(InSchema):
    """A photo: JPEG, PNG or WebP of at most 3 MB."""

    photo = Upload(required=True)


class NoteFileIn(InSchema):
    """A delivery note as a table: Excel or CSV."""

    note = Upload(required=True)


@blp.route("/purchase-orders/<int:purchase_order_id>/receipts", methods=["POST"])
@blp.arguments(ReceiptIn)
@blp.response(200, ReceiptOut)
@audience(Role.DEPOT)
def receive(payload: dict[str, Any], purchase_order_id: int) -> dict[str, int]:
    """Enter a delivery; the same note with the same counts again changes nothing."""
    lines = [
        ReceivedLine(line["line"], line["quantity"], line["expires_on"], line["lot_number"])
        for line in payload["lines"]
    ]
    receipt_id = commands.receive(
        asker(), purchase_order_id=purchase_order_id, delivery_note=payload["delivery_note"], lines=lines
    )
    return {"id": receipt_id}


@blp.route("/purchase-orders/<int:purchase_order_id>/delivery-note", methods=["POST"])
@blp.arguments(NoteFileIn, location="files", unknown=RAISE)
@blp.response(200, NoteRowOut(many=True))
@audience(Role.DEPOT)
def delivery_note(files: dict[str, FileStorage], purchase_order_id: int) -> list[dict[str, Any]]:
    """Read a delivery note against an order's lines, to be counted; nothing is entered."""
    lines = purchase_order_for(asker(), purchase_order_id).lines
    codes = [(line.id, (line.sku, line.barcode, line.name_zh, line.name_en)) for line in lines]
    file = files["note"]
    rows = read_delivery_note(file.stream.read(), file=(file.filename or "delivery note")[:LONGEST_FILE_NAME])
    return [
        {
            "row": row.row,
            "names": row.names,
            "line": find_line(row, codes),
            "quantity": row.quantity,
            "expires_on": row.expires_on,
            "lot_number": row.lot_number,
        }
        for row in rows
    ]


@blp.route("/cycles/<int:cycle_id>/receipts", methods=["POST"])
@blp.arguments(AcceptIn)
@blp.response(200, ReceiptOut)
@audience(Role.DEPOT)
def accept(payload: dict[str, Any], cycle_id: int) -> dict[str, int]:
    """Enter goods that nobody ordered, or a donation; the same note with the same goods again changes nothing."""
    sender = Sender(ReceiptKind(payload["kind"]), payload["source"] or None, LotPurpose(payload["purpose"]))
    receipt_id = commands.accept(
        asker(),
        cycle_id=cycle_id,
        delivery_note=payload["delivery_note"],
        sender=sender,
        goods=[_goods(goods) for goods in payload["goods"]],
    )
    return {"id": receipt_id}


@blp.route("/cycles/<int:cycle_id>/receipts")
@blp.response(200, ReceiptHeadOut(many=True))
@audience(Role.DEPOT, Role.COORDINATOR)
def receipts(cycle_id: int) -> list[Any]:
    """List a cycle's deliveries, the latest first."""
    return receipts_for(asker(), cycle_for(asker(), cycle_id).id)


@blp.route("/receipts/<int:receipt_id>")
@blp.response(200, ReceiptWholeOut)
@audience(Role.DEPOT, Role.COORDINATOR)
def receipt(receipt_id: int) -> dict[str, Any]:
    """Return a delivery with its lots, and what was wrong with it."""
    view = receipt_for(asker(), receipt_id)
    faults = [as_dict(fault) | {"has_photo": fault.photo_id is not None} for fault in view.faults]
    return as_dict(view.receipt) | {"lots": view.lots, "noted_faults": faults}


@blp.route("/receipts/<int:receipt_id>/faults", methods=["POST"])
@blp.arguments(FaultIn)
@blp.response(200, WrittenOut)
@audience(Role.DEPOT)
def note_fault(payload: dict[str, Any], receipt_id: int) -> dict[str, int]:
    """Note what was wrong with a delivery; damaged units go to waste."""
    seen = Seen(
        Fault(payload["fault"]),
        payload["quantity"],
        lot_id=payload["lot"],
        product_id=payload["product"],
        note=payload["note"],
        photo_id=payload["photo"],
    )
    return {"id": commands.note_fault(asker(), receipt_id, seen, noted_before=payload["noted_before"])}


@blp.route("/receipt-faults/<int:fault_id>/photo")
@blp.response(200, content_type="image/*")
@audience(Role.DEPOT, Role.COORDINATOR)
def photo(fault_id: int) -> Response:
    """Return the photo of a fault."""
    found = photo_of_fault(asker(), fault_id)
    return Response(found.content, mimetype=found.media_type, headers={"Content-Disposition": "inline"})


@blp.route("/photos", methods=["POST"])
@blp.arguments(PhotoIn, location="files", unknown=RAISE)
@blp.response(200, WrittenOut)
@audience(Role.DEPOT)
def add_photo(files: dict[str, FileStorage]) -> dict[str, int]:
    """Keep a photo, without what the camera wrote into it."""
    return {"id": keep_photo(asker(), files["photo"].stream.read())}


@blp.route("/cycles/<int:cycle_id>/finish-receiving", methods=["POST"])
@blp.response(204)
@audience(Role.DEPOT, Role.COORDINATOR)
def finish_receiving(cycle_id: int) -> None:
    """Put what came on the shelf; have it shared out, if nothing is short."""
    commands.finish_receiving(asker(), cycle_id)


def _goods(given: dict[str, Any]) -> Goods:
    new = given.get("new_product")
    if ("product" in given) == (new is not None):
        raise InvalidError("goods name either a product or a new one")
    product = Unheard(**new) if new else given["product"]
    return Goods(product, given["quantity"], given["expires_on"], given["lot_number"])
