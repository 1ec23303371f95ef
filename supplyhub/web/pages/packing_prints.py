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
from supplyhub.reports.printing import MOST_AT_ONCE, jobs_of, pieces_of
from supplyhub.reports.states import Printed
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
    batches, batch = chosen_batches()
    cycle_id = batch.cycle_id if batch else cycle_or_404().id
    ids = [each.id for each in batches]
    return render_template(
        "depot/print.html",
        batch=batch,
        cycle=cycle_or_404(),
        batches=batches,
        sheet=PAPERS[Kind.PARCELS, A4].a_sheet,
        long={printed.value: _takes_long(ids, printed) for printed in Printed},
        jobs=jobs_of(asker(), cycle_id),
    )


@pages.get("/labels.pdf")
@audience(Role.DEPOT)
def labels() -> Response:
    """Print labels: of parcels or crates, for A4 sheets or a roll; all of them or those of `?codes=`.

    A grid's at most: more take a while, and are printed by the worker.
    """
    batches, batch = chosen_batches()
    kind = Kind.CRATES if request.args.get("kind") == Kind.CRATES else Kind.PARCELS
    layout = request.args.get("paper", A4)
    codes = request.args.get("codes", "")[:LONGEST_CODES].split()[:MOST_CODES]
    if not (batch or codes) and _takes_long([each.id for each in batches], Printed(kind)):
        return _too_many()
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
        return redirect(back(batch), HTTPStatus.SEE_OTHER)
    return _sheet(pdf, kind, batch)


@pages.get("/list.pdf")
@audience(Role.DEPOT)
def pick_list() -> Response:
    """Print pick lists, by product or by order; by order a grid's at most when they are many."""
    batches, batch = chosen_batches()
    by = By.ORDER if request.args.get("by") == By.ORDER else By.PRODUCT
    if not batches:
        flash(_("还没有可以打的配货单。"), "problem")
        return redirect(back(batch), HTTPStatus.SEE_OTHER)
    if batch is None and _takes_long([each.id for each in batches], Printed(f"by_{by}")):
        return _too_many()
    return _sheet(pick_lists_pdf(asker(), [each.id for each in batches], by=by), f"list-{by}", batch)


def _takes_long(batch_ids: list[int], printed: Printed) -> bool:
    return sum(pieces_of(asker(), batch_ids, printed).values()) > MOST_AT_ONCE


def _too_many() -> Response:
    flash(_("太多了，要在后台打：请在这里点。"), "attention")
    return redirect(back(None), HTTPStatus.SEE_OTHER)


def chosen_batches() -> tuple[list[Row[Any]], Row[Any] | None]:
    """Return the batches to print for, and the only one when it was asked for. Raises NotFoundError for another's."""
    wanted = request.args.get("batch")
    if wanted is None:
        return batches_for(asker(), cycle_or_404().id), None
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 19):
        raise NotFoundError("no such batch", batch=wanted[:40])
    batch = batch_for(asker(), int(wanted))
    return [batch], batch


def back(batch: Row[Any] | None) -> str:
    """Return the address of what can be printed, for a grid or the cycle."""
    return url_for("prints.choose", batch=batch.id if batch else None, cycle=request.args.get("cycle"))


def _sheet(pdf: bytes, name: str, batch: Row[Any] | None) -> Response:
    grid = f"-{batch.grid_number}" if batch else ""
    return send_file(BytesIO(pdf), "application/pdf", download_name=f"{name}{grid}.pdf")
