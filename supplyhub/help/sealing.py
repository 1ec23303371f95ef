"""What a request says, sealed with a key of its own: text, notes, photos, names. Destroy the key, and all of it is gone."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag

from supplyhub.errors import ConflictError

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault

KEY = ("help_request", "key")
TEXT = ("help_request", "text")
NOTE = ("help_step", "note")
PHOTO = ("help_photo", "content")
NAME = ("medicine_pass", "name")


@dataclass(frozen=True, slots=True)
class Content:
    """What a request says: words, and the free text of its kind's fields by name."""

    text: str = ""
    said: dict[str, str] = field(default_factory=dict)


def new_key(vault: Vault, request_id: int) -> tuple[Vault, bytes]:
    """Return a new request's own key, and it wrapped for its row."""
    return vault.wrap_new_key(*KEY, request_id)


def own_key(vault: Vault, request: Row[Any]) -> Vault:
    """Return the key of a request (id, wrapped_key). Raises ConflictError when it was destroyed."""
    if request.wrapped_key is None:
        raise ConflictError("what this request said was destroyed", destroyed=True)
    return vault.unwrap_key(request.wrapped_key, *KEY, request.id)


def seal_content(own: Vault, request_id: int, content: Content) -> bytes:
    """Return what a request says, sealed for its row."""
    words = json.dumps({"text": content.text, "said": content.said}, ensure_ascii=False)
    return own.seal(words, *TEXT, request_id)


def open_content(own: Vault, request_id: int, sealed: bytes) -> Content:
    """Return what a request says; nothing when it was altered or moved in the database."""
    try:
        return Content(**json.loads(own.open(sealed, *TEXT, request_id)))
    except InvalidTag:
        return Content()


def open_text(own: Vault, sealed: bytes | None, place: tuple[str, str], row_id: int) -> str:
    """Return a note or a name; an empty text for none, and for what was altered or moved."""
    if sealed is None:
        return ""
    try:
        return own.open(sealed, *place, row_id)
    except InvalidTag:
        return ""


def seal_photo(own: Vault, photo_id: int, content: bytes) -> bytes:
    """Return a picture sealed for its row."""
    return own.seal(base64.b64encode(content).decode(), *PHOTO, photo_id)


def open_photo(own: Vault, photo_id: int, sealed: bytes) -> bytes:
    """Return a picture. Raises ConflictError when it was altered or moved."""
    try:
        return base64.b64decode(own.open(sealed, *PHOTO, photo_id))
    except InvalidTag as error:
        raise ConflictError("this photo doesn't open", photo=photo_id) from error
