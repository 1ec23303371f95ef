"""What people do with households: tokens, reading a care note. Each is one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag

from supplyhub.db import execute, row, rows, transaction
from supplyhub.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from supplyhub.people.accounts import add_tokens
from supplyhub.people.states import Role
from supplyhub.residents.cards import (
    CardHolder,
    NewCard,
    card_holder,
    demo_card,
    household_of_card,
    issue_card,
    issue_cards,
)
from supplyhub.residents.register import CARE_KEY, CATEGORY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker

__all__ = [
    "CardHolder",
    "NewCard",
    "card_holder",
    "demo_card",
    "household_of_card",
    "issue_card",
    "issue_cards",
    "mint_tokens",
    "read_care_note",
]

LONGEST_PURPOSE = 200


def mint_tokens(household_ids: Sequence[int], *, days: int) -> dict[int, str]:
    """Return a fresh API token for each active household, valid for so many days, by household.

    Raises NotFoundError when one isn't there.
    """
    with transaction():
        found = rows(
            "SELECT id, account_id FROM household WHERE id = ANY(:ids) AND active ORDER BY id", ids=list(household_ids)
        )
        if len(found) != len(set(household_ids)):
            raise NotFoundError("not all of these households are there and active", households=len(set(household_ids)))
        tokens = add_tokens([home.account_id for home in found], days=days)
        return {home.id: tokens[home.account_id] for home in found}


def read_care_note(asker: Asker, case_id: int, *, purpose: str, vault: Vault) -> str:
    """Return what a care case says, and write down who read it and what for. For a coordinator.

    Raises NotFoundError, InvalidError (no purpose), ConflictError when the note was destroyed or altered.
    """
    if asker.role != Role.COORDINATOR:
        raise NotAllowedError("only a coordinator reads care notes", role=asker.role)
    if not 1 <= len(purpose.strip()) <= LONGEST_PURPOSE or not purpose.isprintable():
        raise InvalidError(f"say what for, in 1 to {LONGEST_PURPOSE} characters")
    with transaction():
        case = row(
            "SELECT c.category_sealed, c.wrapped_key FROM care_case AS c JOIN household AS h ON h.id = c.household_id"
            " WHERE c.id = :case AND h.community_id = :community",
            case=case_id,
            community=asker.community_id,
        )
        if case is None:
            raise NotFoundError("there is no such care case", case=case_id)
        note = _opened(case, case_id, vault)
        execute(
            "INSERT INTO care_access (care_case_id, account_id, purpose) VALUES (:case, :account, :purpose)",
            case=case_id,
            account=asker.account_id,
            purpose=purpose.strip(),
        )
        return note


def _opened(case: Row[Any], case_id: int, vault: Vault) -> str:
    if case.wrapped_key is None or case.category_sealed is None:
        raise ConflictError("this note was destroyed", case=case_id)
    try:
        return vault.unwrap_key(case.wrapped_key, *CARE_KEY, case_id).open(case.category_sealed, *CATEGORY, case_id)
    except InvalidTag:
        raise ConflictError("this note was altered and can't be opened", case=case_id) from None
