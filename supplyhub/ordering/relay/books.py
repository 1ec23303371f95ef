"""What the database keeps of a menu's relay: the applied entries, what they made of each order, and the lock."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, rows, scalar
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.relay.entries import Step
from supplyhub.ordering.relay.matching import Kept
from supplyhub.ordering.relay.planning import Standing
from supplyhub.ordering.states import Consent, EntryKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Row

    from supplyhub.ordering.relay.planning import DoorPlan


def lock_relay(menu_id: int) -> None:
    """Make two who apply a menu's relay take turns, to the end of the transaction."""
    scalar("SELECT pg_advisory_xact_lock(hashtextextended('supplyhub.relay', :menu))", menu=menu_id)


def kept_entries(menu_id: int) -> list[Kept]:
    """Return the entries that were applied, each door's in the order in which they count."""
    found = rows(
        "SELECT household_id, number, fingerprint, kind, lines, account_id, applied_at FROM relay_entry"
        " WHERE menu_id = :menu ORDER BY id",
        menu=menu_id,
    )
    return [
        Kept(
            number=entry.number,
            fingerprint=bytes(entry.fingerprint),
            step=Step(entry.household_id, EntryKind(entry.kind), _units(entry.lines)),
            account=entry.account_id,
            applied_at=entry.applied_at,
        )
        for entry in found
    ]


def last_applied(menu_id: int) -> datetime | None:
    """Return when a menu's relay last changed anything, None for never."""
    found: datetime | None = scalar("SELECT max(applied_at) FROM relay_basket WHERE menu_id = :menu", menu=menu_id)
    return found


def standing_of(menu_id: int, households: Collection[int]) -> dict[int, Standing]:
    """Return how the orders of some doors stand, and what the relay last made of them."""
    found = rows(
        """
        SELECT h.id AS home, o.version, o.note, o.channel, o.changed_at, r.lines AS relay_lines, r.order_version, coalesce((
          SELECT jsonb_agg(jsonb_build_array(l.item_id, l.quantity, l.consent, l.substitute_item_id, l.most) ORDER BY l.item_id)
          FROM order_line AS l WHERE l.order_id = o.id), '[]') AS lines
        FROM unnest(CAST(:homes AS bigint[])) AS h(id)
        LEFT JOIN orders AS o ON o.menu_id = :menu AND o.household_id = h.id
        LEFT JOIN relay_basket AS r ON r.menu_id = :menu AND r.household_id = h.id
        """,
        menu=menu_id,
        homes=sorted(households),
    )
    return {door.home: _standing(door) for door in found}


def keep(menu_id: int, account_id: int, plans: Sequence[DoorPlan], versions: dict[int, int]) -> None:
    """Write what was applied: each door's entries in their order, and its basket with the version of its order, if any.

    The entries are written anew, so that the order of their ids is the order in which they count.
    """
    homes = [plan.household for plan in plans]
    execute("DELETE FROM relay_entry WHERE menu_id = :menu AND household_id = ANY (:homes)", menu=menu_id, homes=homes)
    execute(
        """
        INSERT INTO relay_entry (menu_id, household_id, number, fingerprint, kind, lines, account_id, applied_at)
        SELECT :menu, e.home, e.number, decode(e.fingerprint, 'hex'), e.kind, e.lines, e.account, coalesce(e.applied_at, now())
        FROM jsonb_to_recordset(CAST(:entries AS jsonb))
          AS e(n bigint, home bigint, number bigint, fingerprint text, kind text, lines jsonb, account bigint,
               applied_at timestamptz)
        ORDER BY e.n
        """,
        menu=menu_id,
        entries=json.dumps(list(_entries(plans, account_id))),
    )
    execute(
        """
        INSERT INTO relay_basket AS r (menu_id, household_id, lines, order_version, applied_at)
        SELECT :menu, b.home, b.lines, b.version, now()
        FROM jsonb_to_recordset(CAST(:baskets AS jsonb)) AS b(home bigint, lines jsonb, version bigint)
        ON CONFLICT (menu_id, household_id) DO UPDATE SET
          lines = excluded.lines, order_version = excluded.order_version, applied_at = excluded.applied_at
        """,
        menu=menu_id,
        baskets=json.dumps([_basket(plan, versions) for plan in plans if plan.household in versions]),
    )


def _basket(plan: DoorPlan, versions: dict[int, int]) -> dict[str, Any]:
    return {"home": plan.household, "lines": plan.wanted, "version": versions[plan.household]}


def _entries(plans: Iterable[DoorPlan], account_id: int) -> Iterable[dict[str, Any]]:
    links = ((plan.household, link.entry) for plan in plans for link in plan.links)
    for place, (home, entry) in enumerate(links):
        yield {
            "n": place,
            "home": home,
            "number": entry.number,
            "fingerprint": entry.fingerprint.hex(),
            "kind": entry.step.kind,
            "lines": dict(entry.step.lines),
            "account": entry.account or account_id,
            "applied_at": entry.applied_at.isoformat() if entry.applied_at else None,
        }


def _units(lines: dict[str, int]) -> dict[int, int]:
    return {int(item): units for item, units in lines.items()}


def _standing(door: Row[Any]) -> Standing:
    return Standing(
        version=door.version,
        lines={
            item: Line(item, units, Consent(consent), other, most) for item, units, consent, other, most in door.lines
        },
        note=door.note or "",
        channel=door.channel or "",
        changed_at=door.changed_at,
        relay_lines=_units(door.relay_lines) if door.relay_lines is not None else None,
        relay_version=door.order_version,
    )
