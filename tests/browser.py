"""The Chromium that `tools/browser` found or installed."""

from __future__ import annotations

import shutil
from pathlib import Path

# The shell draws the same pages in less than half the processor's time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FETCHED = Path(__file__).resolve().parent.parent / ".cache" / "browser" / "chromium"

# No sandbox because root and containers have none; nothing that talks to anybody on its own.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def browser_path() -> str:
    """Return the program's path. Raises FileNotFoundError, which says what to do, when there is none."""
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    if FETCHED.exists():
        return str(FETCHED)
    raise FileNotFoundError("no Chromium; run tools/browser")
