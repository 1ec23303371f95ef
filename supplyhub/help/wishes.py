"""The wall of wishes (微心愿墙) of a grid: what its lead has posted, for neighbours and volunteers to take upon themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.codes import read_code
from supplyhub.db import row, rows, scalar
from supplyhub.errors import NotFoundError
from supplyhub.help.states import OPEN_SQL
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

LONGEST_PUBLIC = 200
# Whoever has so many first does one of them.
MOST_CLAIMS = 3

# Whose door it is stands here for nobody: not before the claim, and then `queries.request_for` says it where they agreed.
WISH = f"""
    SELECT r.id, r.code, r.grid_id, r.wrapped_key, r.kind, r.state, r.facts ->> 'topic' AS topic, r.public_text, r.posted_at,
           r.credit_id, r.household_id IS NOT DISTINCT FROM :home AS own, k.account_id AS claimed_by, k.claimed_at,
           k.account_id IS NOT DISTINCT FROM :account AS mine
    FROM help_request AS r LEFT JOIN wish_claim AS k ON k.request_id = r.id AND k.given_up_at IS NULL
    WHERE r.grid_id = :grid AND r.kind = 'wish' AND r.posted_at IS NOT NULL AND r.state IN {OPEN_SQL}
"""


def wishes_for(asker: Asker) -> list[Row[Any]]:
    """Return the posted wishes of the asker's grid that are still open: the asker's own claims first, then the free ones.

    Fields: id, code, topic, public_text, posted_at, own (the asker's household's), claimed_by, claimed_at, mine (claimed by
    the asker). For residents and volunteers, who claim; nothing for somebody without a grid.
    """
    return rows(
        f"{WISH} ORDER BY (k.account_id = :account) IS NOT TRUE, k.id IS NOT NULL, r.posted_at, r.id", **wall_of(asker)
    )


def count_free_wishes(asker: Asker) -> int:
    """Return how many wishes on the asker's wall are free for the asker to claim."""
    return int(
        scalar(
            f"SELECT count(*) FROM ({WISH}) AS w WHERE w.claimed_by IS NULL AND NOT w.own",
            **wall_of(asker),
        )
    )


def wish_for_update(asker: Asker, code: str) -> Row[Any]:
    """Lock a wish on the asker's wall and return it as it is then: fields as `wishes_for`. Raises NotFoundError."""
    wall = wall_of(asker)
    found = row(f"SELECT w.id FROM ({WISH}) AS w WHERE w.code = :code", code=read_code(code), **wall)
    if found is not None:
        rows("SELECT id FROM help_request WHERE id = :id FOR UPDATE", id=found.id)
    # Read again, as it is once nobody else holds it.
    wish = row(f"SELECT * FROM ({WISH}) AS w WHERE w.code = :code", code=read_code(code), **wall)
    if wish is None:
        raise NotFoundError("no such wish", request=code[:20])
    return wish


def claim_of(request: Row[Any]) -> Row[Any] | None:
    """Return who has claimed a wish: name, role, badge, claimed_at; None for nobody. Ask whose it is first."""
    return row(
        """
        SELECT a.display_name AS name, a.role, b.code AS badge, k.claimed_at
        FROM wish_claim AS k JOIN account AS a ON a.id = k.account_id
        LEFT JOIN badge AS b ON b.account_id = a.id AND b.state = 'live'
        WHERE k.request_id = :id AND k.given_up_at IS NULL
        """,
        id=request.id,
    )


def wall_of(asker: Asker) -> dict[str, object]:
    """Return the values that WISH binds: the grid where a resident lives, or a volunteer with a live badge works."""
    grid = asker.grid_id
    if asker.role == Role.RESIDENT:
        grid = scalar(
            "SELECT b.grid_id FROM household AS h JOIN building AS b ON b.id = h.building_id WHERE h.id = :home AND h.active",
            home=asker.household(),
        )
    # No grid has the number 0: who has none reads an empty wall.
    return {"grid": grid or 0, "home": asker.household_id or 0, "account": asker.account_id}
