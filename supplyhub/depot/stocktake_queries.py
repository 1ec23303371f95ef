"""Reads of stocktakes: which are open, what was counted, and beside it the book once the counting is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.db import row, rows
from supplyhub.errors import NotFoundError

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

STOCKTAKE = """
    SELECT t.id, t.place, t.state, t.started_by, a.display_name AS started_by_name, t.started_at,
           t.ended_by, b.display_name AS ended_by_name, t.ended_at, l.lines, l.differing, l.less, l.more
    FROM stocktake AS t
    JOIN account AS a ON a.id = t.started_by
    LEFT JOIN account AS b ON b.id = t.ended_by
    CROSS JOIN LATERAL (
        SELECT count(*) AS lines, count(*) FILTER (WHERE counted <> book) AS differing,
               coalesce(sum(book - counted) FILTER (WHERE counted < book), 0)::bigint AS less,
               coalesce(sum(counted - book) FILTER (WHERE counted > book), 0)::bigint AS more
        FROM stocktake_line WHERE stocktake_id = t.id
    ) AS l
    WHERE t.community_id = :community
"""


@dataclass(frozen=True, slots=True)
class StocktakeView:
    """A stocktake, and every lot that the book has at its place or that was counted there, expiring first.

    lines: lot_id, sku, barcode, name_zh, name_en, unit, picture, category, lot_number, expires_on, book, counted (None before),
    difference, reason, note, counted_by (an account), counted_by_name, counted_at, moves (how many times units of it came
    or went there so far). While it is being counted, book and difference are None: who counts shall not know.
    """

    head: Row[Any]
    lines: list[Row[Any]]


def stocktakes_for(asker: Asker, *, limit: int = 50, offset: int = 0) -> list[Row[Any]]:
    """Return stocktakes, open ones first, then the newest.

    Fields: id, place, state, started_by, started_by_name, started_at, ended_by, ended_by_name, ended_at, lines, and of
    counted ones how many differ (`differing`), units `less` and `more` than the book.
    """
    return rows(
        f"{STOCKTAKE} ORDER BY t.ended_at IS NOT NULL, t.id DESC LIMIT :limit OFFSET :offset",
        community=asker.community_id,
        limit=limit,
        offset=offset,
    )


def stocktake_for(asker: Asker, stocktake_id: int) -> StocktakeView:
    """Return a stocktake with its lines. Raises NotFoundError."""
    head = row(f"{STOCKTAKE} AND t.id = :id", community=asker.community_id, id=stocktake_id)
    if head is None:
        raise NotFoundError("no such stocktake", stocktake=stocktake_id)
    lines = rows(
        """
        SELECT l.id AS lot_id, p.sku, p.barcode, p.name_zh, p.name_en, p.unit, p.picture, p.category, l.lot_number, l.expires_on,
               CASE WHEN :shown THEN x.book END AS book, x.counted,
               CASE WHEN :shown THEN x.counted - x.book END AS difference, x.reason, coalesce(x.note, '') AS note,
               x.counted_by, a.display_name AS counted_by_name, x.counted_at,
               (SELECT count(*) FROM movement AS m WHERE m.lot_id = l.id AND :place IN (m.from_place, m.to_place)) AS moves
        FROM lot AS l
        JOIN product AS p ON p.id = l.product_id
        LEFT JOIN stocktake_line AS x ON x.stocktake_id = :id AND x.lot_id = l.id
        LEFT JOIN account AS a ON a.id = x.counted_by
        WHERE p.community_id = :community AND (x.lot_id IS NOT NULL OR :open AND EXISTS (
            SELECT FROM stock_level AS s WHERE s.lot_id = l.id AND s.place = :place AND s.quantity > 0
        ))
        ORDER BY l.expires_on, p.sku, l.id
        """,
        id=stocktake_id,
        community=asker.community_id,
        place=head.place,
        shown=head.state != "counting",
        open=head.state == "counting",
    )
    return StocktakeView(head, lines)


def stocktake_for_update(asker: Asker, stocktake_id: int) -> Row[Any]:
    """Lock a stocktake: id, place, state, started_by, ended_by, ended_by_name, ended_at. Raises NotFoundError."""
    found = row(
        """
        SELECT t.id, t.place, t.state, t.started_by, t.ended_by, t.ended_at,
               (SELECT display_name FROM account WHERE id = t.ended_by) AS ended_by_name
        FROM stocktake AS t WHERE t.id = :id AND t.community_id = :community FOR NO KEY UPDATE OF t
        """,
        id=stocktake_id,
        community=asker.community_id,
    )
    if found is None:
        raise NotFoundError("no such stocktake", stocktake=stocktake_id)
    return found


def uncounted_in(stocktake: Row[Any]) -> list[int]:
    """Return the lots that the book has at a stocktake's place and nobody has counted."""
    found = rows(
        """
        SELECT s.lot_id FROM stock_level AS s
        JOIN lot AS l ON l.id = s.lot_id
        JOIN product AS p ON p.id = l.product_id
        JOIN stocktake AS t ON t.id = :id AND t.place = s.place AND t.community_id = p.community_id
        WHERE s.quantity > 0
          AND NOT EXISTS (SELECT FROM stocktake_line AS x WHERE x.stocktake_id = t.id AND x.lot_id = s.lot_id)
        ORDER BY s.lot_id
        """,
        id=stocktake.id,
    )
    return [level.lot_id for level in found]
