"""What requests about shortages carry, and what the answers do: quantities, never who comes first."""

from __future__ import annotations

from marshmallow import fields, validate

from supplyhub.depot.schemas import ProductOut
from supplyhub.depot.states import Policy
from supplyhub.schemas import InSchema, OutSchema, QuerySchema


class PolicyIn(InSchema):
    """How a short product is shared out."""

    policy = fields.Enum(Policy, by_value=True, required=True)


class ShortageOut(ProductOut):
    """A product of which less came than was ordered, and how many lines got all, a part, nothing."""

    ordered = fields.Integer()
    allocated = fields.Integer()
    short = fields.Integer()
    full_lines = fields.Integer()
    part_lines = fields.Integer()
    empty_lines = fields.Integer()


class ShortageAheadOut(ProductOut):
    """A product that is short and not shared out yet: the policy for it, and what its lines said for this case."""

    product_id = fields.Integer()
    supply = fields.Integer()
    ordered = fields.Integer()
    short = fields.Integer()
    policy = fields.String()
    chosen = fields.Boolean()
    lines = fields.Integer()
    homes = fields.Integer()
    less = fields.Integer()
    substitute = fields.Integer()
    refund = fields.Integer()
    call = fields.Integer()
    answered = fields.Integer()


class OutcomeOut(OutSchema):
    """What a policy would make of a short product: lines and households with all, a part, nothing.

    `gini`: how unequal the parts are that households get of what they ordered, 0 when all get the same.
    """

    policy = fields.String()
    allocated = fields.Integer()
    lines = fields.Integer()
    full_lines = fields.Integer()
    part_lines = fields.Integer()
    empty_lines = fields.Integer()
    homes = fields.Integer()
    full_homes = fields.Integer()
    part_homes = fields.Integer()
    empty_homes = fields.Integer()
    gini = fields.Float()
    not_charged_fen = fields.Integer()


class AnswerIn(InSchema):
    """What a household that was called said: less of it is fine, or all or nothing."""

    answer = fields.String(required=True, validate=validate.OneOf(("less", "refund")))


class CallsQuery(QuerySchema):
    """Which hundred of the calls."""

    page = fields.Integer(load_default=1, validate=validate.Range(min=1, max=100_000))


class ShortCallOut(ProductOut):
    """A line that wanted a call: what it would get now, and what was answered."""

    order = fields.Integer(attribute="order_id")
    item = fields.Integer(attribute="item_id")
    household = fields.Integer(attribute="household_id")
    door = fields.String()
    grid = fields.Integer(attribute="grid_number")
    quantity = fields.Integer()
    units = fields.Integer()
    answer = fields.String(allow_none=True)
