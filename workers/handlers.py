"""Events to commands: one handler a topic. A handler runs in the transaction that finishes its event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app

from supplyhub.delivery.commands import issue_tickets, plan_changed_routes
from supplyhub.depot.commands import cut_off_batch, share_out
from supplyhub.ordering.draw.commands import draw_menu, draw_menus_of

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
    "share_out": share_out,
    "tickets": issue_tickets,
}
