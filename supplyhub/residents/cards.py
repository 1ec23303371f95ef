"""Household cards: the secrets that residents sign in with, scanned or typed. A newer card ends the one before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.codes import TYPED_LENGTH, new_secret, new_typed_code, read_code
from supplyhub.crypto import token_hash
from supplyhub.db import execute, row, rows, transaction
from supplyhub.errors import HubError, NotAllowedError, NotFoundError
from supplyhub.people.commands import SignInError, secret_hash
from supplyhub.people.states import Role
from supplyhub.residents import guessing
from supplyhub.residents.rules import said_door

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker

DOOR = """
    SELECT h.id, h.account_id, h.unit, h.unit_number, h.door, b.name AS building, b.number AS building_number
    FROM household AS h JOIN building AS b ON b.id = h.building_id
"""


class TooManyGuessesError(HubError):
    """Too many wrong typed codes within the hour; scanned cards still sign in."""

    code = "too_many_guesses"


@dataclass(frozen=True, slots=True)
class CardHolder:
    """The household behind a card. `door` is how people say it: 58-2-301."""

    card_id: int
    household_id: int
    account_id: int
    door: str


@dataclass(frozen=True, slots=True)
class NewCard:
    """A card, its secret and its code to type, which are not kept anywhere. `address` is the door as in the register."""

    household_id: int
    door: str
    address: str
    secret: str
    typed_code: str


def issue_card(asker: Asker, household_id: int, *, vault: Vault) -> NewCard:
    """Issue a household's card; the one before ends. For a coordinator, and a grid lead in the own grid.

    Raises NotFoundError for a household that isn't there, isn't active, or isn't the asker's.
    """
    return _issue_one(asker.community_id, prepare_card(asker, household_id), vault)


def demo_card(community_id: int, household_id: int, *, vault: Vault) -> NewCard:
    """Issue a card for the command line and the demo, without an asker."""
    found = row(f"{DOOR} WHERE h.id = :household AND h.active", household=household_id)
    if found is None:
        raise NotFoundError("there is no such household", household=household_id)
    return _issue_one(community_id, _new_card(found), vault)


def prepare_card(asker: Asker, household_id: int) -> NewCard:
    """Return a card for one household, which isn't valid until `issue_cards`. Raises NotFoundError, NotAllowedError."""
    _card_issuer(asker)
    found = row(
        f"""{DOOR} WHERE h.id = :household AND h.community_id = :community AND h.active
        AND (CAST(:own_grid AS bigint) IS NULL OR b.grid_id = :own_grid)""",
        household=household_id,
        community=asker.community_id,
        own_grid=asker.grid() if asker.role == Role.GRID_LEAD else None,
    )
    if found is None:
        raise NotFoundError("there is no such household", household=household_id)
    return _new_card(found)


def prepare_cards(asker: Asker, grid_id: int) -> list[NewCard]:
    """Return a card for every active household of a grid, in walking order; none is valid until `issue_cards`.

    In between they are printed: a printer that fails doesn't end the cards that people have.
    Raises NotFoundError for a grid that isn't the asker's or has no household.
    """
    _card_issuer(asker)
    found = []
    if asker.sees_grid(grid_id):
        found = rows(
            f"{DOOR} WHERE h.community_id = :community AND b.grid_id = :grid AND h.active"
            " ORDER BY b.route_position, b.number, b.name, h.unit_number, h.floor, h.door",
            community=asker.community_id,
            grid=grid_id,
        )
    if not found:
        raise NotFoundError("there is no such grid with households", grid=grid_id)
    return [_new_card(home) for home in found]


def issue_cards(asker: Asker, cards: Sequence[NewCard], *, vault: Vault) -> None:
    """Make prepared cards valid; the ones before end, scanned or typed. Who is signed in stays so.

    A household deactivated meanwhile stays without.
    """
    _card_issuer(asker)
    with transaction():
        _write_active(asker.community_id, cards, vault)


