"""VROOM as the solver of routes: a process that answers, is too slow, dies, talks nonsense; and the real one, where it is."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from math import hypot
from random import Random

import pytest

from supplyhub.delivery.walks import MANY, length_of, short_path
from supplyhub.outside.errors import SolverFailedError
from supplyhub.outside.vroom_solver import VroomSolver, solver_of


def town(many: int, seed: int = 1) -> list[list[float]]:
    random = Random(seed)
    points = [(random.uniform(0, 1000), random.uniform(0, 1000)) for _ in range(many)]
    return [[hypot(a[0] - b[0], a[1] - b[1]) for b in points] for a in points]


def saying(code: str, *, seconds: float = 20.0) -> VroomSolver:
    """Return a solver behind which some Python runs."""
    return VroomSolver((sys.executable, "-c", code), seconds)


def test_distances_go_in_and_a_path_comes_out():
    code = "import json, sys; d = json.load(sys.stdin); print(json.dumps([0, *range(len(d) - 1, 0, -1)]))"
    assert saying(code).short_path(town(4)) == [0, 3, 2, 1]


@pytest.mark.parametrize(
    ("code", "seconds", "reason"),
    [
        ("import sys; sys.stdin.read(); sys.stdin.close(); import select; select.select([], [], [])", 0.3, "too_slow"),
        ("import os; os.abort()", 20.0, "crashed"),
        ("raise SystemExit(1)", 20.0, "crashed"),
        ("print('no path today')", 20.0, "crashed"),
        ("print([0, 1, 1, 3])", 20.0, "no_path"),
        ("print([1, 0, 2, 3])", 20.0, "no_path"),
        ("print([0, 1, 2])", 20.0, "no_path"),
        ("print({})", 20.0, "no_path"),
    ],
)
def test_a_process_that_gives_no_path_is_a_failure_with_its_reason(code, seconds, reason):
    with pytest.raises(SolverFailedError) as failed:
        saying(code, seconds=seconds).short_path(town(4))
    assert failed.value.reason == reason


def test_where_it_is_not_installed_there_is_no_solver(monkeypatch):
    monkeypatch.setattr("supplyhub.outside.vroom_solver.find_spec", lambda _name: None)
    assert solver_of() is None


@pytest.mark.skipif(find_spec("vroom") is None, reason="the extra `routes` isn't installed")
def test_the_real_one_walks_every_point_once_and_hardly_longer_than_our_own_way():
    solver = solver_of()
    assert solver is not None
    distances = town(MANY)
    path = solver.short_path(distances)
    assert (path[0], sorted(path)) == (0, list(range(MANY)))
    assert length_of(path, distances) < 1.02 * length_of(short_path(distances), distances)
