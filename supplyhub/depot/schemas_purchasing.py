"""What requests and responses about buying carry."""

from __future__ import annotations

from marshmallow import fields, validate

from supplyhub.depot.schemas import MOST_LINES, MOST_UNITS, ProductOut
from supplyhub.schemas import LARGEST_FEN, InSchema, OutSchema, count, ident


class SendIn(InSchema):
    """Whether an order that comes to less than the platform takes goes out all the same."""

    below_minimum = fields.Boolean(load_default=False)


class ConfirmedLineIn(InSchema):
    """What the platform confirms of a line; what is left out stays as confirmed before, else as ordered."""

    line = ident(required=True)
    quantity = count(MOST_UNITS, load_default=None, allow_none=True)
    cost_fen = count(LARGEST_FEN, load_default=None, allow_none=True)


class ConfirmIn(InSchema):
    """A platform's confirmation; lines that aren't named are confirmed as ordered."""

    lines = fields.List(fields.Nested(ConfirmedLineIn), load_default=list, validate=validate.Length(max=MOST_LINES))


class PurchaseLineOut(ProductOut):
    """A line of a purchase order and what has come of it.

    `filled`: units of the last case that households take who named a maximum. `surplus`: units that nobody ordered.
    `expected`: as confirmed, else as ordered.
    """

    id = fields.Integer()
    barcode = fields.String(allow_none=True)
    demand = fields.Integer()
    from_shelf = fields.Integer()
    case_size = fields.Integer()
    minimum_cases = fields.Integer()
    cases = fields.Integer()
    quantity = fields.Integer()
    filled = fields.Integer()
    surplus = fields.Integer()
    cost_fen = fields.Integer()
    confirmed_quantity = fields.Integer(allow_none=True)
    confirmed_cost_fen = fields.Integer(allow_none=True)
    expected = fields.Integer()
    received = fields.Integer()
    usual_expiry = fields.Date()


class PurchaseOrderOut(OutSchema):
    """A purchase order; `cost_fen` is that of all its units as ordered, `expected_*` as confirmed."""

    id = fields.Integer()
    cycle = fields.Integer(attribute="cycle_id")
    platform = fields.String()
    minimum_order_fen = fields.Integer()
    state = fields.String()
    sent_at = fields.AwareDateTime(allow_none=True)
    confirmed_at = fields.AwareDateTime(allow_none=True)
    received_at = fields.AwareDateTime(allow_none=True)
    closed_at = fields.AwareDateTime(allow_none=True)
    cases = fields.Integer()
    units = fields.Integer()
    cost_fen = fields.Integer()
    expected_units = fields.Integer()
    expected_cost_fen = fields.Integer()
    received_units = fields.Integer()
    lines = fields.List(fields.Nested(PurchaseLineOut))


class MinimumIn(InSchema):
    """The least that an order must come to; 0 for none."""

    minimum_order_fen = count(LARGEST_FEN, required=True)


class PlatformOut(OutSchema):
    """A platform, and how many products it supplies now."""

    id = fields.Integer()
    name = fields.String()
    minimum_order_fen = fields.Integer()
    products = fields.Integer()


class SurplusOut(ProductOut):
    """What the shelf still has of earlier cycles, good until `good_until` (the first of it), and not spoken for."""

    units = fields.Integer()
    good_until = fields.Date()
