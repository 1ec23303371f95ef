"""A small bench of the batches from end to end: what it prints and that its laws hold. How fast this machine is isn't asked."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg

from supplyhub.bench.batch_report import as_object
from supplyhub.bench.batches import play_in
from supplyhub.bench.city import Size
from supplyhub.bench.working import TOPICS
from supplyhub.cli.bench_batch import show
from supplyhub.embedded.postgres import OWNER
from tests.drill import in_the_drill

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from flask import Flask

    from supplyhub.config import Settings


@in_the_drill
def test_both_batches_of_a_small_city_are_timed_step_by_step_and_keep_the_laws(
    committed: Flask, settings: Settings, admin_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(f"GRANT pg_checkpoint TO {OWNER}")
    found = play_in(replace(settings, home=tmp_path), Size(grids=24, orders=10, lines=4), say=lambda _: None, laws=True)
    assert found.laws == {"checked": 10, "broken": 0}
    assert found.counts["allocation"] == found.counts["order_line"] == 960
    assert found.counts["order_number"] == found.counts["parcel"] == found.counts["stop"] == 240
    assert found.counts["substitution"] > 0
    assert [*found.cut_off.seconds, *found.receipt.seconds] == list(TOPICS)
    assert {"allocation", "parcel"} <= set(found.receipt.steps["parcels"])
    told = as_object(found, found)
    assert told["ratios"]["per_line_growth"] == 1
    assert all(figure["value"] > 0 for figure in told["goals"].values())
    show(found, found)
    assert "10 laws checked, 0 broken" in capsys.readouterr().out


def test_the_memory_of_a_process_is_not_that_of_who_started_it() -> None:
    lots = bytearray(b"1" * 300_000_000)
    code = "from supplyhub.bench.working import most_kib; print(most_kib())"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
    assert 0 < int(said) * 1024 < len(lots)
