"""Small charts of the day's report as SVG, drawn by the server. Pure: figures in, text out; colours are the page's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.reports.drawing import written

if TYPE_CHECKING:
    from collections.abc import Sequence

# A day's place, and its height from nothing to the most.
STEP, TALL, PAD = 20.0, 32.0, 5.0
LONG, THICK = 100.0, 10.0


def days_line(figures: Sequence[int | None], said: str) -> str:
    """Return a figure's last days as a line with a dot on the last; a day without report leaves a gap. said: for ears."""
    most = max((figure for figure in figures if figure is not None), default=0) or 1
    spots = [
        None if figure is None else (PAD + place * STEP, round(PAD + TALL - TALL * max(figure, 0) / most, 1))
        for place, figure in enumerate(figures)
    ]
    wide, tall = 2 * PAD + STEP * (len(figures) - 1), TALL + 2 * PAD
    ground = f'<path class="day-ground" d="M{PAD:g} {PAD + TALL:g}H{wide - PAD:g}"/>'
    path = "".join(f'<path class="day-line" d="M{_through(run)}"/>' for run in _runs(spots) if len(run) > 1)
    alone = "".join(_dot(run[0], 2.5) for run in _runs(spots) if len(run) == 1)
    last = _dot(spots[-1], 4.0) if spots and spots[-1] else ""
    return _drawn("day-spark", wide, tall, said, ground + path + alone + last)


def shares_bar(parts: Sequence[tuple[str, int]], most: int, said: str) -> str:
    """Return a bar of parts by their status, as long as their sum is of `most`; it stretches to its place."""
    at, drawn = 0.0, ""
    for status, figure in parts:
        wide = LONG * figure / most if most else 0.0
        place = {"x": round(at, 2), "width": round(wide, 2), "height": THICK, "data_status": status}
        drawn += f'<rect class="day-part"{written(place)}/>' if figure > 0 else ""
        at += wide
    ground = f'<rect class="day-rest" width="{LONG:g}" height="{THICK:g}"/>'
    return _drawn("day-bar", LONG, THICK, said, ground + drawn, preserveAspectRatio="none")


def _drawn(kind: str, wide: float, tall: float, said: str, inside: str, **more: object) -> str:
    attributes = {"class": kind, "viewBox": f"0 0 {wide:g} {tall:g}", "role": "img", "aria-label": said, **more}
    return f"<svg{written(attributes)}>{inside}</svg>"


def _dot(spot: tuple[float, float] | None, radius: float) -> str:
    return f'<circle class="day-dot" cx="{spot[0]:g}" cy="{spot[1]:g}" r="{radius:g}"/>' if spot else ""


def _through(run: Sequence[tuple[float, float]]) -> str:
    return "L".join(f"{x:g} {y:g}" for x, y in run)


def _runs(spots: Sequence[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    """Return the spots that follow each other without a gap."""
    runs: list[list[tuple[float, float]]] = [[]]
    for spot in spots:
        if spot is None:
            runs.append([])
        else:
            runs[-1].append(spot)
    return [run for run in runs if run]
