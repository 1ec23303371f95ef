"""What a grid's lead has to clear, and parcels that are said not to have arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_smorest import Blueprint
from marshmallow import fields

from supplyhub.delivery.commands import clear_item, report_not_arrived, take_this_instead
from supplyhub.delivery.inbox_queries import count_open_items, open_items_for
from supplyhub.people.states import Role
from supplyhub.schemas import CleanText, InSchema, OutSchema
from supplyhub.web.audience import asker, audience

if TYPE_CHECKING:
    from flask_smorest.pagination import PaginationParameters

blp = Blueprint("following", __name__, url_prefix="/api/v1", description="What is to be cleared")
LONGEST_NOTE = 200


class NoteIn(InSchema):
    """What was done, or what is missing, in words."""

    note = CleanText(LONGEST_NOTE, load_default="")


class InboxItemOut(OutSchema):
    """Something to be cleared: about a ticket, or a door of it (`parcel`, `door`)."""

    id = fields.Integer()
    kind = fields.String()
    opened_at = fields.AwareDateTime()
    grid = fields.Integer(attribute="grid_number")
    cycle = fields.Integer(attribute="cycle_id")
    ticket = fields.String(allow_none=True)
    badge = fields.String(allow_none=True)
    parcel = fields.String(allow_none=True)
    door = fields.String(allow_none=True)
    problem = fields.String(allow_none=True)
    stops_left = fields.Integer()


@blp.route("/inbox")
@blp.response(200, InboxItemOut(many=True))
@blp.paginate(max_page_size=500, page_size=100)
@audience(Role.GRID_LEAD, Role.COORDINATOR)
def inbox(pagination_parameters: PaginationParameters) -> list[Any]:
    """List what is to be cleared in the own grid, or in all; what waits for somebody first."""
    pagination_parameters.item_count = count_open_items(asker())
    page = pagination_parameters
    return open_items_for(asker(), limit=page.page_size, offset=page.first_item)


@blp.route("/inbox/<int:item_id>/clear", methods=["POST"])
@blp.arguments(NoteIn)
@blp.response(204)
@audience(Role.GRID_LEAD, Role.COORDINATOR)
def clear(payload: dict[str, Any], item_id: int) -> None:
    """Clear an item; again changes nothing. What a household reported needs a note: the household reads it."""
    clear_item(asker(), item_id, **payload)


@blp.route("/inbox/<int:item_id>/take", methods=["POST"])
@blp.response(204)
@audience(Role.GRID_LEAD, Role.COORDINATOR)
def take(item_id: int) -> None:
    """Let a door stand by the entry that contradicts, until the hand-back; an item that was cleared changes nothing."""
    take_this_instead(asker(), item_id)


@blp.route("/parcels/<code>/not-arrived", methods=["POST"])
@blp.arguments(NoteIn)
@blp.response(204)
@audience(Role.RESIDENT, Role.GRID_LEAD)
def not_arrived(payload: dict[str, Any], code: str) -> None:
    """Report that a delivered parcel has not arrived: the household, its anchor household, the grid's lead, for a day."""
    report_not_arrived(asker(), code, **payload)
