"""What a household said before somebody orders for it: in this session, for one household, until it is used."""

from __future__ import annotations

from flask import session

from supplyhub.ordering.states import Channel

KEY = "agreed"
# How somebody can have said yes to whoever orders for them; a relay has pages of its own.
HOW = (Channel.PHONE, Channel.DOORSTEP)


def keep(household_id: int, how: Channel) -> None:
    """Keep that a household agreed, and how."""
    session[KEY] = [household_id, how.value]


def given(household_id: int) -> Channel | None:
    """Return how this household agreed, or None when it hasn't been asked."""
    found = session.get(KEY)
    return Channel(found[1]) if found and found[0] == household_id else None


def use(household_id: int) -> None:
    """Take the consent as used: the next order is asked for again."""
    if given(household_id) is not None:
        session.pop(KEY)
