"""Writes docs/states.md from the tables of moves: `python -m tests.states_page`. A test keeps the two equal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from supplyhub.catalog.states import CYCLE_MOVES, MENU_MOVES, CycleState, MenuState
from supplyhub.delivery.states import TICKET_MOVES, TicketState
from supplyhub.depot.states import (
    BATCH_MOVES,
    PARCEL_MOVES,
    PURCHASE_MOVES,
    BatchState,
    ParcelState,
    PurchaseState,
)
from supplyhub.help.states import HELP_MOVES, HelpState
from supplyhub.ordering.states import ORDER_MOVES, OrderState
from supplyhub.payments.states import CHARGE_MOVES, CREDIT_MOVES, REFUND_MOVES, ChargeState, CreditState, RefundState
from supplyhub.people.states import BADGE_MOVES, BadgeState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from enum import StrEnum

PAGE = Path(__file__).resolve().parent.parent / "docs" / "states.md"

TABLES: list[tuple[str, type[StrEnum], Mapping[tuple[StrEnum, str], StrEnum]]] = [
    ("Cycle 期", CycleState, CYCLE_MOVES),  # type: ignore[list-item]
    ("Menu 菜单", MenuState, MENU_MOVES),  # type: ignore[list-item]
    ("Order 订单", OrderState, ORDER_MOVES),  # type: ignore[list-item]
    ("Purchase order 采购单", PurchaseState, PURCHASE_MOVES),  # type: ignore[list-item]
    ("Batch 批次", BatchState, BATCH_MOVES),  # type: ignore[list-item]
    ("Parcel 包裹", ParcelState, PARCEL_MOVES),  # type: ignore[list-item]
    ("Ticket 配送单", TicketState, TICKET_MOVES),  # type: ignore[list-item]
    ("Charge 网上付款", ChargeState, CHARGE_MOVES),  # type: ignore[list-item]
    ("Refund 退款", RefundState, REFUND_MOVES),  # type: ignore[list-item]
    ("Credit 减钱", CreditState, CREDIT_MOVES),  # type: ignore[list-item]
    ("Badge 志愿者证", BadgeState, BADGE_MOVES),  # type: ignore[list-item]
    ("Help request 诉求", HelpState, HELP_MOVES),  # type: ignore[list-item]
]


def page() -> str:
    """Return the page's text."""
    parts = [
        "# States and moves",
        "",
        "Made from the tables of moves in each room's `states.py` by `python -m tests.states_page`; a test keeps it true.",
        "A move that isn't listed is refused (`conflict`). States without a move out of them are ends.",
    ]
    for title, states, moves in TABLES:
        parts += ["", f"## {title}", "", "| From | Move | To |", "|---|---|---|"]
        parts += [f"| {start} | {action} | {end} |" for (start, action), end in moves.items()]
        ends = [state for state in states if all(start != state for start, _ in moves)]
        if ends:
            parts += ["", f"Ends: {', '.join(ends)}."]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
