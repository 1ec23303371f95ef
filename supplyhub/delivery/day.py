"""What a volunteer's phone takes along for the day: the own live tickets with their doors, and nothing else.

A telephone number goes along only where the register says that somebody calls before coming, and only until the door has
an outcome. The doors are those that `queries.sees_doors` shows.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from supplyhub.db import as_dict, row, rows
from supplyhub.delivery.loads import COMMUNITY, HEAVY
from supplyhub.delivery.queries import sees_doors
from supplyhub.delivery.signing import Claims, audience_of, sign
from supplyhub.delivery.states import WITH_VOLUNTEER, TicketState
from supplyhub.depot.valuing import LINES
from supplyhub.ordering.doors import opened
from supplyhub.payments.collecting import TO_COLLECT, cash_left
from supplyhub.people.shifts import shift_end
from supplyhub.places.levels import HOLDS
from supplyhub.residents.register import PHONE
from supplyhub.residents.states import DoorNeed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

    from supplyhub.crypto import SigningKey, Vault
    from supplyhub.people.asker import Asker

LIVE = (TicketState.CLAIMED, *WITH_VOLUNTEER)


@dataclass(frozen=True, slots=True)
class Day:
    """What goes along. `badge` is None for somebody whose badge ended with parcels in hand.

    badge: code, grid (number), grid_name, valid_until
    tickets: id, code, state, claims, grid_number, badge_id, badge (its code), route_version, delivery_point (or None),
    handed_over_at, mine (always), token (or None), cash (collect_fen, taken_fen of all doors), stops (see
    `schemas_phone.DayStopOut`)
    """

    server_now: datetime
    badge: Row[Any] | None
    shift_ends: datetime | None
    tickets: list[dict[str, Any]]


def day_for(asker: Asker, *, vault: Vault, key: SigningKey, english: bool = False) -> Day:
    """Return what a volunteer's phone needs to work without signal; goods by their Chinese or their English names.

    What is claimed goes along as a token too, signed with `key`, for the delivery point to scan within the shift.
    """
    tickets = rows(TICKETS, account=asker.account_id, community=asker.community_id, live=list(LIVE))
    open_ones = [ticket.id for ticket in tickets if sees_doors(asker, ticket)]
    stops = _stops(open_ones, vault, english=english)
    in_cash = cash_left([ticket.id for ticket in tickets])
    badge = None if asker.badge_id is None else row(BADGE, badge=asker.badge_id)
    ends = None if asker.badge_id is None else shift_end(asker.badge_id)
    told = [_ticket(ticket, stops[ticket.id], in_cash.get(ticket.id, 0)) for ticket in tickets]
    now = datetime.now(UTC)
    for ticket in told:
        ticket["token"] = _token(asker, ticket, key, now, ends) if ends else None
    return Day(now, badge, ends, told)


def _ticket(ticket: Row[Any], stops: list[dict[str, Any]], in_cash_fen: int) -> dict[str, Any]:
    collect, taken = (sum(stop[name] for stop in stops) for name in ("collect_fen", "taken_fen"))
    cash = {"collect_fen": collect, "taken_fen": taken, "in_cash_fen": in_cash_fen}
    return as_dict(ticket) | {"cash": cash, "stops": stops}


def _token(asker: Asker, ticket: dict[str, Any], key: SigningKey, now: datetime, ends: datetime) -> str | None:
    """Return the signed claim of a ticket that the asker's live badge claimed and that wasn't handed over yet."""
    if ticket["state"] != TicketState.CLAIMED or ticket["badge_id"] != asker.badge_id:
        return None
    claims = Claims(
        ticket=ticket["code"],
        grid=ticket["grid_number"],
        badge=ticket["badge"],
        claim=ticket["claims"],
        route=ticket["route_version"],
        issued_at=int(now.timestamp()),
        expires_at=int(ends.timestamp()),
    )
    return sign(key, audience_of(asker.community_id), claims)


def _stops(ticket_ids: Sequence[int], vault: Vault, *, english: bool) -> dict[int, list[dict[str, Any]]]:
    """Return the doors of some tickets in walking order, by ticket."""
    lines: dict[int, list[Row[Any]]] = defaultdict(list)
    for line in rows(GOODS_OF_STOPS, tickets=list(ticket_ids), english=english):
        lines[line.stop_id].append(line)
    stops: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for stop in rows(STOPS, tickets=list(ticket_ids)):
        stops[stop.ticket_id].append(_stop(stop, lines[stop.id], vault))
    return stops


def _stop(stop: Row[Any], lines: list[Row[Any]], vault: Vault) -> dict[str, Any]:
    call_first = DoorNeed.CALL_FIRST in stop.needs
    phone = opened(vault, stop.phone_sealed, *PHONE, stop.household_id) if call_first and stop.outcome is None else ""
    needs = [need for need in stop.needs if need != DoorNeed.CALL_FIRST]
    anchor = None if stop.anchor_id is None else {"id": stop.anchor_id, "door": stop.anchor_door}
    slot = None if stop.slot_from is None else {"from": stop.slot_from, "to": stop.slot_to}
    told = {"call_first": call_first, "phone": phone or None, "needs": needs, "anchor": anchor, "slot": slot}
    return as_dict(stop) | told | {"lines": lines}


BADGE = """
    SELECT b.code, g.number AS grid, g.name AS grid_name, b.valid_until
    FROM badge AS b JOIN grid AS g ON g.id = b.grid_id WHERE b.id = :badge
