"""Volunteers' cash is counted: with the hand-back, and what came after it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for

from supplyhub.delivery import commands
from supplyhub.delivery.queries import ticket_for
from supplyhub.delivery.schemas import LONGEST_NOTE
from supplyhub.errors import ConflictError, HubError, NotAllowedError
from supplyhub.payments.collecting import cash_of_ticket
from supplyhub.payments.counting import Counted
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import money
from supplyhub.web.pages.forms import Form

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

pages = Blueprint("cash", __name__, url_prefix="/depot/returns")


@pages.route("/<code>/cash", methods=["GET", "POST"])
@audience(Role.DEPOT, Role.COORDINATOR)
def count(code: str) -> str | Response | tuple[str, int]:
    """Count the cash of a ticket that was not counted with the hand-back, or came after it."""
    view, refusal, form = ticket_for(asker(), code), "", Form(request.form.to_dict())
    if request.method == "POST":
        cash = read_counted(form)
        try:
            if cash is not None:
                commands.count_cash(asker(), ticket_code=code, cash=cash)
                flash(_("现金点清了：%(sum)s。", sum=money(cash.counted_fen)), "done")
                back = "custody.returns" if asker().role == Role.DEPOT else "money.home"
                return redirect(url_for(back, cycle=view.ticket.cycle_id), HTTPStatus.SEE_OTHER)
        except HubError as error:
            refusal = why_not_counted(error)
    left = cash_of_ticket(view.ticket.id)
    page = render_template("depot/cash.html", view=view, cash=left, refusal=refusal, form=form)
    return page, HTTPStatus.CONFLICT if refusal else HTTPStatus.UNPROCESSABLE_ENTITY if form.wrong else HTTPStatus.OK


def read_counted(form: Form) -> Counted | None:
    """Return the cash as it was counted and typed; None with what is wrong in the form, and where none was asked for."""
    if "counted" not in form.given:
        return None
    found, note = form.fen("counted"), form.text("cash_note", LONGEST_NOTE)
    expected = int(form.given.get("expected", "0")) if form.given.get("expected", "").lstrip("-").isdecimal() else 0
    if found is not None and found != expected and not note:
        form.wrong.setdefault("cash_note", _("和账上差 %(sum)s，请写为什么。", sum=money(found - expected)))
    return None if form.wrong or found is None else Counted(found, expected, note)


def why_not_counted(error: HubError) -> str:
    """Return in words why cash was not counted; nothing for what isn't about cash."""
    if isinstance(error, NotAllowedError):
        return _("收钱的人不能自己点，请另一位同事来点。")
    if not isinstance(error, ConflictError) or "expected_fen" not in error.data:
        return ""
    expected = int(str(error.data["expected_fen"]))
    if not expected:
        return _("这张单没有要点的现金，也许别人刚点过。")
    return _("账上的现金变了，现在是 %(sum)s。请再点一遍。", sum=money(expected))
