"""What the catalog's requests and responses carry."""

from __future__ import annotations

from collections import Counter
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from supplyhub.catalog.states import Edit, MenuMode, Way
from supplyhub.schemas import CleanText, InSchema, OutSchema, QuerySchema, count, day, fen, moment, query_id

MOST_ITEMS = 500
MOST_UNITS = 1_000_000


class OpenCycleIn(InSchema):
    """The day of delivery."""

    delivery_on = day(required=True)


class ItemIn(InSchema):
    """An item of a menu; the price defaults to the offer's."""

    sku = CleanText(40, shortest=1, required=True)
    price_fen = fen()
    offered = count(MOST_UNITS, required=True)
    cap = count(MOST_UNITS, least=1, required=True)


class SaveMenuIn(InSchema):
    """A grid's menu, whole."""

    opens_at = moment(required=True)
    cutoff_at = moment(required=True)
    mode = fields.Enum(MenuMode, by_value=True)
    # Which part of each item a draw sets aside for the households of the care register.
    care_percent = count(100)
    # How its orders may be paid, at the door if unsaid; online alone, they are paid before they come.
    ways = fields.List(fields.Enum(Way, by_value=True), validate=validate.Length(min=1, max=len(Way)))
    items = fields.List(fields.Nested(ItemIn), required=True, validate=validate.Length(min=1, max=MOST_ITEMS))

    @validates_schema
    def each_sku_once(self, data: dict[str, Any], **_: object) -> None:
        """Refuse a SKU that stands twice."""
        twice = sorted(sku for sku, times in Counter(item["sku"] for item in data["items"]).items() if times > 1)
        if twice:
            raise ValidationError(f"each SKU once, but twice: {', '.join(twice)}", "items")


class MenusQuery(QuerySchema):
    """Which menus."""

    cycle = query_id()


class CycleOut(OutSchema):
    """A cycle; `progress` counts what has happened in it."""

    id = fields.Integer()
    number = fields.Integer()
    delivery_on = fields.Date()
    state = fields.String()
    closed_at = fields.AwareDateTime(allow_none=True)


class MenuOut(OutSchema):
    """A menu without its items."""

    id = fields.Integer()
    cycle = fields.Integer(attribute="cycle_id")
    cycle_number = fields.Integer()
    delivery_on = fields.Date()
    grid = fields.Integer(attribute="grid_number")
    state = fields.String()
    mode = fields.String()
    care_percent = fields.Integer()
    opens_at = fields.AwareDateTime()
    cutoff_at = fields.AwareDateTime()
    ways = fields.List(
        fields.String(validate=validate.OneOf([way.value for way in Way])),
        metadata={"description": "how its orders may be paid; online alone: before they come"},
    )
    closes_at = fields.AwareDateTime(metadata={"description": "later than the cut-off while an item has a later one"})
    taking_orders = fields.Boolean()


class ItemOut(OutSchema):
    """An item as a household sees it: the price is what it was bought for and a fee; below zero that is a subsidy."""

    id = fields.Integer()
    position = fields.Integer(metadata={"description": "the short number by which the chat relay asks for it"})
    sku = fields.String()
    name_zh = fields.String()
    name_en = fields.String()
    category = fields.String()
    unit = fields.String()
    unit_weight_grams = fields.Integer()
    price_fen = fields.Integer()
    cost_fen = fields.Integer(allow_none=True)
    fee_fen = fields.Integer(allow_none=True)
    offered = fields.Integer()
    left = fields.Integer()
    cap = fields.Integer()
    late_until = fields.AwareDateTime(allow_none=True, metadata={"description": "its own, later cut-off"})
    case_size = fields.Integer()
    withdrawn = fields.Boolean()


class EditOut(OutSchema):
    """What was changed about an item of a published menu: fen for a price, seconds of the epoch for a cut-off, units else.

    A withdrawal goes to none.
    """

    id = fields.Integer()
    item = fields.Integer(attribute="item_id")
    sku = fields.String()
    kind = fields.String(validate=validate.OneOf([kind.value for kind in Edit]))
    before = fields.Integer()
    after = fields.Integer()
    edited_at = fields.AwareDateTime()


class MenuWithItemsOut(MenuOut):
    """A menu, its items, and what was changed about them since it was published, newest first."""

    items = fields.List(fields.Nested(ItemOut))
    edits = fields.List(fields.Nested(EditOut))


class EditItemIn(InSchema):
    """What to change about an item of a published menu; what isn't named stays."""

    price_fen = fen()
    offered = count(MOST_UNITS)
    cap = count(MOST_UNITS, least=1)

    @validates_schema
    def something(self, data: dict[str, Any], **_: object) -> None:
        """Refuse a change of nothing."""
        if not data:
            raise ValidationError("name what to change: price_fen, offered, cap")


class OrderLaterIn(InSchema):
    """Until when an item may be ordered, after the rest of its menu is closed."""

    until = moment(required=True)


class WithdrawnOut(OutSchema):
    """How many orders lost a line, and how many of them are left without any."""

    orders = fields.Integer()
    cancelled = fields.Integer()


class IdOut(OutSchema):
    """The id of what was made."""

    id = fields.Integer()


class OfferOut(OutSchema):
    """What a platform offers."""

    id = fields.Integer()
    sku = fields.String()
    name_zh = fields.String()
    name_en = fields.String()
    category = fields.String()
    unit = fields.String()
    unit_weight_grams = fields.Integer()
    platform = fields.String()
    cost_fen = fields.Integer()
    price_fen = fields.Integer()
    case_size = fields.Integer()
    shelf_life_days = fields.Integer()
