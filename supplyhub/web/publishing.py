"""Publishing a menu, for the pages and the API: a draw needs its seed first, online payment its gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app

from supplyhub.catalog.commands import publish_menu
from supplyhub.catalog.queries import menu_for
from supplyhub.catalog.states import MenuMode, MenuState
from supplyhub.ordering.draw.commands import prepare_draw
from supplyhub.payments.errors import PaymentOffError

if TYPE_CHECKING:
    from supplyhub.people.asker import Asker


def pays_online() -> bool:
    """Tell whether this install has a payment gateway."""
    return current_app.extensions.get("gateway") is not None


def check_online(*, wanted: bool) -> None:
    """Refuse a menu that is to be paid online where that can't be done."""
    if wanted and not pays_online():
        raise PaymentOffError


def publish(asker: Asker, menu_id: int) -> None:
    """Let residents see and order from a menu; with a draw's menu the hash of its seed is published.

    Raises PaymentOffError when it was made while there was a gateway, and there is none now.
    """
    menu = menu_for(asker, menu_id)
    check_online(wanted=menu.pays_online)
    if menu.mode == MenuMode.DRAW and menu.state == MenuState.DRAFT:
        prepare_draw(asker, menu_id, vault=current_app.extensions["vault"])
    publish_menu(asker, menu_id)
