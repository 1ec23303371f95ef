"""What packing prints: labels of parcels and crates, pick lists; for a grid or all of a cycle, and again when one is torn."""

from __future__ import annotations

from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for

from supplyhub.depot.packing_queries import batch_for, batches_for
from supplyhub.errors import HubError, NotFoundError
from supplyhub.people.states import Role
from supplyhub.reports.labels import A4, LAYOUTS, PAPERS, Kind, labels_pdf
from supplyhub.reports.picklists import By, pick_lists_pdf
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.pages.cycles import cycle_or_404
from supplyhub.web.pages.depot_words import some

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy.engine import Row
    from werkzeug.wrappers import Response

pages = Blueprint("prints", __name__, url_prefix="/depot/print")

MOST_CODES = 200
LONGEST_CODES = 4_000


@pages.get("")
@audience(Role.DEPOT)
def choose() -> str:
    """Offer what can be printed, for a grid with `?batch=`, else for all grids of the cycle."""
    batches, batch = _batches()
    return render_template(
        "depot/print.html",
        batch=batch,
        cycle=cycle_or_404(),
        batches=batches,
        sheet=PAPERS[Kind.PARCELS, A4].a_sheet,
    )


@pages.get("/labels.pdf")
@audience(Role.DEPOT)
def labels() -> Response:
    """Print labels: of parcels or crates, for A4 sheets or a roll; all of them or those of `?codes=`."""
    batches, batch = _batches()
    kind = Kind.CRATES if request.args.get("kind") == Kind.CRATES else Kind.PARCELS
    layout = request.args.get("paper", A4)
    codes = request.args.get("codes", "")[:LONGEST_CODES].split()[:MOST_CODES]
    try:
        pdf = labels_pdf(
            asker(),
            [each.id for each in batches],
            kind=kind,
            layout=layout if layout in LAYOUTS else A4,
            codes=codes,
            skip=max(request.args.get("skip", 0, type=int), 0),
        )
    except HubError as error:
        unknown = error.data.get("unknown")
        words = _("这里没有这些标签：%(codes)s。", codes=some(unknown)) if unknown else _("还没有可以打的标签。")
        flash(words, "problem")
        return redirect(_back(batch), HTTPStatus.SEE_OTHER)
    return _sheet(pdf, kind, batch)


@pages.get("/list.pdf")
@audience(Role.DEPOT)
def pick_list() -> Response:
    """Print pick lists, by product or by order."""
    batches, batch = _batches()
    by = By.ORDER if request.args.get("by") == By.ORDER else By.PRODUCT
    if not batches:
        flash(_("还没有可以打的配货单。"), "problem")
        return redirect(_back(batch), HTTPStatus.SEE_OTHER)
    return _sheet(pick_lists_pdf(asker(), [each.id for each in batches], by=by), f"list-{by}", batch)


def _batches() -> tuple[list[Row[Any]], Row[Any] | None]:
    """Return the batches to print for, and the only one when it was asked for. Raises NotFoundError for another's."""
    wanted = request.args.get("batch")
    if wanted is None:
        return batches_for(asker(), cycle_or_404().id), None
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 19):
        raise NotFoundError("no such batch", batch=wanted[:40])
    batch = batch_for(asker(), int(wanted))
    return [batch], batch


def _back(batch: Row[Any] | None) -> str:
    return url_for("prints.choose", batch=batch.id if batch else None, cycle=request.args.get("cycle"))


def _sheet(pdf: bytes, name: str, batch: Row[Any] | None) -> Response:
    grid = f"-{batch.grid_number}" if batch else ""
    return send_file(BytesIO(pdf), "application/pdf", download_name=f"{name}{grid}.pdf")
