"""A later cut-off (晚截单) for one item: the case isn't full, and whoever wants some may still say so.

Given in public, before the menu's cut-off, to items that are served first come, first served. Between the menu's cut-off
and the item's an order changes by such items alone; the menu closes with the latest of them. Locks as `catalog.editing`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from supplyhub.catalog.editing import follow_late_items, item_for_edit, record
from supplyhub.catalog.errors import ItemWithdrawnError
from supplyhub.catalog.states import Edit, MenuMode
from supplyhub.db import execute, transaction
from supplyhub.errors import ConflictError, InvalidError

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

# The purchase orders of the whole community wait for it.
LONGEST = timedelta(hours=24)


def takes(menu: Row[Any], item: Row[Any]) -> bool:
    """Tell whether a menu takes orders for an item now; what is left of it is another question."""
    return bool(menu.taking_orders and menu.now < (item.late_until or menu.cutoff_at))


def order_later(asker: Asker, menu_id: int, item_id: int, until: datetime | None) -> bool:
    """Let an item be ordered until later than the rest of its menu, None for no longer; tell whether that changed anything.

    Raises InvalidError when `until` isn't after the menu's cut-off or more than a day after it, ConflictError for a draw,
    ItemWithdrawnError, EditsOverError, NotFoundError.
    """
    with transaction():
        item = item_for_edit(asker, menu_id, item_id)
        if item.withdrawn_at is not None:
            raise ItemWithdrawnError(item=item_id)
        if item.mode == MenuMode.DRAW:
            raise ConflictError("in a draw everything ends at the cut-off", menu=menu_id)
        if until is not None and not item.cutoff_at < until <= item.cutoff_at + LONGEST:
            raise InvalidError("a later cut-off is after the menu's, by a day at most", cutoff_at=item.cutoff_at)
        if until == item.late_until:
            return False
        execute("UPDATE menu_item SET late_until = :until WHERE id = :item", until=until, item=item_id)
        follow_late_items(menu_id)
        before, after = (_seconds(moment or item.cutoff_at) for moment in (item.late_until, until))
        record(asker, item, Edit.LATE, before=before, after=after)
        return True


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
