"""What the depot's requests and responses carry."""

from __future__ import annotations

from marshmallow import fields

from supplyhub.schemas import OutSchema

MOST_UNITS = 1_000_000
MOST_LINES = 1_000


class ProductOut(OutSchema):
    """A product as lists name it."""

    sku = fields.String()
    name_zh = fields.String()
    name_en = fields.String()
    unit = fields.String()
