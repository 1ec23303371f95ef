"""A small bench from end to end: what it prints and that its orders are right. How fast this machine is isn't asked."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from supplyhub.bench.load import BROUGHT_WRK, find_wrk
from supplyhub.bench.play import play
from supplyhub.bench.report import PHASES, as_object
from supplyhub.cli.bench import show, what_is_wrong
from supplyhub.errors import SettingError
from tests.drill import in_the_drill

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

    from supplyhub.config import Settings

# So few that a second of orders comes round to some again: first orders and changes are both in it.
HOMES = 400


@in_the_drill
@pytest.mark.skipif(not (shutil.which("wrk") or BROUGHT_WRK.exists()), reason="wrk isn't here; tools/wrk brings it")
def test_a_bench_measures_every_phase_and_all_its_orders_are_right(
    committed: Flask, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []
    found = play(replace(settings, home=tmp_path), seconds=1, rounds=1, homes=HOMES, say=said.append)
    assert what_is_wrong(found) == []
    assert [run.phase for run in found.runs] == list(PHASES)
    # A busy machine turns some away, and those have no order to change when they come again.
    assert [run for run in found.runs if run.load.taken <= run.load.refused] == []
    assert found.hundred.exact
    assert len(found.memory) == 2
    assert found.laws == {"checked": 10, "broken": 0}
    assert all(figure["value"] > 0 for figure in as_object(found)["goals"].values())
    show(found)
    printed = capsys.readouterr().out
    assert "100 of 100 sold" in printed
    assert len(said) > len(PHASES)


def test_without_a_load_generator_it_says_how_one_comes_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("supplyhub.bench.load.BROUGHT_WRK", tmp_path / "wrk")
    with pytest.raises(SettingError, match="tools/wrk"):
        find_wrk()
