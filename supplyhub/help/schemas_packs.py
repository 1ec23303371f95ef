"""What requests and responses about care packs carry."""

from __future__ import annotations

from marshmallow import fields, validate

from supplyhub.depot.schemas import ProductOut
from supplyhub.help.commands.packing_up import LONGEST_NAME, MOST_UNITS
from supplyhub.residents.states import CareCategory
from supplyhub.schemas import CleanText, InSchema, OutSchema, QuerySchema, count, ident, query_id

MOST_GOODS = 20


class PacksQuery(QuerySchema):
    """Which cycle's."""

    cycle = query_id(required=True)


class PackLineIn(InSchema):
    """So many units of a product in each pack."""

    product = ident(required=True)
    units = count(MOST_UNITS, least=1, required=True)


class PackPreviewIn(InSchema):
    """What is in each pack and whom it is for: everybody of the care register, or a category.

    `unasked`: also households whose consent nobody noted yet.
    """

    cycle = ident(required=True)
    goods = fields.List(fields.Nested(PackLineIn), required=True, validate=validate.Length(min=1, max=MOST_GOODS))
    category = fields.Enum(CareCategory, by_value=True, load_default=None, allow_none=True)
    unasked = fields.Boolean(load_default=False)


class PackGiveIn(PackPreviewIn):
    """A giving; `packs`: how many the preview showed. The same key again is the same giving."""

    key = fields.UUID(required=True)
    name = CleanText(LONGEST_NAME, shortest=1, required=True)
    packs = count(1_000_000, load_default=None, allow_none=True)


class PackDeclineIn(InSchema):
    """Whose pack is taken back; a resident's own without saying so."""

    household = ident(load_default=None, allow_none=True)


class PackStockOut(ProductOut):
    """What was given for care: units that are there, promised, left."""

    product_id = fields.Integer()
    units = fields.Integer()
    promised = fields.Integer()
    left = fields.Integer()
    expires_on = fields.Date()
    donors = fields.String()


class PackGridOut(OutSchema):
    """A grid's part in a giving, and who is left out."""

    number = fields.Integer()
    homes = fields.Integer()
    packs = fields.Integer()
    unasked = fields.Integer()
    refused = fields.Integer()
    closed = fields.Integer()


class PackPreviewOut(OutSchema):
    """What a giving would come to."""

    possible = fields.Integer()
    packs = fields.Integer()
    grids = fields.List(fields.Nested(PackGridOut))


class PackGivenOut(OutSchema):
    """The giving that was made."""

    id = fields.Integer()


class PackLineOut(OutSchema):
    """What is in each pack."""

    sku = fields.String()
    name_zh = fields.String()
    name_en = fields.String()
    unit = fields.String()
    units = fields.Integer()


class PackOut(OutSchema):
    """A giving, and how many of its packs stand where."""

    id = fields.Integer()
    cycle_id = fields.Integer()
    name = fields.String()
    donors = fields.String()
    seed = fields.String()
    given_at = fields.AwareDateTime()
    lines = fields.List(fields.Nested(PackLineOut))
    homes = fields.Integer()
    declined = fields.Integer()
    dropped = fields.Integer()
    delivered = fields.Integer()
    returned = fields.Integer()
    nothing_came = fields.Integer()
    under_way = fields.Integer()


class PackHomeOut(OutSchema):
    """Where a household's pack stands."""

    household_id = fields.Integer()
    door = fields.String()
    grid_number = fields.Integer()
    number = fields.String(allow_none=True)
    state = fields.String()
    short = fields.Integer()


class OwnPackOut(OutSchema):
    """A pack of one's own household."""

    id = fields.Integer()
    cycle_id = fields.Integer()
    name = fields.String()
    donors = fields.String()
    lines = fields.List(fields.Nested(PackLineOut))
    state = fields.String()
    short = fields.Integer()
