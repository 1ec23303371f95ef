"""Publishing a menu, for the pages and the API: a draw needs its seed first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app

from supplyhub.catalog.commands import publish_menu
from supplyhub.catalog.queries import menu_for
from supplyhub.catalog.states import MenuMode, MenuState
from supplyhub.ordering.draw.commands import prepare_draw

if TYPE_CHECKING:
    from supplyhub.people.asker import Asker


def publish(asker: Asker, menu_id: int) -> None:
    """Let residents see and order from a menu; with a draw's menu the hash of its seed is published."""
    menu = menu_for(asker, menu_id)
    if menu.mode == MenuMode.DRAW and menu.state == MenuState.DRAFT:
        prepare_draw(asker, menu_id, vault=current_app.extensions["vault"])
    publish_menu(asker, menu_id)
