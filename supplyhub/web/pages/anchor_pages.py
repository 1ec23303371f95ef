"""Anchor households (中心户): who is one, for lead and coordinator; an anchor's own page, the neighbours."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for

from supplyhub.catalog.queries import current_menu_for
from supplyhub.errors import NotFoundError
from supplyhub.ordering.finding import find_doors, neighbours_of
from supplyhub.ordering.queries import ordered_among
from supplyhub.people.states import Role
from supplyhub.residents.anchors import AnchorThereError, anchored_building, anchors_for, appoint_anchor, end_anchor
from supplyhub.web.audience import asker, audience, current_asker
from supplyhub.web.language import gettext as _

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.wrappers import Response

pages = Blueprint("anchors", __name__)
APPOINTERS = (Role.GRID_LEAD, Role.COORDINATOR)
LONGEST_SEARCH = 40


def init_app(app: Flask) -> None:
    """Give the templates what tells an anchor."""
    app.jinja_env.globals.update(is_anchor=is_anchor)


@pages.get("/anchors")
@audience(*APPOINTERS)
def anchors() -> str:
    """Show the anchor households, and the doors found for a new one."""
    text = request.args.get("door", "")[:LONGEST_SEARCH]
    doors = find_doors(asker(), text, vault=current_app.extensions["vault"]) if text.strip() else None
    return render_template("anchors/anchors.html", anchors=anchors_for(asker()), text=text, doors=doors)


@pages.post("/anchors")
@audience(*APPOINTERS)
def appoint() -> Response:
    """Make a household the anchor of its building."""
    try:
        appoint_anchor(asker(), request.form.get("household", 0, type=int))
        flash(_("好了。这户登录以后，看得到“替邻居下单”。"), "done")
    except AnchorThereError:
        flash(_("没有改动：这栋楼已有中心户。要换人，先结束原来的。"), "problem")
    return redirect(url_for("anchors.anchors"), HTTPStatus.SEE_OTHER)


@pages.post("/anchors/<int:household_id>/end")
@audience(*APPOINTERS)
def end(household_id: int) -> Response:
    """End an anchor household's task."""
    try:
        end_anchor(asker(), household_id)
        flash(_("结束了。这户不能再替邻居下单；以前下的单都在。"), "done")
    except NotFoundError:
        flash(_("这户早就不是中心户了。"), "problem")
    return redirect(url_for("anchors.anchors"), HTTPStatus.SEE_OTHER)


@pages.get("/neighbours")
@audience(Role.RESIDENT)
def neighbours() -> str:
    """Show an anchor the other doors of the building; who isn't one reads what it is."""
    if not is_anchor():
        return render_template("anchors/no_anchor.html")
    text, menu = request.args.get("door", "")[:LONGEST_SEARCH], current_menu_for(asker())
    homes = neighbours_of(asker(), text)
    ordered = ordered_among([home.id for home in homes], menu_id=menu.id) if menu else set()
    return render_template("anchors/neighbours.html", homes=homes, text=text, menu=menu, ordered=ordered)


def is_anchor() -> bool:
    """Tell whether the asker is the anchor of a building; asked of the database once a request."""
    who = current_asker()
    if who is None or who.role != Role.RESIDENT:
        return False
    if "is_anchor" not in g:
        g.is_anchor = anchored_building(who) is not None
    return bool(g.is_anchor)
