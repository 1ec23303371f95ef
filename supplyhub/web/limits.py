"""Rate limits, by account and else by address. With the queue server down everything is let through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from supplyhub.web.audience import current_asker

if TYPE_CHECKING:
    from flask import Flask

# A secret has 130 bits; the limit is against noise and password guessing.
SIGN_IN = "10 per minute; 60 per hour"
ORDERING = "120 per minute"


def by_account() -> str:
    """Return whose allowance a request uses up."""
    asker = current_asker()
    return f"account:{asker.account_id}" if asker else f"address:{get_remote_address()}"


limiter = Limiter(key_func=by_account, swallow_errors=True, headers_enabled=False)


def init_app(app: Flask) -> None:
    """Keep the counts in the queue server."""
    app.config.from_mapping(
        RATELIMIT_STORAGE_URI=app.extensions["settings"].redis_url,
        RATELIMIT_STORAGE_OPTIONS={"socket_connect_timeout": 0.2, "socket_timeout": 0.2},
        RATELIMIT_KEY_PREFIX="limit",
    )
    limiter.init_app(app)
