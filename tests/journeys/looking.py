"""What every page is looked at for, once it has arrived: axe's rules, and that it doesn't scroll sideways.

The rules take longer than the journeys themselves, so an ordinary run tries them on a page when it first comes to it;
on its other states, languages and sizes, too, `make drill` does. A test that runs alone always comes to its pages first.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import axe_playwright_python

from tests.drill import DRILL

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})"
# What differs between two addresses of the same page: numbers and codes.
WHICH = re.compile(r"(?<=/)(?=[^/]*\d|[A-Z-]{4})[^/]+")
LOOKED_AT: set[str] = set()
WIDTH = "document.documentElement.scrollWidth"


def faults(page: Page) -> list[str]:
    """Return what axe finds wrong, with the first elements; nothing of a page that this run looked at already."""
    page.wait_for_load_state()
    if not (DRILL or first_time(page.url)):
        return []
    page.evaluate(AXE)
    return [
        f"{violation['id']} ({violation['help']}): {[node['html'][:120] for node in violation['nodes'][:2]]}"
        for violation in page.evaluate(RUN, RULES)["violations"]
    ]


def first_time(url: str) -> bool:
    """Return whether this run comes to a page for the first time, and remember it."""
    path = WHICH.sub("*", urlsplit(url).path)
    known = path in LOOKED_AT
    LOOKED_AT.add(path)
    return not known


def scrolls_sideways(page: Page) -> bool:
    """Return whether a page is wider than its window."""
    # A click returns when the next page has begun, and then that may not even have a root.
    page.wait_for_load_state()
    return bool(page.evaluate(f"{WIDTH} > innerWidth"))
