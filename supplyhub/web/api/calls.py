"""Who ordered, declined or is silent in a cycle, with the last call; and how a call ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_smorest import Blueprint
from marshmallow import fields, validate

from supplyhub.catalog.queries import cycle_for
from supplyhub.ordering.calls import PARTS, call_counts, call_list, record_call
from supplyhub.ordering.states import CallOutcome
from supplyhub.people.states import Role
from supplyhub.schemas import InSchema, OutSchema, QuerySchema
from supplyhub.web.audience import asker, audience

if TYPE_CHECKING:
    from flask_smorest.pagination import PaginationParameters

blp = Blueprint("calls", __name__, url_prefix="/api/v1", description="Who is silent, and calls to them")
LEADS = (Role.GRID_LEAD, Role.COORDINATOR)
STANDINGS = ("silent", "declined", "ordered")


class CallIn(InSchema):
    """How a call ended."""

    outcome = fields.Enum(CallOutcome, by_value=True, required=True)


class StandingQuery(QuerySchema):
    """Which households: of a standing, and of the silent those of a part of the call list."""

    standing = fields.String(load_default="silent", validate=validate.OneOf(STANDINGS))
    part = fields.String(load_default="all", validate=validate.OneOf(list(PARTS)))


class LastCallOut(OutSchema):
    """The last of `tries` calls."""

    outcome = fields.String(attribute="last_outcome")
    at = fields.AwareDateTime(attribute="last_called_at")
    by = fields.String(attribute="last_caller")
    tries = fields.Integer()


class StandingOut(OutSchema):
    """A household as it stands in the cycle; `order` of one that ordered, `last_call` of one that was called."""

    household = fields.Integer(attribute="household_id")
    building = fields.String(attribute="building_name")
    unit = fields.String()
    door = fields.String()
    people_count = fields.Integer()
    standing = fields.String()
    first = fields.Boolean(attribute="in_care")
    order = fields.Integer(attribute="order_id", allow_none=True)
    last_call = fields.Function(lambda home: LastCallOut().dump(home) if home.tries else None)


class CountsOut(OutSchema):
    """How many households ordered, declined and are silent; and how many of the silent are in each part of the list."""

    ordered = fields.Integer()
    declined = fields.Integer()
    silent = fields.Integer()
    care = fields.Integer()
    uncalled = fields.Integer()
    again = fields.Integer()
    will_order = fields.Integer()


@blp.route("/cycles/<int:cycle_id>/households/<int:household_id>/calls", methods=["POST"])
@blp.arguments(CallIn)
@blp.response(204)
@audience(*LEADS)
def call(payload: dict[str, Any], cycle_id: int, household_id: int) -> None:
    """Note how a call ended; "declined" declines the cycle for the household, or is refused when it has an order."""
    record_call(asker(), cycle_id=cycle_id, household_id=household_id, outcome=payload["outcome"])


@blp.route("/cycles/<int:cycle_id>/standing")
@blp.arguments(StandingQuery, location="query")
@blp.response(200, StandingOut(many=True))
@blp.paginate(max_page_size=500, page_size=50)
@audience(*LEADS)
def standing(query: dict[str, Any], cycle_id: int, pagination_parameters: PaginationParameters) -> list[Any]:
    """List the households of a standing with their last call, those to call next first; a grid lead gets the own grid's."""
    who, wanted = asker(), query["standing"]
    part = query["part"] if wanted == "silent" else "all"
    counts = call_counts(who, cycle_id=cycle_for(who, cycle_id).id)
    pagination_parameters.item_count = counts[part] if wanted == "silent" else counts[wanted]
    return call_list(
        who,
        cycle_id=cycle_id,
        standing=wanted,
        part=part,
        limit=pagination_parameters.page_size,
        offset=pagination_parameters.first_item,
    )


@blp.route("/cycles/<int:cycle_id>/standing/counts")
@blp.response(200, CountsOut)
@audience(*LEADS)
def counts(cycle_id: int) -> dict[str, int]:
    """Return how many households stand where; together ordered, declined and silent are all of them."""
    return call_counts(asker(), cycle_id=cycle_for(asker(), cycle_id).id)
