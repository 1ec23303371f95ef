"""Money at the doors on a volunteer's pages: what was paid, another amount, none, and what was entered wrong."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from supplyhub.delivery import commands
from supplyhub.delivery.entries import Entry
from supplyhub.delivery.states import StopOutcome
from supplyhub.errors import InvalidError
from supplyhub.payments.collecting import takings_at
from supplyhub.payments.rules import Taken
from supplyhub.payments.states import TakingAnswer, TakingWay
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import money, yuan
from supplyhub.web.pages.doors import my_stop
from supplyhub.web.pages.forms import Form

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from supplyhub.payments.rules import SettledTaking

pages = Blueprint("collecting", __name__, url_prefix="/tickets")


@pages.route("/<code>/money/<int:stop_id>", methods=["GET", "POST"])
@audience(Role.VOLUNTEER)
def door_money(code: str, stop_id: int) -> str | Response | tuple[str, int]:
    """Enter another amount than what is owed, or none, or the right one instead of a wrong one."""
    stop = my_stop(code, stop_id)
    before = takings_at(stop.id)
    form = Form(request.form.to_dict())
    if request.method != "POST":
        return _page(code, stop, before, form)
    number, takings = _number(form), []
    if any(taking.id == uuid.uuid5(number, "money") for taking in before):
        # Sent twice by a double tap.
        return redirect(url_for("volunteer.ticket", code=code), HTTPStatus.SEE_OTHER)
    if "none" not in form.given:
        takings = _read(form, stop, before, number)
    if form.wrong:
        return _page(code, stop, before, form), HTTPStatus.UNPROCESSABLE_ENTITY
    now = datetime.now(UTC)
    entries = [] if stop.outcome else [Entry(number, stop.id, StopOutcome.DELIVERED, None, now)]
    recorded = commands.record_doors(asker(), ticket_code=code, entries=entries, takings=takings)
    wrong = refused(stop, [each.answer for each in recorded.takings])
    much = too_much(stop, recorded.takings)
    flash(
        wrong or much or _("%(door)s 记好了", door=stop.door), "problem" if wrong else "attention" if much else "done"
    )
    return redirect(url_for("volunteer.ticket", code=code), HTTPStatus.SEE_OTHER)


def money_of(stop: Any) -> list[Taken]:
    """Return the money that the one button of a door says was taken: what is owed, in one way; none where it says none.

    Raises InvalidError for a form that isn't ours.
    """
    if "way" not in request.form:
        return []
    try:
        number, way = uuid.UUID(request.form.get("money", "")), TakingWay(request.form["way"])
    except ValueError as error:
        raise InvalidError("the form names no money or no known way") from error
    return [Taken(number, stop.id, datetime.now(UTC), way, request.form.get("fen", 0, type=int))]


def has_changed(stop: Any, takings: list[Taken]) -> bool:
    """Tell whether a door that wasn't entered yet owes something else than its button says."""
    return stop.outcome is None and any(taking.amount_fen != stop.collect_fen for taking in takings)


def too_much(stop: Any, takings: list[SettledTaking]) -> str:
    """Return in words what becomes of money that was more than the door owed by then, or nothing when none was."""
    fen = sum(each.surplus_fen for each in takings)
    if not fen:
        return ""
    return _(
        "%(door)s 记好了。这一户已经少欠了，多收的 %(sum)s 社区退给他家，钱照样交回来。", door=stop.door, sum=money(fen)
    )


def refused(stop: Any, answers: list[TakingAnswer]) -> str:
    """Return in words why the money of a door was not entered, or nothing when it was."""
    if {TakingAnswer.MORE_THAN_OWED, TakingAnswer.LESS_THAN_OWED} & set(answers):
        return _("%(door)s 的钱没有记：要收的数变了。请再看一遍。", door=stop.door)
    if TakingAnswer.CONFLICT in answers:
        return _("%(door)s 早先记过别的，没有改。", door=stop.door)
    return ""


def _page(code: str, stop: Any, before: list[Any], form: Form) -> str:
    return render_template(
        "volunteer/money.html",
        code=code,
        stop=stop,
        before=before,
        owed_fen=_owed(stop, before),
        form=form,
        amount=form.given.get("amount") or yuan(_owed(stop, before)),
        number=form.given.get("number") or uuid.uuid4(),
        ways=list(TakingWay),
    )


def _owed(stop: Any, before: list[Any]) -> int:
    """Return what the household owed before anything was taken here: what is entered now stands instead of that."""
    return int(stop.collect_fen + sum(taking.amount_fen for taking in before))


def _number(form: Form) -> uuid.UUID:
    try:
        return uuid.UUID(form.given.get("number", ""))
    except ValueError as error:
        raise InvalidError("the form names no entry") from error


def _read(form: Form, stop: Any, before: list[Any], number: uuid.UUID) -> list[Taken]:
    """Return what was typed, with the corrections of what it stands instead of; what is wrong is in the form."""
    fen, owed = form.fen("amount"), _owed(stop, before)
    less = "less" in form.given
    if fen is not None and fen > owed:
        form.wrong["amount"] = _("只欠 %(owed)s，不能多收。", owed=money(owed))
    elif fen is not None and fen < owed and not less:
        form.wrong["less"] = _("少收了 %(short)s。没错的话，勾上再交。", short=money(owed - fen))
    way = form.given.get("way", TakingWay.CASH)
    if way not in list(TakingWay):
        raise InvalidError("no such way to pay")
    now = datetime.now(UTC)
    # Numbers that follow from the form's: a double tap sends the same.
    undone = [Taken(uuid.uuid5(number, str(taking.id)), stop.id, now, corrects=taking.id) for taking in before]
    again = [Taken(uuid.uuid5(number, "money"), stop.id, now, TakingWay(way), fen, less=less)] if fen else []
    return [*undone, *again]
