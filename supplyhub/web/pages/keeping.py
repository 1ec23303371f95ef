"""An anchor household's page of what it keeps for neighbours; passing it on, or having it, is one tap."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for

from supplyhub.delivery.anchoring import parcels_left_with
from supplyhub.delivery.commands import pass_on
from supplyhub.errors import NotFoundError
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.wrappers import Response

pages = Blueprint("keeping", __name__, url_prefix="/neighbours/parcels")


def init_app(app: Flask) -> None:
    """Give the templates what tells how many parcels of neighbours are here."""
    app.jinja_env.globals.update(kept_parcels=kept_parcels)


def kept_parcels() -> int:
    """Return how many parcels the asker's household keeps for its neighbours."""
    return sum(parcel.passed_at is None for parcel in parcels_left_with(asker()))


@pages.get("")
@audience(Role.RESIDENT)
def kept() -> str:
    """Show the parcels that this household keeps for its neighbours, and what it passed on of late."""
    parcels = parcels_left_with(asker())
    return render_template(
        "anchors/kept.html",
        kept=[parcel for parcel in parcels if parcel.passed_at is None],
        passed=[parcel for parcel in parcels if parcel.passed_at is not None],
    )


@pages.post("/<code>")
@audience(Role.RESIDENT)
def passed(code: str) -> Response:
    """Write that a neighbour has its parcel: as the one who kept it, or as the neighbour itself."""
    try:
        pass_on(asker(), code)
        flash(_("记好了。"), "done")
    except NotFoundError:
        flash(_("这个包裹不在中心户那里，什么都没有改。"), "problem")
    own = "mine" in request.form
    return redirect(url_for("resident.order" if own else "keeping.kept"), HTTPStatus.SEE_OTHER)
