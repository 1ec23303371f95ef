"""From hand to hand: crates to the delivery points, tickets to volunteers, and back what was not delivered."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for

from supplyhub.codes import read_code
from supplyhub.delivery import commands
from supplyhub.delivery.chain import chain_of, crates_for, loads_for
from supplyhub.delivery.commands.handing_over import code_of
from supplyhub.delivery.crates import count_late
from supplyhub.delivery.queries import returns_for, ticket_for, tickets_for
from supplyhub.delivery.scanning import read_badge
from supplyhub.delivery.schemas import MOST_CRATES
from supplyhub.delivery.schemas_scanning import LONGEST_BADGE
from supplyhub.delivery.signing import LONGEST_TOKEN
from supplyhub.delivery.states import FINISHED, WITH_VOLUNTEER, CrateStep, StopOutcome, TicketState
from supplyhub.depot.packing_queries import batch_for
from supplyhub.depot.return_queries import returned_parcels
from supplyhub.depot.stock_queries import units_by_place
from supplyhub.errors import ConflictError, HubError, InvalidError
from supplyhub.payments.collecting import cash_of_ticket
from supplyhub.payments.sums import cash_of_cycle
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import counted as n_
from supplyhub.web.pages.cash_pages import read_counted, why_not_counted
from supplyhub.web.pages.custody_words import passed_in_words, why_not_handed_over, why_not_passed, why_not_taken
from supplyhub.web.pages.cycles import cycle_or_404
from supplyhub.web.pages.folding import folds_of
from supplyhub.web.pages.forms import Form

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

pages = Blueprint("custody", __name__, url_prefix="/depot")


@pages.route("/handover", methods=["GET", "POST"])
@audience(Role.DEPOT)
def handover() -> str | Response | tuple[str, int]:
    """Scan ticket and badge, count the crates. A badge of another grid is refused with the reason and the right place."""
    refusal, form = None, Form(request.form.to_dict())
    ticket, badge = form.given.get("ticket", "")[:LONGEST_TOKEN], form.given.get("badge", "")[:LONGEST_BADGE]
    if request.method == "POST":
        crates = form.count("crates", most=MOST_CRATES)
        try:
            if not form.wrong:
                key = current_app.extensions["ticket_key"]
                commands.hand_over(asker(), ticket_code=ticket, badge_code=badge, crates=crates, key=key)
                flash(_handed_in_words(code_of(asker(), ticket, key), read_badge(badge) or badge), "done")
                return redirect(url_for("custody.handover"), HTTPStatus.SEE_OTHER)
        except HubError as error:
            refusal = why_not_handed_over(error)
    cycle = cycle_or_404()
    page = render_template(
        "depot/handover.html",
        cycle=cycle,
        waiting=tickets_for(asker(), cycle_id=cycle.id, states=[TicketState.CLAIMED], limit=200),
        free=tickets_for(asker(), cycle_id=cycle.id, states=[TicketState.ISSUED], limit=200),
        refusal=refusal,
        ticket=ticket,
        badge=badge,
        form=form,
    )
    return page, HTTPStatus.CONFLICT if refusal else HTTPStatus.UNPROCESSABLE_ENTITY if form.wrong else HTTPStatus.OK


def _handed_in_words(ticket: str, badge: str) -> str:
    handed = ticket_for(asker(), ticket).ticket
    crates = n_("%(num)s 筐", handed.crates) + "，" if handed.crates else ""
    return crates + _(
        "交给 %(badge)s：%(bags)s，%(homes)s。",
        badge=badge,
        bags=n_("%(figure)s 袋", handed.bags),
        homes=n_("%(figure)s 户", handed.stops),
    )


@pages.get("/crates")
@audience(Role.DEPOT, Role.COORDINATOR)
def loads() -> str:
    """List the batches by delivery point, and how many of their crates left and arrived."""
    cycle = cycle_or_404()
    return render_template("depot/loads.html", cycle=cycle, loads=loads_for(asker(), cycle.id))


@pages.get("/crates/<int:batch_id>")
@audience(Role.DEPOT, Role.COORDINATOR)
def load(batch_id: int) -> str:
    """Show the crates of a batch, each with its custody chain."""
    return _load_page(batch_id, None)


@pages.post("/crates/<int:batch_id>")
@audience(Role.DEPOT)
def pass_on(batch_id: int) -> str | Response | tuple[str, int]:
    """Count crates out of the depot, or in at the delivery point: scanned one by one, or all at once by their number."""
    leaving = request.form.get("step") != CrateStep.REACHED_POINT
    step = CrateStep.LEFT_DEPOT if leaving else CrateStep.REACHED_POINT
    form = Form(request.form.to_dict())
    counted = form.count("counted", least=1, most=MOST_CRATES) if "counted" in form.given else None
    if form.wrong:
        return _load_page(batch_id, (_("没有记下"), form.wrong["counted"])), HTTPStatus.UNPROCESSABLE_ENTITY
    codes = form.given.get("codes", "").split()[:MOST_CRATES]
    try:
        passed = commands.pass_crates(asker(), batch_id, step, codes=codes, counted=counted)
    except (ConflictError, InvalidError) as error:
        return _load_page(batch_id, why_not_passed(error)), HTTPStatus.CONFLICT
    flash(*passed_in_words(passed, leaving=leaving))
    return redirect(url_for("custody.load", batch_id=batch_id), HTTPStatus.SEE_OTHER)


def _load_page(batch_id: int, refusal: tuple[str, str] | None) -> str:
    batch, crates = batch_for(asker(), batch_id), crates_for(asker(), batch_id)
    here = [crate for crate in crates if not crate.left_at and not crate.handed_at]
    return render_template(
        "depot/load.html",
        batch=batch,
        crates=crates,
        folds=folds_of(crates, key=lambda crate: f"{crate.sequence:06}"),
        here=here,
        on_the_way=[crate for crate in crates if crate.left_at and not crate.reached_at],
        ready=sum(not crate.unpacked for crate in here),
        late=count_late(batch.id),
        refusal=refusal,
    )


@pages.post("/crates/<int:batch_id>/late")
@audience(Role.DEPOT, Role.COORDINATOR)
def cut_late(batch_id: int) -> Response:
    """Cut the parcels that came late into tickets, together with those that nobody took yet."""
    codes = commands.cut_late(asker(), batch_id, with_free=True)
    flash(n_("切好了，新开 %(num)s 张配送单。", len(codes)) if codes else _("没有晚到的包裹。"), "done")
    return redirect(url_for("custody.load", batch_id=batch_id), HTTPStatus.SEE_OTHER)


@pages.get("/tickets/<code>")
@audience(Role.DEPOT, Role.COORDINATOR)
def chain(code: str) -> str:
    """Show through whose hands a ticket went."""
    view, steps = chain_of(asker(), code)
    return render_template("depot/chain.html", ticket=view.ticket, steps=steps)


@pages.get("/returns")
@audience(Role.DEPOT)
def returns() -> str:
    """List the tickets that are out, whose cash is still to be counted, and what came back."""
    cycle = cycle_or_404()
    return render_template(
        "depot/returns.html",
        cycle=cycle,
        out=[
            ticket
            for ticket in tickets_for(asker(), cycle_id=cycle.id, states=(*WITH_VOLUNTEER, TicketState.VOID), limit=200)
            # Others took over its doors; what failed before is still with who had it.
            if ticket.state != TicketState.VOID or (ticket.handed_over_at and ticket.stops and not ticket.finished_at)
        ],
        uncounted=[
            ticket for ticket in cash_of_cycle(asker(), cycle.id) if ticket.left_fen and ticket.state in FINISHED
        ],
        returned=returns_for(asker(), cycle.id),
        left={parcel.code: parcel.units for parcel in returned_parcels(asker(), cycle.id)},
        to_deal_with=units_by_place(asker()),
    )


@pages.route("/returns/<code>", methods=["GET", "POST"])
@audience(Role.DEPOT)
def take_back(code: str) -> str | Response | tuple[str, int]:
    """Take a ticket back: every parcel that was not delivered is counted by its code, and the cash."""
    refusal, form = "", Form(request.form.to_dict())
    brought = [read_code(typed) for typed in request.form.getlist("parcel")]
    if request.method == "POST":
        cash, unvisited = read_counted(form), "unvisited" in form.given
        try:
            if not form.wrong:
                commands.hand_back(asker(), ticket_code=code, parcel_codes=brought, unvisited=unvisited, cash=cash)
                done = n_("收单了，退回 %(figure)s 个包裹。", len(brought)) if brought else _("收单了，全送到了。")
                flash(done, "done")
                return redirect(url_for("custody.returns"), HTTPStatus.SEE_OTHER)
        except HubError as error:
            refusal = why_not_counted(error) or why_not_taken(error)
    view = ticket_for(asker(), code)
    page = render_template(
        "depot/take_back.html",
        view=view,
        back=[parcel for parcel in view.parcels if parcel.kept or parcel.outcome != StopOutcome.DELIVERED],
        brought=set(brought),
        cash=cash_of_ticket(view.ticket.id),
        refusal=refusal,
        form=form,
    )
    return page, HTTPStatus.CONFLICT if refusal else HTTPStatus.UNPROCESSABLE_ENTITY if form.wrong else HTTPStatus.OK
