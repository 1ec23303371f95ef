"""What is kept of a household: a copy for itself, or for the coordinator it asked; and forgetting it."""

from __future__ import annotations

from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, flash, redirect, render_template, request, send_file, url_for

from supplyhub.people.states import Role
from supplyhub.privacy.erasing import ErasureWaitsError, erase_household
from supplyhub.privacy.household_file import household_file
from supplyhub.privacy.writing import as_json, as_workbook
from supplyhub.residents.devices import household_for
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import door
from supplyhub.web.privacy_words import word_in_file

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

pages = Blueprint("privacy", __name__)

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pages.get("/household/data")
@audience(Role.RESIDENT)
def own() -> str:
    """Say what is kept of the reader's household, for how long, and who may see it."""
    return render_template("privacy/own.html")


@pages.post("/household/data/file")
@audience(Role.RESIDENT)
def own_file() -> Response:
    """Hand a household everything that is kept of it."""
    return _file(asker().household())


@pages.get("/coordinator/households/<int:household_id>/data")
@audience(Role.COORDINATOR)
def household(household_id: int) -> str:
    """Offer a household's file and its erasure, which the household asked for."""
    return render_template("privacy/household.html", home=household_for(asker(), household_id), waits=None)


@pages.post("/coordinator/households/<int:household_id>/data/file")
@audience(Role.COORDINATOR)
def household_copy(household_id: int) -> Response:
    """Hand the coordinator a household's file; that it was read is written down."""
    return _file(household_id)


@pages.post("/coordinator/households/<int:household_id>/data/erase")
@audience(Role.COORDINATOR)
def erase(household_id: int) -> Response | tuple[str, int]:
    """Forget a household, once its orders and requests have come to their end."""
    home = household_for(asker(), household_id)
    if request.form.get("sure") != "yes":
        flash(_("没有删：请先勾上确认。"), "problem")
        return redirect(url_for("privacy.household", household_id=household_id), HTTPStatus.SEE_OTHER)
    try:
        erase_household(asker(), household_id)
    except ErasureWaitsError as waits:
        page = render_template("privacy/household.html", home=home, waits=waits.data)
        return page, HTTPStatus.CONFLICT
    flash(_("%(door)s 删好了。名单里也请删掉，不然下次导入又会写回来。", door=door(home)), "done")
    return redirect(url_for("register_pages.register"), HTTPStatus.SEE_OTHER)


def _file(household_id: int) -> Response:
    found = household_file(asker(), household_id, vault=current_app.extensions["vault"])
    if request.form.get("kind") == "json":
        return send_file(
            BytesIO(as_json(found)), "application/json", as_attachment=True, download_name=f"{found.door}.json"
        )
    zone = ZoneInfo(current_app.extensions["settings"].timezone)
    book = as_workbook(found, word=word_in_file, zone=zone)
    return send_file(BytesIO(book), WORKBOOK, as_attachment=True, download_name=f"{found.door}.xlsx")
