"""Wanting to be a volunteer: a page for strangers, and the list of applications for coordinators."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for

from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from supplyhub.people import commands as people
from supplyhub.people.accounts import LONGEST_NAME
from supplyhub.people.applications import LONGEST_PHONE, applications_for
from supplyhub.people.commands import TooManyApplicationsError
from supplyhub.people.states import Role
from supplyhub.places.queries import find_community, grids_numbered
from supplyhub.residents.queries import grids_for
from supplyhub.web.audience import PUBLIC, asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.limits import limiter
from supplyhub.web.pages.forms import Form

if TYPE_CHECKING:
    import uuid

    from werkzeug.wrappers import Response

    from supplyhub.people.asker import Asker

pages = Blueprint("apply_pages", __name__)

# From one address; a whole estate may stand behind it.
APPLYING = "5 per minute; 40 per hour"


@pages.route("/volunteer", methods=["GET", "POST"])
@limiter.limit(APPLYING, methods=["POST"])
@audience(PUBLIC)
def stranger() -> str | Response | tuple[str, int]:
    """Let anybody say that they want to be a volunteer. The answer is the same whoever applied before."""
    community = find_community()
    if community is None:
        raise NotFoundError("there is no community yet")
    grids = grids_numbered(community)
    if request.method != "POST":
        return render_template("entry/apply.html", form=Form({}), grids=grids, full=False)
    form = Form(request.form.to_dict())
    try:
        _written(form, community)
    except TooManyApplicationsError:
        page = render_template("entry/apply.html", form=form, grids=grids, full=True)
        return page, HTTPStatus.SERVICE_UNAVAILABLE
    if form.wrong:
        page = render_template("entry/apply.html", form=form, grids=grids, full=False)
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    return redirect(url_for("apply_pages.thanks"), HTTPStatus.SEE_OTHER)


@pages.get("/volunteer/thanks")
@audience(PUBLIC)
def thanks() -> str:
    """Say what comes next."""
    return render_template("entry/applied.html")


@pages.route("/coordinator/applications", methods=["GET", "POST"])
@audience(Role.COORDINATOR)
def waiting() -> str | Response | tuple[str, int]:
    """Show who waits, and write down who said it on the phone or at the door."""
    form = Form(request.form.to_dict())
    if request.method == "POST":
        _written(form, asker().community_id, by=asker())
        if not form.wrong:
            flash(_("记下了。"), "done")
            return redirect(url_for("apply_pages.waiting"), HTTPStatus.SEE_OTHER)
    page = render_template(
        "coordinator/applications.html",
        waiting=applications_for(asker(), vault=current_app.extensions["vault"]),
        form=form,
        grids=grids_for(asker()),
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if form.wrong else HTTPStatus.OK


@pages.post("/coordinator/applications/<uuid:application>/accept")
@audience(Role.COORDINATOR)
def accept(application: uuid.UUID) -> Response:
    """Take somebody on; the training and the badge come next, on the page of the volunteer."""
    try:
        account = people.accept_application(asker(), application, vault=current_app.extensions["vault"])
    except ConflictError:
        return _decided_already()
    flash(_("收下了。培训完了记在这里，再发证。"), "done")
    return redirect(url_for("badge_pages.person", account_id=account), HTTPStatus.SEE_OTHER)


@pages.post("/coordinator/applications/<uuid:application>/decline")
@audience(Role.COORDINATOR)
def decline(application: uuid.UUID) -> Response:
    """Decline; name and telephone are forgotten."""
    try:
        people.decline_application(asker(), application, vault=current_app.extensions["vault"])
    except ConflictError:
        return _decided_already()
    flash(_("没有收。他的名字和电话删掉了。"), "done")
    return redirect(url_for("apply_pages.waiting"), HTTPStatus.SEE_OTHER)


def _written(form: Form, community_id: int, *, by: Asker | None = None) -> None:
    """Write an application; what is wrong with it is noted in the form. Raises TooManyApplicationsError."""
    name = form.text("name", LONGEST_NAME, needed=True)
    phone = form.text("phone", LONGEST_PHONE, needed=True)
    grid = form.count("grid", least=1, most=9999)
    if form.wrong or grid is None:
        return
    vault = current_app.extensions["vault"]
    try:
        people.apply_to_volunteer(community_id, grid=grid, name=name, phone=phone, vault=vault, by=by)
    except InvalidError as error:
        words = {"phone": _("电话要有 5 到 20 位数字。"), "name": _("名字要 1 到 40 个字。")}
        field = str(error.data.get("field"))
        form.wrong[field] = words.get(field, error.message)
    except NotFoundError:
        form.wrong["grid"] = _("没有这个网格。")


def _decided_already() -> Response:
    flash(_("别人刚刚定过了。"), "problem")
    return redirect(url_for("apply_pages.waiting"), HTTPStatus.SEE_OTHER)
