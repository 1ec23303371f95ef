"""Headers that every answer carries: what a browser may load, run and tell others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app, request

if TYPE_CHECKING:
    from flask import Flask, Response

# No script but our own files. `style-src-attr` lets the bars set the length of a segment (`--share: 36`), a number that
# the `progress` component writes; style sheets and <style> stay our own files only. Browsers that don't know the
# directive draw the bars empty, with the figures beside them.
DIRECTIVES = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)
CONTENT_SECURITY_POLICY = "; ".join(DIRECTIVES)
AS_FILES_ARE_SENT = "no-cache"
A_YEAR_SECONDS = 365 * 24 * 3600


def init_app(app: Flask) -> None:
    """Set the headers on every response."""
    app.config["HTTPS_FROM_NOW_ON"] = app.extensions["settings"].public_host_is_real
    app.after_request(set_headers)


def set_headers(response: Response) -> Response:
    """Add what is missing; a view that set a header itself keeps it."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("Permissions-Policy", "geolocation=(), microphone=(), payment=()")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if current_app.config["HTTPS_FROM_NOW_ON"]:
        headers.setdefault("Strict-Transport-Security", f"max-age={A_YEAR_SECONDS}")
    if request.endpoint != "static":
        # Doors, names and baskets: nothing of it stays in a cache, nor of files, which are sent as if some might.
        if headers.get("Cache-Control", AS_FILES_ARE_SENT).startswith(AS_FILES_ARE_SENT):
            headers["Cache-Control"] = "no-store"
            headers.pop("Expires", None)
    elif "v" in request.args:
        headers["Cache-Control"] = f"public, max-age={A_YEAR_SECONDS}, immutable"
    return response
