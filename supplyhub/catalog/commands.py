"""Opening a cycle, making a grid's menu, publishing it, closing it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from supplyhub import outbox
from supplyhub.catalog.events import CutOffNears, DrawDue, MenuOpened, MenusClosed
from supplyhub.catalog.kinds import KINDS
from supplyhub.catalog.queries import cycle_for_update, menu_for_update
from supplyhub.catalog.states import CYCLE_MOVES, MENU_MOVES, CycleState, MenuMode, MenuState
from supplyhub.db import execute, row, rows, scalar, transaction
from supplyhub.errors import BusyError, ConflictError, InvalidError, NotFoundError
from supplyhub.moves import move
from supplyhub.people.states import Role
from supplyhub.residents.register_steps import drop_copies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from supplyhub.people.asker import Asker


# How long before a menu's cut-off those are told who have a say in it.
NOTICE = timedelta(hours=1)
# A menu was closed, none takes orders, no draft can still be published, no order waits for its payment, a draw that is
# paid after it was drawn, and nobody said so before.
ORDERS_ARE_FINAL = """
    c.state = 'ordering' AND EXISTS (SELECT FROM menu WHERE cycle_id = c.id AND state = 'closed')
    AND NOT EXISTS (
      SELECT FROM menu WHERE cycle_id = c.id
        AND (state = 'published' OR state = 'draft' AND cutoff_at > clock_timestamp()
             OR mode = 'draw' AND state = 'closed' AND NOT pays_on_delivery
                AND NOT EXISTS (SELECT FROM draw WHERE menu_id = menu.id AND drawn_at IS NOT NULL)))
    AND NOT EXISTS (SELECT FROM orders WHERE cycle_id = c.id AND hold_until IS NOT NULL)
    AND NOT EXISTS (
      SELECT FROM outbox WHERE topic = 'cut_off' AND payload ->> 'cycle_id' = CAST(c.id AS text))
"""


@dataclass(frozen=True, slots=True)
class Ways:
    """How the orders of a menu may be paid. Online alone: they are paid before they come."""

    online: bool
    on_delivery: bool


ON_DELIVERY = Ways(online=False, on_delivery=True)


@dataclass(frozen=True, slots=True)
class ItemWanted:
    """An item as a grid lead puts it on the menu; without `price_fen` the offer's suggested price."""

    sku: str
    offered: int
    cap: int
    price_fen: int | None = None


def open_cycle(asker: Asker, *, delivery_on: date) -> int:
    """Open the community's next cycle and return its id.

    Fixes which grid each building belongs to for the whole cycle: a building that the register moves later changes
    grid from the next cycle on.
    """
    with transaction():
        # The community's row makes two coordinators take turns, so that numbers follow each other.
        scalar("SELECT id FROM community WHERE id = :id FOR NO KEY UPDATE", id=asker.community_id)
        cycle_id: int = scalar(
            "INSERT INTO cycle (community_id, number, delivery_on) SELECT :community, coalesce(max(number), 0) + 1, :day"
            " FROM cycle WHERE community_id = :community RETURNING id",
            community=asker.community_id,
            day=delivery_on,
        )
        execute(
            "INSERT INTO cycle_building (cycle_id, building_id, grid_id)"
            " SELECT :cycle, id, grid_id FROM building WHERE community_id = :community AND grid_id IS NOT NULL",
            cycle=cycle_id,
            community=asker.community_id,
        )
        # From here on no import of the register can be undone.
        drop_copies(asker.community_id)
        return cycle_id


def save_menu(
    asker: Asker,
    *,
    cycle_id: int,
    grid_number: int,
    opens_at: datetime,
    cutoff_at: datetime,
    items: Iterable[ItemWanted],
    mode: MenuMode = MenuMode.FIRST_COME,
    care_percent: int = 0,
    ways: Ways = ON_DELIVERY,
) -> int:
    """Write a grid's menu as a draft, replacing an earlier draft whole, and return its id.

    The items get their places in the one order of every menu, by kind and SKU. `care_percent` of each item is set
    aside in a draw; first come, first served sets nothing aside.
    Raises ConflictError once it is published, InvalidError for SKUs that no active offer has and for no way to pay.
    """
    wanted = list(items)
    if not (ways.online or ways.on_delivery):
        raise InvalidError("a menu needs a way to pay")
    with transaction():
        grid_id = _grid_of(asker, grid_number)
        cycle = cycle_for_update(asker, cycle_id)
        if cycle.state != CycleState.ORDERING:
            raise ConflictError("this cycle takes no more menus", state=cycle.state)
        menu_id = _draft(cycle_id, grid_id, opens_at, cutoff_at)
        execute(
            "UPDATE menu SET mode = :mode, care_percent = :care, pays_online = :online, pays_on_delivery = :on_delivery"
            " WHERE id = :menu",
            menu=menu_id,
            mode=mode,
            care=care_percent if mode == MenuMode.DRAW else 0,
            online=ways.online,
            on_delivery=ways.on_delivery,
        )
        _write_items(asker, menu_id, wanted)
        return menu_id


