"""The composition root: nothing else wires things together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

from supplyhub import web
from supplyhub.core import TABLES, create_core
from supplyhub.db import Base

if TYPE_CHECKING:
    from flask import Flask

    from supplyhub.config import Settings

__all__ = ["TABLES", "Base", "create_app"]

LARGEST_REQUEST_BYTES = 4 * 1024 * 1024


def create_app(settings: Settings | None = None, *, gathers: bool = False) -> Flask:
    """Return the application with its pages and its API, for `settings`, by default those of the environment.

    With `gathers` its threads share the work of what comes at the same time (orders, tokens): for the server.
    """
    app = create_core(settings, gathers=gathers)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST_BYTES
    hops = app.extensions["settings"].trusted_proxies
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    web.init_app(app)
    return app
