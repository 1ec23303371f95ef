"""Reads of cycles, menus and offers, scoped to the asker at the door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import row, rows, scalar
from supplyhub.errors import NotFoundError
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

# A resident's grid in a cycle is where the cycle's opening put the building, not where the register has it today.
MENU = """
    SELECT m.id, m.cycle_id, m.grid_id, m.state, m.mode, m.care_percent, m.pays_online, m.pays_on_delivery,
           array_remove(ARRAY[CASE WHEN m.pays_online THEN 'online' END,
                              CASE WHEN m.pays_on_delivery THEN 'on_delivery' END], NULL) AS ways,
           m.opens_at, m.cutoff_at, coalesce(m.late_until, m.cutoff_at) AS closes_at, m.late_until,
           g.number AS grid_number, g.name AS grid_name,
           c.number AS cycle_number, c.delivery_on, c.state AS cycle_state, clock_timestamp() AS now,
           m.state = 'published' AND clock_timestamp() >= m.opens_at
             AND clock_timestamp() < coalesce(m.late_until, m.cutoff_at) AS taking_orders,
           m.state = 'published' AND clock_timestamp() >= m.cutoff_at
             AND clock_timestamp() < coalesce(m.late_until, m.cutoff_at) AS only_late
    FROM menu AS m JOIN grid AS g ON g.id = m.grid_id JOIN cycle AS c ON c.id = m.cycle_id
"""
VISIBLE = {
    Role.RESIDENT: """m.state <> 'draft' AND EXISTS (
        SELECT FROM household AS h JOIN cycle_building AS b ON b.building_id = h.building_id
        WHERE h.id = :household AND b.cycle_id = m.cycle_id AND b.grid_id = m.grid_id)""",
    Role.GRID_LEAD: "m.grid_id = :grid",
    Role.VOLUNTEER: "m.state <> 'draft' AND m.grid_id = :grid",
    Role.DEPOT: "m.state <> 'draft'",
    Role.COORDINATOR: "true",
}


def _scope(asker: Asker) -> tuple[str, dict[str, object]]:
    condition = f"c.community_id = :community AND {VISIBLE[asker.role]}"
    return condition, {
        "community": asker.community_id,
        "household": asker.household_id,
        "grid": asker.grid_id,
    }


def menus_for(asker: Asker, *, cycle_id: int | None = None, limit: int = 100, offset: int = 0) -> list[Row[Any]]:
    """Return the menus that the asker may see, newest cycle first, then by grid number."""
    condition, bound = _scope(asker)
    return rows(
        f"{MENU} WHERE {condition} AND (CAST(:cycle AS bigint) IS NULL OR m.cycle_id = :cycle)"
        " ORDER BY c.number DESC, g.number LIMIT :limit OFFSET :offset",
        cycle=cycle_id,
        limit=limit,
        offset=offset,
        **bound,
    )


def count_menus_for(asker: Asker, *, cycle_id: int | None = None) -> int:
    """Return how many menus the asker may see."""
    condition, bound = _scope(asker)
    return int(
        scalar(
            "SELECT count(*) FROM menu AS m JOIN cycle AS c ON c.id = m.cycle_id"
            f" WHERE {condition} AND (CAST(:cycle AS bigint) IS NULL OR m.cycle_id = :cycle)",
            cycle=cycle_id,
            **bound,
        )
    )


def menu_for(asker: Asker, menu_id: int) -> Row[Any]:
    """Return a menu. Raises NotFoundError when there is none that the asker may see."""
    condition, bound = _scope(asker)
    menu = row(f"{MENU} WHERE m.id = :menu AND {condition}", menu=menu_id, **bound)
    if menu is None:
        raise NotFoundError("no such menu", menu=menu_id)
    return menu


def current_menu_for(asker: Asker) -> Row[Any] | None:
    """Return the menu that takes orders in the asker's grid now, else the newest published one, or None."""
    condition, bound = _scope(asker)
    return row(
        f"{MENU} WHERE {condition} AND m.state <> 'draft' ORDER BY taking_orders DESC, c.number DESC LIMIT 1",
        **bound,
    )


def items_of(menu_id: int) -> list[Row[Any]]:
    """Return a menu's items in its order: what they are, price, cost and fee, what is left, and the cap.

    Of a withdrawn item nothing is left. Cost and fee are None where they were never kept; a fee below zero is a
    subsidy (补贴). In a draw nothing is reserved, so everything is left until it is drawn.
    """
    return rows(
        """
        SELECT i.id, i.position, p.sku, p.name_zh, p.name_en, p.pinyin, p.category, p.unit, p.unit_weight_grams, p.picture,
               i.price_fen, i.cost_fen, i.price_fen - i.cost_fen AS fee_fen, i.offered, i.reserved,
               CASE WHEN i.withdrawn_at IS NULL THEN i.offered - i.reserved ELSE 0 END AS left,
               i.cap, i.late_until, i.withdrawn_at, i.withdrawn_at IS NOT NULL AS withdrawn, i.offer_id, o.case_size
        FROM menu_item AS i JOIN offer AS o ON o.id = i.offer_id JOIN product AS p ON p.id = o.product_id
        WHERE i.menu_id = :menu AND NOT i.for_care ORDER BY i.position
        """,
        menu=menu_id,
    )


