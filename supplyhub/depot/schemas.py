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
