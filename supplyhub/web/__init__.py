"""HTTP: the API, the pages, and who may ask for what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.web import api, auth, errors, limits, pages
from supplyhub.web.audience import check_audience

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Register everything HTTP on `app`."""
    auth.init_app(app)
    limits.init_app(app)
    errors.init_app(app)
    app.before_request(check_audience)
    api.init_app(app)
    pages.init_app(app)
