"""A household, its anchor household or the grid's lead says that a delivered parcel has not arrived."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, request, url_for

from supplyhub.delivery.commands import report_not_arrived
from supplyhub.errors import ConflictError
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.pages.entry import local_address
from supplyhub.web.pages.forms import Form

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

pages = Blueprint("arrivals", __name__, url_prefix="/parcels")


@pages.post("/<code>/not-arrived")
@audience(Role.RESIDENT, Role.GRID_LEAD)
def report(code: str) -> Response:
    """Report it to the lead, and go back to the order."""
    form = Form(request.form.to_dict())
    note = form.text("note")
    if form.wrong:
        flash(_("没有发出：话太长了，最多 200 个字。"), "problem")
        return _back()
    try:
        if report_not_arrived(asker(), code, note=note):
            flash(_("告诉网格长了，他去查。查得怎样，会写在这里。"), "done")
        else:
            flash(_("早就有人告诉网格长了，正在查。"), "note")
    except ConflictError:
        flash(_("没有发出：送到以后一天内才能在这里说。请直接找网格长。"), "problem")
    return _back()


def _back() -> Response:
    own = url_for("resident.order" if asker().role == Role.RESIDENT else "grid.today")
    return redirect(local_address(request.form.get("back") or own), HTTPStatus.SEE_OTHER)
