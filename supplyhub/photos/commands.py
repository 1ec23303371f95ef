"""Keeping photos. Who may look at one is decided by what it is evidence of, in the room that refers to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.db import scalar, transaction
from supplyhub.photos.cleaning import cleaned

if TYPE_CHECKING:
    from supplyhub.people.asker import Asker
    from supplyhub.photos.cleaning import Picture


def keep_photo(asker: Asker, data: bytes) -> int:
    """Keep a photo without what the camera wrote into it, and return its id.

    Raises InvalidError for what is no picture, or too large.
    """
    picture = cleaned(data)
    with transaction():
        return write_photo(asker, picture)


def write_photo(asker: Asker, picture: Picture) -> int:
    """Write a cleaned photo in the caller's transaction, which says what it is evidence of; return its id."""
    return int(
        scalar(
            """
            INSERT INTO photo (community_id, media_type, content, taken_by)
            VALUES (:community, :media_type, :content, :by) RETURNING id
            """,
            community=asker.community_id,
            media_type=picture.media_type,
            content=picture.content,
            by=asker.account_id,
        )
    )
