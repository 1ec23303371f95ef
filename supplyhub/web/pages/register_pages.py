"""The coordinator's register pages: what is in it, households, printed cards. Loading it stands in `import_pages`."""

from __future__ import annotations

from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING

from flask import Blueprint, current_app, render_template, request, send_file

from supplyhub.errors import NotFoundError
from supplyhub.people.states import Role
from supplyhub.reports.cards import PublicUrlError, cards_pdf
from supplyhub.residents.queries import (
    buildings_for,
    count_households_for,
    grids_for,
    households_for,
    last_import,
)
from supplyhub.residents.register_jobs import jobs_that_go_on
from supplyhub.residents.undoing import undoable_import
from supplyhub.web.audience import asker, audience

if TYPE_CHECKING:
    from typing import Any

    from werkzeug.wrappers import Response

pages = Blueprint("register_pages", __name__, url_prefix="/coordinator/register")

PAGE = 50
UNPLACED_SHOWN = 200


@pages.get("")
@audience(Role.COORDINATOR)
def register() -> str:
    """Show the grids of the register, what could not be placed, and where to load a new file."""
    return render_template(
        "coordinator/register.html",
        grids=grids_for(asker()),
        unplaced=buildings_for(asker(), unplaced=True, limit=UNPLACED_SHOWN, offset=0),
        unplaced_homes=count_households_for(asker(), unplaced=True),
        last=last_import(asker().community_id),
        undoable=undoable_import(asker()),
        going_on=jobs_that_go_on(asker()),
    )


@pages.get("/grid/<int:number>")
@audience(Role.COORDINATOR)
def grid(number: int) -> str:
    """List a grid's households in walking order."""
    page = min(max(request.args.get("page", 1, type=int), 1), 100_000)
    homes = households_for(asker(), vault=_app().extensions["vault"], grid=number, limit=PAGE, offset=(page - 1) * PAGE)
    return render_template(
        "coordinator/grid.html",
        grid=_grid(number),
        homes=homes,
        all=count_households_for(asker(), grid=number),
        page=page,
        page_size=PAGE,
    )


@pages.route("/grid/<int:number>/cards", methods=["GET", "POST"])
@audience(Role.COORDINATOR)
def cards(number: int) -> str | Response | tuple[str, int]:
    """Print a grid's household cards, after asking once more: the ones before end."""
    found, refused = _grid(number), False
    if request.method == "POST":
        try:
            pdf = cards_pdf(
                asker(),
                found.id,
                public_url=_app().extensions["settings"].public_url,
                vault=_app().extensions["vault"],
            )
        except PublicUrlError:
            refused = True
        else:
            return send_file(BytesIO(pdf), "application/pdf", as_attachment=True, download_name=f"cards-{number}.pdf")
    page = render_template("coordinator/cards.html", grid=found, refused=refused)
    return page, HTTPStatus.CONFLICT if refused else HTTPStatus.OK


def _grid(number: int) -> Any:
    found = next((grid for grid in grids_for(asker()) if grid.number == number), None)
    if found is None:
        raise NotFoundError("no such grid", grid=number)
    return found


def _app() -> Any:
    return current_app
