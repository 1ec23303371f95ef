"""Events to commands: one handler a topic. A handler runs in the transaction that finishes its event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app

from supplyhub.delivery.commands import issue_tickets, plan_changed_routes
from supplyhub.depot.commands import cut_off_batch, share_out
from supplyhub.depot.valuing import book_ordered
from supplyhub.ordering.draw.commands import draw_menu, draw_menus_of
from supplyhub.reports.printing import print_file
from supplyhub.payments.settling import settle

if TYPE_CHECKING:
    from collections.abc import Callable


def draw(menu_id: int) -> None:
    """Draw a menu that closed."""
    draw_menu(menu_id, vault=current_app.extensions["vault"])


def cut_off(cycle_id: int) -> None:
    """Buy for a cycle. What is not drawn yet is drawn first: the two events may come in either order."""
    draw_menus_of(cycle_id, vault=current_app.extensions["vault"])
    cut_off_batch(cycle_id)


HANDLERS: dict[str, Callable[..., None]] = {
    "routes": plan_changed_routes,
    "draw": draw,
    "cut_off": cut_off,
    "book_ordered": book_ordered,
    "share_out": share_out,
    "tickets": issue_tickets,
    "settle": settle,
}

# What takes its time, in transactions of its own: the event is finished afterwards, so it may come twice.
LONG_HANDLERS: dict[str, Callable[..., None]] = {"print": print_file}
