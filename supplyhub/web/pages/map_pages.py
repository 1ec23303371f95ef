"""The map (一张图): all grids for coordinators, each grid for its lead; as a table, on a wall, on paper; and its doors."""

from __future__ import annotations

from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any

from flask import Blueprint, make_response, redirect, render_template, request, send_file
from flask_babel import force_locale
from markupsafe import Markup

from supplyhub.errors import NotFoundError
from supplyhub.people.states import Role
from supplyhub.places.queries import grid_numbered
from supplyhub.reports.map_doors import building_for, doors_of
from supplyhub.reports.map_drawing import LAYERS, draw
from supplyhub.reports.map_figures import in_all
from supplyhub.reports.map_paper import map_pdf
from supplyhub.reports.map_places import places_for
from supplyhub.residents.queries import grids_for
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import CHINESE, look
from supplyhub.web.pages.cycles import UNDER_WAY, chosen_cycle
from supplyhub.web.pages.map_view import (
    FAULT_WORDS,
    ICONS,
    LAYER_WORDS,
    STAGES,
    WAYS,
    address,
    legend,
    painted,
    view_asked,
)
from supplyhub.web.pages.map_watch import look_at_map

if TYPE_CHECKING:
    from sqlalchemy.engine import Row
    from werkzeug.wrappers import Response

    from supplyhub.reports.map_figures import BuildingCounts, GridCounts
    from supplyhub.web.pages.map_view import View
    from supplyhub.web.pages.map_watch import MapSight

pages = Blueprint("map_pages", __name__, url_prefix="/map")

LEADS = (Role.GRID_LEAD, Role.COORDINATOR)
# So many grids or buildings of the table are on a page.
PAGE_SIZE = 60


@pages.get("")
@audience(*LEADS)
def everything() -> str | Response:
    """Show all grids on the map, or as a table (`?view=table`), on a wall (`?wall=1`); a lead has one grid."""
    if asker().role == Role.GRID_LEAD:
        return redirect(address(grid=_own_number(), **view_asked().link(), **_cycle_asked()), HTTPStatus.SEE_OTHER)
    return _page(None)


@pages.get("/<int:number>")
@audience(*LEADS)
def grid(number: int) -> str:
    """Show one grid on its own map: its buildings, routes and doors with problems."""
    return _page(number)


@pages.get("/<int:number>/live")
@audience(*LEADS)
def live(number: int) -> Response:
    """Return what changes of a grid's map, of the whole one for 0; 304 while it is as the screen has it."""
    page, tag = _drawn("map/live.html", _reach(number), chosen_cycle(asker(), *UNDER_WAY), known=request.if_none_match)
    response = make_response(page, HTTPStatus.OK if page else HTTPStatus.NOT_MODIFIED)
    response.set_etag(tag)
    return response


@pages.get("/<int:number>/print.pdf")
@audience(*LEADS)
def sheet(number: int) -> Response:
    """Return a grid's map on A3 with its table, the whole one for 0."""
    which, view, cycle = _reach(number), view_asked(), chosen_cycle(asker(), *UNDER_WAY)
    sight = _sight(which, cycle)
    # What is printed is in Chinese, whoever prints it.
    with force_locale(CHINESE):
        drawn = painted(sight, view, lambda **_where: "", alone=which is not None)
        words = {"by": WAYS[view.by], "legend": legend(view.by), "stages": STAGES}
    pdf = map_pdf(asker(), sight.sheet, drawn, sight.grids, sight.buildings, cycle=cycle, words=words)
    return send_file(BytesIO(pdf), "application/pdf", download_name=f"map-{number or 'all'}.pdf")


@pages.get("/<int:number>/buildings/<int:building_id>")
@audience(*LEADS)
def building(number: int, building_id: int) -> str:
    """List the doors of a building and how each of them stands."""
    cycle = chosen_cycle(asker(), *UNDER_WAY)
    cycle_id = cycle.id if cycle else None
    found = building_for(asker(), building_id, cycle_id=cycle_id)
    if found.grid_number != number:
        raise NotFoundError("there is no such building in this grid", building=building_id, grid=number)
    doors = doors_of(building_id, cycle_id=cycle_id)
    return render_template("map/building.html", building=found, doors=doors, cycle=cycle, lead=_is_lead())


def _page(number: int | None) -> str:
    return _drawn("map/map.html", number, chosen_cycle(asker(), *UNDER_WAY))[0]


def _drawn(template: str, number: int | None, cycle: Row[Any] | None, *, known: Any = ()) -> tuple[str, str]:
    """Return a page and the tag of what this reader sees; no page when that is known already."""
    view, sight = view_asked(), _sight(number, cycle)
    tag = f"{sight.tag}-{look().lang}-{asker().role}"
    if tag in known:
        return "", tag
    wanted = view.link(wall=False) | _cycle_asked()
    listed: list[GridCounts] | list[BuildingCounts] = sight.grids if number is None else sight.buildings
    page = render_template(
        template,
        cycle=cycle,
        view=view,
        number=number,
        sight=sight,
        picture="" if view.table else _picture(sight, view, wanted, alone=number is not None),
        places=places_for(asker(), number) if view.table else [],
        total=in_all(sight.grids),
        listed=listed[PAGE_SIZE * (view.page - 1) : PAGE_SIZE * view.page],
        all_listed=len(listed),
        page_size=PAGE_SIZE,
        legend=legend(view.by),
        ways=WAYS,
        layers=[layer for layer in LAYERS if layer != "buildings" or not sight.sheet.crowded],
        layer_words=LAYER_WORDS,
        fault_words=FAULT_WORDS,
        stages=STAGES,
        stage_icons=ICONS,
        here=address,
        wanted=wanted,
        tag=tag,
        lead=_is_lead(),
    )
    return page, tag


def _reach(number: int) -> int | None:
    """Return the grid that a number means, None for all of them. Raises NotFoundError for a lead, who has one."""
    if number == 0 and _is_lead():
        raise NotFoundError("a grid lead has one grid", grid=number)
    return number or None


def _sight(number: int | None, cycle: Row[Any] | None) -> MapSight:
    """Return what the asker sees of all grids, or of one. Raises NotFoundError for another lead's."""
    grid_id = None if number is None else grid_numbered(asker().community_id, number)
    if grid_id is not None and not asker().sees_grid(grid_id):
        raise NotFoundError(f"there is no grid {number}", grid=number)
    return look_at_map(asker(), cycle_id=cycle.id if cycle else None, grid_id=grid_id)


def _picture(sight: MapSight, view: View, wanted: dict[str, Any], *, alone: bool) -> Markup:
    looks = painted(sight, view, lambda **where: address(**where, **wanted), alone=alone)
    # Drawn from numbers, escaped names and our own words only.
    return Markup(draw(sight.sheet, looks))  # noqa: S704


def _cycle_asked() -> dict[str, int | None]:
    return {"cycle": request.args.get("cycle", type=int)}


def _own_number() -> int:
    """Return the number of a lead's grid. Raises NotAllowedError for one without."""
    own = asker().grid()
    return next(int(grid.number) for grid in grids_for(asker()) if grid.id == own)


def _is_lead() -> bool:
    return asker().role == Role.GRID_LEAD