def publish_menu(asker: Asker, menu_id: int) -> None:
    """Let residents see and order from the menu.

    Raises ConflictError when it is published already, its cut-off has passed, its cycle takes no more orders, or it is
    a draw that was not prepared: the hash of its seed is published with it.
    """
    with transaction():
        menu = menu_for_update(asker, menu_id)
        state = move(MENU_MOVES, MenuState(menu.state), "publish")
        if menu.cycle_state != CycleState.ORDERING:
            raise ConflictError("this cycle takes no more orders", state=menu.cycle_state)
        if menu.cut_off_passed:
            raise ConflictError("the cut-off of this menu has passed", cutoff_at=menu.cutoff_at)
        if menu.mode == MenuMode.DRAW and not scalar("SELECT count(*) FROM draw WHERE menu_id = :menu", menu=menu_id):
            raise ConflictError("the draw of this menu is not prepared")
        if not scalar("SELECT count(*) FROM menu_item WHERE menu_id = :menu", menu=menu_id):
            raise InvalidError("a menu without items can't be published")
        opens_at = scalar(
            "UPDATE menu SET state = :state, published_at = clock_timestamp() WHERE id = :menu RETURNING opens_at",
            state=state,
            menu=menu_id,
        )
        outbox.record(MenuOpened(menu_id), due_at=opens_at)
        if menu.cutoff_at - NOTICE > max(opens_at, datetime.now(UTC)):
            outbox.record(CutOffNears(menu_id), due_at=menu.cutoff_at - NOTICE)


def close_menu(asker: Asker, menu_id: int) -> int:
    """Bring the cut-off forward to now. Closing a closed menu again changes nothing.

    Returns how many orders it waits for, which hold goods until they are paid: it then closes by itself, after them.
    """
    with transaction():
        menu = menu_for_update(asker, menu_id)
        if menu.state == MenuState.CLOSED:
            return 0
        move(MENU_MOVES, MenuState(menu.state), "close")
        if _close(menu.id, menu.cycle_id, at_once=True):
            return 0
        return int(scalar("SELECT count(*) FROM orders WHERE menu_id = :menu AND hold_until IS NOT NULL", menu=menu_id))


def close_due_menus() -> int:
    """Close every menu whose last cut-off has come, one transaction each; return how many. For the scheduler.

    A draft whose cut-off passes was never seen by anybody: it stays a draft, and its cycle no longer waits for it. A
    menu that can't be closed now (somebody holds its items) is tried again at the next look, and stops no other.
    """
    due = rows(
        "SELECT id, cycle_id FROM menu WHERE state = 'published'"
        " AND coalesce(late_until, cutoff_at) <= clock_timestamp() ORDER BY id"
    )
    closed = sum(_or_later(_close_due, menu.id, menu.cycle_id) for menu in due)
    for cycle in rows(f"SELECT c.id FROM cycle AS c WHERE {ORDERS_ARE_FINAL} ORDER BY c.id"):
        _or_later(_announce, cycle.id)
    return closed


def cut_off_cycle(cycle_id: int) -> bool:
    """Move a cycle past its cut-off and tell whether this call did. Runs in the worker's transaction.

    Drafts that were never published are left: nobody ordered from them.
    """
    cycle = row("SELECT state FROM cycle WHERE id = :id FOR NO KEY UPDATE", id=cycle_id)
    if cycle is None:
        raise NotFoundError("no such cycle", cycle=cycle_id)
    if cycle.state != CycleState.ORDERING:
        return False
    execute(
        "UPDATE cycle SET state = :state WHERE id = :id",
        id=cycle_id,
        state=move(CYCLE_MOVES, CycleState.ORDERING, "cut_off"),
    )
    return True


def _or_later(command: Callable[..., bool], *about: int) -> bool:
    try:
        return command(*about)
    except BusyError:
        return False


