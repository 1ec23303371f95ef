"""HTTP: the API, the pages, and who may ask for what."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Register everything HTTP on `app`."""
