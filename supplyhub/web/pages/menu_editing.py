"""Editing an item of a published menu: the form, and what the database has against it, in words beside the fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from supplyhub.catalog.editing import edit_item
from supplyhub.catalog.errors import EditRefusedError
from supplyhub.catalog.late import LONGEST, order_later
from supplyhub.catalog.queries import items_of, menu_for
from supplyhub.catalog.states import MenuState
from supplyhub.errors import NotFoundError
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import counted, moment, stamp, yuan
from supplyhub.web.pages.forms import Form

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Row

    from supplyhub.catalog.states import Edit
    from supplyhub.people.asker import Asker

USUALLY_LATER = timedelta(hours=1)


@dataclass(slots=True)
class ItemForm:
    """An item with what the lead typed for it, and what is wrong with that by field."""

    menu: Row[Any]
    item: Row[Any]
    price: str
    offered: str
    cap: str
    wrong: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class LateForm:
    """An item with the later cut-off that the lead typed for it, and what is wrong with that."""

    menu: Row[Any]
    item: Row[Any]
    until: str
    wrong: dict[str, str] = field(default_factory=dict)


def editable(menu: Row[Any]) -> bool:
    """Tell whether a menu's items can be edited: from its publication until its cut-off."""
    return bool(menu.state == MenuState.PUBLISHED and menu.now < menu.cutoff_at)


def late_form_of(asker: Asker, menu_id: int, item_id: int) -> LateForm:
    """Return the form for an item's later cut-off: the one that it has, else an hour after the menu's. Raises NotFoundError."""
    found = form_of(asker, menu_id, item_id)
    return LateForm(found.menu, found.item, stamp(found.item.late_until or found.menu.cutoff_at + USUALLY_LATER))


def save_late(asker: Asker, found: LateForm, typed: Mapping[str, str]) -> bool:
    """Give the later cut-off that was typed, or with `no` take it back; tell whether that changed anything.

    Nothing is changed while `found.wrong` says why not.
    """
    form, until = Form(dict(typed)), None
    if "no" not in typed:
        found.until = typed.get("until", "")[:20]
        until = form.moment("until")
        if until and not found.menu.cutoff_at < until <= found.menu.cutoff_at + LONGEST:
            form.wrong["until"] = _("要在 %(moment)s 截单以后，最多晚一天。", moment=moment(found.menu.cutoff_at))
        found.wrong = form.wrong
        if found.wrong:
            return False
    return order_later(asker, found.menu.id, found.item.id, until)


def form_of(asker: Asker, menu_id: int, item_id: int) -> ItemForm:
    """Return the form for an item as it is. Raises NotFoundError."""
    menu = menu_for(asker, menu_id)
    item = next((item for item in items_of(menu_id) if item.id == item_id), None)
    if item is None:
        raise NotFoundError("no such item on this menu", item=item_id)
    return ItemForm(menu, item, yuan(item.price_fen), str(item.offered), str(item.cap))


def save(asker: Asker, found: ItemForm, typed: Mapping[str, str]) -> list[Edit]:
    """Take over what was typed and return what was changed; nothing while `found.wrong` says why not."""
    form = Form(dict(typed))
    found.price, found.offered, found.cap = (typed.get(name, "")[:20] for name in ("price", "offered", "cap"))
    price, offered, cap = form.fen("price"), form.count("offered"), form.count("cap", least=1)
    found.wrong = form.wrong
    if found.wrong:
        return []
    try:
        return edit_item(asker, found.menu.id, found.item.id, price_fen=price, offered=offered, cap=cap)
    except EditRefusedError as refused:
        found.wrong = _reasons(refused)
        return []


def _reasons(refused: EditRefusedError) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if "reserved" in refused.data:
        wrong["offered"] = _("已经订出 %(reserved)s，不能比这少。", reserved=refused.data["reserved"])
    if "most" in refused.data:
        wrong["cap"] = counted(
            "有 %(num)s 户订得比这多，最多的订了 %(most)s。",
            int(str(refused.data["orders"])),
            most=refused.data["most"],
        )
    return wrong
