"""What requests about the register and responses to them carry."""

from __future__ import annotations

from marshmallow import fields

from supplyhub.schemas import OutSchema, QuerySchema, query_id


class HouseholdsQuery(QuerySchema):
    """Which households: of a grid (by number), with or without a place."""

    grid = query_id()
    unplaced = fields.Boolean()


class BuildingsQuery(QuerySchema):
    """Which buildings: with or without a place."""

    unplaced = fields.Boolean()


class ImportQuery(QuerySchema):
    """Whether only to tell what would change."""

    dry_run = fields.Boolean(load_default=False)


class GridOut(OutSchema):
    """A grid and how much is in it."""

    id = fields.Integer()
    number = fields.Integer()
    name = fields.String()
    delivery_point = fields.String(allow_none=True)
    micro_grids = fields.Integer()
    buildings = fields.Integer()
    households = fields.Integer()
    people = fields.Integer()


class BuildingOut(OutSchema):
    """A building and its place, or why it has none."""

    id = fields.Integer()
    name = fields.String()
    number = fields.Integer()
    floors = fields.Integer(allow_none=True)
    grid = fields.Integer(allow_none=True)
    micro_grid = fields.Integer(allow_none=True)
    unplaced_reason = fields.String(allow_none=True)
    households = fields.Integer()
    longitude = fields.Float(allow_none=True)
    latitude = fields.Float(allow_none=True)


class HouseholdOut(OutSchema):
    """A household: its door as it is said, the contact's name shrunk."""

    id = fields.Integer()
    door = fields.String()
    building = fields.String()
    unit = fields.String()
    door_number = fields.String()
    floor = fields.Integer()
    people = fields.Integer()
    contact = fields.String()
    care = fields.Boolean()
    grid = fields.Integer(allow_none=True)
    micro_grid = fields.Integer(allow_none=True)
    unplaced_reason = fields.String(allow_none=True)


class UnplacedDoorOut(OutSchema):
    """A door without a grid, and why."""

    building = fields.String()
    unit = fields.String()
    door = fields.String()
    reason = fields.String()


class ImportOut(OutSchema):
    """What an import changed, or would change; `id` is null when nothing was written."""

    id = fields.Integer(attribute="import_id", allow_none=True)
    counts = fields.Dict(keys=fields.String(), values=fields.Integer())
    unplaced_doors = fields.List(fields.Nested(UnplacedDoorOut), attribute="unplaced")
