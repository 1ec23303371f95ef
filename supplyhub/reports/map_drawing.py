"""A map as SVG: the sheet's paths, painted by what the figures say; for a screen, or for paper. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from supplyhub.reports.drawing import shape, written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from supplyhub.reports.map_shapes import Drawn
    from supplyhub.reports.map_sheet import Sheet, Spot

# What can be put on the map and taken off it again, and what is on it at first.
LAYERS = ("buildings", "streets", "points", "routes", "problems", "requests")
SHOWN = frozenset({"buildings", "streets", "points", "problems"})
# A share has so many shades; none of them is "nothing at all".
STEPS = 5
# Half a tile with a grid's number, and the type of what stands by itself: at most, at least.
TILE, LARGEST, SMALLEST = 17.0, 18.0, 7.0


@dataclass(frozen=True, slots=True)
class Shade:
    """How a shape is filled: the tone of a status, whole (`step` None) or in one of six shades from none to full."""

    status: str = "waiting"
    step: int | None = None


def step_of(share: float) -> int:
    """Return the shade of a share of 0 to 1: 0 for nothing, `STEPS` for more than four fifths."""
    return min(STEPS, max(0, -int(-share * STEPS // 1)))


@dataclass(frozen=True, slots=True)
class Labels:
    """What is said of a grid or a building: where its link leads, what that is called, a few words below its number."""

    link: str = ""
    title: str = ""
    words: str = ""
    number: str = ""
    problems: int = 0
    requests: int = 0


@dataclass(frozen=True, slots=True)
class Painted:
    """What a drawing shows: shades and labels by id, which layers, what the depot is called.

    paper: with its own colours, without links
    """

    grids: Mapping[int, Shade] = field(default_factory=dict)
    buildings: Mapping[int, Shade] = field(default_factory=dict)
    about_grids: Mapping[int, Labels] = field(default_factory=dict)
    about_buildings: Mapping[int, Labels] = field(default_factory=dict)
    layers: frozenset[str] = SHOWN
    depot: str = ""
    title: str = ""
    paper: bool = False


# As in tokens.css, by day: paper knows no style sheet.
STRONG: Final = {
    "waiting": "#858a7e",
    "ordered": "#46566b",
    "packed": "#70418f",
    "onway": "#1b57ad",
    "delivered": "#21692f",
    "problem": "#b0261c",
    "attention": "#7d5000",
}
SOFT: Final = {
    "waiting": "#ebe9e1",
    "ordered": "#e5eaf0",
    "packed": "#f0e6f6",
    "onway": "#dfeafb",
    "delivered": "#dff0dc",
    "problem": "#fce4df",
    "attention": "#faebc6",
}
WHITE, INK, MARK, HAIR = "#ffffff", "#1a1f18", "#287438", "#e0ddd2"
# How much of the tone is in each shade, in percent; the same in pages.css.
MIX: Final = (0, 14, 32, 52, 74, 100)


def draw(sheet: Sheet, painted: Painted) -> str:
    """Return a map as one SVG element. Each shape that can change has a `data-part` of its own."""
    on = painted.layers
    box = f"0 0 {sheet.width:g} {sheet.height:g}"
    kind = "plan" if sheet.tiled else "plan plan-many"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{kind}" viewBox="{box}" role="group"{_named(painted.title)}>',
        *(_place("grid", key, drawn, painted, by_keyboard=sheet.tiled) for key, drawn in sheet.grids.items()),
        shape(sheet.micro_grids, "plan-micro", **_paper(painted, fill="none", stroke=WHITE, stroke_dasharray="3 3")),
    ]
    if "streets" in on:
        way = {"fill": "none", "stroke": WHITE, "stroke_width": 5, "stroke_linecap": "round"}
        parts.append(shape(sheet.streets, "plan-street", **_paper(painted, **way)))
    if "buildings" in on:
        # Houses are many and small: by keyboard people go through the list, which says the same.
        parts += (_place("building", key, drawn, painted, by_keyboard=False) for key, drawn in sheet.buildings.items())
    parts += _over(sheet, painted)
    return "".join([*parts, "</svg>"])


def _over(sheet: Sheet, painted: Painted) -> Iterator[str]:
    """Yield what lies above the areas: routes, delivery points, numbers, marks."""
    on = painted.layers
    ways = "".join(sheet.routes.values()) if "routes" in on else ""
    # A light edge, so that the way is seen on dark houses too.
    for kind, colour, wide in (("plan-way", WHITE, 5), ("plan-route", INK, 2)):
        yield shape(
            ways, kind, **_paper(painted, fill="none", stroke=colour, stroke_width=wide, stroke_linejoin="round")
        )
    yield from (_flag(point, painted) for point in sheet.points if "points" in on)
    houses = sheet.buildings if "buildings" in on else {}
    if len(sheet.grids) > 1:
        yield from (_number(key, drawn, painted, tiled=sheet.tiled) for key, drawn in sheet.grids.items())
    else:
        yield from (_house_number(key, drawn, painted) for key, drawn in houses.items())
    # There is one depot: neither a house's number nor a grid's lies on it.
    yield from (_depot(spot, painted) for spot in [sheet.depot] if spot and "points" in on)
    if "problems" in on:
        yield from _problems(sheet, painted, houses)
    if "requests" in on:
        yield from _requests(sheet, painted)


def _problems(sheet: Sheet, painted: Painted, houses: Mapping[int, Drawn]) -> Iterator[str]:
    """Yield how many doors have a problem: at their houses, beside the grid's number where houses aren't drawn."""
    # On one grid's map the houses have numbers: a mark stands above its house's.
    above = 0 if len(sheet.grids) > 1 else TILE + 6
    for key, drawn in houses.items():
        if number := painted.about_buildings.get(key, Labels()).problems:
            yield _mark("house", key, drawn.x, drawn.y, number, painted, above=above)
    for key, drawn in sheet.grids.items() if not houses else ():
        if number := painted.about_grids.get(key, Labels()).problems:
            yield _mark("problem", key, drawn.x + _aside(sheet, drawn), drawn.y - TILE, number, painted)


def _requests(sheet: Sheet, painted: Painted) -> Iterator[str]:
    for key, drawn in sheet.grids.items():
        if number := painted.about_grids.get(key, Labels()).requests:
            yield _mark("request", key, drawn.x - _aside(sheet, drawn), drawn.y - TILE, number, painted)


def _aside(sheet: Sheet, drawn: Drawn) -> float:
    return TILE + 3 if sheet.tiled else min(TILE, drawn.room * 0.6)


def _named(title: str) -> str:
    return f" aria-label={quoteattr(title)}" if title else ""


def _place(what: str, key: int, drawn: Drawn, painted: Painted, *, by_keyboard: bool) -> str:
    """Return a grid or a building: a link that says how it is and leads to more."""
    shades, about = (
        (painted.grids, painted.about_grids) if what == "grid" else (painted.buildings, painted.about_buildings)
    )
    shade, said = shades.get(key, Shade()), about.get(key, Labels())
    path = f'<path class="plan-{what}" d="{drawn.d}"{_filled(what, shade, painted)}/>'
    if painted.paper or not said.link:
        return path
    still = "" if by_keyboard else ' tabindex="-1"'
    return (
        f'<a href={quoteattr(said.link)} data-part="{what}-{key}"{still}><title>{escape(said.title)}</title>{path}</a>'
    )


def _filled(what: str, shade: Shade, painted: Painted) -> str:
    if not painted.paper:
        step = "" if shade.step is None else f' data-step="{shade.step}"'
        return f' data-status="{shade.status}"{step}'
    strong = STRONG[shade.status]
    whole = SOFT[shade.status] if what == "grid" else strong
    fill = whole if shade.step is None else mixed(strong, MIX[shade.step])
    # A house with a share of nothing is white, too: it needs an edge.
    around = STRONG["waiting"] if shade.step is not None else WHITE
    edge = {"stroke": strong, "stroke_width": 1.2} if what == "grid" else {"stroke": around, "stroke_width": 0.75}
    return written({"fill": fill, **edge})


def mixed(colour: str, percent: int) -> str:
    """Return a colour with white: so many percent of it."""
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(255 + (part - 255) * percent / 100):02x}" for part in parts)


def _number(key: int, drawn: Drawn, painted: Painted, *, tiled: bool) -> str:
    """Return a grid's number on its tile with its words below; of many grids the number alone, as large as fits."""
    about = painted.about_grids.get(key, Labels())
    if not tiled:
        size = round(max(SMALLEST, min(LARGEST, drawn.room * 0.9)), 1)
        return _text(about.number, size, drawn.y + size * 0.36, painted, fill=INK, halo=WHITE, x=drawn.x)
    half = TILE + 5 * max(0, len(about.number) - 2)
    tile = (
        f'<rect class="plan-tile" x="{-half:g}" y="{-TILE:g}" width="{2 * half:g}" height="{2 * TILE:g}" rx="9"'
        f"{written(_paper(painted, fill=MARK, stroke=WHITE, stroke_width=2))}/>"
    )
    said = _text(about.number, 20, 7, painted, fill=WHITE, kind="plan-on-tile")
    if about.words:
        said += _text(about.words, 16.5, TILE + 18, painted, fill=INK, halo=WHITE, kind="plan-words")
    return _group("plan-name", f"name-{key}", drawn.x, drawn.y, tile + said, painted)


