"""Reads of draws: what is published for everybody, and a household's own slips."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from supplyhub.catalog.queries import menu_for
from supplyhub.catalog.states import MenuMode, MenuState
from supplyhub.codes import ALPHABET, read_code
from supplyhub.db import as_dict, row, rows
from supplyhub.errors import NotFoundError
from supplyhub.ordering.draw.commands import SLIP_KEY
from supplyhub.ordering.draw.slips import LETTERS, MORE_LETTERS, long_code
from supplyhub.ordering.reach import check_reach
from supplyhub.ordering.states import OrderState
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker

# What is on offer before the draw; what became of it afterwards.
ITEM = """
    SELECT i.id AS item, p.sku, p.name_zh, p.name_en, p.name_zh AS name, p.unit, p.category, p.picture, i.position,
           coalesce(d.offered, i.offered) AS offered, coalesce(d.set_aside, i.offered * m.care_percent / 100) AS set_aside,
           d.asked, d.given_to_care, d.given_by_draw
    FROM menu_item AS i
    JOIN menu AS m ON m.id = i.menu_id
    JOIN offer AS o ON o.id = i.offer_id
    JOIN product AS p ON p.id = o.product_id
    LEFT JOIN draw_item AS d ON d.item_id = i.id
"""

# What an order asks for, or asked for before the draw.
ASKED = """
    SELECT item_id, asked AS asked_here, got, got_as_care FROM draw_share WHERE order_id = :order
    UNION ALL
    SELECT l.item_id, l.quantity, NULL, NULL FROM order_line AS l JOIN menu_item AS i ON i.id = l.item_id AND NOT i.for_care
    WHERE l.order_id = :order AND NOT EXISTS (SELECT FROM draw_share WHERE order_id = :order)
    ORDER BY item_id
"""
WHO_ORDERS = {Role.RESIDENT, Role.GRID_LEAD, Role.COORDINATOR}


@dataclass(frozen=True, slots=True)
class OwnSlip:
    """A household's own slip; place and won are None before the draw. `by_care`: it lost, and care gave its unit."""

    slip: str
    round: int
    place: int | None = None
    won: bool | None = None
    by_care: bool = False


@dataclass(frozen=True, slots=True)
class OwnLine:
    """What a household asked for of an item, and got; `as_care` of it from what was set aside, None to others.

    The list reached `given_by_draw` places. Before the draw all but `asked` are None.
    """

    item: int
    name_zh: str
    name_en: str
    unit: str
    asked: int
    got: int | None
    as_care: int | None
    given_by_draw: int | None
    slips: list[OwnSlip]


@dataclass(frozen=True, slots=True)
class OwnDraw:
    """An order's part in a draw; the stages are those of `draw_for`. `nothing`: it was drawn, and none of it came."""

    menu_id: int
    stage: str
    cutoff_at: datetime
    nothing: bool
    lines: list[OwnLine]


def draw_for(asker: Asker, menu_id: int) -> dict[str, Any]:
    """Return a menu that the asker may see, with its draw: mode, care_percent, seed_hash, seed, drawn_at, stage, items.

    stage: asking, waiting (between the cut-off and the draw), drawn. Raises NotFoundError for a menu without a draw.
    """
    menu = menu_for(asker, menu_id)
    found = row(
        "SELECT m.care_percent, encode(d.seed_hash, 'hex') AS seed_hash, d.seed, d.drawn_at, m.state AS menu_state,"
        " clock_timestamp() >= m.cutoff_at AS past"
        " FROM menu AS m JOIN draw AS d ON d.menu_id = m.id WHERE m.id = :menu AND m.mode = :mode",
        menu=menu_id,
        mode=MenuMode.DRAW,
    )
    if found is None:
        raise NotFoundError("no draw for this menu", menu=menu_id)
    items = rows(f"{ITEM} WHERE i.menu_id = :menu AND i.withdrawn_at IS NULL ORDER BY i.position", menu=menu_id)
    return {**as_dict(menu), **as_dict(found), "menu": menu_id, "stage": _stage(found), "items": items}


def published_draw(asker: Asker, menu_id: int) -> dict[str, Any]:
    """Return what `draw_for` does with every slip of every item, as `checking.check` takes it."""
    found = draw_for(asker, menu_id)
    slips = rows(
        "SELECT item_id, slip, round, won, place FROM draw_slip WHERE menu_id = :menu ORDER BY item_id, place",
        menu=menu_id,
    )
    of_item = {item: [as_dict(slip) for slip in group] for item, group in groupby(slips, key=lambda slip: slip.item_id)}
    items = [{**as_dict(item), "slips": of_item.get(item.item, [])} for item in found["items"]]
    return {**found, "items": items}


def slips_of_item(menu_id: int, item_id: int, *, limit: int, offset: int) -> list[Row[Any]]:
    """Return a part of an item's published list: place, slip, round, won."""
    return rows(
        "SELECT place, slip, round, won FROM draw_slip WHERE menu_id = :menu AND item_id = :item"
        " ORDER BY place LIMIT :limit OFFSET :offset",
        menu=menu_id,
        item=item_id,
        limit=limit,
        offset=offset,
    )


