"""Packing (分拣): a grid's parcels in walking order, and what to bring for them."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for

from supplyhub.depot import commands
from supplyhub.depot.packing_queries import batch_for, batches_for, parcels_of, pick_list_of
from supplyhub.depot.states import ParcelState
from supplyhub.errors import HubError
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.pages.cycles import cycle_or_404
from supplyhub.web.pages.depot_words import why_not_packed

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

pages = Blueprint("packing", __name__, url_prefix="/depot/pack")

CODES_AT_ONCE = 1000


@pages.get("")
@audience(Role.DEPOT)
def pack_grids() -> str:
    """List the batches, one a grid."""
    cycle = cycle_or_404()
    return render_template("depot/pack_grids.html", cycle=cycle, batches=batches_for(asker(), cycle.id))


@pages.route("/<int:batch_id>", methods=["GET", "POST"])
@audience(Role.DEPOT)
def pack(batch_id: int) -> str | Response | tuple[str, int]:
    """Pack a grid's parcels in walking order: scan a code, or take the next."""
    refusal = ""
    if request.method == "POST":
        try:
            packed = commands.pack(asker(), batch_id, request.form.get("code", "").split()[:CODES_AT_ONCE])
        except HubError as error:
            refusal = why_not_packed(error)
        else:
            words = _("这个网格全装好了") if packed.sealed else _("装好了，还剩 %(left)s 个", left=packed.left)
            flash(words, "done")
            return redirect(url_for("packing.pack", batch_id=batch_id), HTTPStatus.SEE_OTHER)
    parcels = parcels_of(asker(), batch_id, limit=1000)
    page = render_template(
        "depot/pack.html",
        batch=batch_for(asker(), batch_id),
        todo=[parcel for parcel in parcels if parcel.state == ParcelState.PLANNED],
        refusal=refusal,
    )
    return page, HTTPStatus.CONFLICT if refusal else HTTPStatus.OK


@pages.route("/<int:batch_id>/list", methods=["GET", "POST"])
@audience(Role.DEPOT)
def pick_list(batch_id: int) -> str | Response:
    """Show what to bring for a grid; when everything was packed from the list, note it at once."""
    batch = batch_for(asker(), batch_id)
    if request.method == "POST":
        parcels = parcels_of(asker(), batch_id, limit=CODES_AT_ONCE)
        todo = [parcel.code for parcel in parcels if parcel.state == ParcelState.PLANNED]
        try:
            commands.pack(asker(), batch_id, todo)
            flash(_("%(count)s 个包裹都记为装好了。", count=len(todo)), "done")
        except HubError as error:
            flash(why_not_packed(error), "problem")
        return redirect(url_for("packing.pack", batch_id=batch_id), HTTPStatus.SEE_OTHER)
    return render_template("depot/pick_list.html", batch=batch, lines=pick_list_of(asker(), batch_id))
