"""Money at a delivery point's desk: another amount than what is owed, or the right one instead of a wrong one."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from supplyhub.delivery.commands import Paid, check_off, take_at_desk
from supplyhub.errors import HubError, InvalidError, NotFoundError
from supplyhub.payments.collecting import takings_at
from supplyhub.payments.states import TakingWay
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import money, yuan
from supplyhub.web.pages.forms import Form
from supplyhub.web.pages.point_pages import owes_otherwise, parcel_of, why_not

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

pages = Blueprint("desk_money", __name__, url_prefix="/point")


@pages.route("/<code>/money", methods=["GET", "POST"])
@audience(Role.DEPOT)
def desk_money(code: str) -> str | Response | tuple[str, int]:
    """Enter what was paid at the desk; a parcel that waits is given out with it."""
    parcel = parcel_of(code)
    if parcel is None:
        raise NotFoundError("no such parcel", parcel=code)
    before, form, refusal = takings_at(parcel.stop_id), Form(request.form.to_dict()), ""
    # What is entered stands instead of what was entered before.
    owed_fen = parcel.collect_fen + sum(taking.amount_fen for taking in before)
    if request.method == "POST":
        number, paid = _read(form, owed_fen)
        try:
            if not form.wrong:
                _enter(parcel, number, paid)
                flash(_("%(door)s 记好了", door=parcel.door), "done")
                return redirect(url_for("point.desk"), HTTPStatus.SEE_OTHER)
        except HubError as error:
            refusal = why_not(error) if parcel.outcome is None or owes_otherwise(error) else _("现在不能改了。")
    page = render_template(
        "depot/desk_money.html",
        parcel=parcel,
        before=before,
        owed_fen=owed_fen,
        form=form,
        amount=form.given.get("amount") or yuan(owed_fen),
        number=form.given.get("number") or uuid.uuid4(),
        ways=list(TakingWay),
        refusal=refusal,
    )
    return page, HTTPStatus.CONFLICT if refusal else HTTPStatus.UNPROCESSABLE_ENTITY if form.wrong else HTTPStatus.OK


def _enter(parcel: Any, number: uuid.UUID, paid: Paid | None) -> None:
    if parcel.outcome is None:
        check_off(asker(), parcel.parcel, taken=paid)
    else:
        take_at_desk(asker(), parcel.parcel, number=number, taken=paid)


def _read(form: Form, owed_fen: int) -> tuple[uuid.UUID, Paid | None]:
    """Return the form's number and what was typed, None for nothing; what is wrong is in the form.

    Raises InvalidError for a form that isn't ours.
    """
    try:
        number, way = uuid.UUID(form.given.get("number", "")), TakingWay(form.given.get("way", TakingWay.CASH))
    except ValueError as error:
        raise InvalidError("the form names no entry or no known way") from error
    fen, less = form.fen("amount"), "less" in form.given
    if fen is not None and fen > owed_fen:
        form.wrong["amount"] = _("只欠 %(owed)s，不能多收。", owed=money(owed_fen))
    elif fen is not None and fen < owed_fen and not less:
        form.wrong["less"] = _("少收了 %(short)s。没错的话，勾上再交。", short=money(owed_fen - fen))
    return number, Paid(uuid.uuid5(number, "money"), way, fen, less=less) if fen else None