def slips_found(menu_id: int, typed: str) -> list[Row[Any]]:
    """Return where a slip stands in a published list, by its code as somebody typed it: item_id, place, slip, round, won."""
    code = read_code(typed)
    if len(code) < LETTERS or set(code) - set(ALPHABET):
        return []
    return rows(
        "SELECT item_id, place, slip, round, won FROM draw_slip"
        " WHERE menu_id = :menu AND starts_with(slip, :code) ORDER BY item_id, place",
        menu=menu_id,
        code=code,
    )


def my_draw(asker: Asker, order_id: int, *, vault: Vault) -> OwnDraw | None:
    """Return an order's part in its menu's draw, or None when it has none.

    What came from the part set aside is told to the household itself. Its slips are told to it and to who may know
    the care register: beside the list they tell as much. Raises NotFoundError for an order that isn't the asker's to see.
    """
    order = _order(asker, order_id)
    if order.seed_hash is None or order.state != OrderState.PLACED:
        return None
    own = asker.household_id == order.household_id
    if not own and asker.role == Role.RESIDENT and order.drawn_at is not None:
        # An anchor could tell from what a neighbour got beyond the list's cut that care gave it.
        return None
    asked = rows(
        f"SELECT d.*, a.asked_here, a.got, a.got_as_care FROM ({ITEM}) AS d JOIN ({ASKED}) AS a"
        " ON a.item_id = d.item ORDER BY d.position",
        order=order_id,
    )
    slips = _own_slips(order, vault) if own or asker.role != Role.RESIDENT else {}
    lines = [_own_line(line, slips.get(line.item, []), line.got_as_care if own else None) for line in asked]
    nothing = order.drawn_at is not None and not any(line.got for line in lines)
    return OwnDraw(order.menu_id, _stage(order), order.cutoff_at, nothing=nothing, lines=lines)


def _own_line(line: Row[Any], slips: list[OwnSlip], as_care: int | None) -> OwnLine:
    # What care gave, it gave to the foremost slips that the list didn't reach.
    served = {slip.slip for slip in [slip for slip in slips if slip.won is False][: as_care or 0]}
    return OwnLine(
        item=line.item,
        name_zh=line.name_zh,
        name_en=line.name_en,
        unit=line.unit,
        asked=line.asked_here,
        got=line.got,
        as_care=as_care,
        given_by_draw=line.given_by_draw,
        slips=[replace(slip, by_care=slip.slip in served) for slip in slips],
    )


def _order(asker: Asker, order_id: int) -> Row[Any]:
    found = row(
        """
        SELECT o.id, o.menu_id, o.household_id, o.state, m.state AS menu_state, m.cutoff_at,
               clock_timestamp() >= m.cutoff_at AS past, d.seed_hash, d.slip_key_sealed, d.drawn_at
        FROM orders AS o
        JOIN grid AS g ON g.id = o.grid_id
        JOIN menu AS m ON m.id = o.menu_id
        LEFT JOIN draw AS d ON d.menu_id = o.menu_id AND m.mode = 'draw'
        WHERE o.id = :order AND g.community_id = :community
        """,
        order=order_id,
        community=asker.community_id,
    )
    if found is None or asker.role not in WHO_ORDERS:
        raise NotFoundError("no such order", order=order_id)
    check_reach(asker, found.household_id, menu_id=found.menu_id)
    return found


def _own_slips(order: Row[Any], vault: Vault) -> dict[int, list[OwnSlip]]:
    """Return an order's slips by item, in rounds, each with its place in the list once there is one."""
    key = bytes.fromhex(vault.open(order.slip_key_sealed, *SLIP_KEY, order.menu_id))
    codes = {
        long_code(key, order.household_id, line.item_id, nth): (line.item_id, nth)
        for line in rows(ASKED, order=order.id)
        for nth in range(1, line.asked_here + 1)
    }
    listed = rows(
        "SELECT item_id, slip, place, won FROM draw_slip WHERE menu_id = :menu AND item_id = ANY (:items)"
        " AND slip = ANY (:codes)",
        menu=order.menu_id,
        items=[item for item, _ in codes.values()],
        codes=[code[:letters] for code in codes for letters in range(LETTERS, len(code) + 1, MORE_LETTERS)],
    )
    found: dict[int, list[OwnSlip]] = {}
    for code, (item, nth) in codes.items():
        at = next((one for one in listed if one.item_id == item and code.startswith(one.slip)), None)
        slip = OwnSlip(at.slip, nth, at.place, at.won) if at else OwnSlip(code[:LETTERS], nth)
        found.setdefault(item, []).append(slip)
    return found


def _stage(menu: Row[Any]) -> str:
    if menu.drawn_at is not None:
        return "drawn"
    return "waiting" if menu.past or menu.menu_state == MenuState.CLOSED else "asking"
