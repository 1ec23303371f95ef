"""Taking a packed parcel apart (拆开): what is in it, who packed it, why it is unpacked; asked once more before it is done."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for

from supplyhub.delivery.commands import unpack
from supplyhub.depot.packing_queries import batch_for, batch_of_code, parcel_of_code
from supplyhub.depot.states import UNPACK_REASONS, MoveReason, ParcelState
from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import counted as n_
from supplyhub.web.pages.forms import Form

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

pages = Blueprint("unpacking", __name__, url_prefix="/depot/pack/parcels")

LONGEST_NOTE = 200
REASONS = [reason for reason in MoveReason if reason in UNPACK_REASONS]


@pages.get("/<code>/unpack")
@audience(Role.DEPOT)
def ask(code: str) -> str:
    """Show a packed parcel, and ask whether and why it is to be taken apart."""
    return _page(code, Form({}))


@pages.post("/<code>/unpack")
@audience(Role.DEPOT)
def do(code: str) -> Response | tuple[str, int]:
    """Take the parcel apart: it is to be packed again."""
    form = Form(request.form.to_dict())
    reason, note = form.text("reason", 20, needed=True), form.text("note", LONGEST_NOTE)
    if reason and reason not in UNPACK_REASONS:
        raise NotFoundError("no such choice", given=reason)
    if reason == MoveReason.OTHER and not note:
        form.wrong.setdefault("note", _("别的原因，请写一句。"))
    if form.wrong:
        return _page(code, form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        units = unpack(asker(), code, reason=MoveReason(reason), note=note)
    except ConflictError as error:
        return _page(code, form, refusal=_why_not(error)), HTTPStatus.CONFLICT
    flash(n_("拆开了：%(figure)s 件回到架上，这个包裹要重新装。", units), "done")
    address = url_for("packing.pack", batch_id=batch_of_code(asker(), code), parcel=code)
    return redirect(address, HTTPStatus.SEE_OTHER)


def _page(code: str, form: Form, *, refusal: str = "") -> str:
    parcel = parcel_of_code(asker(), code)
    return render_template(
        "depot/unpack.html",
        parcel=parcel,
        batch=batch_for(asker(), int(batch_of_code(asker(), code) or 0)),
        reasons=REASONS,
        packed=parcel.state == ParcelState.PACKED,
        form=form,
        refusal=refusal,
    )


def _why_not(error: ConflictError) -> str:
    if "left" in error.data:
        return _("装着它的筐 %(crate)s 已经去了配送点，要等退回来。", crate=error.data["left"])
    return _("这个包裹没有装，或者已经交给志愿者了。")
