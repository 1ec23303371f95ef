"""A photo of what was wrong at a door, kept with the entry that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.db import row, scalar, transaction
from supplyhub.errors import BusyError, ConflictError
from supplyhub.photos.cleaning import cleaned
from supplyhub.photos.commands import write_photo

if TYPE_CHECKING:
    from uuid import UUID

    from supplyhub.people.asker import Asker


def attach_photo(asker: Asker, entry_id: UUID, data: bytes) -> None:
    """Keep a volunteer's photo with an own entry; the first one stays, another one has no effect.

    Raises ConflictError while the entry hasn't come, InvalidError for what is no picture, or too large, BusyError when
    another one comes at the same moment.
    """
    picture = cleaned(data)
    with transaction():
        entry = row(
            """
            SELECT e.id, p.photo_id FROM delivery_entry AS e JOIN badge AS b ON b.id = e.badge_id
            LEFT JOIN door_photo AS p ON p.entry_id = e.id
            WHERE e.id = :entry AND b.account_id = :account
            """,
            entry=entry_id,
            account=asker.account_id,
        )
        if entry is None:
            raise ConflictError("this entry has not come yet; send it first", entry=str(entry_id))
        if entry.photo_id is not None:
            return
        kept = scalar(
            "INSERT INTO door_photo (entry_id, photo_id) VALUES (:entry, :photo) ON CONFLICT DO NOTHING RETURNING entry_id",
            entry=entry_id,
            photo=write_photo(asker, picture),
        )
        if kept is None:
            raise BusyError("another photo of this door comes at this moment", retry_after_seconds=1)
