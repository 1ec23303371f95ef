"""Applications of people who want to be volunteers, for coordinators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import current_app
from flask_smorest import Blueprint

from supplyhub.people import commands
from supplyhub.people.applications import applications_for, count_applications_for
from supplyhub.people.schemas import AcceptedOut, ApplicationOut, NewApplicationIn
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience

if TYPE_CHECKING:
    import uuid

    from flask_smorest.pagination import PaginationParameters

    from supplyhub.crypto import Vault

blp = Blueprint("applications", __name__, url_prefix="/api/v1/applications", description="Who wants to be a volunteer")


@blp.route("")
@blp.response(200, ApplicationOut(many=True))
@blp.paginate(max_page_size=500, page_size=100)
@audience(Role.COORDINATOR)
def waiting(pagination_parameters: PaginationParameters) -> list[Any]:
    """List the applications that wait, the oldest first."""
    pagination_parameters.item_count = count_applications_for(asker())
    page = {"limit": pagination_parameters.page_size, "offset": pagination_parameters.first_item}
    return applications_for(asker(), vault=_vault(), **page)


@blp.route("", methods=["POST"])
@blp.arguments(NewApplicationIn)
@blp.response(204)
@audience(Role.COORDINATOR)
def write_down(payload: dict[str, Any]) -> None:
    """Write down who wants to be a volunteer; the same telephone once more, while the first waits, has no effect."""
    commands.apply_to_volunteer(asker().community_id, **payload, vault=_vault(), by=asker())


@blp.route("/<uuid:application>/accept", methods=["POST"])
@blp.response(201, AcceptedOut)
@audience(Role.COORDINATOR)
def accept(application: uuid.UUID) -> dict[str, Any]:
    """Open the account of a volunteer; a training and a badge come after."""
    return {"account": commands.accept_application(asker(), application, vault=_vault())}


@blp.route("/<uuid:application>/decline", methods=["POST"])
@blp.response(204)
@audience(Role.COORDINATOR)
def decline(application: uuid.UUID) -> None:
    """Decline; name and telephone are forgotten."""
    commands.decline_application(asker(), application, vault=_vault())


def _vault() -> Vault:
    vault: Vault = current_app.extensions["vault"]
    return vault
