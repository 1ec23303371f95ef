"""Staff, volunteers and their badges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import current_app
from flask_smorest import Blueprint

from supplyhub.people import commands, queries
from supplyhub.people.schemas import (
    BadgeOut,
    BadgesQuery,
    GridIn,
    IssuedBadgeOut,
    NewStaffIn,
    NewStaffOut,
    NewVolunteerIn,
    NewVolunteerOut,
    ShiftOut,
    TrainingIn,
)
from supplyhub.people.shifts import shift_end
from supplyhub.people.states import Role
from supplyhub.people.training import Trained
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
        asker(),
        payload["role"],
        payload["name"],
        grid=payload.get("grid"),
        login=payload.get("login"),
        delivery_point=payload.get("delivery_point"),
    )
    return {"account": new.account_id, "link": link_url(new.link_secret)}


@blp.route("/volunteers", methods=["POST"])
@blp.arguments(NewVolunteerIn)
@blp.response(201, NewVolunteerOut)
@audience(Role.COORDINATOR)
def take_on(payload: dict[str, Any]) -> dict[str, Any]:
    """Take on a trained volunteer with a badge of a grid."""
    new = commands.create_volunteer(
        asker(),
        payload["name"],
        grid=payload["grid"],
        training=_trained(payload["training"]),
        login=payload.get("login"),
    )
    return {"account": new.account_id, "badge": new.badge, "link": link_url(new.link_secret)}


@blp.route("/volunteers/<int:account>/trainings", methods=["POST"])
@blp.arguments(TrainingIn)
@blp.response(204)
@audience(Role.COORDINATOR)
def train(payload: dict[str, Any], account: int) -> None:
    """Record what a volunteer was trained in; the same once more has no effect."""
    commands.record_training(asker(), account, _trained(payload))


@blp.route("/volunteers/<int:account>/badges", methods=["POST"])
@blp.arguments(GridIn)
@blp.response(201, IssuedBadgeOut)
@audience(Role.COORDINATOR)
def issue(payload: dict[str, Any], account: int) -> Any:
    """Give a trained volunteer without a badge one of a grid."""
    return commands.issue_badge(asker(), account, grid=payload["grid"])


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


@blp.route("/badges/<code>/suspend", methods=["POST"])
@blp.response(204)
@audience(Role.COORDINATOR)
def suspend(code: str) -> None:
    """Suspend a live badge until it is resumed; its shift ends."""
    commands.suspend_badge(asker(), code)


@blp.route("/badges/<code>/resume", methods=["POST"])
@blp.response(204)
@audience(Role.COORDINATOR)
def resume(code: str) -> None:
    """Make a suspended badge live again."""
    commands.resume_badge(asker(), code)


@blp.route("/badges/<code>/replace", methods=["POST"])
@blp.response(201, IssuedBadgeOut)
@audience(Role.COORDINATOR)
def replace(code: str) -> Any:
    """Revoke a lost card and issue the next number of the grid in its place."""
    return commands.replace_badge(asker(), code)


@blp.route("/badges/<code>/transfer", methods=["POST"])
@blp.arguments(GridIn)
@blp.response(201, IssuedBadgeOut)
@audience(Role.COORDINATOR)
def transfer(payload: dict[str, Any], code: str) -> Any:
    """Revoke a badge and issue one of another grid to the same volunteer."""
    return commands.transfer_badge(asker(), code, grid=payload["grid"])


@blp.route("/shift")
@blp.response(200, ShiftOut)
@audience(Role.VOLUNTEER)
def shift() -> dict[str, Any]:
    """Tell when the asker's running shift ends."""
    return {"ends_at": shift_end(asker().badge())}


@blp.route("/shift", methods=["PUT"])
@blp.response(200, ShiftOut)
@audience(Role.VOLUNTEER)
def begin_shift() -> dict[str, Any]:
    """Begin a shift of twelve hours at most, unless one runs."""
    return {"ends_at": commands.begin_shift(asker())}


@blp.route("/shift", methods=["DELETE"])
@blp.response(204)
@audience(Role.VOLUNTEER)
def end_shift() -> None:
    """End the asker's running shift, if one runs."""
    commands.end_shift(asker())


def link_url(secret: str) -> str:
    """Return the address of a one-time link. The secret is in the fragment, which no server logs."""
    return f"{current_app.extensions['settings'].public_url}/link#{secret}"


def _trained(payload: dict[str, Any]) -> Trained:
    return Trained(payload["topic"], payload.get("trained_on"))
