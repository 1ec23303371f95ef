"""Staff, volunteers and their badges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import current_app
from flask_smorest import Blueprint

from supplyhub.people import commands, queries
from supplyhub.people.schemas import BadgeOut, BadgesQuery, NewStaffIn, NewStaffOut, NewVolunteerIn, NewVolunteerOut
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience

if TYPE_CHECKING:
    from flask_smorest.pagination import PaginationParameters

blp = Blueprint("people", __name__, url_prefix="/api/v1", description="Staff, volunteers, badges")


@blp.route("/staff", methods=["POST"])
@blp.arguments(NewStaffIn)
@blp.response(201, NewStaffOut)
@audience(Role.COORDINATOR)
def open_account(payload: dict[str, Any]) -> dict[str, Any]:
    """Open an account of staff; the one-time sign-in link is shown this once."""
    new = commands.create_staff(
        asker(), payload["role"], payload["name"], grid=payload.get("grid"), login=payload.get("login")
    )
    return {"account": new.account_id, "link": link_url(new.link_secret)}


@blp.route("/volunteers", methods=["POST"])
@blp.arguments(NewVolunteerIn)
@blp.response(201, NewVolunteerOut)
@audience(Role.COORDINATOR)
def take_on(payload: dict[str, Any]) -> dict[str, Any]:
    """Take on a volunteer with a badge of a grid."""
    new = commands.create_volunteer(asker(), payload["name"], grid=payload["grid"], login=payload.get("login"))
    return {"account": new.account_id, "badge": new.badge, "link": link_url(new.link_secret)}


@blp.route("/badges")
@blp.arguments(BadgesQuery, location="query")
@blp.response(200, BadgeOut(many=True))
@blp.paginate(max_page_size=500, page_size=100)
@audience(Role.COORDINATOR, Role.DEPOT, Role.GRID_LEAD)
def badges(query: dict[str, Any], pagination_parameters: PaginationParameters) -> list[Any]:
    """List badges by grid and number, revoked ones too."""
    pagination_parameters.item_count = queries.count_badges_for(asker(), **query)
    page = {"limit": pagination_parameters.page_size, "offset": pagination_parameters.first_item}
    return queries.badges_for(asker(), **query, **page)


@blp.route("/badges/<code>/revoke", methods=["POST"])
@blp.response(204)
@audience(Role.COORDINATOR)
def revoke(code: str) -> None:
    """Revoke a badge for good; its number is never used again."""
    commands.revoke_badge(asker(), code)


def link_url(secret: str) -> str:
    """Return the address of a one-time link. The secret is in the fragment, which no server logs."""
    return f"{current_app.extensions['settings'].public_url}/link#{secret}"
