"""What the depot's requests and responses carry."""

from __future__ import annotations

from marshmallow import fields, validate

from supplyhub.schemas import CleanText, InSchema, OutSchema, count, ident

MOST_UNITS = 1_000_000
MOST_LINES = 1_000


class ReceiptLineIn(InSchema):
    """What came of a purchase order's line; 0 says that nothing did. Without a date the usual shelf life counts."""

    line = ident(required=True)
    quantity = count(MOST_UNITS, required=True)
    expires_on = fields.Date(load_default=None, allow_none=True)


class ReceiptIn(InSchema):
    """A delivery, by the number of its note."""

    delivery_note = CleanText(60, shortest=1, required=True)
    lines = fields.List(fields.Nested(ReceiptLineIn), required=True, validate=validate.Length(min=1, max=MOST_LINES))


class ReceiptOut(OutSchema):
    """The id of a receipt."""

    id = fields.Integer()


class ProductOut(OutSchema):
    """A product as lists name it."""

    sku = fields.String()
    name_zh = fields.String()
    name_en = fields.String()
    unit = fields.String()


class PurchaseLineOut(ProductOut):
    """A line of a purchase order and what has come of it."""

    id = fields.Integer()
    demand = fields.Integer()
    from_shelf = fields.Integer()
    case_size = fields.Integer()
    cases = fields.Integer()
    quantity = fields.Integer()
    cost_fen = fields.Integer()
    received = fields.Integer()
    usual_expiry = fields.Date()


class PurchaseOrderOut(OutSchema):
    """A purchase order; `cost_fen` is that of all its units."""

    id = fields.Integer()
    cycle = fields.Integer(attribute="cycle_id")
    platform = fields.String()
    state = fields.String()
    sent_at = fields.AwareDateTime(allow_none=True)
    received_at = fields.AwareDateTime(allow_none=True)
    cases = fields.Integer()
    units = fields.Integer()
    cost_fen = fields.Integer()
    received_units = fields.Integer()
    lines = fields.List(fields.Nested(PurchaseLineOut))
