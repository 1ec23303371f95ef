"""Household cards: the secrets that residents sign in with. A newer card ends the one before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.codes import new_secret
from supplyhub.crypto import token_hash
from supplyhub.db import execute, row, rows, transaction
from supplyhub.errors import NotAllowedError, NotFoundError
from supplyhub.people.commands import SignInError, secret_hash
from supplyhub.people.states import Role
from supplyhub.residents.rules import said_door

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

DOOR = """
    SELECT h.id, h.account_id, h.unit, h.unit_number, h.door, b.name AS building, b.number AS building_number
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
    """A card and its secret, which is not kept anywhere. `address` is the door as the register has it."""

    household_id: int
    door: str
    address: str
    secret: str


def issue_card(asker: Asker, household_id: int) -> NewCard:
    """Issue a household's card; the one before ends. For a coordinator, and a grid lead in the own grid.

    Raises NotFoundError for a household that isn't there, isn't active, or isn't the asker's.
    """
    _card_issuer(asker)
    own_grid = asker.grid() if asker.role == Role.GRID_LEAD else None
    return _issue_one(asker.community_id, household_id, own_grid)


def demo_card(community_id: int, household_id: int) -> NewCard:
    """Issue a card for the command line and the demo, without an asker."""
    return _issue_one(community_id, household_id, None)


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


def issue_cards(asker: Asker, cards: Sequence[NewCard]) -> None:
    """Make prepared cards valid; the ones before end. A household deactivated meanwhile stays without."""
    _card_issuer(asker)
    by_household = {card.household_id: card for card in cards}
    with transaction():
        active = rows(
            "SELECT id FROM household WHERE id = ANY(:ids) AND community_id = :community AND active"
            " ORDER BY id FOR NO KEY UPDATE",
            ids=list(by_household),
            community=asker.community_id,
        )
        _write([by_household[home.id] for home in active])


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
    return CardHolder(found.id, found.account_id, _said(found))


def _issue_one(community_id: int, household_id: int, own_grid: int | None) -> NewCard:
    with transaction():
        # Of two cards issued at once, one comes after the other.
        found = row(
            f"""{DOOR} WHERE h.id = :household AND h.community_id = :community AND h.active
            AND (CAST(:own_grid AS bigint) IS NULL OR b.grid_id = :own_grid) FOR NO KEY UPDATE OF h""",
            household=household_id,
            community=community_id,
            own_grid=own_grid,
        )
        if found is None:
            raise NotFoundError("there is no such household", household=household_id)
        card = _new_card(found)
        _write([card])
        return card


def _write(cards: Sequence[NewCard]) -> None:
    """Write the cards of locked households; the ones before end."""
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


def _card_issuer(asker: Asker) -> None:
    if asker.role not in {Role.COORDINATOR, Role.GRID_LEAD}:
        raise NotAllowedError("only a coordinator or the grid's lead issues cards", role=asker.role)


def _new_card(home: Row[Any]) -> NewCard:
    address = " ".join(part for part in (home.building, home.unit, home.door) if part)
    return NewCard(home.id, _said(home), address, new_secret())


def _said(home: Row[Any]) -> str:
    return said_door(home.building_number, home.building, home.unit_number, home.door)
