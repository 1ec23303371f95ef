"""The coordinator's page of people: staff and volunteers, taken on here, with their one-time links."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for

from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from supplyhub.people import commands as people
from supplyhub.people.accounts import LONGEST_LOGIN, LONGEST_NAME
from supplyhub.people.applications import count_applications_for
from supplyhub.people.staff import staff_of
from supplyhub.people.states import Role
from supplyhub.people.training import LONGEST_TOPIC, Trained
from supplyhub.people.volunteers import volunteers_of
from supplyhub.places.queries import points_of
from supplyhub.residents.queries import grids_for
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.pages.forms import Form

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

pages = Blueprint("people_pages", __name__, url_prefix="/coordinator/people")

STAFF_ROLES = (Role.GRID_LEAD, Role.DEPOT, Role.COORDINATOR)
FRESH_LINK = "fresh_link"


@pages.get("")
@audience(Role.COORDINATOR)
def staff() -> str:
    """List staff and volunteers; a link that was just made is shown this once."""
    return render_template(
        "coordinator/people.html",
        staff=staff_of(asker()),
        volunteers=volunteers_of(asker()),
        waiting=count_applications_for(asker()),
        grids=grids_for(asker()),
        points=points_of(asker().community_id),
        fresh=session.pop(FRESH_LINK, None),
        roles=STAFF_ROLES,
    )


@pages.post("/staff")
@audience(Role.COORDINATOR)
def add_staff() -> Response:
    """Open an account of staff and show its one-time link; depot staff may keep to a delivery point."""
    form = Form(request.form.to_dict())
    name = form.text("name", LONGEST_NAME, needed=True)
    login = form.text("login", LONGEST_LOGIN) or None
    role = form.given.get("role", "")
    grid = form.count("grid", least=1, most=9999, needed=False) if role == Role.GRID_LEAD else None
    point = form.text("point", LONGEST_NAME) or None if role == Role.DEPOT else None
    if form.wrong or role not in STAFF_ROLES or (role == Role.GRID_LEAD and grid is None):
        return _back_to_people(_("没有加：名字、身份要填全，网格长还要选网格。"))
    try:
        new = people.create_staff(asker(), Role(role), name, grid=grid, login=login, delivery_point=point)
    except (ConflictError, InvalidError, NotFoundError):
        return _back_to_people(_("没有加：这个登录名有人用了，或者里面有空格。"))
    return show_link(name, new.link_secret)


@pages.post("/volunteers")
@audience(Role.COORDINATOR)
def add_volunteer() -> Response:
    """Take on a trained volunteer with a badge of one grid."""
    form = Form(request.form.to_dict())
    name = form.text("name", LONGEST_NAME, needed=True)
    grid = form.count("grid", least=1, most=9999)
    topic = form.text("topic", LONGEST_TOPIC, needed=True)
    day = form.day("day", needed=False)
    if form.wrong or grid is None:
        return _back_to_people(_("没有加：名字、网格、培训都要填。先培训，后发证。"))
    try:
        new = people.create_volunteer(asker(), name, grid=grid, training=Trained(topic, day))
    except (ConflictError, InvalidError, NotFoundError):
        return _back_to_people(_("没有加：没有这个网格，名字里有认不出的字符，或者培训的日子还没到。"))
    return show_link(f"{name} {new.badge.code}", new.link_secret)


@pages.post("/<int:account_id>/link")
@audience(Role.COORDINATOR)
def new_link(account_id: int) -> Response:
    """Make a new one-time link for somebody who lost theirs; the one before ends."""
    return show_link(request.form.get("name", "")[:LONGEST_NAME], people.link_for(asker(), account_id))


def show_link(name: str, secret: str) -> Response:
    """Go to the page of people and show a link there, this once."""
    # In the session for one page: the secret is in no address that a server or a history keeps.
    address = f"{current_app.extensions['settings'].public_url}/link#{secret}"
    session[FRESH_LINK] = {"name": name, "address": address}
    return redirect(url_for("people_pages.staff"), HTTPStatus.SEE_OTHER)


def _back_to_people(words: str) -> Response:
    flash(words, "problem")
    return redirect(url_for("people_pages.staff"), HTTPStatus.SEE_OTHER)
