"""What a map shows and says: the choices of its address, colours and words for its shapes, its legend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import request, url_for

from supplyhub.reports.map_drawing import LAYERS, SHOWN, STEPS, Labels, Painted, Shade, step_of
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import counted, figure, grid_name, house
from supplyhub.web.words import N_, ZONE_TONES, ZONES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from supplyhub.reports.map_figures import BuildingCounts, Counts, GridCounts
    from supplyhub.web.pages.map_watch import MapSight


# What a map is coloured by: how far it is, the zone level, or a share from none to all, each in its tone.
WAYS = {
    "stage": N_("进度"),
    "level": N_("等级"),
    "ordered": N_("已下单"),
    "packed": N_("已装袋"),
    "delivered": N_("已送达"),
    "silent": N_("没消息"),
}
SHARES = {"ordered": "ordered", "packed": "packed", "delivered": "delivered", "silent": "attention"}
STAGES = {
    "waiting": N_("没人下单"),
    "ordered": N_("已下单"),
    "packed": N_("已装袋"),
    "onway": N_("配送中"),
    "delivered": N_("已送达"),
    "problem": N_("有问题"),
}
ICONS = {
    "waiting": "clock",
    "ordered": "bag",
    "packed": "box",
    "onway": "truck",
    "delivered": "check",
    "problem": "alert",
}
LAYER_WORDS = {
    "buildings": N_("楼栋"),
    "streets": N_("街道"),
    "points": N_("中转站、配送点"),
    "routes": N_("路线"),
    "problems": N_("有问题的户数"),
    "requests": N_("诉求"),
}
FAULT_WORDS = {
    "missing": N_("没有轮廓"),
    "broken": N_("轮廓是坏的"),
    "far_off": N_("离别处太远，坐标可能写错了"),
}


@dataclass(frozen=True, slots=True)
class View:
    """What the address asks for: the way it is coloured, the layers, as a table or on a wall, a page of the table."""

    by: str = "stage"
    layers: frozenset[str] = SHOWN
    table: bool = False
    wall: bool = False
    page: int = 1

    def link(self, **changed: Any) -> dict[str, Any]:
        """Return the values of the address that shows the same but for what is changed."""
        layers = changed.get("layers", self.layers)
        said = {"by": changed.get("by", self.by), "view": "table" if changed.get("table", self.table) else None}
        return {
            "by": said["by"] if said["by"] != "stage" else None,
            "show": None if layers == SHOWN else ",".join(layer for layer in LAYERS if layer in layers) or "none",
            "view": said["view"],
            "wall": 1 if changed.get("wall", self.wall) else None,
        }

    def toggled(self, layer: str) -> dict[str, Any]:
        """Return the values of the address with a layer put on or taken off."""
        return self.link(layers=self.layers ^ {layer})


def view_asked() -> View:
    """Return the view that the request's address asks for; what it can't mean is as if it weren't there."""
    by, show = request.args.get("by", ""), request.args.get("show")
    return View(
        by=by if by in WAYS else "stage",
        layers=SHOWN if show is None else frozenset(show.split(",")) & frozenset(LAYERS),
        table=request.args.get("view") == "table",
        wall="wall" in request.args,
        page=max(1, request.args.get("page", 1, type=int)),
    )


def painted(sight: MapSight, view: View, link: Callable[..., str], *, alone: bool) -> Painted:
    """Return how a map is painted and what it says.

    link: the address of a grid's or a building's own page; alone: it is one grid's own map, which leads only to buildings
    """
    numbers = {grid.id: grid.number for grid in sight.grids}
    return Painted(
        grids={grid.id: shade_of(grid, view.by, grid.level) for grid in sight.grids},
        buildings={each.id: _house_shade(each, view.by) for each in sight.buildings},
        about_grids={
            grid.id: Labels(
                link="" if alone else link(grid=grid.number),
                title=said_of_grid(grid),
                words=short_words(grid, view.by),
                number=str(grid.number),
                problems=grid.problems,
                requests=grid.requests,
            )
            for grid in sight.grids
        },
        about_buildings={each.id: _about_house(each, numbers, link) for each in sight.buildings},
        layers=view.layers,
        depot=_("中转站"),
        title=_("网格的地图。同样的内容在表格里。"),
    )


def shade_of(counts: Counts, by: str, level: str | None = None) -> Shade:
    """Return how a grid is filled."""
    if by == "level":
        return Shade(ZONE_TONES.get(level or "", "waiting"))
    if by in SHARES:
        return Shade(SHARES[by], step_of(counts.share(by)))
    return Shade(counts.stage)


def _house_shade(counts: BuildingCounts, by: str) -> Shade:
    """Return how a building is filled: by its worst outcome; with a level, which is its grid's, not at all."""
    if by == "level":
        return Shade("waiting")
    return Shade(counts.worst) if by == "stage" else shade_of(counts, by)


def _about_house(each: BuildingCounts, numbers: Mapping[int, int], link: Callable[..., str]) -> Labels:
    words = f"{house(each.name)}{_('：')}{_(STAGES[each.worst])}{_('，')}{_progress(each)}"
    if each.problems:
        words += _("，") + counted("%(num)s 户有问题", each.problems)
    grid = numbers.get(each.grid_id)
    return Labels(
        link=link(grid=grid, building=each.id) if grid else "",
        title=words,
        number=str(each.number) if each.number else "",
        problems=each.problems,
    )


def said_of_grid(grid: GridCounts) -> str:
    """Return a grid in one sentence: what its link is called, and what stands beside the pointer."""
    parts = [_(STAGES[grid.stage]), _progress(grid)]
    if grid.level:
        parts.append(_(ZONES[grid.level]))
    if grid.problems:
        parts.append(counted("%(num)s 户有问题", grid.problems))
    if grid.requests:
        parts.append(counted("%(num)s 件诉求没办完", grid.requests))
    return grid_name(grid.number) + _("：") + _("，").join(parts)


def _progress(counts: Counts) -> str:
    if counts.parcels:
        return _("送到 %(done)s / %(all)s 户", done=figure(counts.delivered), all=figure(counts.parcels))
    return _("下单 %(done)s / %(all)s 户", done=figure(counts.ordered), all=figure(counts.households))


def short_words(grid: GridCounts, by: str) -> str:
    """Return the few words below a grid's number: by what the map is coloured by."""
    if by == "level":
        return _(ZONES[grid.level]) if grid.level else _("没定")
    if by in SHARES:
        return f"{round(100 * grid.share(by))}%"
    done, whole = (grid.delivered, grid.parcels) if grid.parcels else (grid.ordered, grid.households)
    return f"{figure(done)}/{figure(whole)}"


def legend(by: str) -> list[tuple[Shade, str]]:
    """Return what the colours mean: each with its words."""
    if by == "level":
        return [(Shade(ZONE_TONES[level]), _(ZONES[level])) for level in ZONES] + [(Shade("waiting"), _("没定"))]
    if by in SHARES:
        steps = [(Shade(SHARES[by], 0), "0%")]
        return steps + [(Shade(SHARES[by], step), f"≤ {100 * step // STEPS}%") for step in range(1, STEPS + 1)]
    return [(Shade(stage), _(word)) for stage, word in STAGES.items()]


def address(grid: int | None = None, building: int | None = None, **values: Any) -> str:
    """Return the address of a building's list of doors, of a grid's map, or of the whole map."""
    if building is not None:
        return url_for("map_pages.building", number=grid, building_id=building, cycle=values.get("cycle"))
    return url_for("map_pages.grid", number=grid, **values) if grid else url_for("map_pages.everything", **values)
