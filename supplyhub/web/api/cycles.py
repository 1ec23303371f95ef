"""Cycles and where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_smorest import Blueprint
from marshmallow import fields

from supplyhub.catalog import commands, queries
from supplyhub.catalog.schemas import CycleOut, IdOut, OpenCycleIn
from supplyhub.db import as_dict
from supplyhub.delivery.progress import cycle_progress
from supplyhub.people.states import Role
from supplyhub.web.audience import STAFF, asker, audience

if TYPE_CHECKING:
    from flask_smorest.pagination import PaginationParameters

blp = Blueprint("cycles", __name__, url_prefix="/api/v1", description="Rounds of ordering and delivery")


class CycleWithProgressOut(CycleOut):
    """A cycle and the counts of what has happened in it."""

    progress = fields.Dict(keys=fields.String(), values=fields.Integer())


@blp.route("/cycles")
@blp.response(200, CycleOut(many=True))
@blp.paginate(max_page_size=500, page_size=50)
@audience(STAFF)
def cycles(pagination_parameters: PaginationParameters) -> list[Any]:
    """List the community's cycles, newest first."""
    pagination_parameters.item_count = queries.count_cycles_for(asker())
    return queries.cycles_for(asker(), limit=pagination_parameters.page_size, offset=pagination_parameters.first_item)


@blp.route("/cycles", methods=["POST"])
@blp.arguments(OpenCycleIn)
@blp.response(201, IdOut)
@audience(Role.COORDINATOR)
def open_cycle(payload: dict[str, Any]) -> dict[str, int]:
    """Open the next cycle."""
    return {"id": commands.open_cycle(asker(), **payload)}


@blp.route("/cycles/<int:cycle_id>")
@blp.response(200, CycleWithProgressOut)
@audience(STAFF)
def cycle(cycle_id: int) -> dict[str, Any]:
    """Return a cycle with its progress."""
    found = queries.cycle_for(asker(), cycle_id)
    return {**as_dict(found), "progress": cycle_progress(cycle_id)}
