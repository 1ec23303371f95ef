"""Promising a draw's seed before anybody asks, and drawing once nobody can ask any more."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from supplyhub.catalog.queries import menu_for_update
from supplyhub.catalog.states import MenuMode, MenuState
from supplyhub.db import execute, row, rows, scalar, transaction
from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.ordering.draw.rules import Drawn, Slip, draw, seed_hash
from supplyhub.ordering.draw.slips import long_code, written

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker

SEED = ("draw", "seed")
SLIP_KEY = ("draw", "slip_key")
SECRET_BYTES = 32
# Longer than where people pay as they order: they have to hear of the draw first.
MINUTES_TO_PAY = 120


@dataclass(frozen=True, slots=True)
class DrawnItem:
    """What a draw did with an item."""

    item: int
    drawn: Drawn


def prepare_draw(asker: Asker, menu_id: int, *, vault: Vault) -> None:
    """Promise a seed for a draft in draw mode, before it is published; a first-come menu needs none.

    A second call keeps the first promise. Raises ConflictError once the menu is published: whoever could promise
    again then could choose.
    """
    with transaction():
        menu = menu_for_update(asker, menu_id)
        if menu.state != MenuState.DRAFT:
            raise ConflictError("a draw is prepared before its menu is published", state=menu.state)
        if scalar("SELECT mode FROM menu WHERE id = :menu", menu=menu_id) != MenuMode.DRAW:
            return
        seed, slip_key = secrets.token_hex(SECRET_BYTES), secrets.token_hex(SECRET_BYTES)
        execute(
            "INSERT INTO draw (menu_id, seed_hash, seed_sealed, slip_key_sealed) VALUES (:menu, :hash, :seed, :key)"
            " ON CONFLICT (menu_id) DO NOTHING",
            menu=menu_id,
            hash=seed_hash(seed),
            seed=vault.seal(seed, *SEED, menu_id),
            key=vault.seal(slip_key, *SLIP_KEY, menu_id),
        )


def draw_menu(menu_id: int, *, vault: Vault) -> bool:
    """Draw a closed menu and tell whether this call did. Runs in the worker's transaction.

    Lines, totals and what is reserved become what was drawn; who asked for what stays in `draw_share`. A second run
    has no effect. Raises ConflictError while orders can still come.
    """
    promised = _draw_for_update(menu_id)
    if promised.drawn_at is not None:
        return False
    if promised.state != MenuState.CLOSED:
        raise ConflictError("this menu still takes orders", menu=menu_id)
    seed = vault.open(promised.seed_sealed, *SEED, menu_id)
    if seed_hash(seed) != promised.seed_hash:
        raise ConflictError("the sealed seed isn't the one that was promised", menu=menu_id)
    key = bytes.fromhex(vault.open(promised.slip_key_sealed, *SLIP_KEY, menu_id))
    _write(menu_id, _drawn(menu_id, promised.care_percent, seed, key))
    _let_the_orders_follow(menu_id)
    execute("UPDATE draw SET seed = :seed, drawn_at = clock_timestamp() WHERE menu_id = :menu", seed=seed, menu=menu_id)
    return True


def draw_menus_of(cycle_id: int, *, vault: Vault) -> int:
    """Draw what is closed and not drawn of a cycle, before its goods are bought; return how many menus that were."""
    due = rows(
        "SELECT d.menu_id FROM draw AS d JOIN menu AS m ON m.id = d.menu_id"
        " WHERE m.cycle_id = :cycle AND m.mode = 'draw' AND m.state = 'closed' AND d.drawn_at IS NULL ORDER BY d.menu_id",
        cycle=cycle_id,
    )
    return sum(draw_menu(found.menu_id, vault=vault) for found in due)


def _draw_for_update(menu_id: int) -> Row[Any]:
    # Two workers that draw at once take turns here; the second then reads that it is done.
    scalar("SELECT menu_id FROM draw WHERE menu_id = :menu FOR NO KEY UPDATE", menu=menu_id)
    promised = row(
        "SELECT d.seed_hash, d.seed_sealed, d.slip_key_sealed, d.drawn_at, m.state, m.care_percent"
        " FROM draw AS d JOIN menu AS m ON m.id = d.menu_id WHERE d.menu_id = :menu AND m.mode = 'draw'",
        menu=menu_id,
    )
    if promised is None:
        raise NotFoundError("no draw for this menu", menu=menu_id)
    return promised


def _drawn(menu_id: int, care_percent: int, seed: str, key: bytes) -> list[DrawnItem]:
    """Draw every item that wasn't withdrawn; the care register counts as it stands now."""
    items = rows(
        "SELECT id, offered FROM menu_item WHERE menu_id = :menu AND withdrawn_at IS NULL ORDER BY id FOR NO KEY UPDATE",
        menu=menu_id,
    )
    asks = rows(
        """
        SELECT l.item_id, l.order_id, o.household_id, l.quantity,
               EXISTS (SELECT FROM care_case AS c WHERE c.household_id = o.household_id AND c.ended_at IS NULL) AS care
        FROM orders AS o JOIN order_line AS l ON l.order_id = o.id
        WHERE o.menu_id = :menu AND o.state = 'placed' ORDER BY l.item_id
        """,
        menu=menu_id,
    )
    asked = {item: list(lines) for item, lines in groupby(asks, key=lambda line: line.item_id)}
    return [
        DrawnItem(
            item.id,
            draw(
                _slips(item.id, asked.get(item.id, []), key),
                offered=item.offered,
                care_percent=care_percent,
                seed=seed,
                item=item.id,
            ),
        )
        for item in items
    ]


