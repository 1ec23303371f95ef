"""What a published draw carries: on the wire and in the file that anybody can check."""

from __future__ import annotations

from marshmallow import fields, validate

from supplyhub.schemas import OutSchema

STAGES = ("asking", "waiting", "drawn")


class SlipOut(OutSchema):
    """A slip: one unit that somebody asked for, under a pseudonym of this draw."""

    place = fields.Integer()
    slip = fields.String()
    round = fields.Integer(
        metadata={"description": "the unit of its household that it stands for: the first, the second"}
    )
    won = fields.Boolean()


class DrawItemOut(OutSchema):
    """An item; what became of it is null before the draw. `given_to_care` went to slips that the list didn't reach."""

    item = fields.Integer()
    sku = fields.String()
    name = fields.String()
    unit = fields.String()
    offered = fields.Integer()
    set_aside = fields.Integer()
    asked = fields.Integer(allow_none=True)
    given_to_care = fields.Integer(allow_none=True)
    given_by_draw = fields.Integer(allow_none=True)
    slips = fields.List(fields.Nested(SlipOut))


class DrawOut(OutSchema):
    """A menu's draw. The SHA-256 of the seed is there from the publishing on, the seed and the slips after the draw.

    `supplyhub draw check` recomputes it from this alone.
    """

    menu = fields.Integer()
    cycle_number = fields.Integer()
    grid = fields.Integer(attribute="grid_number")
    delivery_on = fields.Date()
    cutoff_at = fields.AwareDateTime()
    stage = fields.String(validate=validate.OneOf(STAGES))
    care_percent = fields.Integer()
    seed_hash = fields.String()
    seed = fields.String(allow_none=True)
    drawn_at = fields.AwareDateTime(allow_none=True)
    items = fields.List(fields.Nested(DrawItemOut))
