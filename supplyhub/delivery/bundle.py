"""What a device of the depot or a delivery point takes along, to judge without signal who may take which crates.

Codes, grids, badges and times: no door, no name, nothing of a household. The same facts as `scanning.Known`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.db import row, rows, scalar
from supplyhub.delivery.signing import Claims, audience_of, in_base64, sign

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.crypto import SigningKey
    from supplyhub.people.asker import Asker


@dataclass(frozen=True, slots=True)
class Bundle:
    """A device's list. Times in unix seconds.

    made_at, audience, point (a delivery point's name, or None), everywhere: see `scanning.Known`
    points: grid (number), point (name, or None)
    tickets: code, grid, point, state, at_point, claim, badge (code, or None), used_at, successor, stops, bags, crates, unpacked
    badges: code, grid, state, valid_until, shift_ends
    elsewhere: code and grid of the tickets of other points
    keys: id, public (base64url)
    """

    made_at: int
    audience: str
    point: str | None
    everywhere: bool
    points: list[Row[Any]]
    tickets: list[Row[Any]]
    badges: list[Row[Any]]
    elsewhere: list[Row[Any]]
    keys: list[dict[str, str]]


def bundle_for(asker: Asker, key: SigningKey) -> Bundle:
    """Return the list for a device of the asker's: of the own delivery point, for staff of the depot of all of them."""
    bound = {"community": asker.community_id, "point": asker.delivery_point_id}
    # First: what changes while the rest is read counts as newer than the list.
    made_at = int(scalar("SELECT extract(epoch FROM clock_timestamp())"))
    return Bundle(
        made_at=made_at,
        audience=audience_of(asker.community_id),
        point=scalar("SELECT name FROM delivery_point WHERE id = :point", point=asker.delivery_point_id),
        everywhere=asker.delivery_point_id is None,
        points=rows(POINTS, community=asker.community_id),
        tickets=rows(TICKETS, **bound),
        badges=rows(BADGES, **bound),
        elsewhere=rows(ELSEWHERE, **bound),
        keys=[{"id": key.id, "public": in_base64(key.public)}],
    )


POINTS = """
    SELECT g.number AS grid, d.name AS point
    FROM grid AS g LEFT JOIN delivery_point AS d ON d.id = g.delivery_point_id
    WHERE g.community_id = :community ORDER BY g.number
"""
OPEN = "c.community_id = :community AND c.state <> 'closed'"
HERE = "(CAST(:point AS bigint) IS NULL OR {point} = :point)"
TICKETS = f"""
    SELECT t.code, g.number AS grid, d.name AS point, t.state, t.at_point, t.claims AS claim, b.code AS badge,
           extract(epoch FROM t.handed_over_at)::bigint AS used_at,
           (SELECT max(code) FROM ticket WHERE predecessor_id = t.id) AS successor,
           s.stops, s.bags, s.unpacked, (SELECT count(*) FROM crate WHERE ticket_id = t.id) AS crates
    FROM ticket AS t
    JOIN cycle AS c ON c.id = t.cycle_id
    JOIN grid AS g ON g.id = t.grid_id
    JOIN batch AS h ON h.id = t.batch_id
    LEFT JOIN delivery_point AS d ON d.id = h.delivery_point_id
    LEFT JOIN badge AS b ON b.id = t.badge_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS stops, coalesce(sum(p.bags), 0)::bigint AS bags,
               count(*) FILTER (WHERE p.state = 'planned') AS unpacked
        FROM stop JOIN parcel AS p ON p.id = stop.parcel_id WHERE stop.ticket_id = t.id
    ) AS s
    WHERE {OPEN} AND {HERE.format(point="h.delivery_point_id")} ORDER BY g.number, t.sequence
"""
ELSEWHERE = f"""
    SELECT t.code, g.number AS grid
    FROM ticket AS t
    JOIN cycle AS c ON c.id = t.cycle_id
    JOIN grid AS g ON g.id = t.grid_id
    JOIN batch AS h ON h.id = t.batch_id
    WHERE {OPEN} AND h.delivery_point_id IS DISTINCT FROM :point AND CAST(:point AS bigint) IS NOT NULL
    ORDER BY g.number, t.sequence
"""
# One that was revoked long ago is as good as unknown.
BADGES = f"""
    SELECT b.code, g.number AS grid, b.state, extract(epoch FROM b.valid_until)::bigint AS valid_until,
           (SELECT extract(epoch FROM max(ends_at))::bigint FROM shift WHERE badge_id = b.id) AS shift_ends
    FROM badge AS b JOIN grid AS g ON g.id = b.grid_id
    WHERE g.community_id = :community AND {HERE.format(point="g.delivery_point_id")}
      AND (b.revoked_at IS NULL OR b.revoked_at > clock_timestamp() - interval '30 days')
    ORDER BY g.number, b.number
"""


def token_of(asker: Asker, code: str, key: SigningKey) -> str | None:
    """Return the token of a ticket that the asker's badge claimed, for the shift that runs; None without one."""
    claim = row(
        """
        SELECT t.code, g.number AS grid, b.code AS badge, t.claims, r.version, t.claimed_at,
               (SELECT max(ends_at) FROM shift WHERE badge_id = b.id AND ends_at > clock_timestamp()) AS ends_at
        FROM ticket AS t
        JOIN grid AS g ON g.id = t.grid_id
        JOIN badge AS b ON b.id = t.badge_id
        JOIN route AS r ON r.id = t.route_id
        WHERE t.code = :code AND t.state = 'claimed' AND t.badge_id = :badge
        """,
        code=code,
        badge=asker.badge_id,
    )
    if claim is None or claim.ends_at is None:
        return None
    begins, ends = (int(when.timestamp()) for when in (claim.claimed_at, claim.ends_at))
    said = Claims(claim.code, claim.grid, claim.badge, claim.claims, claim.version, begins, ends)
    return sign(key, audience_of(asker.community_id), said)


def refused_scans_for(asker: Asker, *, limit: int = 100) -> list[Row[Any]]:
    """Return the scans of a community that were turned away, the latest first.

    Fields: reason, happened_at, offline, by (a name), ticket, ticket_grid, badge, badge_grid (codes and numbers, or None).
    """
    return rows(
        """
        SELECT s.reason, s.happened_at, s.offline, a.display_name AS by, t.code AS ticket, tg.number AS ticket_grid,
               b.code AS badge, bg.number AS badge_grid
        FROM refused_scan AS s
        JOIN account AS a ON a.id = s.scanned_by
        LEFT JOIN ticket AS t ON t.id = s.ticket_id
        LEFT JOIN grid AS tg ON tg.id = t.grid_id
        LEFT JOIN badge AS b ON b.id = s.badge_id
        LEFT JOIN grid AS bg ON bg.id = b.grid_id
        WHERE s.community_id = :community AND (CAST(:point AS bigint) IS NULL OR a.delivery_point_id = :point)
        ORDER BY s.happened_at DESC LIMIT :limit
        """,
        community=asker.community_id,
        point=asker.delivery_point_id,
        limit=limit,
    )
