"""The coordinator's pages: the cycle, the audit. The register stands in `register_pages`, people in `people_pages`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for

from supplyhub.audit.closing import open_in
from supplyhub.audit.commands import LawBrokenError, close_cycle
from supplyhub.audit.queries import audit, summary
from supplyhub.catalog.commands import open_cycle
from supplyhub.catalog.offering import beginnings
from supplyhub.catalog.queries import cycle_for, cycles_for, menus_for
from supplyhub.catalog.states import CycleState
from supplyhub.delivery.board import board_for
from supplyhub.delivery.timeline import failed_doors_for
from supplyhub.errors import ConflictError
from supplyhub.ordering.queries import standing_counts
from supplyhub.people.states import Role
from supplyhub.places.commands import LONGEST_NAME, rename_community
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


@pages.get("")
@audience(Role.COORDINATOR)
def home() -> str:
    """Show where the cycle stands, grid by grid, and what to do next."""
    cycle = chosen_cycle(asker())
    tomorrow = local(datetime.now(UTC)).date() + timedelta(days=1)
    grids = grids_for(asker())
    if cycle is None:
        return render_template("coordinator/no_cycle.html", tomorrow=tomorrow, has=beginnings(asker()))
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


@pages.post("/name")
@audience(Role.COORDINATOR)
def rename() -> Response:
    """Give the community its name."""
    form = Form(request.form.to_dict())
    name = form.text("name", LONGEST_NAME, needed=True)
    try:
        if not form.wrong:
            rename_community(asker().community_id, name)
            flash(_("名字存好了，以后印的卡和单子上都是它。"), "done")
        else:
            flash(_("没有存：名字 1 到 %(longest)s 个字。", longest=LONGEST_NAME), "problem")
    except ConflictError:
        flash(_("没有存：这个名字有人用了。"), "problem")
    return redirect(url_for("coordinator.home"), HTTPStatus.SEE_OTHER)


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