def _close_due(menu_id: int, cycle_id: int) -> bool:
    with transaction():
        return _close(menu_id, cycle_id, at_once=False)


def _announce(cycle_id: int) -> bool:
    with transaction():
        return _record_if_final(cycle_id)


def _close(menu_id: int, cycle_id: int, *, at_once: bool) -> bool:
    # Two last menus that close at once must not both see the other open: the cycle's row makes them take turns.
    scalar("SELECT id FROM cycle WHERE id = :cycle FOR NO KEY UPDATE", cycle=cycle_id)
    closed = bool(scalar("SELECT close_menu(:menu, :at_once)", menu=menu_id, at_once=at_once))
    if closed and scalar("SELECT mode FROM menu WHERE id = :menu", menu=menu_id) == MenuMode.DRAW:
        outbox.record(DrawDue(menu_id=menu_id))
    _record_if_final(cycle_id)
    return closed


def _record_if_final(cycle_id: int) -> bool:
    """Record that a cycle's orders are final, once."""
    scalar("SELECT id FROM cycle WHERE id = :cycle FOR NO KEY UPDATE", cycle=cycle_id)
    final = scalar(f"SELECT c.id FROM cycle AS c WHERE c.id = :cycle AND {ORDERS_ARE_FINAL}", cycle=cycle_id)
    if final is None:
        return False
    outbox.record(MenusClosed(cycle_id=cycle_id))
    return True


def _grid_of(asker: Asker, number: int) -> int:
    grid_id = scalar(
        "SELECT id FROM grid WHERE community_id = :community AND number = :number",
        community=asker.community_id,
        number=number,
    )
    if grid_id is None or (asker.role == Role.GRID_LEAD and asker.grid_id != grid_id):
        raise NotFoundError("no such grid", grid=number)
    return int(grid_id)


def _draft(cycle_id: int, grid_id: int, opens_at: datetime, cutoff_at: datetime) -> int:
    if cutoff_at <= opens_at:
        raise InvalidError("the cut-off must come after the opening", opens_at=opens_at, cutoff_at=cutoff_at)
    menu = row(
        "SELECT id, state FROM menu WHERE cycle_id = :cycle AND grid_id = :grid FOR NO KEY UPDATE",
        cycle=cycle_id,
        grid=grid_id,
    )
    if menu is not None and menu.state != MenuState.DRAFT:
        raise ConflictError("this menu is published; it can't be replaced", state=menu.state)
    return int(
        scalar(
            "INSERT INTO menu (cycle_id, grid_id, opens_at, cutoff_at) VALUES (:cycle, :grid, :opens, :cutoff)"
            " ON CONFLICT (cycle_id, grid_id) DO UPDATE SET opens_at = excluded.opens_at, cutoff_at = excluded.cutoff_at"
            " RETURNING id",
            cycle=cycle_id,
            grid=grid_id,
            opens=opens_at,
            cutoff=cutoff_at,
        )
    )


def _write_items(asker: Asker, menu_id: int, wanted: list[ItemWanted]) -> None:
    execute("DELETE FROM menu_item WHERE menu_id = :menu", menu=menu_id)
    written = rows(
        """
        INSERT INTO menu_item (menu_id, offer_id, position, price_fen, cost_fen, offered, cap)
        SELECT :menu, o.id, row_number() OVER (ORDER BY array_position(CAST(:kinds AS text[]), p.category), p.sku),
               coalesce(w.price_fen, o.price_fen), o.cost_fen, w.offered, w.cap
        FROM unnest(CAST(:skus AS text[]), CAST(:prices AS bigint[]), CAST(:offered AS bigint[]), CAST(:caps AS bigint[]))
             AS w(sku, price_fen, offered, cap)
        JOIN product AS p ON p.sku = w.sku AND p.community_id = :community
        JOIN offer AS o ON o.product_id = p.id AND o.active
        RETURNING (SELECT sku FROM product WHERE id = (SELECT product_id FROM offer WHERE id = menu_item.offer_id)) AS sku
        """,
        menu=menu_id,
        community=asker.community_id,
        kinds=list(KINDS),
        skus=[item.sku for item in wanted],
        prices=[item.price_fen for item in wanted],
        offered=[item.offered for item in wanted],
        caps=[item.cap for item in wanted],
    )
    missing = sorted({item.sku for item in wanted} - {item.sku for item in written})
    if missing:
        raise InvalidError("no active offer for these SKUs", skus=missing)
