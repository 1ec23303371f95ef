"""Whom a shortage concerns, door by door: for the coordinator and the grid's lead, never for the depot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.catalog.queries import cycle_for
from supplyhub.db import rows, scalar
from supplyhub.depot.shortage import GOT, by_every_policy, dry_run, short_products, standing_of
from supplyhub.errors import NotAllowedError
from supplyhub.ordering.queries import SORT
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

DOOR = "coalesce(nullif(b.number, 0)::text, b.name) || '-' || h.unit_number || '-' || h.door"

# A row a household that ordered the product, with what each policy gives it.
DOORS = f"""
    {GOT}, home AS (
        SELECT o.household_id, min(o.building_id) AS building_id, min(o.grid_id) AS grid_id, min(o.placed_at) AS placed_at,
               min(o.channel) AS channel, bool_or(got.care_first) AS in_care,
               sum(got.ordered) FILTER (WHERE policy = 'care_first_equal_share')::bigint AS ordered,
               sum(got.units) FILTER (WHERE policy = 'care_first_equal_share')::bigint AS care_first_equal_share,
               sum(got.units) FILTER (WHERE policy = 'pro_rata')::bigint AS pro_rata,
               sum(got.units) FILTER (WHERE policy = 'first_come')::bigint AS first_come,
               sum(got.units) FILTER (WHERE policy = 'draw')::bigint AS draw
        FROM got JOIN orders AS o ON o.id = got.order_id GROUP BY o.household_id
    )
    SELECT home.*, {DOOR} AS door,
           greatest(care_first_equal_share, pro_rata, first_come, draw)
             - least(care_first_equal_share, pro_rata, first_come, draw) AS spread
    FROM home
    JOIN household AS h ON h.id = home.household_id
    JOIN building AS b ON b.id = home.building_id
    JOIN grid AS g ON g.id = home.grid_id
"""
BY_SPREAD = " ORDER BY spread DESC, in_care DESC, ordered DESC, household_id LIMIT :limit OFFSET :offset"
BY_WALK = f" ORDER BY {SORT} LIMIT :limit OFFSET :offset"

CALLS = f"""
    {GOT}
    SELECT got.order_id, got.item_id, got.quantity, got.units, got.supply, p.sku, p.name_zh, p.name_en, p.unit, p.picture,
           p.category, o.household_id, {DOOR} AS door, g.number AS grid_number, w.answer, w.answered_at,
           a.display_name AS answered_by
    FROM got
    JOIN product AS p ON p.id = got.product_id
    JOIN orders AS o ON o.id = got.order_id AND (CAST(:grid AS bigint) IS NULL OR o.grid_id = :grid)
    JOIN household AS h ON h.id = o.household_id
    JOIN building AS b ON b.id = o.building_id
    JOIN grid AS g ON g.id = o.grid_id
    LEFT JOIN consent_answer AS w ON w.order_id = got.order_id AND w.item_id = got.item_id
    LEFT JOIN account AS a ON a.id = w.answered_by
    WHERE got.consent = 'call' AND (got.units < got.quantity OR w.answer IS NOT NULL)
    ORDER BY w.answer IS NOT NULL, {SORT}, got.item_id
    LIMIT :limit OFFSET :offset
"""


def doors_of(
    asker: Asker, cycle_id: int, product_id: int, *, whole: bool = False, limit: int = 6, offset: int = 0
) -> list[Row[Any]]:
    """Return what each policy gives the households that ordered a short product, those first whom it matters most to.

    Fields: household_id, door, in_care, placed_at, channel, ordered, spread, and units by the name of each policy. With
    `whole` in walking order. For coordinators; raises NotAllowedError for others, NotFoundError when nothing is short.
    """
    if asker.role != Role.COORDINATOR:
        raise NotAllowedError("only a coordinator sees whom a shortage hits", role=asker.role)
    cycle_for(asker, cycle_id)
    values = dry_run(cycle_id, by_every_policy(cycle_id, product_id))
    return rows(DOORS + (BY_WALK if whole else BY_SPREAD), limit=limit, offset=offset, **values)


def calls_for(asker: Asker, cycle_id: int, *, limit: int = 50, offset: int = 0) -> list[Row[Any]]:
    """Return the lines that wanted a call and would be short by the chosen policies; who answered comes last.

    Fields: order_id, item_id, quantity, units (that it would get), supply, the product's name_zh, name_en, unit, picture
    and category, household_id, door, grid_number, answer, answered_at, answered_by (None before). A grid lead gets the
    own grid's. Empty before receiving is finished, and once it was decided.
    """
    cycle_for(asker, cycle_id)
    if not standing_of(cycle_id).open:
        return []
    wanted = [(product.id, product.supply, product.policy) for product in short_products(cycle_id)]
    return rows(CALLS, grid=_grid_of(asker), limit=limit, offset=offset, **dry_run(cycle_id, wanted))


def count_open_calls(asker: Asker, cycle_id: int) -> int:
    """Return how many lines of short products want a call and have no answer; a grid lead's the own grid's."""
    if not standing_of(cycle_id).open:
        return 0
    return int(
        scalar(
            """
            SELECT count(*) FROM orders AS o
            JOIN cycle AS c ON c.id = o.cycle_id AND c.community_id = :community
            JOIN order_line AS l ON l.order_id = o.id AND l.consent = 'call'
            JOIN menu_item AS i ON i.id = l.item_id
            JOIN offer AS f ON f.id = i.offer_id AND f.product_id = ANY (CAST(:products AS bigint[]))
            WHERE o.cycle_id = :cycle AND o.state = 'placed' AND (CAST(:grid AS bigint) IS NULL OR o.grid_id = :grid)
              AND NOT EXISTS (SELECT FROM consent_answer AS w WHERE w.order_id = l.order_id AND w.item_id = l.item_id)
            """,
            cycle=cycle_id,
            community=asker.community_id,
            grid=_grid_of(asker),
            products=[product.id for product in short_products(cycle_id)],
        )
    )


def _grid_of(asker: Asker) -> int | None:
    return asker.grid() if asker.role == Role.GRID_LEAD else None
