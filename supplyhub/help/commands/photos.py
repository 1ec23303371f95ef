"""Photos of a request: a prescription, a gas card, something lost. Sealed with its own key; of medicine gone when it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import row, rows, scalar, transaction
from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.help.commands.solving import remove_photos
from supplyhub.help.errors import NotYoursError
from supplyhub.help.opening import write_photos
from supplyhub.help.queries import handles, request_for, request_for_update
from supplyhub.help.rules import MOST_PHOTOS, is_restricted
from supplyhub.help.sealing import open_photo, own_key
from supplyhub.help.states import HelpStepKind
from supplyhub.help.steps import write_step
from supplyhub.photos.cleaning import Picture, cleaned

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker


def add_photo(asker: Asker, code: str, data: bytes, *, vault: Vault) -> None:
    """Add a photo to an open request, without what the camera wrote into it: its household, or those who handle it.

    Raises InvalidError for what is no picture, or too large; ConflictError (`most`) when there are six, NotYoursError,
    NotFoundError, EndedError.
    """
    picture = cleaned(data)
    with transaction():
        request = request_for_update(asker, code, acts=False)
        _refuse_stranger(request)
        if scalar("SELECT count(*) FROM help_photo WHERE request_id = :id", id=request.id) >= MOST_PHOTOS:
            raise ConflictError("there are as many photos as fit", most=MOST_PHOTOS)
        write_photos(request, asker, [picture], own=own_key(vault, request))


def take_photos_away(asker: Asker, code: str) -> None:
    """Remove the photos of a request now: its household, or those who handle it. Without any it changes nothing."""
    with transaction():
        request = request_for_update(asker, code, acts=False, is_open=False)
        _refuse_stranger(request)
        remove_photos(request, asker)


def read_photo(asker: Asker, code: str, photo_id: int, *, vault: Vault) -> Picture:
    """Open a photo of a request that the asker may open; of a restricted one that is a step of it, in one transaction.

    Raises NotYoursError, NotFoundError; ConflictError for a photo that was altered in the database.
    """
    with transaction():
        request = request_for(asker, code)
        _refuse_stranger(request)
        photo = row(
            "SELECT id, media_type, content_sealed FROM help_photo WHERE id = :photo AND request_id = :request",
            photo=photo_id,
            request=request.id,
        )
        if photo is None:
            raise NotFoundError("there is no such photo", photo=photo_id)
        if handles(asker, request) and is_restricted(request.kind):
            write_step(request, HelpStepKind.READ, asker)
        return Picture(photo.media_type, open_photo(own_key(vault, request), photo.id, photo.content_sealed))


def photos_of(request: Row[Any]) -> list[Row[Any]]:
    """Return the photos of a request, without what they show: id, media_type, added_at. Ask whose it is first."""
    return rows("SELECT id, media_type, added_at FROM help_photo WHERE request_id = :id ORDER BY id", id=request.id)


def _refuse_stranger(request: Row[Any]) -> None:
    if not request.opens:
        raise NotYoursError("only those who handle this request open it", request=request.code)
