"""Changing an item after its menu was published: in public, and never against those who have ordered.

Locks: the cycle's row first, so that edits, closings and openings of its menus take turns; then items in id order; orders
last. `put_orders` takes households, then items in id order, and touches no order before it has its items. So whoever holds
an item never waits for somebody who waits for that item, and an edit needs no household: an order with a line of a locked
item can't change under it. A withdrawal locks all items of the menu, for it also changes lines of others that name the
item as their substitute.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub import outbox
from supplyhub.catalog.errors import EditRefusedError, EditsOverError, ItemWithdrawnError
from supplyhub.catalog.events import ItemWithdrawn
from supplyhub.catalog.queries import menu_for_update
from supplyhub.catalog.states import Edit, MenuState
from supplyhub.db import execute, row, rows, transaction
from supplyhub.errors import NotFoundError

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

COLUMNS = {Edit.PRICE: "price_fen", Edit.OFFERED: "offered", Edit.CAP: "cap"}

# Of one snapshot: the lines that go are still seen by the question whether others stay.
END_LINES = """
    WITH lost AS (
      DELETE FROM order_line WHERE item_id = :item RETURNING order_id, item_id, menu_id, quantity, unit_price_fen
    ), told AS (
      INSERT INTO withdrawn_line (order_id, item_id, menu_id, quantity, unit_price_fen, withdrawn_at)
      SELECT order_id, item_id, menu_id, quantity, unit_price_fen, clock_timestamp() FROM lost
    )
    UPDATE orders AS o SET
      version = o.version + 1, total_fen = o.total_fen - lost.quantity * lost.unit_price_fen, changed_at = clock_timestamp(),
      state = CASE WHEN EXISTS (SELECT FROM order_line WHERE order_id = o.id AND item_id <> :item)
              THEN o.state ELSE 'cancelled' END,
      hold_until = CASE WHEN EXISTS (SELECT FROM order_line WHERE order_id = o.id AND item_id <> :item) THEN o.hold_until END
    FROM lost WHERE o.id = lost.order_id
    RETURNING o.id, o.state, lost.quantity
