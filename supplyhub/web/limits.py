"""Rate limits, by account and else by address. With the queue server down everything is let through.

Orders are counted in the process, a minute at a time: they are the one thing that thousands do at the same moment, and
asking the queue server cost as much of a request as reading the basket.
"""

from __future__ import annotations

import time
from collections import Counter
from functools import wraps
from threading import Lock
from typing import TYPE_CHECKING, TypeVar, cast

from flask import current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from werkzeug.exceptions import TooManyRequests

from supplyhub.web.audience import current_asker

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

View = TypeVar("View", bound="Callable[..., object]")

# A secret has 130 bits; the limit is against noise and password guessing.
SIGN_IN = "10 per minute; 60 per hour"
# What isn't an order but as heavy: reading a relay.
ORDERING = "120 per minute"
MOST_ORDERS_A_MINUTE = 120
# Who comes back from paying has the gateway asked; a page that is loaded again and again doesn't ask each time.
MOST_LOOKS_A_MINUTE = 4
CHANGING = frozenset({"POST", "PUT", "DELETE"})


def by_account() -> str:
    """Return whose allowance a request uses up."""
    asker = current_asker()
    return f"account:{asker.account_id}" if asker else f"address:{get_remote_address()}"


limiter = Limiter(key_func=by_account, swallow_errors=True, headers_enabled=False)


class MinuteCount:
    """How often each did something in this minute, in this process."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._lock = Lock()
        self._minute = 0
        self._counts: Counter[str] = Counter()

    def allows(self, who: str) -> bool:
        """Count one more of somebody's, and tell whether it is not too many."""
        minute = int(time.monotonic() // 60)
        with self._lock:
            if minute != self._minute:
                self._minute = minute
                self._counts.clear()
            self._counts[who] += 1
            return self._counts[who] <= self.most


def orders(view: View) -> View:
    """Limit how often an account orders, changes and cancels through a view."""

    @wraps(view)
    def limited(*args: object, **kwargs: object) -> object:
        counts: MinuteCount = current_app.extensions["orders_a_minute"]
        if request.method in CHANGING and not counts.allows(by_account()):
            raise TooManyRequests(retry_after=60)
        return view(*args, **kwargs)

    return cast("View", limited)


def may_ask_gateway(charge_id: int) -> bool:
    """Count that a page wants to know from the gateway how a charge stands, and tell whether it may ask."""
    counts: MinuteCount = current_app.extensions["looks_a_minute"]
    return counts.allows(f"charge:{charge_id}")


def init_app(app: Flask) -> None:
    """Keep the counts in the queue server, those of orders here."""
    app.config.from_mapping(
        RATELIMIT_STORAGE_URI=app.extensions["settings"].redis_url,
        RATELIMIT_STORAGE_OPTIONS={"socket_connect_timeout": 0.2, "socket_timeout": 0.2},
        RATELIMIT_KEY_PREFIX="limit",
    )
    app.extensions["orders_a_minute"] = MinuteCount(MOST_ORDERS_A_MINUTE)
    app.extensions["looks_a_minute"] = MinuteCount(MOST_LOOKS_A_MINUTE)
    limiter.init_app(app)