def _house_number(key: int, drawn: Drawn, painted: Painted) -> str:
    about = painted.about_buildings.get(key, Labels())
    text = _text(about.number, 16.5, 6, painted, fill=INK, halo=WHITE)
    return _group("plan-number", f"house-number-{key}", drawn.x, drawn.y, text, painted)


def _mark(kind: str, key: int, x: float, y: float, number: int, painted: Painted, *, above: float = 0) -> str:
    """Return a number in a circle: doors with a problem; in a square: help requests that are open."""
    colour = STRONG["attention" if kind == "request" else "problem"]
    looks = written(_paper(painted, fill=colour, stroke=WHITE, stroke_width=2.5))
    wide = 13 + 4 * max(0, len(str(number)) - 2)
    round_by = 4 if kind == "request" else 13
    body = f'<rect x="{-wide:g}" y="{-13 - above:g}" width="{2 * wide:g}" height="26" rx="{round_by}"{looks}/>'
    said = body + _text(str(number), 16, 6 - above, painted, fill=WHITE, kind="plan-on-mark")
    return _group(f"plan-mark plan-mark-{kind}", f"{kind}-{key}", x, y, said, painted)


def _flag(point: Spot, painted: Painted) -> str:
    """Return a delivery point: a pin with its name beside it."""
    looks = written(_paper(painted, fill=INK, stroke=WHITE, stroke_width=1.5))
    pin = f'<path class="plan-pin" d="M0 0l-8-11a9.5 9.5 0 1 1 16 0Z"{looks}/>'
    said = _text(point.name, 16.5, -12, painted, fill=INK, halo=WHITE, x=14, anchor="start")
    return f'<g class="plan-point" transform="translate({point.x:g} {point.y:g})"><g>{pin}{said}</g></g>'


