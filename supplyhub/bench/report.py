"""What the figures of a bench say: medians over the rounds, their ratios, the goals. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplyhub.bench.house import Memory
    from supplyhub.bench.load import Load

OFFERED = 100
# Which phase is what; the order in which a round plays them.
PHASES = {
    "a": "SQL, 200 items",
    "b": "HTTP, 200 items",
    "a'": "SQL, 5 items",
    "c": "HTTP, 5 items",
    "d": "HTTP, only parsed",
}
MEMORY_MB = 150


@dataclass(frozen=True, slots=True)
class Run:
    """A phase in a round, and what it gave."""

    round: int
    phase: str
    load: Load


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure that should be at least, or at most, so much."""

    figure: str
    at_least: float | None = None
    at_most: float | None = None

    def met(self, value: float) -> bool:
        """Tell whether a value meets it."""
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)

    def __str__(self) -> str:
        """Return it as people write it."""
        return f">= {self.at_least:g}" if self.at_least is not None else f"<= {self.at_most:g}"


GOALS = (
    Goal("spread_to_limit", at_least=0.6),
    Goal("hot_to_limit", at_least=1.0),
    Goal("hot_to_spread", at_least=0.85),
    Goal("http_to_parse", at_least=0.5),
    Goal("p99_to_p50", at_most=4.0),
    Goal("memory_mb", at_most=MEMORY_MB),
)


@dataclass(frozen=True, slots=True)
class Hundred:
    """A hundred units on offer and 64 connections that each want one: who got some."""

    answered: int
    sold: int
    households: int
    reserved: int

    @property
    def exact(self) -> bool:
        """Tell whether every unit was sold once, to a household each, and each buyer was told so."""
        return self.answered == self.sold == self.households == self.reserved == OFFERED


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that a bench found. `laws` as the audit sums them up, `mistakes` sentences on what is wrong."""

    seconds: int
    rounds: int
    runs: Sequence[Run]
    hundred: Hundred
    memory: Sequence[Memory]
    laws: dict[str, int]
    mistakes: Sequence[str]


def medians(runs: Sequence[Run]) -> dict[str, dict[str, float]]:
    """Return the median rate and waits of each phase over the rounds."""
    found = {}
    for phase in PHASES:
        loads = [run.load for run in runs if run.phase == phase]
        found[phase] = {
            "rate": round(median(load.rate for load in loads), 1),
            "p50_ms": round(median(load.p50_ms for load in loads), 2),
            "p99_ms": round(median(load.p99_ms for load in loads), 2),
        }
    return found


def ratios(of: dict[str, dict[str, float]]) -> dict[str, float]:
    """Return how the phases stand to each other; `p99_to_p50` is the worse of both kinds of orders over HTTP."""
    rate = {phase: values["rate"] for phase, values in of.items()}
    return {
        "spread_to_limit": _ratio(rate["b"], rate["a"]),
        "hot_to_limit": _ratio(rate["c"], rate["a'"]),
        "hot_to_spread": _ratio(rate["c"], rate["b"]),
        "http_to_parse": _ratio(rate["b"], rate["d"]),
        "p99_to_p50": max(_ratio(of[phase]["p99_ms"], of[phase]["p50_ms"]) for phase in ("b", "c")),
    }


def judged(figures: Figures) -> dict[str, dict[str, Any]]:
    """Return each goal with what was reached."""
    reached = ratios(medians(figures.runs)) | {"memory_mb": max(each.rss_mb for each in figures.memory)}
    return {
        goal.figure: {"goal": str(goal), "value": reached[goal.figure], "met": goal.met(reached[goal.figure])}
        for goal in GOALS
    }


def as_object(figures: Figures) -> dict[str, Any]:
    """Return everything for a program."""
    of = medians(figures.runs)
    return {
        "seconds": figures.seconds,
        "rounds": figures.rounds,
        "phases": PHASES,
        "runs": [{"round": run.round, "phase": run.phase, **asdict(run.load)} for run in figures.runs],
        "medians": of,
        "ratios": ratios(of),
        "goals": judged(figures),
        "hundred": asdict(figures.hundred) | {"offered": OFFERED, "exact": figures.hundred.exact},
        "memory": [asdict(each) for each in figures.memory],
        "laws": figures.laws,
        "mistakes": list(figures.mistakes),
    }


def _ratio(part: float, whole: float) -> float:
    return round(part / whole, 3) if whole else 0.0
