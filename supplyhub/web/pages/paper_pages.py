"""A ticket on paper: its sheet to print, and one screen on which what was written on it is typed in."""

from __future__ import annotations

from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for

from supplyhub.codes import read_code
from supplyhub.delivery.commands import enter_paper
from supplyhub.delivery.errors import WrongPointError
from supplyhub.delivery.grid_binding import keep_to_point
from supplyhub.delivery.paper import (
    LETTERS,
    MOST_LINES,
    check,
    corrected_cash_of,
    doors_of,
    stops_of_parcels,
    type_in,
)
from supplyhub.delivery.queries import ticket_for, ticket_now
from supplyhub.delivery.states import EntryAnswer
from supplyhub.errors import ConflictError, HubError, NotFoundError
from supplyhub.payments.states import TakingAnswer
from supplyhub.people.states import Role
from supplyhub.reports.route_list import route_list_pdf
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import counted as n_
from supplyhub.web.pages.forms import Form
from supplyhub.web.pages.inbox_pages import why_not as why_not_otherwise
from supplyhub.web.words import N_, word

if TYPE_CHECKING:
    from sqlalchemy.engine import Row
    from werkzeug.wrappers import Response

    from supplyhub.delivery.commands.doors import Recorded
    from supplyhub.delivery.paper import Read

pages = Blueprint("paper", __name__, url_prefix="/paper")
WRITERS = (Role.GRID_LEAD, Role.COORDINATOR, Role.DEPOT)
FAULTS = {
    "no_code": N_("不是 6 位的码"),
    "unknown": N_("没有这个码"),
    "other_ticket": N_("在别的单上"),
    "stray": N_("看不懂"),
    "no_letter": N_("缺字母"),
    "cash_without_delivery": N_("没送到，不会收钱"),
    "twice": N_("前面写的不一样"),
}
BOOKED = {TakingAnswer.APPLIED, TakingAnswer.DUPLICATE}


@pages.get("/<code>.pdf")
@audience(*WRITERS)
def sheet(code: str) -> Response:
    """Return a ticket's route sheet."""
    ticket = _ticket(code)
    pdf = route_list_pdf(asker(), ticket)
    return send_file(BytesIO(pdf), "application/pdf", download_name=f"route-{ticket.code}.pdf")


@pages.get("")
@audience(*WRITERS)
def paper() -> str | tuple[str, int]:
    """Show the screen; `?ticket=` names the ticket."""
    return _page(request.args.get("ticket", ""), "", [])


@pages.post("")
@audience(*WRITERS)
def enter() -> str | Response | tuple[str, int]:
    """Show what would be recorded; the second button records it, and leaves what it can't in the field."""
    form = Form(request.form.to_dict())
    code, text = read_code(form.given.get("ticket", ""))[:20], form.given.get("lines", "").replace("\r\n", "\n")
    typed = type_in(text)
    at = form.moment("at") if form.given.get("at") else None
    if form.wrong or len(typed) > MOST_LINES:
        fault = form.wrong.get("at") or _("一次最多 %(most)s 户，请分几次。", most=MOST_LINES)
        return _page(code, text, [], fault=fault)
    try:
        found = check(typed, _ticket(code).code, stops_of_parcels(asker().community_id, [each.code for each in typed]))
        if "enter" not in request.form or not any(not each.fault for each in found):
            return _page(code, text, found, fault="" if typed else _("还没输：一行一户，先码后字母。"))
        correcting = request.form.getlist("correct")
        recorded = enter_paper(asker(), code, typed, happened_at=at, correcting=correcting)
    except HubError as error:
        return _page(code, text, [], fault=why_not(error))
    return _done(code, found, recorded, correcting)


def why_not(error: HubError) -> str:
    """Say why nothing can be typed in for a ticket."""
    if isinstance(error, WrongPointError):
        return _("这张单在%(point)s，请去那边补录。", point=error.data.get("delivery_point") or _("中转站"))
    if isinstance(error, NotFoundError):
        return _("没有这张配送单，请看看单号。")
    if isinstance(error, ConflictError) and "why" in error.data:
        return why_not_otherwise(error)
    if isinstance(error, ConflictError):
        return _("这张单还没交接给志愿者，或者已经换单，不能补录。")
    return _("现在不行，请再试一次。")


def _ticket(code: str) -> Row[Any]:
    """Return a ticket that the asker may enter. Raises NotFoundError, WrongPointError."""
    ticket = ticket_for(asker(), code).ticket
    keep_to_point(asker(), ticket_now(ticket.id))
    return ticket


def _done(code: str, found: list[Read], recorded: Recorded, correcting: list[str]) -> str | Response | tuple[str, int]:
    conflicts = sum(each.answer == EntryAnswer.CONFLICT for each in recorded.entries)
    flash(n_("记了 %(figure)s 户。", len(recorded.entries) - conflicts), "done")
    if conflicts:
        flash(n_("%(figure)s 户和先前记的不一样，没有改，交给网格长看。", conflicts), "attention")
    if unbooked := [each for each in recorded.takings if each.answer not in BOOKED]:
        flash(n_("%(figure)s 笔现金没有记：比该收的多，或者先前记的不一样。请看这张单。", len(unbooked)), "problem")
    if kept := sum(each.stands == "amount" and each.typed.code not in correcting for each in found):
        flash(n_("%(figure)s 户的钱数和先前补录的不一样，没有改。要改请网格长在这里勾上。", kept), "attention")
    left = [each for each in found if each.fault]
    if left:
        return _page(code, "\n".join(each.typed.text for each in left), [], fault=_("下面这些没记成，改好再来。"))
    return redirect(url_for("paper.paper", ticket=code), HTTPStatus.SEE_OTHER)


def _page(code: str, text: str, found: list[Read], *, fault: str = "") -> str | tuple[str, int]:
    ticket = None
    try:
        ticket = _ticket(code) if code else None
    except HubError as error:
        fault = fault or why_not(error)
    doors = doors_of(ticket.id) if ticket else []
    said = {each.typed.code for each in found if not each.fault}
    page = render_template(
        "grid/paper.html",
        code=code,
        text=text,
        at=request.form.get("at", ""),
        ticket=ticket,
        found=found,
        good=sum(not each.fault for each in found),
        open_doors=[door for door in doors if door.outcome is None and door.code not in said],
        corrected=corrected_cash_of(ticket.id) if ticket else [],
        letters=[
            (letter.lower(), word("problem", problem) if problem else _("送到了"))
            for letter, problem in LETTERS.items()
        ],
        may_correct=asker().role != Role.DEPOT,
        correcting=request.form.getlist("correct"),
        fault=fault,
        faults={name: _(words) for name, words in FAULTS.items()},
    )
    return (page, HTTPStatus.UNPROCESSABLE_ENTITY) if fault and request.method == "POST" else page
