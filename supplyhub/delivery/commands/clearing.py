"""A lead has seen to something in the inbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.db import scalar, transaction
from supplyhub.delivery.inbox import clear
from supplyhub.delivery.states import InboxKind
from supplyhub.errors import InvalidError, NotFoundError

if TYPE_CHECKING:
    from supplyhub.people.asker import Asker

LONGEST_NOTE = 200


def clear_item(asker: Asker, item_id: int, *, note: str = "") -> bool:
    """Clear an item of the asker's inbox with a note of what was done; tell whether it was still open.

    The note of what a household reported is what that household reads. Raises NotFoundError for another grid's item,
    InvalidError for a note of more than 200 characters, and for none where a household waits for the answer.
    """
    note = note.strip()
    if len(note) > LONGEST_NOTE:
        raise InvalidError("the note is too long", note=len(note))
    with transaction():
        kind = scalar(
            """
            SELECT i.kind FROM inbox_item AS i JOIN grid AS g ON g.id = i.grid_id
            WHERE i.id = :item AND g.community_id = :community
              AND (CAST(:grid AS bigint) IS NULL OR i.grid_id = :grid)
            """,
            item=item_id,
            community=asker.community_id,
            grid=asker.grid_id,
        )
        if kind is None:
            raise NotFoundError("no such item", item=item_id)
        if kind == InboxKind.NOT_ARRIVED and not note:
            raise InvalidError("the household waits for an answer", item=item_id)
        return bool(clear(asker, [item_id], note=note))
