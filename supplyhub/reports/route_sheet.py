"""A designated route drawn as a small map, and printed: the map and the buildings in walking order."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import typst
from pylopdf_fonts_zh_cn import sans_path

from supplyhub.config import TEMPLATES
from supplyhub.db import db, row
from supplyhub.delivery.states import RoutePlanner
from supplyhub.delivery.street_net import lines_of
from supplyhub.places.grid_names import grid_in_chinese
from supplyhub.reports.drawing import Frame, rings_of, shape

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.delivery.route_queries import RouteView
    from supplyhub.delivery.street_net import Point
    from supplyhub.people.asker import Asker

WIDTH, TALLEST = 520.0, 460.0
# A number in its circle; three figures need a smaller type.
RADIUS = 12
# Who put the buildings in order.
PLANNERS = {
    RoutePlanner.COMPUTED: "按街道算出",
    RoutePlanner.SOLVER: "求解器按街道算出",
    RoutePlanner.MANUAL: "人工排定",
}
GREEN, INK, EARTH, STREET, HOUSE = "#2a7839", "#1a1f18", "#e6f1e6", "#ffffff", "#c9c6ba"


def route_map(view: RouteView) -> str:
    """Return a route as SVG: the grid, its streets and buildings, the way, and each building's number on it."""
    start = _start(view.grid)
    placed = [each for each in view.buildings if each.longitude is not None]
    centres = [(each.longitude, each.latitude) for each in placed]
    rings = list(rings_of(view.grid.outline))
    frame = Frame.around(
        [point for ring in rings for point in ring] or [*centres, *([start] if start else [])],
        width=WIDTH,
        tallest=TALLEST,
    )
    ground = frame.area(view.grid.outline or {})
    parts = [shape(ground, "map-grid", fill=EARTH, stroke=GREEN, stroke_width=1.5)]
    parts += [
        shape(frame.line(line), "map-street", fill="none", stroke=STREET, stroke_width=5)
        for street in view.streets
        for line in lines_of(street)
    ]
    parts += [
        shape(frame.area(each.outline or {}), "map-house", fill=HOUSE, stroke=STREET, stroke_width=0.75)
        for each in placed
    ]
    way = ([start] if start else []) + centres
    if len(way) > 1:
        drawn = {"fill": "none", "stroke": INK, "stroke_width": 2.5, "stroke_linejoin": "round"}
        parts.append(shape(frame.line(way), "map-way", **drawn))
    if start:
        x, y = frame.place(start)
        parts.append(
            f'<rect class="map-start" x="{x - 9:g}" y="{y - 9:g}" width="18" height="18" fill="{INK}" stroke="#ffffff"/>'
        )
    parts += [_number(frame, each) for each in placed]
    inside = "".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="map" viewBox="0 0 {frame.width:g} {frame.height:g}"'
        f' aria-hidden="true">{inside}</svg>'
    )


def _number(frame: Frame, building: Row[Any]) -> str:
    x, y = frame.place((building.longitude, building.latitude))
    size = 13 if building.position < 100 else 10
    return (
        f'<g class="map-number" transform="translate({x:g} {y:g})"><circle r="{RADIUS}" fill="{GREEN}" stroke="#ffffff"/>'
        f'<text y="4" text-anchor="middle" font-size="{size}" font-family="Noto Sans SC" fill="#ffffff">'
        f"{building.position}</text></g>"
    )


def _start(grid: Row[Any]) -> Point | None:
    return None if grid.longitude is None else (grid.longitude, grid.latitude)


def route_pdf(asker: Asker, view: RouteView) -> bytes:
    """Return a route as A4 sheets: the map, then the buildings in walking order."""
    community = row("SELECT name, timezone FROM community WHERE id = :id", id=asker.community_id)
    if community is None:
        raise LookupError("an asker belongs to a community")
    zone = ZoneInfo(community.timezone)
    # Drawing takes a while: not with a connection in hand.
    db.session.rollback()
    made = PLANNERS[RoutePlanner(view.route.planner)]
    data = {
        "title": f"{grid_in_chinese(view.grid.number)} 指定路线",
        "community": community.name,
        "facts": f"第 {view.route.version} 版 · {view.route.created_at.astimezone(zone):%Y-%m-%d %H:%M} {made}"
        f" · {len(view.buildings)} 栋 · 约 {view.route.length_metres} 米",
        "start": f"从{view.grid.delivery_point}出发" if view.grid.longitude is not None else "",
        "map": route_map(view),
        "buildings": [[str(each.position), each.name, str(each.households)] for each in view.buildings],
        "printed": f"{datetime.now(UTC).astimezone(zone):%Y-%m-%d %H:%M}",
    }
    pdf: bytes = typst.compile(
        str(TEMPLATES / "print" / "route.typ"),
        root=str(TEMPLATES),
        font_paths=[str(sans_path().parent)],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    return pdf
