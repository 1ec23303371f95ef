"""Loading the demo community, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.catalog.commands import Ways
from supplyhub.demo import caring, community, cycles, living
from supplyhub.places.queries import find_community

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask


def load(app: Flask, *, say: Callable[[str], None]) -> bool:
    """Load the demo community and tell whether there was anything to do.

    Goes on where an interrupted run ended; leaves alone what is there once it is whole, and any other community.
    """
    with app.app_context():
        known = find_community()
        if known is not None and (known != find_community(community.NAME) or _is_whole(known)):
            return False
        say("loading the demo community: the register")
        found = community.load(app, say=say)
        caring.load(found, vault=app.extensions["vault"])
        ways = Ways(online=app.extensions["gateway"] is not None, on_delivery=True)
        loaded = cycles.load(found, say=say, timezone=app.extensions["settings"].timezone, ways=ways)
        say("loading the demo community: requests, calls, shifts, reports")
        living.load(loaded, vault=app.extensions["vault"])
        return True


def _is_whole(community_id: int) -> bool:
    return living.is_loaded(community_id) or cycles.take_no_more_orders(community_id)
