"""A grid's settlement sheet: on screen, in Excel, on paper. A lead sees the own grid's."""

from __future__ import annotations

from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, send_file, url_for

from supplyhub.people.states import Role
from supplyhub.reports.settlement import difference, settlement_for, settlement_pdf, settlement_xlsx
from supplyhub.residents.queries import grids_for
from supplyhub.web.audience import asker, audience
from supplyhub.web.pages.cycles import cycle_or_404

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response

    from supplyhub.reports.settlement import Settlement

pages = Blueprint("settlement", __name__, url_prefix="/settlement")

FILES: dict[str, tuple[str, Callable[[Settlement], bytes]]] = {
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", settlement_xlsx),
    "pdf": ("application/pdf", settlement_pdf),
}


@pages.get("")
@audience(Role.GRID_LEAD)
def own() -> Response:
    """Lead to the sheet of the own grid."""
    cycle, (grid, *_) = cycle_or_404(), grids_for(asker())
    return redirect(url_for("settlement.sheet", grid=grid.number, cycle=cycle.id), HTTPStatus.SEE_OTHER)


@pages.get("/<int:grid>")
@audience(Role.GRID_LEAD, Role.COORDINATOR)
def sheet(grid: int) -> str:
    """Show a grid's settlement."""
    cycle = cycle_or_404()
    found = settlement_for(asker(), cycle.id, grid)
    return render_template("grid/settlement.html", cycle=cycle, sheet=found, difference=difference)


@pages.get("/<int:grid>/<int:cycle_id>.<any(xlsx, pdf):kind>")
@audience(Role.GRID_LEAD, Role.COORDINATOR)
def file(grid: int, cycle_id: int, kind: str) -> Response:
    """Return a grid's settlement as a file."""
    mimetype, write = FILES[kind]
    found = settlement_for(asker(), cycle_id, grid)
    return send_file(
        BytesIO(write(found)), mimetype, as_attachment=kind == "xlsx", download_name=f"{found.file_name}.{kind}"
    )
