"""What requests and responses about deliveries carry."""

from __future__ import annotations

from marshmallow import fields, validate

from supplyhub.depot.schemas import MOST_LINES, MOST_UNITS, ProductOut
from supplyhub.depot.states import Fault, LotPurpose, ReceiptKind
from supplyhub.schemas import CleanText, InSchema, OutSchema, count, ident

LONGEST_NOTE = 60
LONGEST_NAME = 40
HEAVIEST_GRAMS = 100_000


class ReceiptLineIn(InSchema):
    """What came of a purchase order's line, of one lot; 0 says that nothing did. Without a date the usual shelf life counts."""

    line = ident(required=True)
    quantity = count(MOST_UNITS, required=True)
    expires_on = fields.Date(load_default=None, allow_none=True)
    lot_number = CleanText(LONGEST_NAME, load_default="")


class ReceiptIn(InSchema):
    """A delivery, by the number of its note."""

    delivery_note = CleanText(LONGEST_NOTE, shortest=1, required=True)
    lines = fields.List(fields.Nested(ReceiptLineIn), required=True, validate=validate.Length(min=1, max=MOST_LINES))


class NewProductIn(InSchema):
    """A product that isn't known yet."""

    name = CleanText(LONGEST_NAME, shortest=1, required=True)
    unit = CleanText(8, shortest=1, required=True)
    unit_weight_grams = count(HEAVIEST_GRAMS, least=1, required=True)


class GoodsIn(InSchema):
    """Units of a product by SKU, barcode or name; or of a new one, whose expiry must be told."""

    product = CleanText(LONGEST_NAME, shortest=1)
    new_product = fields.Nested(NewProductIn)
    quantity = count(MOST_UNITS, least=1, required=True)
    expires_on = fields.Date(load_default=None, allow_none=True)
    lot_number = CleanText(LONGEST_NAME, load_default="")


class AcceptIn(InSchema):
    """Goods that nobody ordered: a donation says from whom."""

    kind = fields.String(required=True, validate=validate.OneOf([ReceiptKind.UNEXPECTED, ReceiptKind.DONATION]))
    delivery_note = CleanText(LONGEST_NOTE, shortest=1, required=True)
    source = CleanText(LONGEST_NAME, load_default="")
    purpose = fields.String(load_default=LotPurpose.EVERYBODY, validate=validate.OneOf(list(LotPurpose)))
    goods = fields.List(fields.Nested(GoodsIn), required=True, validate=validate.Length(min=1, max=MOST_LINES))


class FaultIn(InSchema):
    """What was wrong: damaged units of a lot, or units that never came in, by product or note.

    With `noted_before`, how many faults this delivery had, a request that is sent twice counts once.
    """

    fault = fields.String(required=True, validate=validate.OneOf(list(Fault)))
    quantity = count(MOST_UNITS, least=1, required=True)
    lot = ident(load_default=None, allow_none=True)
    product = ident(load_default=None, allow_none=True)
    note = CleanText(200, load_default="")
    photo = ident(load_default=None, allow_none=True)
    noted_before = count(MOST_UNITS, load_default=None, allow_none=True)


class WrittenOut(OutSchema):
    """The id of what was written."""

    id = fields.Integer()


class ReceiptOut(OutSchema):
    """The id of a receipt."""

    id = fields.Integer()


class ReceiptHeadOut(OutSchema):
    """A delivery; `source` is the platform, sender or donor, if known."""

    id = fields.Integer()
    kind = fields.String()
    cycle = fields.Integer(attribute="cycle_id")
    purchase_order = fields.Integer(attribute="purchase_order_id", allow_none=True)
    source = fields.String(allow_none=True)
    delivery_note = fields.String()
    received_at = fields.AwareDateTime()
    received_by = fields.String()
    lines = fields.Integer()
    units = fields.Integer()
    faults = fields.Integer()


class ReceivedLotOut(ProductOut):
    """Units that came together; `damaged` of them went to waste."""

    id = fields.Integer()
    product = fields.Integer(attribute="product_id")
    received = fields.Integer()
    damaged = fields.Integer()
    expires_on = fields.Date()
    lot_number = fields.String()
    purpose = fields.String()


class FaultOut(OutSchema):
    """What was wrong."""

    id = fields.Integer()
    fault = fields.String()
    quantity = fields.Integer()
    note = fields.String()
    lot = fields.Integer(attribute="lot_id", allow_none=True)
    sku = fields.String(allow_none=True)
    has_photo = fields.Boolean()
    noted_at = fields.AwareDateTime()
    noted_by = fields.String()


class ReceiptWholeOut(ReceiptHeadOut):
    """A delivery with its lots and faults."""

    lots = fields.List(fields.Nested(ReceivedLotOut))
    noted_faults = fields.List(fields.Nested(FaultOut))


class NoteRowOut(OutSchema):
    """A row of a delivery note; `line` is the order's line that it means, if any."""

    row = fields.Integer()
    names = fields.List(fields.String())
    line = fields.Integer(allow_none=True)
    quantity = fields.Integer()
    expires_on = fields.Date(allow_none=True)
    lot_number = fields.String()
