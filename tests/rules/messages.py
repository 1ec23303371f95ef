"""Facts of every matter in every form, as they are written."""

from __future__ import annotations

from typing import Any

from supplyhub.notifications.states import Matter

AT = "2026-04-11T12:00:00.123+00:00"
REQUEST = {"grid": 3, "code": "K7MPQ2", "help": "medicine", "due_at": AT, "request": 7}
FIGURES = {
    "households": 2219,
    "ordered": 1780,
    "declined": 12,
    "silent": 427,
    "short_households": 31,
    "delivered": 1700,
    "returned": 5,
    "problems_open": 3,
    "requests_opened": 18,
    "requests_solved": 12,
    "requests_open": 9,
    "requests_late": 1,
    "calls_due": 40,
    "calls_done": 38,
    "volunteers": 64,
}
FACTS: list[tuple[Matter, dict[str, Any]]] = [
    (Matter.MENU_OPENED, {"grid": 3, "delivery_on": "2026-04-12", "cutoff_at": AT}),
    (Matter.MENU_OPENED, {"as": "cycle", "cycle": 4, "delivery_on": "2026-04-12"}),
    (Matter.CUT_OFF_SOON, {"grid": 3, "cutoff_at": AT, "silent_homes": 12}),
    (Matter.CUT_OFF_SOON, {"as": "cycle", "cycle": 4, "cutoff_at": AT, "silent_homes": 1200}),
    (Matter.CUT_OFF_SOON, {"as": "mine", "cutoff_at": AT}),
    (
        Matter.ORDER_CHANGED,
        {"as": "withdrawn", "grid": 12, "item_zh": "小白菜", "item_en": "bok choy", "orders_homes": 3},
    ),
    (Matter.ORDER_CHANGED, {"as": "short", "grid": 3, "short_homes": 31}),
    (Matter.ORDER_CHANGED, {"as": "my_withdrawn", "item_zh": "小白菜", "item_en": "bok choy"}),
    (Matter.ORDER_CHANGED, {"as": "my_short", "lines_kinds": 2}),
    (Matter.ON_ITS_WAY, {"number": "3-0412-087"}),
    (Matter.DELIVERED, {"number": "3-0412-087"}),
    (Matter.REFUNDED, {"number": "3-0412-087", "back_fen": 480}),
    (Matter.LEVEL_CHANGED, {"grid": 3, "level": "lockdown", "since_at": AT}),
    (Matter.INBOX_OPENED, {"grid": 3, "inbox": "failed_door"}),
    (Matter.HELP_OPENED, REQUEST),
    (Matter.HELP_ASSIGNED, REQUEST),
    (Matter.HELP_ASSIGNED, {"as": "mine", "code": "K7MPQ2"}),
    (Matter.HELP_OVERDUE, REQUEST),
    (Matter.HELP_ENDED, {"code": "K7MPQ2"}),
    (Matter.CHECK_DUE, {"calls": 7}),
    (Matter.DAY_REPORT, {"day_on": "2026-04-11", "figures": FIGURES}),
    (Matter.DAY_REPORT, {"as": "grid", "grid": 3, "day_on": "2026-04-11", "figures": FIGURES}),
    (Matter.TEST, {}),
    (Matter.CONFIRM_MAIL, {"code": "K7MPQ2"}),
]
