"""What a grid's lead has to clear: opened and cleared by sets, in the caller's transaction. The same thing is open once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub import outbox
from supplyhub.db import execute, rows
from supplyhub.delivery.events import InboxOpened

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from sqlalchemy.engine import Row

    from supplyhub.delivery.states import InboxKind
    from supplyhub.people.asker import Asker


@dataclass(frozen=True, slots=True)
class About:
    """What an item is about: a grid's cycle, and of it a ticket, a door, an entry of a phone, where they are known."""

    cycle_id: int
    grid_id: int
    ticket_id: int | None = None
    stop_id: int | None = None
    entry_id: UUID | None = None


def about(stop: Row[Any], entry_id: UUID | None = None) -> About:
    """Return what an item about a stop (id, ticket_id, grid_id, cycle_id) is about."""
    return About(stop.cycle_id, stop.grid_id, stop.ticket_id, stop.id, entry_id)


def open_items(kind: InboxKind, items: Iterable[About]) -> int:
    """Open an item for each of these; return how many are new. What is open already stays as it is."""
    new = sorted(
        set(items), key=lambda item: (item.grid_id, item.ticket_id or 0, item.stop_id or 0, str(item.entry_id))
    )
    if not new:
        return 0
    opened = rows(
        """
        INSERT INTO inbox_item (kind, cycle_id, grid_id, ticket_id, stop_id, entry_id)
        SELECT :kind, * FROM unnest(CAST(:cycles AS bigint[]), CAST(:grids AS bigint[]), CAST(:tickets AS bigint[]),
                                    CAST(:stops AS bigint[]), CAST(:entries AS uuid[]))
        ON CONFLICT DO NOTHING RETURNING id
        """,
        kind=kind,
        cycles=[item.cycle_id for item in new],
        grids=[item.grid_id for item in new],
        tickets=[item.ticket_id for item in new],
        stops=[item.stop_id for item in new],
        entries=[item.entry_id for item in new],
    )
    if opened:
        outbox.record(InboxOpened([item.id for item in opened]))
    return len(opened)


def clear(asker: Asker, item_ids: Sequence[int], *, note: str = "") -> list[Row[Any]]:
    """Clear items of the asker's community that are open, a lead's of the own grid only; return those (id, kind)."""
    return rows(
        """
        UPDATE inbox_item AS i SET cleared_at = clock_timestamp(), cleared_by = :by, note = :note
        FROM grid AS g
        WHERE g.id = i.grid_id AND i.id = ANY (:items) AND i.cleared_at IS NULL AND g.community_id = :community
          AND (CAST(:grid AS bigint) IS NULL OR i.grid_id = :grid)
        RETURNING i.id, i.kind
        """,
        items=sorted(item_ids),
        by=asker.account_id,
        note=note,
        community=asker.community_id,
        grid=asker.grid_id,
    )


def withdraw(asker: Asker, entry_ids: Sequence[UUID]) -> None:
    """Clear whatever is open about some entries: by what came since it needs nobody any more."""
    execute(
        "UPDATE inbox_item SET cleared_at = clock_timestamp(), cleared_by = :by"
        " WHERE entry_id = ANY (:entries) AND cleared_at IS NULL",
        entries=list(entry_ids),
        by=asker.account_id,
    )
