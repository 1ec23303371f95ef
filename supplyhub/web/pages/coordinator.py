"""The coordinator's pages: the cycle, the audit, staff and volunteers. The register stands in `register_pages`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for

from supplyhub.audit.closing import open_in
from supplyhub.audit.commands import LawBrokenError, close_cycle
from supplyhub.audit.queries import audit, summary
from supplyhub.catalog.commands import open_cycle
from supplyhub.catalog.queries import cycle_for, cycles_for, menus_for
from supplyhub.catalog.states import CycleState
from supplyhub.delivery.board import board_for
from supplyhub.delivery.timeline import failed_doors_for
from supplyhub.errors import ConflictError, HubError, InvalidError, NotFoundError
from supplyhub.ordering.queries import standing_counts
from supplyhub.people import commands as people
from supplyhub.people.accounts import LONGEST_LOGIN, LONGEST_NAME
from supplyhub.people.staff import staff_of, volunteers_of
from supplyhub.people.states import Role
from supplyhub.residents.queries import grids_for
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import local
from supplyhub.web.pages.close_words import todos
from supplyhub.web.pages.cycles import chosen_cycle
from supplyhub.web.pages.forms import Form

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

pages = Blueprint("coordinator", __name__, url_prefix="/coordinator")

STAFF_ROLES = (Role.GRID_LEAD, Role.DEPOT, Role.COORDINATOR)
FRESH_LINK = "fresh_link"


@pages.get("")
@audience(Role.COORDINATOR)
def home() -> str:
    """Show where the cycle stands, grid by grid, and what to do next."""
    cycle = chosen_cycle(asker())
    tomorrow = local(datetime.now(UTC)).date() + timedelta(days=1)
    grids = grids_for(asker())
    if cycle is None:
        return render_template("coordinator/no_cycle.html", tomorrow=tomorrow, grids=grids)
    return render_template(
        "coordinator/home.html",
        cycle=cycle,
        cycles=cycles_for(asker(), limit=8),
        grids=grids,
        menus={menu.grid_number: menu for menu in menus_for(asker(), cycle_id=cycle.id)},
        counts=standing_counts(asker(), cycle_id=cycle.id),
        board=board_for(asker(), cycle.id),
        problems=failed_doors_for(asker(), cycle.id),
        tomorrow=tomorrow,
    )


@pages.post("/cycles")
@audience(Role.COORDINATOR)
def start() -> Response:
    """Open the next cycle."""
    form = Form(request.form.to_dict())
    day = form.day("delivery_on")
    today = local(datetime.now(UTC)).date()
    if day is None or not today <= day <= today + timedelta(days=60):
        flash(_("没有开：送菜的日子要在今天以后、两个月以内。"), "problem")
        return redirect(url_for("coordinator.home"), HTTPStatus.SEE_OTHER)
    cycle_id = open_cycle(asker(), delivery_on=day)
    flash(_("新的一期开了。网格长现在可以做菜单。"), "done")
    return redirect(url_for("coordinator.home", cycle=cycle_id), HTTPStatus.SEE_OTHER)


@pages.route("/cycles/<int:cycle_id>/close", methods=["GET", "POST"])
@audience(Role.COORDINATOR)
def close(cycle_id: int) -> str | Response | tuple[str, int]:
    """Show what is still open, and close the cycle; refused while something is, or a law is broken."""
    cycle, broken, refused = cycle_for(asker(), cycle_id), [], False
    if request.method == "POST":
        try:
            close_cycle(asker(), cycle_id)
        except LawBrokenError as error:
            broken, refused = error.broken, True
        except ConflictError:
            refused = True
        else:
            flash(_("这一期关了，每张订单都有了结果。"), "done")
            return redirect(url_for("coordinator.home", cycle=cycle_id), HTTPStatus.SEE_OTHER)
    page = render_template(
        "coordinator/close.html",
        cycle=cycle,
        board=board_for(asker(), cycle_id),
        todos=[] if cycle.state == CycleState.CLOSED else todos(open_in(cycle_id), cycle_id),
        broken=broken,
        refused=refused,
    )
    return page, HTTPStatus.CONFLICT if refused else HTTPStatus.OK


@pages.get("/audit")
@audience(Role.COORDINATOR)
def laws() -> str:
    """Judge the laws on the live database, each green or with the rows that break it."""
    return render_template("coordinator/audit.html", found=summary(audit()))


@pages.get("/people")
@audience(Role.COORDINATOR)
def staff() -> str:
    """List staff and volunteers; a link that was just made is shown this once."""
    return render_template(
        "coordinator/people.html",
        staff=staff_of(asker()),
        volunteers=volunteers_of(asker()),
        grids=grids_for(asker()),
        fresh=session.pop(FRESH_LINK, None),
        roles=STAFF_ROLES,
        form=Form({}),
    )


@pages.post("/people/staff")
@audience(Role.COORDINATOR)
def add_staff() -> Response:
    """Open an account of staff and show its one-time link."""
    form = Form(request.form.to_dict())
    name = form.text("name", LONGEST_NAME, needed=True)
    login = form.text("login", LONGEST_LOGIN) or None
    role = form.given.get("role", "")
    grid = form.count("grid", least=1, most=9999, needed=False) if role == Role.GRID_LEAD else None
    if form.wrong or role not in STAFF_ROLES or (role == Role.GRID_LEAD and grid is None):
        return _back_to_people(_("没有加：名字、身份要填全，网格长还要选网格。"))
    try:
        new = people.create_staff(asker(), Role(role), name, grid=grid, login=login)
    except (ConflictError, InvalidError, NotFoundError):
        return _back_to_people(_("没有加：这个登录名有人用了，或者里面有空格。"))
    return _show_link(name, new.link_secret)


@pages.post("/people/volunteers")
@audience(Role.COORDINATOR)
def add_volunteer() -> Response:
    """Take on a volunteer with a badge of one grid."""
    form = Form(request.form.to_dict())
    name = form.text("name", LONGEST_NAME, needed=True)
    grid = form.count("grid", least=1, most=9999)
    if form.wrong or grid is None:
        return _back_to_people(_("没有加：名字和网格都要填。"))
    try:
        new = people.create_volunteer(asker(), name, grid=grid)
    except (ConflictError, InvalidError, NotFoundError):
        return _back_to_people(_("没有加：没有这个网格，或者名字里有认不出的字符。"))
    return _show_link(f"{name} {new.badge.code}", new.link_secret)


@pages.post("/people/<int:account_id>/link")
@audience(Role.COORDINATOR)
def new_link(account_id: int) -> Response:
    """Make a new one-time link for somebody who lost theirs; the one before ends."""
    return _show_link(request.form.get("name", "")[:LONGEST_NAME], people.link_for(asker(), account_id))


@pages.post("/people/<int:account_id>/badge")
@audience(Role.COORDINATOR)
def new_badge(account_id: int) -> Response:
    """Give a volunteer without a live badge a new one."""
    grid = Form(request.form.to_dict()).count("grid", least=1, most=9999)
    try:
        badge = people.issue_badge(asker(), account_id, grid=grid or 0)
    except HubError:
        return _back_to_people(_("没有发证：他已经有能用的证，或者没有这个网格。"))
    flash(_("发了新证 %(code)s。", code=badge.code), "done")
    return redirect(url_for("coordinator.staff"), HTTPStatus.SEE_OTHER)


@pages.route("/badges/<code>/revoke", methods=["GET", "POST"])
@audience(Role.COORDINATOR)
def revoke(code: str) -> str | Response:
    """Revoke a badge for good, after asking once more."""
    badge = next((person for person in volunteers_of(asker()) if person.badge == code), None)
    if badge is None:
        raise NotFoundError("no such badge", badge=code)
    if request.method != "POST":
        return render_template("coordinator/revoke.html", badge=badge)
    try:
        people.revoke_badge(asker(), code)
        flash(_("证 %(code)s 作废了，这个号不会再用。", code=code), "done")
    except ConflictError:
        flash(_("证 %(code)s 早就作废了。", code=code), "problem")
    return redirect(url_for("coordinator.staff"), HTTPStatus.SEE_OTHER)


def _show_link(name: str, secret: str) -> Response:
    # In the session for one page: the secret is in no address that a server or a history keeps.
    address = f"{current_app.extensions['settings'].public_url}/link#{secret}"
    session[FRESH_LINK] = {"name": name, "address": address}
    return redirect(url_for("coordinator.staff"), HTTPStatus.SEE_OTHER)


def _back_to_people(words: str) -> Response:
    flash(words, "problem")
    return redirect(url_for("coordinator.staff"), HTTPStatus.SEE_OTHER)
