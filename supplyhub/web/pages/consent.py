"""What a household said before somebody orders for it: in this session, for one household, until it is used or old."""

from __future__ import annotations

import time

from flask import session

from supplyhub.ordering.states import Channel

KEY = "agreed"
# Long enough to choose and be called away; yesterday's yes is none.
GOOD_FOR_SECONDS = 30 * 60
# How somebody can have said yes to whoever orders for them; a relay has pages of its own.
HOW = (Channel.PHONE, Channel.DOORSTEP)


def keep(household_id: int, how: Channel) -> None:
    """Keep that a household agreed, and how."""
    session[KEY] = [household_id, how.value, int(time.time())]


def given(household_id: int) -> Channel | None:
    """Return how this household agreed, or None when it hasn't been asked."""
    found = session.get(KEY)
    if not found or found[0] != household_id or time.time() - found[2] > GOOD_FOR_SECONDS:
        return None
    return Channel(found[1])


def use(household_id: int) -> None:
    """Take the consent as used: the next order is asked for again."""
    if given(household_id) is not None:
        session.pop(KEY)
