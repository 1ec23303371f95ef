"""What an order's requests and responses carry."""

from __future__ import annotations

from collections import Counter
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from supplyhub.ordering.baskets import Line
from supplyhub.ordering.states import Channel, Consent
from supplyhub.schemas import CleanText, InSchema, OutSchema, QuerySchema, count, fen, ident, query_id

MOST_LINES = 200
MOST_UNITS = 9_999
LONGEST_NOTE = 200


class LineIn(InSchema):
    """So many units of a menu item, and what to do when too little comes; `substitute` is another item of the menu.

    `most`: so many are taken at most, so that a case gets full; kept nowhere in a draw.
    """

    item = ident(required=True)
    quantity = count(MOST_UNITS, least=1, required=True)
    consent = fields.Enum(Consent, by_value=True, load_default=Consent.LESS)
    substitute = ident(load_default=None, allow_none=True)
    most = count(MOST_UNITS, least=1, load_default=None, allow_none=True)

    @validates_schema
    def names_a_substitute(self, data: dict[str, Any], **_: object) -> None:
        """Refuse a substitute that isn't asked for, one that is asked for and not named, and an item in its own place."""
        if (data["consent"] == Consent.SUBSTITUTE) != (data["substitute"] is not None):
            raise ValidationError('with consent "substitute", and only then, name the item', "substitute")
        if data["substitute"] == data["item"]:
            raise ValidationError("an item can't take its own place", "substitute")

    @validates_schema
    def takes_more(self, data: dict[str, Any], **_: object) -> None:
        """Refuse a maximum that isn't above what is ordered."""
        if data["most"] is not None and data["most"] <= data["quantity"]:
            raise ValidationError("the most that is taken is more than what is ordered", "most")

    @post_load
    def line(self, data: dict[str, Any], **_: object) -> Line:
        """Return the line."""
        return Line(**data)


class PlaceOrderIn(InSchema):
    """A household's whole basket and the total that the person saw."""

    lines = fields.List(fields.Nested(LineIn), required=True, validate=validate.Length(min=1, max=MOST_LINES))
    total_fen = fen(required=True)
    note = CleanText(LONGEST_NOTE, load_default="")

    @validates_schema
    def each_item_once(self, data: dict[str, Any], **_: object) -> None:
        """Refuse an item that stands twice."""
        twice = sorted(item for item, times in Counter(line.item for line in data["lines"]).items() if times > 1)
        if twice:
            raise ValidationError(f"each item once, but twice: {', '.join(map(str, twice))}", "lines")


class PlaceOrderForIn(PlaceOrderIn):
    """A basket entered for somebody, and how they asked for it."""

    # Not by web: what is entered for somebody is on record as that.
    channel = fields.Enum(
        Channel,
        by_value=True,
        load_default=Channel.DOORSTEP,
        validate=validate.NoneOf([Channel.WEB, Channel.CARE_PACK]),
    )


class OrdersQuery(QuerySchema):
    """Which grid's orders."""

    grid = query_id()


class LineOut(OutSchema):
    """A line at the price of the moment it was ordered, or lower; `substitute` is the item that may take its place.

    `most`: so many units may come, to fill a case; None where it is no more than was ordered.
    """

    item = fields.Integer()
    quantity = fields.Integer()
    unit_price_fen = fields.Integer()
    consent = fields.String()
    substitute = fields.Integer(allow_none=True)
    most = fields.Integer(allow_none=True)


class OrderOut(OutSchema):
    """An order. `number` is given at the cut-off, `outcome` at the close."""

    id = fields.Integer()
    menu = fields.Integer(attribute="menu_id")
    household = fields.Integer(attribute="household_id")
    number = fields.String(allow_none=True)
    version = fields.Integer()
    state = fields.String()
    outcome = fields.String(allow_none=True)
    total_fen = fields.Integer()
    note = fields.String()
    channel = fields.String()
    placed_at = fields.AwareDateTime()
    changed_at = fields.AwareDateTime()
    hold_until = fields.AwareDateTime(
        allow_none=True, metadata={"description": "when its goods go to others unless it is paid"}
    )
    lines = fields.List(fields.Nested(LineOut))


class OrderWithBalanceOut(OrderOut):
    """An order and its money: what it is worth, what was paid for it less what went back, and what is still owed.

    Owed below zero: so much goes back.
    """

    value_fen = fields.Integer()
    paid_fen = fields.Integer()
    owed_fen = fields.Integer()


class OrderInCycleOut(OutSchema):
    """An order as staff see it in a list: its door, no name, no note."""

    id = fields.Integer()
    number = fields.String(allow_none=True)
    grid = fields.Integer(attribute="grid_number")
    household = fields.Integer(attribute="household_id")
    building = fields.String(attribute="building_name")
    unit = fields.String()
    door = fields.String()
    state = fields.String()
    outcome = fields.String(allow_none=True)
    total_fen = fields.Integer()
    lines = fields.List(fields.Nested(LineOut))


class SilentOut(OutSchema):
    """A household that neither ordered nor declined."""

    household = fields.Integer(attribute="household_id")
    building = fields.String(attribute="building_name")
    unit = fields.String()
    door = fields.String()
    people_count = fields.Integer()
    first = fields.Boolean(attribute="in_care")
