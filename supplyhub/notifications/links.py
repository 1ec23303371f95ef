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
    Matter.HELP_ASSIGNED: "/ask/of/{code}",
    Matter.HELP_ENDED: "/ask/of/{code}",
}
OF_STAFF: Mapping[Matter, str] = {
    Matter.CUT_OFF_SOON: "/grid/households",
    Matter.ORDER_CHANGED: "/short-calls",
    Matter.INBOX_OPENED: "/inbox",
    Matter.HELP_OPENED: "/help/{code}",
    Matter.HELP_ASSIGNED: "/help/{code}",
    Matter.HELP_OVERDUE: "/help/{code}",
    Matter.CHECK_DUE: "/care/calls",
    Matter.DAY_REPORT: "/report?day={day_on}",
}
OF_VOLUNTEERS = {**OF_STAFF, Matter.CHECK_DUE: "/care/mine"}
# A group reads what everybody may open; of a request its code, by which those who see to it find it.
OF_GROUPS: Mapping[Matter, str] = {
    Matter.MENU_OPENED: "/menu",
    Matter.CUT_OFF_SOON: "/menu",
    Matter.ORDER_CHANGED: "/order",
}
OF_ROLES: Mapping[str | None, Mapping[Matter, str]] = {
    None: OF_GROUPS,
    Role.RESIDENT: OF_RESIDENTS,
    Role.VOLUNTEER: OF_VOLUNTEERS,
}


SETTINGS = "/messages/settings"


def link_of(matter: Matter, facts: Mapping[str, Any], role: str | None) -> str:
    """Return the address, without host, that a message leads to. `role`: its reader's; None for a chat group."""
    if matter == Matter.CONFIRM_MAIL:
        return SETTINGS
    known = {"code": facts.get("code", ""), "day_on": facts.get("day_on", "")}
    return OF_ROLES.get(role, OF_STAFF).get(matter, "/").format_map(known)
