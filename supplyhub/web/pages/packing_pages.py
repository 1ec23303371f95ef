"""Packing (分拣): a grid's parcels in walking order, by crate, what to bring for them. Scan a code, tap one, or type it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for

from supplyhub.codes import read_code
from supplyhub.delivery.crates import crate_of_code, crates_to_pack
from supplyhub.depot import commands
from supplyhub.depot.errors import ExpiredError
from supplyhub.depot.packing_queries import batch_for, batch_of_code, batches_for, parcels_of, pick_list_of
from supplyhub.depot.states import ParcelState
from supplyhub.errors import HubError, NotFoundError
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import counted as n_
from supplyhub.web.pages.cycles import cycle_or_404
from supplyhub.web.pages.depot_words import crate_elsewhere, gone_off, packed_before, why_not_packed
from supplyhub.web.pages.packing_form import (
    REASONS,
    Desk,
    Note,
    by_ticket,
    key_of,
    needs_scales,
    read_note,
    with_expired,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import SimpleNamespace
    from typing import Any

    from sqlalchemy.engine import Row
    from werkzeug.wrappers import Response

    from supplyhub.depot.packing_queries import ParcelView

pages = Blueprint("packing", __name__, url_prefix="/depot/pack")

CODES_AT_ONCE = 1000
LONGEST_SCAN = 8_000


@pages.get("")
@audience(Role.DEPOT)
def pack_grids() -> str:
    """List the batches, one a grid, with how far each is."""
    cycle = cycle_or_404()
    return render_template("depot/pack_grids.html", cycle=cycle, batches=batches_for(asker(), cycle.id), refusal="")


@pages.post("")
@audience(Role.DEPOT)
def find() -> Response | tuple[str, int]:
    """Go to the parcel or the crate whose code was scanned, whatever its grid."""
    code = read_code(request.form.get("code", "")[:LONGEST_SCAN])
    crate = crate_of_code(asker(), code)
    if crate is not None:
        return _to(crate.batch_id, crate=crate.code)
    batch_id = batch_of_code(asker(), code)
    if batch_id is not None:
        return _to(batch_id, parcel=code)
    cycle = cycle_or_404()
    refusal = _("没有 %(code)s 这个包裹，也没有这个筐。请看看标签上的字。", code=code[:20])
    page = render_template(
        "depot/pack_grids.html", cycle=cycle, batches=batches_for(asker(), cycle.id), refusal=refusal
    )
    return page, HTTPStatus.NOT_FOUND


@pages.get("/parcels/<code>")
@audience(Role.DEPOT, Role.COORDINATOR)
def go_to_parcel(code: str) -> Response:
    """Go to where a parcel is packed. Raises NotFoundError."""
    batch_id = batch_of_code(asker(), code)
    if batch_id is None:
        raise NotFoundError("no such parcel", code=code[:20])
    return _to(batch_id, parcel=read_code(code))


@pages.get("/<int:batch_id>")
@audience(Role.DEPOT, Role.COORDINATOR)
def pack(batch_id: int) -> str:
    """Show a grid's parcels in walking order, of one crate or all: the next, or the wanted one, in large type.

    Coordinators look only: what is missing before a cycle is closed.
    """
    desk = _desk(batch_id)
    wanted = desk.parcel(desk.wanted)
    refusal = packed_before(wanted) if wanted and wanted.state != ParcelState.PLANNED else ""
    return _page(batch_id, desk, Note(), refusal)


@pages.post("/<int:batch_id>")
@audience(Role.DEPOT)
def packed(batch_id: int) -> Response | tuple[str, int]:
    """Pack what was scanned, or the parcel in front with its weights; a crate's code opens it."""
    desk = _desk(batch_id)
    codes = [read_code(code) for code in request.form.get("code", "")[:LONGEST_SCAN].split()][:CODES_AT_ONCE]
    if "scan" in request.form and len(codes) == 1:
        answer = _scanned(batch_id, desk, codes[0])
        if answer is not None:
            return answer
    parcel = desk.parcel(codes[0]) if len(codes) == 1 else None
    note = read_note(parcel, request.form) if parcel and "scan" not in request.form else Note()
    if note.wrong and parcel:
        desk.wanted = parcel.code
        return _page(batch_id, desk, note), HTTPStatus.UNPROCESSABLE_ENTITY
    return _pack(batch_id, desk, codes, note)


@pages.post("/<int:batch_id>/crate")
@audience(Role.DEPOT)
def crate(batch_id: int) -> Response | tuple[str, int]:
    """Pack what is left of a crate in one go, when nothing of it is to be weighed."""
    desk = _desk(batch_id)
    return _pack(batch_id, desk, [parcel.code for parcel in desk.todo] if desk.crate else [], Note())


