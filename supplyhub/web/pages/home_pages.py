"""A household's own page: which door, until when this phone is signed in, the other phones, and letting one more in."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for

from supplyhub.people.states import Role
from supplyhub.residents.devices import PIN_TRIES, devices_for, end_devices, household_for, new_pin
from supplyhub.residents.needs import needs_of
from supplyhub.web import auth
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.limits import SIGN_IN, limiter

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from supplyhub.residents.devices import JoiningNumber

pages = Blueprint("home_pages", __name__, url_prefix="/household")


@pages.get("")
@audience(Role.RESIDENT)
def household() -> str:
    """Show the household and its phones."""
    return _page()


@pages.post("/pin")
@limiter.limit(SIGN_IN)
@audience(Role.RESIDENT)
def pin() -> str:
    """Show a number by which one more phone joins. It stands nowhere else: a page opened again has none."""
    return _page(new_pin(asker(), vault=current_app.extensions["vault"]))


@pages.post("/end")
@audience(Role.RESIDENT)
def end() -> Response:
    """Sign another phone of the household out."""
    device = request.form.get("device", 0, type=int)
    if end_devices(asker(), asker().household(), device):
        flash(_("那部手机退出了。"), "done")
    else:
        flash(_("那部手机早就退出了。"), "done")
    if device == auth.device_of_session():
        return redirect(url_for("entry.ended"), HTTPStatus.SEE_OTHER)
    return redirect(url_for("home_pages.household"), HTTPStatus.SEE_OTHER)


def _page(number: JoiningNumber | None = None) -> str:
    home = asker().household()
    return render_template(
        "resident/household.html",
        home=household_for(asker(), home),
        devices=devices_for(asker(), home),
        this=auth.device_of_session(),
        number=number,
        tries=PIN_TRIES,
        needs=needs_of(asker(), home),
    )
