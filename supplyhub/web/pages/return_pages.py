"""A parcel that came back: what is left of it, and one step for all of it: the shelf, the waste, quarantine."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for

from supplyhub.depot.commands import deal_with_parcel
from supplyhub.depot.errors import SecondPersonError
from supplyhub.depot.return_queries import returned_parcel
from supplyhub.depot.states import WRITE_OFF_REASONS, Fate, MoveReason, Place
from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import counted as n_
from supplyhub.web.pages.forms import Form

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from supplyhub.depot.commands import Dealt
    from supplyhub.errors import HubError

pages = Blueprint("returned", __name__, url_prefix="/depot/returned")

LONGEST_NOTE = 200
REASONS = [reason for reason in MoveReason if reason in WRITE_OFF_REASONS]


@pages.get("/<code>")
@audience(Role.DEPOT)
def parcel(code: str) -> str:
    """Show what is left of a parcel that came back."""
    return _page(code, Form({}))


@pages.post("/<code>")
@audience(Role.DEPOT)
def deal(code: str) -> Response | tuple[str, int]:
    """Deal with all that is left of it."""
    form = Form(request.form.to_dict())
    fate, note = form.text("fate", 20, needed=True), form.text("note", LONGEST_NOTE)
    if fate not in list(Fate):
        raise NotFoundError("no such choice", given=fate)
    reason = form.text("reason", 20, needed=True) if fate == Fate.WASTE else ""
    if reason and reason not in WRITE_OFF_REASONS:
        raise NotFoundError("no such choice", given=reason)
    if reason == MoveReason.OTHER and not note:
        form.wrong.setdefault("note", _("别的原因，请写一句。"))
    if form.wrong:
        return _page(code, form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        dealt = deal_with_parcel(asker(), code, Fate(fate), reason=MoveReason(reason) if reason else None, note=note)
    except ConflictError as error:
        return _page(code, form, refusal=_why_not(error)), HTTPStatus.CONFLICT
    flash(_said(dealt), "done")
    cycle_id = returned_parcel(asker(), code).cycle_id
    return redirect(url_for("custody.returns", cycle=cycle_id), HTTPStatus.SEE_OTHER)


def _page(code: str, form: Form, *, refusal: str = "") -> str:
    found = returned_parcel(asker(), code)
    return render_template(
        "depot/returned.html",
        parcel=found,
        aside=any(line.place == Place.QUARANTINE for line in found.lines),
        back=any(line.place == Place.RETURNED for line in found.lines),
        gone=sum(line.units for line in found.lines if line.days_left < 0),
        reasons=REASONS,
        form=form,
        refusal=refusal,
    )


def _said(dealt: Dealt) -> str:
    if dealt.quarantine:
        return n_("%(figure)s 件放进隔离了。", dealt.quarantine)
    if dealt.shelf and dealt.waste:
        return _(
            "%(shelf)s回架上，%(waste)s过期报损。",
            shelf=n_("%(figure)s 件", dealt.shelf),
            waste=n_("%(figure)s 件", dealt.waste),
        )
    if dealt.shelf:
        return n_("%(figure)s 件查过，回架上了。", dealt.shelf)
    return n_("%(figure)s 件报损了。", dealt.waste)


def _why_not(error: HubError) -> str:
    if isinstance(error, SecondPersonError):
        return _("放进隔离的人不能自己解除，请另一位同事来。")
    return _("这个包裹已经处理完了。")
