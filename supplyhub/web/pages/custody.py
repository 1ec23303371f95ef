"""Handing tickets over to volunteers, and taking back what was not delivered."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for

from supplyhub.codes import read_code
from supplyhub.delivery import commands
from supplyhub.delivery.queries import returns_for, ticket_for, tickets_for
from supplyhub.delivery.states import StopOutcome, TicketState
from supplyhub.errors import HubError
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.pages.cycles import cycle_or_404
from supplyhub.web.pages.depot_words import some, why_not_handed_over

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

pages = Blueprint("custody", __name__, url_prefix="/depot")


@pages.route("/handover", methods=["GET", "POST"])
@audience(Role.DEPOT)
def handover() -> str | Response | tuple[str, int]:
    """Scan ticket and badge. A badge of another grid is refused with the reason and the right place to go."""
    refusal = None
    ticket, badge = request.form.get("ticket", "")[:40], request.form.get("badge", "")[:40]
    if request.method == "POST":
        try:
            commands.hand_over(asker(), ticket_code=ticket, badge_code=badge)
        except HubError as error:
            refusal = why_not_handed_over(error)
        else:
            handed = ticket_for(asker(), ticket).ticket
            flash(
                _("交给 %(badge)s：%(bags)s 袋，%(stops)s 户。", badge=badge, bags=handed.bags, stops=handed.stops),
                "done",
            )
            return redirect(url_for("custody.handover"), HTTPStatus.SEE_OTHER)
    cycle = cycle_or_404()
    page = render_template(
        "depot/handover.html",
        cycle=cycle,
        waiting=tickets_for(asker(), cycle_id=cycle.id, state=TicketState.CLAIMED, limit=200),
        free=tickets_for(asker(), cycle_id=cycle.id, state=TicketState.ISSUED, limit=200),
        refusal=refusal,
        ticket=ticket,
        badge=badge,
    )
    return page, HTTPStatus.CONFLICT if refusal else HTTPStatus.OK


@pages.get("/returns")
@audience(Role.DEPOT)
def returns() -> str:
    """List the tickets that are out, and what came back."""
    cycle = cycle_or_404()
    return render_template(
        "depot/returns.html",
        cycle=cycle,
        out=tickets_for(asker(), cycle_id=cycle.id, state=TicketState.HANDED_OVER, limit=200),
        returned=returns_for(asker(), cycle.id),
    )


@pages.route("/returns/<code>", methods=["GET", "POST"])
@audience(Role.DEPOT)
def take_back(code: str) -> str | Response | tuple[str, int]:
    """Take a ticket back: every parcel that was not delivered is counted by its code."""
    refusal = ""
    if request.method == "POST":
        brought = [read_code(typed) for typed in request.form.getlist("parcel")]
        try:
            commands.hand_back(asker(), ticket_code=code, parcel_codes=brought, unvisited="unvisited" in request.form)
        except HubError as error:
            refusal = _why_not_taken(error)
        else:
            flash(_("收单了，退回 %(count)s 个包裹。", count=len(brought)), "done")
            return redirect(url_for("custody.returns"), HTTPStatus.SEE_OTHER)
    view = ticket_for(asker(), code)
    back = [parcel for parcel in view.parcels if parcel.outcome != StopOutcome.DELIVERED]
    page = render_template("depot/take_back.html", view=view, back=back, refusal=refusal)
    return page, HTTPStatus.CONFLICT if refusal else HTTPStatus.OK


def _why_not_taken(error: HubError) -> str:
    if error.data.get("without_outcome"):
        return _("还有门没送到：%(codes)s。没去的，请勾上下面那一格。", codes=some(error.data["without_outcome"]))
    if error.data.get("missing"):
        return _("还少这些包裹：%(codes)s。一个一个点清，再收单。", codes=some(error.data["missing"]))
    return _("没有收单：这张单现在不能退回，请刷新看看。")
