"""What every page is looked at for, once it has arrived: axe's rules, and that it doesn't scroll sideways."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import axe_playwright_python

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})"
WIDTH = "document.documentElement.scrollWidth"


def faults(page: Page) -> list[str]:
    """Return what axe finds wrong, with the first elements."""
    page.wait_for_load_state()
    page.evaluate(AXE)
    return [
        f"{violation['id']} ({violation['help']}): {[node['html'][:120] for node in violation['nodes'][:2]]}"
        for violation in page.evaluate(RUN, RULES)["violations"]
    ]


def scrolls_sideways(page: Page) -> bool:
    """Return whether a page is wider than its window."""
    # A click returns when the next page has begun, and then that may not even have a root.
    page.wait_for_load_state()
    return bool(page.evaluate(f"{WIDTH} > innerWidth"))
