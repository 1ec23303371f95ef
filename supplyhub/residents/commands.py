"""What people do with households: cards to sign in with, tokens, reading a care note. Each is one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag

from supplyhub.codes import new_secret
from supplyhub.crypto import token_hash
from supplyhub.db import execute, row, rows, transaction
from supplyhub.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from supplyhub.people.accounts import add_tokens
from supplyhub.people.commands import SignInError, secret_hash
from supplyhub.people.states import Role
from supplyhub.residents.register import CARE_KEY, CATEGORY
from supplyhub.residents.rules import said_door

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker

LONGEST_PURPOSE = 200
DOOR = """
    SELECT h.id, h.account_id, h.unit_number, h.door, b.name AS building, b.number AS building_number
    FROM household AS h JOIN building AS b ON b.id = h.building_id
"""


@dataclass(frozen=True, slots=True)
class CardHolder:
    """The household behind a card. `door` is how people say it: 58-2-301."""

    household_id: int
    account_id: int
    door: str


@dataclass(frozen=True, slots=True)
class NewCard:
    """A card just issued; the secret is not kept anywhere."""

    household_id: int
    door: str
    secret: str


def issue_card(asker: Asker, household_id: int) -> NewCard:
    """Issue a household's card; the one before ends. For a coordinator, and a grid lead in the own grid.

    Raises NotFoundError for a household that isn't there, isn't active, or isn't the asker's.
    """
    _card_issuer(asker)
    with transaction():
        found = _lock_households(
            asker.community_id, "AND h.id = :household", household=household_id, grid=_scope(asker)
        )
        if not found:
            raise NotFoundError("there is no such household", household=household_id)
        return _new_cards(found)[0]


def issue_grid_cards(asker: Asker, grid_id: int) -> list[NewCard]:
    """Issue a card for every active household of a grid, in walking order; the ones before end.

    Raises NotFoundError for a grid that isn't the asker's or has no household.
    """
    _card_issuer(asker)
    if not asker.sees_grid(grid_id):
        raise NotFoundError("there is no such grid", grid=grid_id)
    with transaction():
        found = _lock_households(asker.community_id, "", grid=grid_id)
        if not found:
            raise NotFoundError("this grid has no households", grid=grid_id)
        order = {
            home.id: position
            for position, home in enumerate(
                rows(
                    "SELECT h.id FROM household AS h JOIN building AS b ON b.id = h.building_id WHERE b.grid_id = :grid"
                    " ORDER BY b.route_position, b.number, b.name, h.unit_number, h.floor, h.door",
                    grid=grid_id,
                )
            )
        }
        return _new_cards(sorted(found, key=lambda home: order[home.id]))


def demo_card(community_id: int, household_id: int) -> NewCard:
    """Issue a card for the command line and the demo, without an asker."""
    with transaction():
        found = _lock_households(community_id, "AND h.id = :household", household=household_id, grid=None)
        if not found:
            raise NotFoundError("there is no such household", household=household_id)
        return _new_cards(found)[0]


def household_of_card(secret: str) -> CardHolder:
    """Return the household of a card, scanned or typed. Raises SignInError when a newer card was issued or it never was.

    Reads only.
    """
    found = row(
        f"""{DOOR} JOIN household_card AS c ON c.household_id = h.id JOIN account AS a ON a.id = h.account_id
        WHERE c.secret_hash = :hash AND c.revoked_at IS NULL AND h.active AND a.active""",
        hash=secret_hash(secret),
    )
    if found is None:
        raise SignInError("this card isn't valid; a newer one may have been printed")
    return CardHolder(found.id, found.account_id, _door(found))


def mint_tokens(household_ids: Sequence[int]) -> dict[int, str]:
    """Return a fresh API token for each active household, by household. Raises NotFoundError when one isn't there."""
    with transaction():
        found = rows(
            "SELECT id, account_id FROM household WHERE id = ANY(:ids) AND active ORDER BY id", ids=list(household_ids)
        )
        if len(found) != len(set(household_ids)):
            raise NotFoundError("not all of these households are there and active", households=len(set(household_ids)))
        tokens = add_tokens([home.account_id for home in found])
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


def _card_issuer(asker: Asker) -> None:
    if asker.role not in {Role.COORDINATOR, Role.GRID_LEAD}:
        raise NotAllowedError("only a coordinator or the grid's lead issues cards", role=asker.role)


def _scope(asker: Asker) -> int | None:
    return asker.grid() if asker.role == Role.GRID_LEAD else None


def _lock_households(community_id: int, which: str, **values: object) -> list[Row[Any]]:
    """Lock and return active households: `which` is constant SQL. Of two cards issued at once, one comes after the other."""
    return rows(
        f"""{DOOR} WHERE h.community_id = :community AND h.active
        AND (CAST(:grid AS bigint) IS NULL OR b.grid_id = :grid) {which} ORDER BY h.id FOR NO KEY UPDATE OF h""",
        community=community_id,
        **values,
    )


def _new_cards(households: Sequence[Row[Any]]) -> list[NewCard]:
    cards = [NewCard(home.id, _door(home), new_secret()) for home in households]
    ids = [card.household_id for card in cards]
    execute(
        "UPDATE household_card SET revoked_at = clock_timestamp() WHERE household_id = ANY(:ids) AND revoked_at IS NULL",
        ids=ids,
    )
    execute(
        "INSERT INTO household_card (household_id, secret_hash)"
        " SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:hashes AS bytea[]))",
        ids=ids,
        hashes=[token_hash(card.secret) for card in cards],
    )
    return cards


def _door(home: Row[Any]) -> str:
    return said_door(home.building_number, home.building, home.unit_number, home.door)
