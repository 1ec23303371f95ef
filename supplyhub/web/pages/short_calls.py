"""Calls to households of which a line will be short and who wanted to be asked first: for the lead and the coordinator."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for

from supplyhub.depot import commands
from supplyhub.depot.shortage import standing_of
from supplyhub.depot.shortage_doors import calls_for
from supplyhub.errors import ConflictError
from supplyhub.ordering.doors import contacts_for
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.pages.cycles import cycle_or_404

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

pages = Blueprint("short_calls", __name__, url_prefix="/short-calls")

PAGE = 50


@pages.get("")
@audience(Role.GRID_LEAD, Role.COORDINATOR)
def calls() -> str:
    """List whom to call before the goods are shared out, with what each would get; who answered comes last."""
    cycle = cycle_or_404()
    page = min(max(request.args.get("page", 1, type=int), 1), 10_000)
    lines = calls_for(asker(), cycle.id, limit=PAGE + 1, offset=(page - 1) * PAGE)
    homes = list({line.household_id for line in lines})
    return render_template(
        "grid/short_calls.html",
        cycle=cycle,
        standing=standing_of(cycle.id),
        lines=lines[:PAGE],
        more=len(lines) > PAGE,
        page=page,
        waiting=any(line.answer is None for line in lines),
        contacts=contacts_for(asker(), homes, vault=current_app.extensions["vault"]),
    )


@pages.post("")
@audience(Role.GRID_LEAD, Role.COORDINATOR)
def answer() -> Response:
    """Note what a household said."""
    said: Literal["less", "refund"] = "refund" if request.form.get("answer") == "refund" else "less"
    order_id, item_id = (request.form.get(name, 0, type=int) for name in ("order", "item"))
    try:
        commands.answer_call(asker(), order_id=order_id, item_id=item_id, answer=said)
        flash(_("记下了。"), "done")
    except ConflictError:
        flash(_("已经定过怎么分，来不及改了。"), "problem")
    page = request.form.get("page", 1, type=int)
    return redirect(url_for("short_calls.calls", cycle=request.args.get("cycle"), page=page), HTTPStatus.SEE_OTHER)
