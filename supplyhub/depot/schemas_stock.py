"""What requests and responses about the stock carry."""

from __future__ import annotations

from marshmallow import fields, validate

from supplyhub.depot.schemas import MOST_UNITS, ProductOut
from supplyhub.depot.states import (
    COUNTED_PLACES,
    LESS_REASONS,
    MORE_REASONS,
    WAYS,
    WRITE_OFF_REASONS,
    Fate,
    MoveReason,
    Place,
)
from supplyhub.schemas import CleanText, InSchema, OutSchema, QuerySchema, count, ident

# A whole depot, and small beside the largest request.
MOST_LOTS = 20_000
LONGEST_NOTE = 200
WRITTEN_OFF_FROM = sorted(here for here, there in WAYS if there == Place.WASTE)


def one_of(values: object) -> validate.OneOf:
    """Return the validator of some states."""
    return validate.OneOf(sorted(values))  # type: ignore[call-overload]


def lots_at_once(least: int = 0) -> validate.Length:
    """Return the validator of a list with an entry a lot."""
    return validate.Length(min=least, max=MOST_LOTS, error=f"{least} to {MOST_LOTS} lots in one request")


class StockQuery(QuerySchema):
    """Which lots: at one place only, with `q` in name, SKU, barcode or lot number."""

    place = fields.String(load_default=None, validate=one_of(["inbound", "packed", "quarantine", "returned", "shelf"]))
    q = CleanText(60, load_default="")


class MoveIn(InSchema):
    """So many units; with `seen`, only while exactly so many are there."""

    quantity = count(MOST_UNITS, least=1, required=True)
    seen = count(MOST_UNITS, load_default=None, allow_none=True)
    note = CleanText(LONGEST_NOTE, load_default="")


class WriteOffIn(MoveIn):
    """Units of a place that go to waste, and why; another reason needs a note."""

    place = fields.String(required=True, validate=one_of(WRITTEN_OFF_FROM))
    reason = fields.String(required=True, validate=one_of(WRITE_OFF_REASONS))


class LotOut(ProductOut):
    """Units that came together, and where they are."""

    id = fields.Integer()
    lot_number = fields.String()
    purpose = fields.String()
    source = fields.String(allow_none=True)
    expires_on = fields.Date()
    days_left = fields.Integer()
    cycle_number = fields.Integer()
    received = fields.Integer()
    inbound = fields.Integer()
    shelf = fields.Integer()
    packed = fields.Integer()
    handed_over = fields.Integer()
    delivered = fields.Integer()
    returned = fields.Integer()
    quarantine = fields.Integer()
    waste = fields.Integer()


class MovementOut(OutSchema):
    """Units that went from one place to another; those of parcels that went together are one."""

    from_place = fields.String()
    to_place = fields.String()
    quantity = fields.Integer()
    parcels = fields.Integer()
    reason = fields.String(allow_none=True)
    note = fields.String()
    moved_at = fields.AwareDateTime()
    moved_by = fields.String(allow_none=True)
    second_by = fields.String(allow_none=True)
    stocktake = fields.Integer(attribute="stocktake_id", allow_none=True)


class StocktakeIn(InSchema):
    """The place that is counted."""

    place = fields.String(required=True, validate=one_of(COUNTED_PLACES))


class CountIn(InSchema):
    """How many units of a lot stand there; with `moves`, only while no unit of it came or went since it was read."""

    lot = ident(required=True)
    units = count(MOST_UNITS, required=True)
    moves = count(MOST_UNITS, load_default=None, allow_none=True)


class CountsIn(InSchema):
    """What was counted, by lot; many can be sent in several requests."""

    counts = fields.List(fields.Nested(CountIn), required=True, validate=lots_at_once(1))


class StockCountedOut(OutSchema):
    """The lots that weren't noted, because units of them moved meanwhile: to be counted again."""

    moved = fields.List(fields.Integer())


class WhyIn(InSchema):
    """Why a lot differs from the book; another reason needs a note."""

    lot = ident(required=True)
    reason = fields.String(required=True, validate=one_of(LESS_REASONS | MORE_REASONS))
    note = CleanText(LONGEST_NOTE, load_default="")


class BookIn(InSchema):
    """A reason for each lot that differs, all in one request: they are booked together or not at all."""

    reasons = fields.List(fields.Nested(WhyIn), required=True, validate=lots_at_once())


class StocktakeLineOut(ProductOut):
    """A lot as it was counted. While the counting goes on, `book` and `difference` are null."""

    lot = fields.Integer(attribute="lot_id")
    lot_number = fields.String()
    expires_on = fields.Date()
    book = fields.Integer(allow_none=True)
    counted = fields.Integer(allow_none=True)
    difference = fields.Integer(allow_none=True)
    reason = fields.String(allow_none=True)
    note = fields.String()
    counted_by = fields.String(attribute="counted_by_name", allow_none=True)
    counted_at = fields.AwareDateTime(allow_none=True)
    moves = fields.Integer()


class StocktakeOut(OutSchema):
    """A stocktake: who started it, who ended it."""

    id = fields.Integer()
    place = fields.String()
    state = fields.String()
    started_by = fields.String(attribute="started_by_name")
    started_at = fields.AwareDateTime()
    ended_by = fields.String(attribute="ended_by_name", allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)


class StocktakeViewOut(StocktakeOut):
    """A stocktake with its lines."""

    lines = fields.List(fields.Nested(StocktakeLineOut))


class StocktakeIdOut(OutSchema):
    """The id of a stocktake that was started or found."""

    id = fields.Integer()


class ReturnedLineOut(ProductOut):
    """Units of a lot that stand where they came back: returned, or quarantine."""

    lot = fields.Integer(attribute="lot_id")
    lot_number = fields.String()
    place = fields.String()
    units = fields.Integer()
    expires_on = fields.Date()
    days_left = fields.Integer()


class ReturnedParcelOut(OutSchema):
    """A parcel that came back; without lines when it is dealt with."""

    code = fields.String()
    grid = fields.Integer(attribute="grid_number")
    order_number = fields.String()
    came_back_at = fields.AwareDateTime(allow_none=True)
    taken_back_by = fields.String(allow_none=True)
    lines = fields.List(fields.Nested(ReturnedLineOut))


class DealIn(InSchema):
    """Where all that is left of a parcel goes; waste needs a reason, another one a note."""

    fate = fields.Enum(Fate, by_value=True, required=True)
    reason = fields.Enum(
        MoveReason, by_value=True, load_default=None, allow_none=True, validate=one_of(WRITE_OFF_REASONS)
    )
    note = CleanText(LONGEST_NOTE, load_default="")


class DealtOut(OutSchema):
    """How many units went where; what had expired went to the waste."""

    shelf = fields.Integer()
    waste = fields.Integer()
    quarantine = fields.Integer()
