"""What browsers run of others, which `tools/frontend` fetches at set-up into static/vendor. Pages work without it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app, send_from_directory

if TYPE_CHECKING:
    from flask import Flask, Response

VENDOR = "vendor"
READER = "qr-scanner-worker.js"
CAMERA = ("qr-scanner.min.js", READER)


def init_app(app: Flask) -> None:
    """Tell templates whether a camera can be offered."""
    app.jinja_env.globals["has_camera"] = has_camera


def has_camera() -> bool:
    """Tell whether what reads a camera's picture is there."""
    folder = Path(current_app.static_folder or "") / VENDOR
    return all((folder / name).is_file() for name in CAMERA)


def reader() -> Response:
    """Return the worker that reads pictures, for pages that open without signal: theirs only keeps what lies below them."""
    return send_from_directory(Path(current_app.static_folder or "") / VENDOR, READER)


def scripts() -> tuple[str, ...]:
    """Return the names of all scripts that were fetched, below the static folder."""
    static = Path(current_app.static_folder or "")
    return tuple(sorted(path.relative_to(static).as_posix() for path in (static / VENDOR).rglob("*.js")))
