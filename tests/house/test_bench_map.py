"""A small bench of the map from end to end: what it asks for and prints. How fast this machine is isn't asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from supplyhub.bench import city
from supplyhub.bench.city import Size
from supplyhub.bench.map_page import ROUNDS, ask
from supplyhub.cli.bench_map import MEANS, show
from supplyhub.db import rows, scalar
from supplyhub.reports.map_sheet import MOST_BUILDINGS, sheet_of

if TYPE_CHECKING:
    import pytest
    from flask import Flask


def test_the_pages_of_a_small_citys_map_are_timed(committed: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    size = Size(grids=70, orders=4, lines=2)
    city.build(size, say=lambda _: None)
    found = ask(size, say=lambda _: None)
    assert {what: len(took) for what, took in found.seconds.items()} == dict.fromkeys(MEANS, ROUNDS)
    assert found.kilobytes > 10
    show(found)
    assert re.search("goal under 1 s: (not )?met", capsys.readouterr().out)


def test_every_grid_and_house_of_the_city_can_be_drawn(committed: Flask) -> None:
    city.build(Size(grids=65, orders=60, lines=1), say=lambda _: None)
    community = int(scalar("SELECT id FROM community"))
    sheet = sheet_of(community)
    assert (len(sheet.grids), len(sheet.buildings), sheet.left, sheet.tiled) == (65, 130, (), False)
    assert MOST_BUILDINGS > 130
    (grid,) = rows("SELECT id FROM grid WHERE number = 65")
    assert len(sheet_of(community, grid_id=grid.id).buildings) == 2
