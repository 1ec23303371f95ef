"""Sharing out what came too little (配货): what is short, four policies side by side, the decision."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from supplyhub.depot import commands
from supplyhub.depot.queries import shortages_for
from supplyhub.depot.shortage import outcomes_of, shortages_ahead, standing_of
from supplyhub.depot.shortage_doors import count_open_calls, doors_of
from supplyhub.depot.states import Policy
from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.pages.cycles import cycle_or_404
from supplyhub.web.pages.shortage_words import WAYS

if TYPE_CHECKING:
    from sqlalchemy.engine import Row
    from werkzeug.wrappers import Response

pages = Blueprint("shortage", __name__, url_prefix="/depot/shortages")

PAGE = 50


@pages.get("")
@audience(Role.DEPOT, Role.COORDINATOR)
def shortages() -> str:
    """Show what is short: before it is shared out with the policy of each, afterwards with what came of it."""
    cycle = cycle_or_404()
    ahead = shortages_ahead(asker(), cycle.id)
    return render_template(
        "depot/shortages.html",
        cycle=cycle,
        standing=standing_of(cycle.id),
        ahead=ahead,
        calls=count_open_calls(asker(), cycle.id) if ahead and asker().role == Role.COORDINATOR else 0,
        shortages=shortages_for(asker(), cycle.id),
        ways=WAYS,
    )


@pages.post("")
@audience(Role.DEPOT, Role.COORDINATOR)
def decide() -> Response:
    """Have the goods shared out by the policies that were chosen."""
    cycle = cycle_or_404()
    try:
        commands.decide_shares(asker(), cycle.id)
        flash(_("定了，正在分货。马上就能装袋。"), "done")
    except ConflictError:
        flash(_("还不能分：货还没收完。"), "problem")
    return redirect(url_for("shortage.shortages", cycle=cycle.id), HTTPStatus.SEE_OTHER)


@pages.route("/<int:product_id>", methods=["GET", "POST"])
@audience(Role.DEPOT, Role.COORDINATOR)
def product(product_id: int) -> str | Response:
    """Show what each policy would make of a short product; take the one that was chosen and go on to the next."""
    cycle = cycle_or_404()
    ahead = shortages_ahead(asker(), cycle.id)
    place = next((place for place, found in enumerate(ahead) if found.product_id == product_id), None)
    if place is None:
        raise NotFoundError("this product isn't short", cycle=cycle.id, product=product_id)
    if request.method == "POST":
        return _choose(cycle, ahead, place)
    return render_template(
        "depot/shortage.html",
        cycle=cycle,
        standing=standing_of(cycle.id),
        short=ahead[place],
        place=place + 1,
        all=len(ahead),
        outcomes=outcomes_of(cycle.id, product_id),
        ways=WAYS,
        **_doors(cycle.id, product_id),
    )


def _choose(cycle: Any, ahead: list[Row[Any]], place: int) -> Response:
    chosen = request.form.get("policy", "")
    if chosen not in set(Policy):
        flash(_("请先选一种分法。"), "problem")
        return redirect(
            url_for("shortage.product", product_id=ahead[place].product_id, cycle=cycle.id), HTTPStatus.SEE_OTHER
        )
    try:
        commands.choose_policy(asker(), cycle.id, ahead[place].product_id, Policy(chosen))
    except ConflictError:
        flash(_("已经定过怎么分，不能再改。"), "problem")
    undecided = [short for short in ahead[place + 1 :] if not short.chosen]
    if undecided:
        target = url_for("shortage.product", product_id=undecided[0].product_id, cycle=cycle.id)
    else:
        target = url_for("shortage.shortages", cycle=cycle.id)
    return redirect(target, HTTPStatus.SEE_OTHER)


def _doors(cycle_id: int, product_id: int) -> dict[str, Any]:
    """Return the doors that a coordinator looks at: those whom the choice matters most to, or page by page all."""
    if asker().role != Role.COORDINATOR:
        return {"doors": [], "whole": False, "page": 1, "page_size": PAGE}
    whole = "all" in request.args
    page = min(max(request.args.get("page", 1, type=int), 1), 10_000)
    bounds = {"limit": PAGE, "offset": (page - 1) * PAGE} if whole else {}
    doors = doors_of(asker(), cycle_id, product_id, whole=whole, **bounds)
    return {"doors": doors, "whole": whole, "page": page, "page_size": PAGE}
