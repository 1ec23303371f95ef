"""Zone levels: which one holds in each grid, changed now or from a moment on."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for

from supplyhub.delivery.levels import LONGEST_NOTE, change_level, drop_coming_level, levels_for, say_about_level
from supplyhub.delivery.point_queries import slots_for
from supplyhub.errors import ConflictError, InvalidError
from supplyhub.people.states import Role
from supplyhub.places.levels import coming_steps
from supplyhub.places.states import ZoneLevel
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import grid_name
from supplyhub.web.pages.cycles import UNDER_WAY, chosen_cycle
from supplyhub.web.pages.forms import Form

if TYPE_CHECKING:
    from datetime import datetime

    from werkzeug.wrappers import Response

pages = Blueprint("levels", __name__, url_prefix="/levels")


@pages.get("")
@audience(Role.COORDINATOR)
def levels() -> str:
    """List the grids with their level, what is planned, and the time slots that it made."""
    cycle = chosen_cycle(asker(), *UNDER_WAY)
    grids = levels_for(asker())
    return render_template(
        "coordinator/levels.html",
        levels=grids,
        coming=coming_steps([grid.grid_id for grid in grids]),
        longest_note=LONGEST_NOTE,
        choices=list(ZoneLevel),
        slots=slots_for(asker(), cycle.id) if cycle else [],
    )


@pages.post("/<int:grid>")
@audience(Role.COORDINATOR)
def change(grid: int) -> Response:
    """Change a grid's level, now or from the moment that the form names."""
    try:
        level, since, note = _read_change()
        if change_level(asker(), level, grid=grid, since=since, note=note):
            flash(_("%(grid)s 改好了，还没出发的配送单会重新安排。", grid=grid_name(grid)), "done")
        else:
            flash(_("%(grid)s 本来就是这个等级。", grid=grid_name(grid)), "note")
    except ConflictError:
        flash(_("没有改：后面已经定了一次变更，先撤掉它。"), "problem")
    except (InvalidError, ValueError):
        flash(_("没有改：请选等级，时间要在今天以后的六十天里，说明最多 200 个字。"), "problem")
    return redirect(url_for("levels.levels"), HTTPStatus.SEE_OTHER)


@pages.post("/<int:grid>/note")
@audience(Role.COORDINATOR)
def say(grid: int) -> Response:
    """Say anew what a grid's people read beside its level."""
    form = Form(request.form.to_dict())
    note = form.text("note", LONGEST_NOTE)
    if form.wrong:
        flash(_("没有改：最多 %(longest)s 个字。", longest=LONGEST_NOTE), "problem")
    else:
        say_about_level(asker(), note, grid=grid)
        flash(_("写好了，%(grid)s 的住户现在看得到。", grid=grid_name(grid)), "done")
    return redirect(url_for("levels.levels"), HTTPStatus.SEE_OTHER)


def _read_change() -> tuple[ZoneLevel, datetime | None, str]:
    """Return the level, the moment that the form names, None for now, and the note. Raises InvalidError, ValueError."""
    form = Form(request.form.to_dict())
    since = form.moment("since") if form.given.get("since") else None
    note = form.text("note", LONGEST_NOTE)
    if form.wrong:
        raise InvalidError("this is no moment, or too long a note")
    return ZoneLevel(form.given.get("level", "")), since, note


@pages.post("/<int:grid>/drop")
@audience(Role.COORDINATOR)
def drop(grid: int) -> Response:
    """Take back a change that is to come."""
    drop_coming_level(asker(), grid=grid, step=request.form.get("step", type=int))
    flash(_("撤掉了，%(grid)s 的等级不变。", grid=grid_name(grid)), "done")
    return redirect(url_for("levels.levels"), HTTPStatus.SEE_OTHER)
