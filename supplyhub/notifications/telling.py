"""From what happened to news: who is told of a menu, a level, goods that are short, a door. In the worker's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import row, rows, scalar
from supplyhub.notifications.states import Matter
from supplyhub.notifications.writing import News, leads_of, tell, volunteers_of, wants
from supplyhub.ordering.queries import STANDING
from supplyhub.places.levels import HOLDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

MENU = """
    SELECT m.id, m.cycle_id, m.grid_id, m.cutoff_at, g.number AS grid_number, g.community_id, c.number AS cycle_number,
           c.delivery_on
    FROM menu AS m JOIN grid AS g ON g.id = m.grid_id JOIN cycle AS c ON c.id = m.cycle_id
    WHERE m.id = :menu AND m.state = 'published' AND m.cutoff_at > clock_timestamp()
"""


def tell_menu_opened(menu_id: int) -> None:
    """Tell a grid's group that its menu is open, and the community's groups of the first of its cycle."""
    menu = row(MENU, menu=menu_id)
    if menu is None:
        return
    facts = {
        "delivery_on": menu.delivery_on.isoformat(),
        "cutoff_at": menu.cutoff_at.isoformat(),
        "until_at": menu.cutoff_at.isoformat(),
    }
    tell(
        Matter.MENU_OPENED,
        [
            News(f"menu:{menu_id}", {**facts, "grid": menu.grid_number}, grid_id=menu.grid_id),
            News(
                f"cycle:{menu.cycle_id}",
                {**facts, "as": "cycle", "cycle": menu.cycle_number},
                community_id=menu.community_id,
            ),
        ],
    )


def tell_cut_off_soon(menu_id: int) -> None:
    """Tell a grid's group and leads how many households are silent an hour before the cut-off; never which."""
    menu = row(MENU, menu=menu_id)
    if menu is None:
        return
    until = {"cutoff_at": menu.cutoff_at.isoformat(), "until_at": menu.cutoff_at.isoformat()}
    silent = _silent(menu, grid=menu.grid_id)
    news = []
    if silent:
        news.append(
            News(
                f"menu:{menu_id}",
                {**until, "grid": menu.grid_number, "silent_homes": silent},
                accounts=leads_of([menu.grid_id]).get(menu.grid_id, []),
                grid_id=menu.grid_id,
            )
        )
    if wants(Matter.CUT_OFF_SOON, community_id=menu.community_id):
        facts = {**until, "as": "cycle", "cycle": menu.cycle_number, "silent_homes": _silent(menu, grid=None)}
        news.append(News(f"cycle:{menu.cycle_id}", facts, community_id=menu.community_id))
    tell(Matter.CUT_OFF_SOON, news)


def _silent(menu: Row[Any], *, grid: int | None) -> int:
    counted = f"SELECT count(*) FROM ({STANDING}) AS s WHERE s.standing = 'silent'"
    return int(scalar(counted, cycle=menu.cycle_id, grid=grid))


def tell_withdrawn(item_id: int, orders: int) -> None:
    """Tell a grid's group that an item is off its menu; its households see it on their pages."""
    item = row(
        """
        SELECT m.grid_id, g.number AS grid_number, p.name_zh, p.name_en
        FROM menu_item AS i JOIN menu AS m ON m.id = i.menu_id JOIN grid AS g ON g.id = m.grid_id
        JOIN offer AS f ON f.id = i.offer_id JOIN product AS p ON p.id = f.product_id WHERE i.id = :item
        """,
        item=item_id,
    )
    if item is None or not orders:
        return
    facts = {
        "as": "withdrawn",
        "grid": item.grid_number,
        "item_zh": item.name_zh,
        "item_en": item.name_en,
        "orders_homes": orders,
    }
    tell(Matter.ORDER_CHANGED, [News(f"item:{item_id}", facts, grid_id=item.grid_id)])


def tell_shared_out(cycle_id: int, first_grid: int, last_grid: int) -> None:
    """Tell groups and leads of these grids how many households get less than they ordered."""
    short = rows(
        """
        SELECT o.grid_id, g.number AS grid_number, count(DISTINCT o.household_id) AS homes
        FROM orders AS o JOIN grid AS g ON g.id = o.grid_id
        JOIN allocation AS a ON a.order_id = o.id AND a.allocated < a.ordered
        WHERE o.cycle_id = :cycle AND o.grid_id BETWEEN :first AND :last GROUP BY o.grid_id, g.number ORDER BY g.number
        """,
        cycle=cycle_id,
        first=first_grid,
        last=last_grid,
    )
    leads = leads_of([grid.grid_id for grid in short])
    tell(
        Matter.ORDER_CHANGED,
        [
            News(
                f"short:{cycle_id}",
                {"as": "short", "grid": grid.grid_number, "short_homes": grid.homes},
                accounts=leads.get(grid.grid_id, []),
                grid_id=grid.grid_id,
            )
            for grid in short
        ],
    )


def tell_level(grid_id: int) -> None:
    """Tell a grid's people, and the community's groups, which zone level holds now."""
    grid = row(
        f"SELECT g.number, g.community_id, z.level, z.valid_from FROM grid AS g {HOLDS.format(grid='g.id')} WHERE g.id = :grid",
        grid=grid_id,
    )
    if grid is None or grid.level is None:
        return
    since = grid.valid_from.isoformat()
    people = [*leads_of([grid_id]).get(grid_id, []), *volunteers_of([grid_id]).get(grid_id, [])]
    facts = {"grid": grid.number, "level": grid.level, "since_at": since}
    about = f"level:{grid_id}:{since}"
    tell(
        Matter.LEVEL_CHANGED,
        [News(about, facts, accounts=people, grid_id=grid_id, community_id=grid.community_id)],
    )


def tell_inbox(items: Sequence[int]) -> None:
    """Tell the leads of what is new in their inbox, while it is open."""
    found = rows(
        """
        SELECT i.id, i.kind, i.grid_id, g.number AS grid_number FROM inbox_item AS i JOIN grid AS g ON g.id = i.grid_id
        WHERE i.id = ANY (:items) AND i.cleared_at IS NULL ORDER BY i.id
        """,
        items=list(items),
    )
    leads = leads_of(sorted({item.grid_id for item in found}))
    tell(
        Matter.INBOX_OPENED,
        [
            News(
                f"inbox:{item.id}", {"grid": item.grid_number, "inbox": item.kind}, accounts=leads.get(item.grid_id, [])
            )
            for item in found
        ],
    )
