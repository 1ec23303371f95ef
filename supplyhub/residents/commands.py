"""What people do with households: cards, tokens. Each is one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.db import rows, transaction
from supplyhub.errors import NotFoundError
from supplyhub.people.accounts import add_tokens
from supplyhub.residents.cards import (
    CardHolder,
    NewCard,
    card_holder,
    demo_card,
    household_of_card,
    issue_card,
    issue_cards,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "CardHolder",
    "NewCard",
    "card_holder",
    "demo_card",
    "household_of_card",
    "issue_card",
    "issue_cards",
    "mint_tokens",
]


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
