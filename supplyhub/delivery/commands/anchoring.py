"""A parcel that was left with an anchor household reaches its own: the last step of its custody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.codes import read_code
from supplyhub.db import scalar, transaction
from supplyhub.errors import NotFoundError
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from supplyhub.people.asker import Asker


def pass_on(asker: Asker, parcel_code: str) -> None:
    """Write that a household has the parcel that its anchor household kept; again changes nothing.

    For the one who kept it, for the one whose it is, for the grid's lead and for a coordinator. Raises NotFoundError for
    everybody else, and for a parcel that isn't with an anchor household.
    """
    with transaction():
        passed = scalar(
            """
            UPDATE anchor_custody AS c SET passed_at = coalesce(c.passed_at, clock_timestamp()),
                   passed_by = coalesce(c.passed_by, :by)
            FROM stop AS s, parcel AS p, orders AS o, anchor_household AS a, grid AS g
            WHERE s.id = c.stop_id AND p.id = s.parcel_id AND o.id = s.order_id AND a.id = c.anchor_id AND g.id = c.grid_id
              AND p.code = :code AND g.community_id = :community
              AND (:anywhere OR c.grid_id = :grid OR :home IN (a.household_id, o.household_id))
            RETURNING c.entry_id
            """,
            code=read_code(parcel_code),
            community=asker.community_id,
            by=asker.account_id,
            anywhere=asker.role == Role.COORDINATOR,
            grid=asker.grid_id if asker.role == Role.GRID_LEAD else None,
            home=asker.household_id,
        )
        if passed is None:
            raise NotFoundError("no such parcel is with an anchor household", parcel=parcel_code[:20])
