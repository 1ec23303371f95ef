"""What requests and responses of packing carry."""

from __future__ import annotations

from marshmallow import fields, validate

from supplyhub.depot.commands.breaking import MISSING_REASONS
from supplyhub.depot.commands.filling import MOST_GRAMS
from supplyhub.depot.schemas import MOST_UNITS, ProductOut
from supplyhub.depot.states import UNPACK_REASONS, MoveReason
from supplyhub.schemas import CleanText, InSchema, OutSchema, count, ident

MOST_PARCELS = 1_000
MOST_LINES = 10_000
LONGEST_CODE = 20
LONGEST_NOTE = 200


class WeighedIn(InSchema):
    """What all units of a line weigh together."""

    parcel = CleanText(LONGEST_CODE, shortest=1, required=True)
    item = ident(required=True)
    grams = count(MOST_GRAMS, least=1, required=True)
    substitute = fields.Boolean(load_default=False)


class MissingIn(InSchema):
    """Units of a line that could not be packed: damaged, spoiled, expired or lost."""

    parcel = CleanText(LONGEST_CODE, shortest=1, required=True)
    item = ident(required=True)
    units = count(MOST_UNITS, least=1, required=True)
    reason = fields.Enum(MoveReason, by_value=True, required=True, validate=validate.OneOf(MISSING_REASONS))
    substitute = fields.Boolean(load_default=False)


class PackIn(InSchema):
    """Codes of the parcels that are packed; lines that are charged by weight need theirs."""

    parcels = fields.List(
        CleanText(LONGEST_CODE, shortest=1), required=True, validate=validate.Length(min=1, max=MOST_PARCELS)
    )
    weights = fields.List(fields.Nested(WeighedIn), load_default=list, validate=validate.Length(max=MOST_LINES))
    missing = fields.List(fields.Nested(MissingIn), load_default=list, validate=validate.Length(max=MOST_LINES))


class PackedOut(OutSchema):
    """How many this call packed, how many of the batch are left, and whether it is sealed."""

    parcels = fields.Integer()
    left = fields.Integer()
    sealed = fields.Boolean()


class UnpackIn(InSchema):
    """Why a parcel is taken apart; another reason needs a note."""

    reason = fields.Enum(MoveReason, by_value=True, required=True, validate=validate.OneOf(UNPACK_REASONS))
    note = CleanText(LONGEST_NOTE, load_default="")


class UnpackedOut(OutSchema):
    """How many units went back to the shelf."""

    units = fields.Integer()


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
    """What to put into a parcel; `item` is the order line's, of which a substitute is a line of its own.

    `grams`: what all its units weighed, where they are charged by weight.
    """

    item = fields.Integer(attribute="item_id")
    substitute = fields.Boolean()
    quantity = fields.Integer()
    missing = fields.Integer()
    by_weight = fields.Boolean()
    unit_weight_grams = fields.Integer()
    grams = fields.Integer(allow_none=True)


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