def _depot(spot: Spot, painted: Painted) -> str:
    """Return the depot: a house on a tile of its own, with its name below it."""
    ground = written(_paper(painted, fill=INK, stroke=WHITE, stroke_width=2))
    house = written(_paper(painted, fill=WHITE))
    mark = (
        f'<rect class="plan-depot-tile" x="-15" y="-15" width="30" height="30" rx="7"{ground}/>'
        f'<path class="plan-depot-house" d="M-10-1L0-9L10-1V9H4V1H-4V9H-10Z"{house}/>'
    )
    said = _text(painted.depot or spot.name, 16.5, 32, painted, fill=INK, halo=WHITE)
    return f'<g class="plan-depot" transform="translate({spot.x:g} {spot.y:g})"><g>{mark}{said}</g></g>'


def _group(kind: str, part: str, x: float, y: float, inside: str, painted: Painted) -> str:
    # Two groups: a style sheet makes the inner one larger on a small screen.
    named = "" if painted.paper else f' data-part="{part}"'
    return f'<g class="{kind}"{named} transform="translate({x:g} {y:g})"><g>{inside}</g></g>'


def _text(
    said: str,
    size: float,
    y: float,
    painted: Painted,
    *,
    fill: str,
    halo: str = "",
    kind: str = "",
    x: float = 0,
    anchor: str = "middle",
) -> str:
    """Return text; with a `halo` it can be read on any ground."""
    edge = {"stroke": halo, "stroke_width": 4, "paint_order": "stroke", "stroke_linejoin": "round"} if halo else {}
    looks = _paper(painted, fill=fill, font_family="Noto Sans SC", font_weight=700, **edge)
    kinds = " ".join(filter(None, (kind, "plan-halo" if halo else "")))
    place = {"x": f"{x:g}", "y": f"{round(y, 1):g}", "font_size": f"{size:g}", **looks}
    if anchor != "middle" or painted.paper:
        place["text_anchor"] = anchor
    return f'<text class="{kinds}"{written(place)}>{escape(said)}</text>'


def _paper(painted: Painted, **looks: object) -> dict[str, object]:
    """Return the looks of a shape on paper; on a screen its class says them."""
    return looks if painted.paper else {}
