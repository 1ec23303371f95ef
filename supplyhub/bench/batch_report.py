"""What the figures of a batch bench say: ratios within one run, and the goals. Pure."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from supplyhub.bench.report import Goal

if TYPE_CHECKING:
    from supplyhub.bench.batches import City

GOALS = (
    Goal("batch_to_copy", at_most=2.5),
    Goal("per_line_growth", at_most=1.3),
    Goal("memory_mb", at_most=200),
)


def ratios(large: City, small: City) -> dict[str, float]:
    """Return what the batches of the large city take, measured by a COPY and a scan of it, and by a smaller city's."""
    return {
        "batch_to_copy": round(large.seconds / large.copy_seconds, 3),
        "batch_to_copy_of_written": round(large.seconds / large.copy_written_seconds, 3),
        "batch_to_scan": round(large.seconds / large.scan_seconds, 3),
        "per_line_growth": round(_per_line(large) / _per_line(small), 3),
    }


def judged(large: City, small: City) -> dict[str, dict[str, Any]]:
    """Return each goal with what was reached."""
    reached = ratios(large, small) | {"memory_mb": large.memory_mb}
    return {
        goal.figure: {"goal": str(goal), "value": reached[goal.figure], "met": goal.met(reached[goal.figure])}
        for goal in GOALS
    }


def as_object(large: City, small: City) -> dict[str, Any]:
    """Return everything for a program."""
    return {
        "cities": [
            asdict(city) | {"lines": city.size.order_lines, "seconds": round(city.seconds, 3)}
            for city in (small, large)
        ],
        "ratios": ratios(large, small),
        "goals": judged(large, small),
    }


def _per_line(city: City) -> float:
    return city.seconds / city.size.order_lines