"""

TICKETS = """
    SELECT t.id, t.code, t.state, t.claims, t.grid_id, g.number AS grid_number, t.badge_id, b.code AS badge,
           r.version AS route_version, d.name AS delivery_point, t.handed_over_at, true AS mine
    FROM ticket AS t
    JOIN badge AS b ON b.id = t.badge_id AND b.account_id = :account
    JOIN grid AS g ON g.id = t.grid_id AND g.community_id = :community
    JOIN route AS r ON r.id = t.route_id
    JOIN batch AS h ON h.id = t.batch_id
    LEFT JOIN delivery_point AS d ON d.id = h.delivery_point_id
    WHERE t.state = ANY (:live)
    ORDER BY t.cycle_id DESC, t.sequence
"""

# In a grid in lockdown every door goes without contact.
STOPS = f"""
    SELECT s.id, s.ticket_id, s.position, p.code AS parcel_code, h.id AS household_id,
           coalesce(nullif(b.number, 0)::text, b.name) || '-' || h.unit_number || '-' || h.door AS door,
           b.name AS building, h.unit_number, h.floor, b.floors, h.people_count, p.bags, p.weight_grams,
           {HEAVY} AS heavy, s.mode, s.outcome, s.problem, s.happened_at, h.phone_sealed,
           x.starts_at AS slot_from, x.ends_at AS slot_to,
           CASE WHEN p.state <> 'returned' THEN c.fen ELSE 0 END AS collect_fen, coalesce(k.fen, 0)::bigint AS taken_fen,
           ARRAY(SELECT n.need FROM household_need AS n WHERE n.household_id = h.id
                 UNION SELECT 'no_contact' WHERE z.level = 'lockdown' ORDER BY 1) AS needs,
           n.id AS anchor_id, coalesce(nullif(b.number, 0)::text, b.name) || '-' || nh.unit_number || '-' || nh.door
             AS anchor_door
    FROM stop AS s
    JOIN ticket AS t ON t.id = s.ticket_id
    JOIN parcel AS p ON p.id = s.parcel_id
    {COMMUNITY}
    JOIN orders AS o ON o.id = s.order_id
    JOIN household AS h ON h.id = o.household_id
    JOIN building AS b ON b.id = o.building_id
    CROSS JOIN LATERAL ({TO_COLLECT.format(orders="o.id = s.order_id")}) AS c
    LEFT JOIN (
        SELECT ticket_id, order_id, sum(amount_fen) AS fen FROM taking WHERE ticket_id = ANY (:tickets) GROUP BY 1, 2
    ) AS k ON k.ticket_id = s.ticket_id AND k.order_id = s.order_id
    {HOLDS.format(grid="s.grid_id")}
    LEFT JOIN slot AS x ON x.cycle_id = t.cycle_id AND x.building_id = o.building_id AND s.mode = 'entrance'
    LEFT JOIN anchor_household AS n ON n.building_id = o.building_id AND n.ended_at IS NULL AND n.household_id <> h.id
    LEFT JOIN household AS nh ON nh.id = n.household_id
    WHERE s.ticket_id = ANY (:tickets) ORDER BY s.ticket_id, s.position
"""

GOODS_OF_STOPS = f"""
    SELECT s.id AS stop_id, l.item_id AS item, l.substitute, l.units,
           CASE WHEN :english AND d.name_en <> '' THEN d.name_en ELSE d.name_zh END AS name, l.fen AS worth_fen,
           coalesce(l.kept, 0) AS kept
    FROM stop AS s
    JOIN orders AS o ON o.id = s.order_id
    JOIN parcel AS p ON p.id = s.parcel_id
    CROSS JOIN LATERAL ({LINES}) AS l
    JOIN menu_item AS i ON i.id = l.goods_item_id
    JOIN offer AS f ON f.id = i.offer_id
    JOIN product AS d ON d.id = f.product_id
    WHERE s.ticket_id = ANY (:tickets) AND l.units > 0 ORDER BY s.id, d.category, d.sku, l.item_id
"""