def card_holder(given: str, *, address: str, vault: Vault) -> CardHolder:
    """Return the household of a card by what was scanned or typed from it, at an address of the network.

    A typed code that is wrong is counted against the address and against all. Raises SignInError when a newer card was
    issued or there never was such a one, TooManyGuessesError.
    """
    code = read_code(given[:100])
    return _holder_by_typed_code(code, address, vault) if len(code) == TYPED_LENGTH else household_of_card(code)


def household_of_card(secret: str) -> CardHolder:
    """Return the household of a card by its secret. Raises SignInError as `card_holder`. Reads only."""
    return _valid(_holder("c.secret_hash = :hash", secret_hash(secret)))


def _holder_by_typed_code(code: str, address: str, vault: Vault) -> CardHolder:
    with transaction():
        if not guessing.pay(address, vault=vault):
            raise TooManyGuessesError
        holder = _holder("c.typed_code_hash = :hash", typed_code_hash(code, vault))
        if holder is None:
            guessing.sweep()
        else:
            guessing.give_back(address, vault=vault)
    # Said only now: what a wrong one costs has to stay written.
    return _valid(holder)


def typed_code_hash(code: str, vault: Vault) -> bytes:
    """Return the hash under which a typed code is kept: keyed, as 50 bits are soon tried out by who has a copy."""
    return vault.lookup_hash(code, "household_card.typed_code")


def _holder(condition: str, fingerprint: bytes) -> CardHolder | None:
    found = row(
        f"""
        SELECT c.id AS card_id, h.id, h.account_id, h.unit_number, h.door, b.name AS building, b.number AS building_number
        FROM household_card AS c JOIN household AS h ON h.id = c.household_id
        JOIN building AS b ON b.id = h.building_id JOIN account AS a ON a.id = h.account_id
        WHERE {condition} AND c.revoked_at IS NULL AND h.active AND a.active""",
        hash=fingerprint,
    )
    return None if found is None else CardHolder(found.card_id, found.id, found.account_id, _said(found))


def _valid(holder: CardHolder | None) -> CardHolder:
    if holder is None:
        raise SignInError("this card isn't valid; a newer one may have been printed")
    return holder


def _issue_one(community_id: int, card: NewCard, vault: Vault) -> NewCard:
    with transaction():
        if not _write_active(community_id, [card], vault):
            raise NotFoundError("there is no such household", household=card.household_id)
    return card


def _write_active(community_id: int, cards: Sequence[NewCard], vault: Vault) -> bool:
    """Write the cards of those households that are active, and lock these: of two cards issued at once, one is later."""
    by_household = {card.household_id: card for card in cards}
    active = rows(
        "SELECT id FROM household WHERE id = ANY(:ids) AND community_id = :community AND active"
        " ORDER BY id FOR NO KEY UPDATE",
        ids=list(by_household),
        community=community_id,
    )
    _write([by_household[home.id] for home in active], vault)
    return bool(active)


def _write(cards: Sequence[NewCard], vault: Vault) -> None:
    """Write the cards of locked households; the ones before end."""
    ids = [card.household_id for card in cards]
    execute(
        "UPDATE household_card SET revoked_at = clock_timestamp() WHERE household_id = ANY(:ids) AND revoked_at IS NULL",
        ids=ids,
    )
    execute(
        "INSERT INTO household_card (household_id, secret_hash, typed_code_hash)"
        " SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:hashes AS bytea[]), CAST(:typed AS bytea[]))",
        ids=ids,
        hashes=[token_hash(card.secret) for card in cards],
        typed=[typed_code_hash(card.typed_code, vault) for card in cards],
    )


def _card_issuer(asker: Asker) -> None:
    if asker.role not in {Role.COORDINATOR, Role.GRID_LEAD}:
        raise NotAllowedError("only a coordinator or the grid's lead issues cards", role=asker.role)


def _new_card(home: Row[Any]) -> NewCard:
    address = " ".join(part for part in (home.building, home.unit, home.door) if part)
    return NewCard(home.id, _said(home), address, new_secret(), new_typed_code())


def _said(home: Row[Any]) -> str:
    return said_door(home.building_number, home.building, home.unit_number, home.door)
