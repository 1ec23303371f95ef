"""Designated routes: which way each grid is walked, put in order by hand or computed anew, printed."""

from __future__ import annotations

from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from markupsafe import Markup

from supplyhub.delivery.commands import arrange_route, compute_route
from supplyhub.delivery.loads import LEAST_GRAMS, MOST_GRAMS, set_heavy
from supplyhub.delivery.route_queries import route_for, routes_for
from supplyhub.errors import ConflictError, InvalidError
from supplyhub.people.states import Role
from supplyhub.places.queries import heavy_grams_of
from supplyhub.reports.route_sheet import route_map, route_pdf
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.pages.forms import Form

if TYPE_CHECKING:
    from sqlalchemy.engine import Row
    from werkzeug.wrappers import Response

    from supplyhub.delivery.route_queries import RouteView

pages = Blueprint("routes", __name__, url_prefix="/routes")

LEADS = (Role.GRID_LEAD, Role.COORDINATOR)


@pages.get("")
@audience(*LEADS)
def routes() -> str | Response:
    """List the grids' routes; a lead has one."""
    found = routes_for(asker())
    if asker().role == Role.GRID_LEAD and found:
        return redirect(url_for("routes.route", grid=found[0].grid_number), HTTPStatus.SEE_OTHER)
    return _list(found)


def _list(found: list[Row[Any]], form: Form | None = None) -> str:
    kilograms = form.given.get("kilograms", "") if form else f"{heavy_grams_of(asker().community_id) / 1000:g}"
    return render_template(
        "coordinator/routes.html", routes=found, kilograms=kilograms, wrong=form.wrong if form else {}
    )


@pages.post("/heavy")
@audience(Role.COORDINATOR)
def heavy() -> Response | tuple[str, int]:
    """Say above which weight a parcel is heavy."""
    form = Form(request.form.to_dict())
    kilograms = form.count("kilograms", least=LEAST_GRAMS // 1000, most=MOST_GRAMS // 1000)
    if kilograms is None:
        return _list(routes_for(asker()), form), HTTPStatus.UNPROCESSABLE_ENTITY
    set_heavy(asker(), kilograms * 1000)
    flash(_("存好了。下一批配送单按 %(limit)s 公斤切。", limit=kilograms), "done")
    return redirect(url_for("routes.routes"), HTTPStatus.SEE_OTHER)


@pages.get("/<int:grid>")
@audience(*LEADS)
def route(grid: int) -> str:
    """Show a grid's route on a small map and as a list; an old version by `?version=`."""
    return _page(route_for(asker(), grid=grid, version=request.args.get("version", type=int)))


@pages.get("/<int:grid>/<int:version>.pdf")
@audience(*LEADS)
def sheet(grid: int, version: int) -> Response:
    """Return a version of a route on paper."""
    view = route_for(asker(), grid=grid, version=version)
    name = f"route-{grid}-v{version}.pdf"
    return send_file(BytesIO(route_pdf(asker(), view)), "application/pdf", download_name=name)


@pages.post("/<int:grid>")
@audience(*LEADS)
def arrange(grid: int) -> Response | tuple[str, int]:
    """Save an order by hand: buildings by their numbers, those that were changed before those that were not."""
    version = request.form.get("version", 0, type=int)
    view = route_for(asker(), grid=grid)
    try:
        order = read_order(view)
        new = arrange_route(asker(), grid=grid, building_ids=order, version=version)
    except ConflictError:
        flash(_("别人刚改了这条路线。下面是最新的，请再排一次。"), "problem")
        return redirect(url_for("routes.route", grid=grid), HTTPStatus.SEE_OTHER)
    except InvalidError:
        flash(_("没有保存：每栋楼要有一个从 1 开始的顺序号。"), "problem")
        return _page(view), HTTPStatus.UNPROCESSABLE_ENTITY
    if new == version:
        flash(_("顺序没变。"), "note")
    else:
        flash(_("存好了，这是第 %(version)s 版。下一批配送单按它走。", version=new), "done")
    return redirect(url_for("routes.route", grid=grid), HTTPStatus.SEE_OTHER)


@pages.post("/<int:grid>/compute")
@audience(*LEADS)
def compute(grid: int) -> Response:
    """Have the route computed anew."""
    if compute_route(asker(), grid=grid):
        flash(_("按街道重新算好了。"), "done")
    else:
        flash(_("算出来还是这条路线。"), "note")
    return redirect(url_for("routes.route", grid=grid), HTTPStatus.SEE_OTHER)


def read_order(view: RouteView) -> list[int]:
    """Return the buildings in the order that the form's numbers give. Raises InvalidError for what is no number.

    Whoever writes 3 beside the twelfth building wants it third: of equal numbers the changed one comes first, and one
    moved back comes after who stands there.
    """
    places = []
    for building in view.buildings:
        given = request.form.get(f"place-{building.id}", building.position, type=int)
        if not 1 <= given <= len(view.buildings):
            raise InvalidError("a place in the route is a number from 1", building=building.id)
        moved = (given > building.position) - (given < building.position)
        places.append((given, moved, building.position, building.id))
    return [building_id for *_place, building_id in sorted(places)]


def _page(view: RouteView) -> str:
    # Drawn from numbers and our own words only.
    drawn = Markup(route_map(view))  # noqa: S704
    return render_template("coordinator/route.html", view=view, map=drawn)
