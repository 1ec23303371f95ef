"""Where a message leads: a page of this installation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.notifications.states import Matter
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

OF_RESIDENTS: Mapping[Matter, str] = {
    Matter.MENU_OPENED: "/menu",
    Matter.CUT_OFF_SOON: "/menu",
    Matter.ORDER_CHANGED: "/order",
    Matter.ON_ITS_WAY: "/order",
    Matter.DELIVERED: "/order",
    Matter.REFUNDED: "/order",
}
OF_STAFF: Mapping[Matter, str] = {
    Matter.CUT_OFF_SOON: "/grid/households",
    Matter.ORDER_CHANGED: "/short-calls",
    Matter.INBOX_OPENED: "/inbox",
}


def link_of(matter: Matter, _facts: Mapping[str, Any], role: str | None) -> str:
    """Return the address, without host, that a message leads to. `role`: its reader's; None for a chat group."""
    if role is None:
        return "/menu" if matter == Matter.MENU_OPENED else "/"
    return (OF_RESIDENTS if role == Role.RESIDENT else OF_STAFF).get(matter, "/")
