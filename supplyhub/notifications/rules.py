"""Who may be told of what, when a message waits, how long until it is sent again. Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from supplyhub.help.states import HelpKind
from supplyhub.notifications.states import Matter
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

# What a person of a role may be told of, on their pages and by mail.
MATTERS: Mapping[Role, tuple[Matter, ...]] = {
    Role.RESIDENT: (
        Matter.MENU_OPENED,
        Matter.CUT_OFF_SOON,
        Matter.ORDER_CHANGED,
        Matter.ON_ITS_WAY,
        Matter.DELIVERED,
        Matter.REFUNDED,
        Matter.LEVEL_CHANGED,
        Matter.HELP_ASSIGNED,
        Matter.HELP_ENDED,
    ),
    Role.GRID_LEAD: (
        Matter.CUT_OFF_SOON,
        Matter.ORDER_CHANGED,
        Matter.INBOX_OPENED,
        Matter.HELP_OPENED,
        Matter.HELP_ASSIGNED,
        Matter.HELP_OVERDUE,
        Matter.CHECK_DUE,
        Matter.LEVEL_CHANGED,
        Matter.DAY_REPORT,
    ),
    Role.DEPOT: (Matter.HELP_ASSIGNED,),
    Role.VOLUNTEER: (Matter.HELP_ASSIGNED, Matter.CHECK_DUE, Matter.LEVEL_CHANGED),
    Role.COORDINATOR: (
        Matter.HELP_OPENED,
        Matter.HELP_ASSIGNED,
        Matter.HELP_OVERDUE,
        Matter.CHECK_DUE,
        Matter.DAY_REPORT,
    ),
}
# What a chat group may be told of: nothing that is one household's alone.
GROUP_MATTERS = (
    Matter.MENU_OPENED,
    Matter.CUT_OFF_SOON,
    Matter.ORDER_CHANGED,
    Matter.LEVEL_CHANGED,
    Matter.HELP_OPENED,
    Matter.HELP_OVERDUE,
    Matter.DAY_REPORT,
)
# What a new robot is told of, unless somebody chooses otherwise.
GROUP_DEFAULT = (Matter.MENU_OPENED, Matter.CUT_OFF_SOON, Matter.LEVEL_CHANGED, Matter.DAY_REPORT)

# WeCom takes twenty a minute from a robot, as DingTalk does; some room is left for what else the group's robot is used for.
ROBOT_PAUSE = timedelta(seconds=4)
# Who comes later than this to its turn gets another one.
TURN_LASTS = timedelta(seconds=10)
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 30, 3600
# With these pauses about a day.
MOST_ATTEMPTS = 30
NO_TIME_TO_WAIT = frozenset({HelpKind.MEDICINE, HelpKind.TRANSPORT})
AT_ONCE = frozenset({Matter.LEVEL_CHANGED, Matter.TEST, Matter.CONFIRM_MAIL})
HELP = frozenset({Matter.HELP_OPENED, Matter.HELP_ASSIGNED, Matter.HELP_OVERDUE})


def is_urgent(matter: Matter, facts: Mapping[str, Any]) -> bool:
    """Tell whether a message is sent in quiet hours, too: a change of the zone level, medicine, transport to a doctor."""
    return matter in AT_ONCE or (matter in HELP and facts.get("help") in NO_TIME_TO_WAIT)


def quiet_ends(now: datetime, quiet_from: time | None, quiet_until: time | None) -> datetime | None:
    """Return when the quiet hours end that `now`, by the community's clock, is in; None outside of them.

    Over midnight where the end is before the beginning.
    """
    if quiet_from is None or quiet_until is None:
        return None
    clock = now.time()
    if quiet_from < quiet_until:
        quiet, tomorrow = quiet_from <= clock < quiet_until, False
    else:
        quiet, tomorrow = clock >= quiet_from or clock < quiet_until, clock >= quiet_from
    if not quiet:
        return None
    return datetime.combine(now.date() + timedelta(days=tomorrow), quiet_until, now.tzinfo)


def pause_after(attempt: int) -> timedelta:
    """Return how long to wait after so many attempts that nobody took: twice as long each time, up to an hour."""
    return timedelta(seconds=min(FIRST_PAUSE_SECONDS * 2 ** max(attempt - 1, 0), LONGEST_PAUSE_SECONDS))