@pages.route("/<int:batch_id>/list", methods=["GET", "POST"])
@audience(Role.DEPOT)
def pick_list(batch_id: int) -> str | Response:
    """Show what to bring for a grid, by product or by order; when all was packed from the list, note it at once."""
    batch = batch_for(asker(), batch_id)
    parcels = parcels_of(asker(), batch_id, limit=CODES_AT_ONCE)
    todo = [parcel for parcel in parcels if parcel.state == ParcelState.PLANNED]
    if request.method == "POST":
        _pack_from_paper(batch_id, todo)
        return _to(batch_id)
    by_order = request.args.get("by") == "order"
    return render_template(
        "depot/pick_list.html",
        batch=batch,
        by_order=by_order,
        folds=by_ticket(parcels, crates_to_pack(asker(), batch_id)) if by_order else [],
        parcels=parcels,
        lines=[] if by_order else pick_list_of(asker(), batch_id),
        weighed=sum(needs_scales(parcel) for parcel in todo),
    )


def _pack_from_paper(batch_id: int, todo: list[ParcelView]) -> None:
    plain = [parcel.code for parcel in todo if not needs_scales(parcel)]
    try:
        if plain:
            done = commands.pack(asker(), batch_id, plain)
            flash(n_("%(figure)s 个包裹都记为装好了。", done.parcels), "done")
    except HubError as error:
        flash(why_not_packed(error), "problem")
    if len(plain) < len(todo):
        flash(_("还有 %(count)s 个包裹要称重，请一个一个装。", count=len(todo) - len(plain)), "attention")


def _desk(batch_id: int) -> Desk:
    crates = crates_to_pack(asker(), batch_id)
    chosen = read_code(request.values.get("crate", ""))
    return Desk(
        parcels_of(asker(), batch_id, limit=CODES_AT_ONCE),
        crates,
        next((crate for crate in crates if crate.code == chosen), None),
        read_code(request.args.get("parcel", "")),
    )


def _scanned(batch_id: int, desk: Desk, code: str) -> Response | tuple[str, int] | None:
    """Open what can't be packed by its code alone: a crate, a parcel with something to weigh. None for the others."""
    if crate := next((crate for crate in desk.crates if crate.code == code), None):
        return _to(batch_id, crate=crate.code)
    parcel = desk.parcel(code)
    if parcel is None:
        elsewhere = crate_of_code(asker(), code)
        if elsewhere is None:
            return None
        refusal = crate_elsewhere(code, batch_for(asker(), elsewhere.batch_id))
        return _page(batch_id, desk, Note(), refusal), HTTPStatus.CONFLICT
    if parcel.state == ParcelState.PLANNED and needs_scales(parcel):
        return _to(batch_id, crate=_crate_code(desk, parcel), parcel=code)
    return None


def _crate_code(desk: Desk, parcel: ParcelView) -> str | None:
    """Return the chosen crate's code when a parcel is in it."""
    return desk.crate.code if desk.crate and parcel.code in desk.crate.parcel_codes else None


def _pack(batch_id: int, desk: Desk, codes: list[str], note: Note) -> Response | tuple[str, int]:
    if not codes:
        return _to(batch_id, crate=desk.crate.code if desk.crate else None)
    try:
        done = commands.pack(asker(), batch_id, codes, weights=note.weights, missing=note.missing)
    except HubError as error:
        refusal = why_not_packed(error)
        # Somebody else may have packed meanwhile: what is shown is what there is now.
        desk = _desk(batch_id)
        parcel = desk.parcel(codes[0]) if len(codes) == 1 else None
        desk.wanted = parcel.code if parcel else desk.wanted
        if parcel and isinstance(error, ExpiredError):
            note = with_expired(note, parcel, error)
        return _page(batch_id, desk, note, refusal, gone_off(error)), HTTPStatus.CONFLICT
    flash(_("这个网格全装好了") if done.sealed else _("装好了，还剩 %(left)s 个", left=done.left), "done")
    left = len(desk.todo) - done.parcels
    return _to(batch_id, crate=desk.crate.code if desk.crate and left > 0 else None)


def _to(batch_id: int, *, crate: str | None = None, parcel: str | None = None) -> Response:
    address = url_for("packing.pack", batch_id=batch_id, crate=crate, parcel=parcel)
    return redirect(address, HTTPStatus.SEE_OTHER)


def _page(batch_id: int, desk: Desk, note: Note, refusal: str = "", expired: Sequence[SimpleNamespace] = ()) -> str:
    batch: Row[Any] = batch_for(asker(), batch_id)
    return render_template(
        "depot/pack.html",
        batch=batch,
        desk=desk,
        todo=desk.todo,
        note=note,
        refusal=refusal,
        expired=expired,
        reasons=REASONS,
        key_of=key_of,
    )
