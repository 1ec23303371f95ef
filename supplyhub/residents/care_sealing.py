"""What an entry of the care register says, sealed with a key of its own: destroy the key, and it is gone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from supplyhub.crypto import open_own, own_vault
from supplyhub.residents.care_rules import Contents, as_text, read_words
from supplyhub.residents.states import CareCategory

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault

CATEGORY = ("care_case", "category")
CARE_KEY = ("care_case", "key")
NOTE = ("care_case", "note")
CARE_PURPOSE = "special_group"
MARK_PURPOSE = "care_category"
NO_CATEGORY = "none"


@dataclass(frozen=True, slots=True)
class SealedContents:
    """The columns of `care_case` that say something, and the marks of its categories."""

    category: bytes
    note: bytes | None
    wrapped_key: bytes
    marks: list[bytes]


def seal_contents(case_id: int, contents: Contents, *, vault: Vault) -> SealedContents:
    """Seal what an entry says with a fresh key; the key before, if there was one, opens nothing any more."""
    own, wrapped = vault.wrap_new_key(*CARE_KEY, case_id)
    return SealedContents(
        category=own.seal(as_text(contents), *CATEGORY, case_id),
        note=own.seal(contents.note, *NOTE, case_id) if contents.note else None,
        wrapped_key=wrapped,
        marks=marks_of(contents.categories, vault=vault),
    )


def open_contents(case: Row[Any], *, vault: Vault) -> Contents:
    """Return what an entry says: of a row with id, category_sealed, note_sealed, wrapped_key.

    Raises DestroyedError, ConflictError when it was altered or moved.
    """
    own = own_vault(vault, case.wrapped_key, *CARE_KEY, case.id)
    # An entry of before there were categories has words alone.
    said = read_words(open_own(own, case.category_sealed, *CATEGORY, case.id))
    return replace(said, note=open_own(own, case.note_sealed, *NOTE, case.id))


def marks_of(categories: Iterable[CareCategory], *, vault: Vault) -> list[bytes]:
    """Return the keyed hashes by which an entry is found by its categories, without opening any; one of its own for none."""
    codes = sorted(category.value for category in categories) or [NO_CATEGORY]
    return [vault.lookup_hash(code, MARK_PURPOSE) for code in codes]


def marked_categories(marks: Iterable[bytes], *, vault: Vault) -> set[CareCategory]:
    """Return the categories that marks stand for."""
    known = {vault.lookup_hash(category.value, MARK_PURPOSE): category for category in CareCategory}
    return {known[bytes(mark)] for mark in marks if bytes(mark) in known}


def special_group_hash(vault: Vault, group: str) -> bytes:
    """Return the hash that tells whether a register file still says the same of a household."""
    return vault.lookup_hash(group, CARE_PURPOSE)
