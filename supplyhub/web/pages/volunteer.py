"""A volunteer's pages: the badge, tickets of the own grid, and the doors of a ticket."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for

from supplyhub.delivery import commands
from supplyhub.delivery.bundle import token_of
from supplyhub.delivery.commands.reassigning import is_out
from supplyhub.delivery.entries import Entry
from supplyhub.delivery.errors import WrongGridError
from supplyhub.delivery.queries import ticket_for, tickets_for
from supplyhub.delivery.states import FINISHED, EntryAnswer, Problem, StopOutcome, TicketState
from supplyhub.errors import ConflictError, InvalidError, NotAllowedError
from supplyhub.payments.collecting import cash_of_ticket
from supplyhub.people.staff import badge_of
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import grid_name
from supplyhub.web.pages import collecting
from supplyhub.web.pages.doors import my_stop

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

pages = Blueprint("volunteer", __name__, url_prefix="/tickets")

FREE_SHOWN = 30


@pages.get("")
@audience(Role.VOLUNTEER)
def tickets() -> str:
    """Show my badge, my tickets, and the free ones of my grid; without a live badge what I still have in hand."""
    badge = badge_of(asker())
    mine = tickets_for(asker(), mine=True, limit=20)
    live = [ticket for ticket in mine if ticket.state not in FINISHED]
    if badge is None:
        return render_template("volunteer/no_badge.html", live=live)
    return render_template(
        "volunteer/tickets.html",
        badge=badge,
        live=live,
        done=[ticket for ticket in mine if ticket.state in FINISHED],
        free=tickets_for(asker(), states=[TicketState.ISSUED], limit=FREE_SHOWN),
    )


@pages.get("/<code>")
@audience(Role.VOLUNTEER)
def ticket(code: str) -> str:
    """Show a ticket: before the handover what to fetch, after it the doors in walking order, one at a time."""
    view = ticket_for(asker(), code)
    if not view.ticket.mine:
        return render_template("volunteer/not_mine.html", ticket=view.ticket)
    if view.ticket.state == TicketState.CLAIMED:
        token = token_of(asker(), view.ticket.code, current_app.extensions["ticket_key"])
        passed = is_out(view.ticket.id)
        return render_template("volunteer/waiting.html", ticket=view.ticket, token=token, passed=passed)
    left = [stop for stop in view.stops if stop.outcome is None]
    return render_template(
        "volunteer/doors.html",
        ticket=view.ticket,
        stops=view.stops,
        left=left,
        now_at=left[0] if left else None,
        number=uuid.uuid4(),
        money=uuid.uuid4(),
        cash=cash_of_ticket(view.ticket.id),
    )


@pages.post("/<code>/claim")
@audience(Role.VOLUNTEER)
def claim(code: str) -> Response:
    """Claim a free ticket of my grid."""
    try:
        commands.claim_ticket(asker(), code)
        flash(_("领到了，去配送点拿货。"), "done")
    except WrongGridError as error:
        flash(_("不能窜格：这张单是%(grid)s的。", grid=grid_name(error.data["ticket_grid"])), "problem")  # type: ignore[arg-type]
        return redirect(url_for("volunteer.tickets"), HTTPStatus.SEE_OTHER)
    except (ConflictError, NotAllowedError):
        flash(_("没领到：别人先领走了，或者您的证不能用了。"), "problem")
        return redirect(url_for("volunteer.tickets"), HTTPStatus.SEE_OTHER)
    return redirect(url_for("volunteer.ticket", code=code), HTTPStatus.SEE_OTHER)


@pages.post("/<code>/release")
@audience(Role.VOLUNTEER)
def release(code: str) -> Response:
    """Give a ticket back before the handover."""
    try:
        commands.release_ticket(asker(), code)
        flash(_("退掉了，别人可以领。"), "done")
    except ConflictError:
        flash(_("已经交接了，不能退。送不了的门，请记“有问题”。"), "problem")
    return redirect(url_for("volunteer.tickets"), HTTPStatus.SEE_OTHER)


@pages.post("/<code>/take-over")
@audience(Role.VOLUNTEER)
def take_over(code: str) -> Response:
    """Say that I have the parcels from the person who had the ticket before."""
    try:
        commands.take_over(asker(), code)
        flash(_("接过来了，开始送。"), "done")
    except (ConflictError, NotAllowedError):
        flash(_("没有记上：请先上班，再试一次。"), "problem")
    return redirect(url_for("volunteer.ticket", code=code), HTTPStatus.SEE_OTHER)


@pages.route("/<code>/problem/<int:stop_id>", methods=["GET"])
@audience(Role.VOLUNTEER)
def problem(code: str, stop_id: int) -> str:
    """Ask what is wrong at a door."""
    stop = my_stop(code, stop_id)
    return render_template("volunteer/problem.html", code=code, stop=stop, problems=list(Problem), number=uuid.uuid4())


@pages.post("/<code>/doors")
@audience(Role.VOLUNTEER)
def door(code: str) -> Response:
    """Record what happened at a door; the form's number makes a double tap harmless."""
    stop = my_stop(code, request.form.get("stop", 0, type=int))
    entry = read_entry(stop.id)
    takings = [] if entry.problem else collecting.money_of(stop)
    if collecting.has_changed(stop, takings):
        flash(_("%(door)s 要收的钱变了，什么都没有记。请再看一遍。", door=stop.door), "problem")
        return redirect(url_for("volunteer.ticket", code=code), HTTPStatus.SEE_OTHER)
    recorded = commands.record_doors(asker(), ticket_code=code, entries=[entry], takings=takings)
    settled, answers = recorded.entries[0], [each.answer for each in recorded.takings]
    if settled.answer == EntryAnswer.CONFLICT:
        flash(_("%(door)s 早先记过别的，没有改。", door=stop.door), "problem")
    elif entry.problem:
        flash(_("%(door)s 记了问题，包裹带回中转站。", door=stop.door), "done")
    elif refused := collecting.refused(stop, answers):
        flash(refused, "problem")
    elif much := collecting.too_much(stop, recorded.takings):
        flash(much, "attention")
    else:
        flash(_("%(door)s 已送达", door=stop.door), "done")
    return redirect(url_for("volunteer.ticket", code=code), HTTPStatus.SEE_OTHER)


def read_entry(stop_id: int) -> Entry:
    """Return what the form says about a stop. Raises InvalidError."""
    given = request.form.get("problem", "")
    try:
        number = uuid.UUID(request.form.get("number", ""))
        reason = Problem(given) if given else None
    except ValueError as error:
        raise InvalidError("the form names no entry or no known problem") from error
    outcome = StopOutcome.FAILED if reason else StopOutcome.DELIVERED
    return Entry(id=number, stop=stop_id, outcome=outcome, problem=reason, happened_at=datetime.now(UTC))
