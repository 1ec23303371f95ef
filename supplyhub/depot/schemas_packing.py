"""What requests and responses of packing carry."""

from __future__ import annotations

from marshmallow import fields, validate

from supplyhub.depot.schemas import ProductOut
from supplyhub.schemas import CleanText, InSchema, OutSchema

MOST_PARCELS = 1_000
LONGEST_CODE = 20


class PackIn(InSchema):
    """Codes of the parcels that are packed."""

    parcels = fields.List(
        CleanText(LONGEST_CODE, shortest=1), required=True, validate=validate.Length(min=1, max=MOST_PARCELS)
    )


class PackedOut(OutSchema):
    """How many this call packed, how many of the batch are left, and whether it is sealed."""

    parcels = fields.Integer()
    left = fields.Integer()
    sealed = fields.Boolean()


class BatchOut(OutSchema):
    """A grid's batch; `packed` counts parcels packed or beyond."""

    id = fields.Integer()
    cycle = fields.Integer(attribute="cycle_id")
    grid = fields.Integer(attribute="grid_number")
    delivery_point = fields.String(allow_none=True)
    state = fields.String()
    sealed_at = fields.AwareDateTime(allow_none=True)
    parcels = fields.Integer()
    packed = fields.Integer()
    bags = fields.Integer()
    weight_grams = fields.Integer()


class ParcelLineOut(ProductOut):
    """What to put into a parcel."""

    quantity = fields.Integer()


class ParcelOut(OutSchema):
    """A parcel in the one sort order."""

    code = fields.String()
    order_number = fields.String()
    position = fields.Integer()
    door = fields.String()
    state = fields.String()
    bags = fields.Integer()
    weight_grams = fields.Integer()
    packed_by = fields.String(allow_none=True)
    packed_at = fields.AwareDateTime(allow_none=True)
    lines = fields.List(fields.Nested(ParcelLineOut))
