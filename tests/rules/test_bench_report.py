"""What the figures of a bench are made into: medians, ratios, goals; and what counts as wrong."""

from __future__ import annotations

import pytest

from supplyhub.bench.house import Memory
from supplyhub.bench.load import Load, percentile
from supplyhub.bench.play import miscounted
from supplyhub.bench.report import GOALS, Figures, Goal, Hundred, Run, as_object, judged, medians, ratios
from supplyhub.cli.bench import what_is_wrong

RATES = {
    "a": (900, 1000, 2000),
    "b": (500, 600, 700),
    "a'": (400, 500, 550),
    "c": (510, 540, 2),
    "d": (1100, 1200, 9000),
}
SOLD_RIGHT = Hundred(answered=100, sold=100, households=100, reserved=100)


def runs() -> list[Run]:
    return [
        Run(number, phase, Load(taken=10 * rate, rate=rate, p50_ms=20.0, p99_ms=70.0 if phase == "c" else 50.0))
        for number in (1, 2, 3)
        for phase, rates in RATES.items()
        for rate in [rates[number - 1]]
    ]


def figures(*, hundred: Hundred = SOLD_RIGHT, broken: int = 0, mistakes: tuple[str, ...] = ()) -> Figures:
    memory = [Memory(120.5, 70.0), Memory(151.0, 71.0)]
    return Figures(10, 3, runs(), hundred, memory, {"checked": 9, "broken": broken}, mistakes)


def test_a_phase_is_worth_the_median_of_its_rounds() -> None:
    assert {phase: values["rate"] for phase, values in medians(runs()).items()} == {
        "a": 1000, "b": 600, "a'": 500, "c": 510, "d": 1200,
    }  # fmt: skip


def test_the_ratios_are_of_medians_and_the_worse_wait_counts() -> None:
    assert ratios(medians(runs())) == {
        "spread_to_limit": 0.6,
        "hot_to_limit": 1.02,
        "hot_to_spread": 0.85,
        "http_to_parse": 0.5,
        "p99_to_p50": 3.5,
    }


def test_a_goal_is_met_at_its_bound_and_not_beyond() -> None:
    assert Goal("x", at_least=0.6).met(0.6)
    assert not Goal("x", at_least=0.6).met(0.599)
    assert Goal("x", at_most=4).met(4.0)
    assert not Goal("x", at_most=4).met(4.01)


def test_every_goal_is_judged_and_memory_by_the_largest_process() -> None:
    found = judged(figures())
    assert list(found) == [goal.figure for goal in GOALS]
    assert found["memory_mb"] == {"goal": "<= 150", "value": 151.0, "met": False}
    assert found["spread_to_limit"] == {"goal": ">= 0.6", "value": 0.6, "met": True}


def test_a_missed_goal_is_no_failure() -> None:
    assert what_is_wrong(figures()) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"hundred": Hundred(answered=100, sold=101, households=101, reserved=100)},
        {"hundred": Hundred(answered=100, sold=100, households=99, reserved=100)},
        {"hundred": Hundred(answered=99, sold=99, households=99, reserved=99)},
        {"broken": 1},
        {"mistakes": ("round 1: lost",)},
    ],
)
def test_a_wrong_order_is_a_failure(wrong) -> None:
    assert len(what_is_wrong(figures(**wrong))) == 1


@pytest.mark.parametrize(
    ("phase", "written", "fine"),
    [
        *[("a", 499, False), ("a", 500, True), ("a", 501, False)],
        *[("b", 499, False), ("b", 500, True), ("b", 564, True), ("b", 565, False)],
        *[("d", 0, True), ("d", 1, False)],
    ],
)
def test_every_answered_order_is_written_and_only_those_on_their_way_at_the_end_beside(phase, written, fine) -> None:
    run = Run(1, phase, Load(taken=500, rate=50.0, p50_ms=1.0, p99_ms=2.0))
    assert (miscounted(run, written) == []) is fine


def test_percentiles_are_waits_that_were_measured() -> None:
    assert [percentile(range(1, 201), percent) for percent in (50, 99, 100)] == [100, 198, 200]
    assert percentile([7], 99) == 7
    assert percentile([], 50) == 0


def test_one_object_has_everything() -> None:
    found = as_object(figures())
    assert list(found) == [
        "seconds", "rounds", "phases", "runs", "medians", "ratios", "goals", "hundred", "memory", "laws", "mistakes",
    ]  # fmt: skip
    assert found["hundred"]["exact"]
    assert found["runs"][0] == {
        "round": 1, "phase": "a", "taken": 9000, "rate": 900, "p50_ms": 20.0, "p99_ms": 50.0, "refused": 0, "lost": 0,
    }  # fmt: skip
