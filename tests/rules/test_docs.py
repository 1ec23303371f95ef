"""What the docs point at is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
NAMED = re.compile(r"`((?:supplyhub|workers|migrations|templates|tests|docs)/[\w./-]+)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_and_every_named_file_exists(page):
    words = page.read_text(encoding="utf-8")
    linked = [page.parent / target for target in LINK.findall(words)]
    named = [ROOT / name for name in NAMED.findall(words)]
    assert [str(path) for path in linked + named if not path.exists()] == []