def _slips(item_id: int, lines: list[Row[Any]], key: bytes) -> Iterable[Slip]:
    units = [(line, nth) for line in lines for nth in range(1, line.quantity + 1)]
    codes = [long_code(key, line.household_id, item_id, nth) for line, nth in units]
    short = written(codes)
    return [
        Slip(short[code], nth, line.order_id, care=line.care) for (line, nth), code in zip(units, codes, strict=True)
    ]


def _write(menu_id: int, found: list[DrawnItem]) -> None:
    execute(
        """
        INSERT INTO draw_item (item_id, menu_id, offered, asked, set_aside, given_to_care, given_by_draw)
        SELECT item, :menu, offered, asked, set_aside, to_care, by_draw
        FROM unnest(CAST(:items AS bigint[]), CAST(:offered AS bigint[]), CAST(:asked AS bigint[]),
                    CAST(:set_aside AS bigint[]), CAST(:to_care AS bigint[]), CAST(:by_draw AS bigint[]))
             AS d(item, offered, asked, set_aside, to_care, by_draw)
        """,
        menu=menu_id,
        items=[entry.item for entry in found],
        offered=[entry.drawn.offered for entry in found],
        asked=[len(entry.drawn.slips) for entry in found],
        set_aside=[entry.drawn.set_aside for entry in found],
        to_care=[entry.drawn.given_to_care for entry in found],
        by_draw=[entry.drawn.given_by_draw for entry in found],
    )
    slips = [(entry, slip, place) for entry in found for place, slip in enumerate(entry.drawn.slips, 1)]
    execute(
        """
        INSERT INTO draw_slip (item_id, slip, menu_id, round, place, won)
        SELECT item, slip, :menu, round, place, won
        FROM unnest(CAST(:items AS bigint[]), CAST(:slips AS text[]), CAST(:rounds AS bigint[]), CAST(:places AS bigint[]),
                    CAST(:won AS boolean[])) AS s(item, slip, round, place, won)
        """,
        menu=menu_id,
        items=[entry.item for entry, _, _ in slips],
        slips=[slip.code for _, slip, _ in slips],
        rounds=[slip.round for _, slip, _ in slips],
        places=[place for _, _, place in slips],
        won=[place <= entry.drawn.given_by_draw for entry, _, place in slips],
    )
    shares = [(entry.item, order, share) for entry in found for order, share in entry.drawn.shares.items()]
    execute(
        """
        INSERT INTO draw_share (order_id, item_id, menu_id, asked, got, got_as_care, unit_price_fen)
        SELECT s.order_id, s.item_id, l.menu_id, s.asked, s.got, s.as_care, l.unit_price_fen
        FROM unnest(CAST(:orders AS bigint[]), CAST(:items AS bigint[]), CAST(:asked AS bigint[]), CAST(:got AS bigint[]),
                    CAST(:as_care AS bigint[])) AS s(order_id, item_id, asked, got, as_care)
        JOIN order_line AS l ON l.order_id = s.order_id AND l.item_id = s.item_id
        """,
        orders=[order for _, order, _ in shares],
        items=[item for item, _, _ in shares],
        asked=[share.asked for _, _, share in shares],
        got=[share.got for _, _, share in shares],
        as_care=[share.got_as_care for _, _, share in shares],
    )


def _let_the_orders_follow(menu_id: int) -> None:
    """An order that got nothing stays placed, without lines: its household asked, and is told why."""
    execute(
        """
        UPDATE order_line AS l SET quantity = s.got FROM draw_share AS s
        WHERE s.menu_id = :menu AND s.order_id = l.order_id AND s.item_id = l.item_id AND s.got BETWEEN 1 AND s.asked - 1
        """,
        menu=menu_id,
    )
    execute(
        "DELETE FROM order_line AS l USING draw_share AS s"
        " WHERE s.menu_id = :menu AND s.order_id = l.order_id AND s.item_id = l.item_id AND s.got = 0",
        menu=menu_id,
    )
    execute(
        """
        UPDATE orders AS o SET total_fen = s.total_fen, version = o.version + 1
        FROM (SELECT order_id, sum(got * unit_price_fen) AS total_fen, sum(got) < sum(asked) AS got_less
              FROM draw_share WHERE menu_id = :menu GROUP BY order_id) AS s
        WHERE o.id = s.order_id AND s.got_less
        """,
        menu=menu_id,
    )
    execute(
        "UPDATE menu_item AS i SET reserved = d.given_to_care + d.given_by_draw FROM draw_item AS d"
        " WHERE d.menu_id = :menu AND i.id = d.item_id",
        menu=menu_id,
    )
    _hold_what_is_paid_first(menu_id)


def _hold_what_is_paid_first(menu_id: int) -> None:
    """Give the households two hours to pay for what they drew, where nothing is paid at the door."""
    execute(
        """
        UPDATE orders AS o SET hold_until = clock_timestamp() + make_interval(mins => :minutes)
        FROM menu AS m WHERE m.id = :menu AND NOT m.pays_on_delivery AND o.menu_id = m.id AND o.state = 'placed'
          AND o.total_fen > paid_fen(o.id) AND NOT is_covered(o.id)
        """,
        menu=menu_id,
        minutes=MINUTES_TO_PAY,
    )