"""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """How many orders lost a line, and how many of them are left without any."""

    orders: int = 0
    cancelled: int = 0


def edit_item(
    asker: Asker,
    menu_id: int,
    item_id: int,
    *,
    price_fen: int | None = None,
    offered: int | None = None,
    cap: int | None = None,
) -> list[Edit]:
    """Change what is given of a published menu's item, all or nothing, and return what was changed.

    A higher price never touches an order already made, a lower one does: the lines above it and their orders' totals
    fall. What stays as it was isn't recorded. Raises EditRefusedError with every reason when `offered` is below what is
    reserved or `cap` below what a household has ordered; EditsOverError, ItemWithdrawnError, NotFoundError.
    """
    wanted = {Edit.PRICE: price_fen, Edit.OFFERED: offered, Edit.CAP: cap}
    with transaction():
        item = item_for_edit(asker, menu_id, item_id)
        if item.withdrawn_at is not None:
            raise ItemWithdrawnError(item=item_id)
        _refuse_if_ordered(item, offered, cap)
        return [kind for kind, value in wanted.items() if value is not None and _change(asker, item, kind, value)]


def withdraw_item(asker: Asker, menu_id: int, item_id: int) -> Withdrawn:
    """Take an item off a published menu for good: its lines end, their orders cost less, one without lines is cancelled.

    Households are told from `withdrawn_line`. Where it was a substitute, the line takes less instead. Withdrawing again
    changes nothing. Raises EditsOverError, NotFoundError.
    """
    with transaction():
        item = item_for_edit(asker, menu_id, item_id, whole_menu=True)
        if item.withdrawn_at is not None:
            return Withdrawn()
        ended = _end_lines(menu_id, item_id)
        execute(
            "UPDATE menu_item SET withdrawn_at = clock_timestamp(), reserved = 0, late_until = NULL WHERE id = :item",
            item=item_id,
        )
        if item.late_until is not None:
            follow_late_items(menu_id)
        record(asker, item, Edit.WITHDRAWN, before=sum(order.quantity for order in ended), after=0)
        if ended:
            outbox.record(ItemWithdrawn(item_id, len(ended)))
        return Withdrawn(len(ended), sum(order.state == "cancelled" for order in ended))


def item_for_edit(asker: Asker, menu_id: int, item_id: int, *, whole_menu: bool = False) -> Row[Any]:
    """Lock an item, or all items of its menu, while the menu can be edited. The clock is read after the wait.

    Raises EditsOverError, NotFoundError.
    """
    menu = menu_for_update(asker, menu_id)
    execute(
        "SELECT FROM menu_item WHERE menu_id = :menu AND (:whole OR id = :item) ORDER BY id FOR NO KEY UPDATE",
        menu=menu_id,
        item=item_id,
        whole=whole_menu,
    )
    item = row(
        """
        SELECT i.id, i.menu_id, i.price_fen, i.offered, i.cap, i.reserved, i.withdrawn_at, i.late_until,
               m.mode, m.cutoff_at, clock_timestamp() >= m.cutoff_at AS cut_off_passed
        FROM menu_item AS i JOIN menu AS m ON m.id = i.menu_id WHERE i.id = :item AND i.menu_id = :menu
        """,
        item=item_id,
        menu=menu_id,
    )
    if item is None:
        raise NotFoundError("no such item on this menu", item=item_id)
    if menu.state != MenuState.PUBLISHED or item.cut_off_passed:
        raise EditsOverError(state=menu.state, cutoff_at=menu.cutoff_at)
    return item


def _refuse_if_ordered(item: Row[Any], offered: int | None, cap: int | None) -> None:
    against: dict[str, int] = {}
    if offered is not None and offered < item.reserved:
        against["reserved"] = item.reserved
    if cap is not None and cap < item.cap:
        above = row(
            "SELECT max(quantity) AS most, count(*) AS orders FROM order_line WHERE item_id = :item AND quantity > :cap",
            item=item.id,
            cap=cap,
        )
        if above is not None and above.orders:
            against |= {"most": above.most, "orders": above.orders}
    if against:
        raise EditRefusedError("what was ordered stands against it", item=item.id, **against)


def _change(asker: Asker, item: Row[Any], kind: Edit, value: int) -> bool:
    column = COLUMNS[kind]
    before = getattr(item, column)
    if value == before:
        return False
    execute(f"UPDATE menu_item SET {column} = :value WHERE id = :item", value=value, item=item.id)
    if kind == Edit.PRICE and value < before:
        _cut(item.id, value)
    if kind == Edit.CAP and value < before:
        _limit_most(item.id, value)
    record(asker, item, kind, before=before, after=value)
    return True


def _cut(item_id: int, price_fen: int) -> None:
    """Let a lower price reach the lines above it. The orders' versions stay: nobody's basket is out of date by it."""
    execute(
        """
        UPDATE orders AS o SET total_fen = o.total_fen - l.quantity * (l.unit_price_fen - :price)
        FROM order_line AS l WHERE l.order_id = o.id AND l.item_id = :item AND l.unit_price_fen > :price
        """,
        item=item_id,
        price=price_fen,
    )
    execute(
        "UPDATE order_line SET unit_price_fen = :price WHERE item_id = :item AND unit_price_fen > :price",
        item=item_id,
        price=price_fen,
    )


def _limit_most(item_id: int, cap: int) -> None:
    """Let nobody take more than a lower cap for the sake of a case. The orders' versions stay."""
    execute(
        "UPDATE order_line SET most = CASE WHEN quantity < :cap THEN :cap END WHERE item_id = :item AND most > :cap",
        item=item_id,
        cap=cap,
    )


def _end_lines(menu_id: int, item_id: int) -> list[Row[Any]]:
    """End an item's lines and return their orders as they are now, each with the units that it lost."""
    execute(
        "UPDATE order_line SET consent = 'less', substitute_item_id = NULL"
        " WHERE substitute_item_id = :item AND item_id IN (SELECT id FROM menu_item WHERE menu_id = :menu)",
        item=item_id,
        menu=menu_id,
    )
    return rows(END_LINES, item=item_id)


def follow_late_items(menu_id: int) -> None:
    """Let a menu close with the latest of its items that may be ordered longer, in the caller's transaction."""
    execute(
        "UPDATE menu SET late_until = (SELECT max(late_until) FROM menu_item WHERE menu_id = :menu) WHERE id = :menu",
        menu=menu_id,
    )


def record(asker: Asker, item: Row[Any], kind: Edit, *, before: int, after: int) -> None:
    """Write down a change of an item for everybody to read, in the caller's transaction."""
    execute(
        "INSERT INTO menu_edit (menu_id, item_id, kind, before, after, account_id, edited_at)"
        " VALUES (:menu, :item, :kind, :before, :after, :by, clock_timestamp())",
        menu=item.menu_id,
        item=item.id,
        kind=kind,
        before=before,
        after=after,
        by=asker.account_id,
    )