def edits_of(menu_id: int) -> list[Row[Any]]:
    """Return what was changed about a menu's items since it was published, newest first; for everybody to read.

    `kind` is price (before and after in fen), offered, cap, late (its cut-offs in seconds of the epoch; `until` is the new
    one) or withdrawn (before: the units that had been asked for).
    """
    return rows(
        """
        SELECT e.id, e.item_id, e.kind, e.before, e.after, e.edited_at,
               CASE e.kind WHEN 'late' THEN to_timestamp(e.after) END AS until, p.sku, p.name_zh, p.name_en, p.unit
        FROM menu_edit AS e JOIN menu_item AS i ON i.id = e.item_id JOIN offer AS o ON o.id = i.offer_id
        JOIN product AS p ON p.id = o.product_id
        WHERE e.menu_id = :menu ORDER BY e.id DESC
        """,
        menu=menu_id,
    )


def menu_for_update(asker: Asker, menu_id: int) -> Row[Any]:
    """Lock a menu that the asker leads. Raises NotFoundError for others."""
    menu = row(
        "SELECT m.id, m.cycle_id, m.grid_id, m.state FROM menu AS m JOIN cycle AS c ON c.id = m.cycle_id"
        " WHERE m.id = :menu AND c.community_id = :community",
        menu=menu_id,
        community=asker.community_id,
    )
    if menu is None or (asker.role != Role.COORDINATOR and asker.grid_id != menu.grid_id):
        raise NotFoundError("no such menu", menu=menu_id)
    # The cycle first, as everywhere: closing and opening menus of one cycle take turns.
    scalar("SELECT id FROM cycle WHERE id = :cycle FOR NO KEY UPDATE", cycle=menu.cycle_id)
    locked = row(
        "SELECT m.id, m.cycle_id, m.grid_id, m.state, m.mode, m.cutoff_at, c.state AS cycle_state,"
        " clock_timestamp() >= m.cutoff_at AS cut_off_passed"
        " FROM menu AS m JOIN cycle AS c ON c.id = m.cycle_id WHERE m.id = :menu",
        menu=menu_id,
    )
    if locked is None:
        raise NotFoundError("no such menu", menu=menu_id)
    return locked


def cycle_for_update(asker: Asker, cycle_id: int) -> Row[Any]:
    """Lock a cycle of the asker's community. Raises NotFoundError for others."""
    cycle = row(
        "SELECT id, number, delivery_on, state FROM cycle WHERE id = :cycle AND community_id = :community FOR NO KEY UPDATE",
        cycle=cycle_id,
        community=asker.community_id,
    )
    if cycle is None:
        raise NotFoundError("no such cycle", cycle=cycle_id)
    return cycle


def cycle_for(asker: Asker, cycle_id: int) -> Row[Any]:
    """Return a cycle of the asker's community. Raises NotFoundError for others."""
    cycle = row(
        "SELECT id, number, delivery_on, state, created_at, closed_at FROM cycle"
        " WHERE id = :cycle AND community_id = :community",
        cycle=cycle_id,
        community=asker.community_id,
    )
    if cycle is None:
        raise NotFoundError("no such cycle", cycle=cycle_id)
    return cycle


def cycles_for(asker: Asker, *, limit: int = 50, offset: int = 0) -> list[Row[Any]]:
    """Return the community's cycles, newest first."""
    return rows(
        "SELECT id, number, delivery_on, state, created_at, closed_at FROM cycle WHERE community_id = :community"
        " ORDER BY number DESC LIMIT :limit OFFSET :offset",
        community=asker.community_id,
        limit=limit,
        offset=offset,
    )


def count_cycles_for(asker: Asker) -> int:
    """Return how many cycles the community has had."""
    return int(scalar("SELECT count(*) FROM cycle WHERE community_id = :community", community=asker.community_id))


def offers_for(asker: Asker) -> list[Row[Any]]:
    """Return the community's active offers with their products, by SKU."""
    return rows(
        """
        SELECT o.id, p.sku, p.name_zh, p.name_en, p.category, p.unit, p.unit_weight_grams, p.picture, f.name AS platform,
               o.cost_fen, o.price_fen, o.case_size, p.shelf_life_days
        FROM offer AS o JOIN product AS p ON p.id = o.product_id JOIN platform AS f ON f.id = o.platform_id
        WHERE p.community_id = :community AND o.active ORDER BY p.sku
        """,
        community=asker.community_id,
    )
