"""HTTP: the API, the pages, and who may ask for what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.routing import IntegerConverter

from supplyhub.web import api, auth, errors, limits, load, pages, payment_events
from supplyhub.web.audience import check_audience

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.routing import Map


class RowNumber(IntegerConverter):
    """A number in an address that can be a row's: beyond 64 bits there is none, so it is not found."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=2**63 - 1)


def init_app(app: Flask) -> None:
    """Register everything HTTP on `app`."""
    app.url_map.converters["int"] = RowNumber
    load.init_app(app)
    auth.init_app(app)
    limits.init_app(app)
    errors.init_app(app)
    app.before_request(check_audience)
    api.init_app(app)
    pages.init_app(app)
    payment_events.init_app(app)
