"""Going to work and home: a volunteer's shift (上班、下班)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for

from supplyhub.delivery.queries import tickets_for
from supplyhub.delivery.states import FINISHED
from supplyhub.errors import NotAllowedError
from supplyhub.people import commands as people
from supplyhub.people.states import Role
from supplyhub.web import auth
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import local

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

pages = Blueprint("shift_pages", __name__, url_prefix="/shift")

SHOWN = 20


@pages.post("/begin")
@audience(Role.VOLUNTEER)
def begin() -> Response:
    """Begin a shift with the volunteer's badge."""
    try:
        until = people.begin_shift(asker())
        flash(_("上班了，到 %(time)s。", time=f"{local(until):%H:%M}"), "done")
    except NotAllowedError:
        flash(_("没有上班：您的证现在不能用。请找专班。"), "problem")
    return redirect(url_for("volunteer.tickets"), HTTPStatus.SEE_OTHER)


@pages.route("/end", methods=["GET", "POST"])
@audience(Role.VOLUNTEER)
def end() -> str | Response:
    """End the running shift, after showing what is still in hand; who came by badge is signed out with it."""
    live = [ticket for ticket in tickets_for(asker(), mine=True, limit=SHOWN) if ticket.state not in FINISHED]
    if request.method != "POST" or (live and "yes" not in request.form):
        return render_template("volunteer/off.html", live=live)
    try:
        people.end_shift(asker())
    except NotAllowedError:
        flash(_("您的证现在不能用，班已经停了。"), "problem")
        return redirect(url_for("volunteer.tickets"), HTTPStatus.SEE_OTHER)
    if not auth.came_by_badge():
        flash(_("下班了，辛苦了。"), "done")
        return redirect(url_for("volunteer.tickets"), HTTPStatus.SEE_OTHER)
    auth.sign_out()
    flash(_("下班了，辛苦了。再上班时扫证登录。"), "done")
    return redirect(url_for("badge_entry.badge"), HTTPStatus.SEE_OTHER)
