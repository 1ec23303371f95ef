"""A picture of every page into shots/: phone and PC, light and dark, Chinese and English. `make shots`; no test.

Look at them beside the screens that they follow, and mend what looks poor.
"""

from __future__ import annotations

import os
import shutil
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from tests.journeys.house import PC, PHONE
from tests.journeys.looking import scrolls_sideways
from tests.journeys.tour import tour
from tests.journeys.visitors import Visitors

if TYPE_CHECKING:
    from tests.journeys.house import House

SHOTS = Path(__file__).resolve().parents[2] / "shots"
LOOKS = list(product((PHONE, PC), ("light", "dark"), ("zh", "en")))
# While a page is being worked on: SHOTS_ONLY=resident-menu,390-light draws what has all of these in its name.
ONLY = [part for part in os.environ.get("SHOTS_ONLY", "").split(",") if part]


def test_draw_every_page(house: House) -> None:
    """Draw each page in every look."""
    if not ONLY:
        shutil.rmtree(SHOTS, ignore_errors=True)
    SHOTS.mkdir(exist_ok=True)
    house.scene.grids = (3, 4, 5)
    visitors = Visitors(house)
    for stop in tour(house.scene):
        for viewport, scheme, lang in LOOKS:
            name = f"{stop.name}-{viewport['width']}-{scheme}-{lang}.png"
            if not all(part in name for part in ONLY):
                continue
            page = visitors.page(stop, viewport, scheme, lang)
            stop.open(page)
            wide = scrolls_sideways(page)
            page.screenshot(path=SHOTS / name, full_page=True)
            assert not wide, f"{name} scrolls sideways"
    house.complaints.clear()
