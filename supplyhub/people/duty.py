"""A grid's duty card (责任牌): whom its residents may call. Its lead and the coordinator write it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplyhub.db import execute, row, rows, scalar, transaction
from supplyhub.errors import InvalidError, NotAllowedError, NotFoundError
from supplyhub.people.accounts import shown_name
from supplyhub.people.applications import LONGEST_PHONE
from supplyhub.people.states import DutyTitle, Role
from supplyhub.places.queries import grid_numbered

if TYPE_CHECKING:
    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker

PLACE = ("duty_entry", "phone")
WRITERS = {Role.GRID_LEAD, Role.COORDINATOR}
# A card is read from a step away; more lines than these nobody reads.
MOST_LINES = 12
# 110 is a number to call, too.
FEWEST_DIGITS, MOST_DIGITS = 3, 20
PHONE = re.compile(r"\+?[0-9 ()-]+")


@dataclass(frozen=True, slots=True)
class DutyLine:
    """Somebody on the card; `phone` is empty for one who is met, not called."""

    id: int
    title: DutyTitle
    name: str
    phone: str


def lines_of(grid_id: int, *, vault: Vault) -> list[DutyLine]:
    """Return a grid's card as it stands. The caller knows that the asker may read it."""
    found = rows(
        "SELECT id, title, name, phone_sealed FROM duty_entry WHERE grid_id = :grid AND ended_at IS NULL"
        " ORDER BY position, id",
        grid=grid_id,
    )
    return [
        DutyLine(
            line.id,
            DutyTitle(line.title),
            line.name,
            vault.open(line.phone_sealed, *PLACE, line.id) if line.phone_sealed else "",
        )
        for line in found
    ]


def written_cards(asker: Asker) -> dict[int, int]:
    """Return how many lines the card of each grid has, by the grid's number. For a coordinator."""
    if asker.role != Role.COORDINATOR:
        raise NotAllowedError("only a coordinator sees all cards", role=asker.role)
    found = rows(
        """
        SELECT g.number, count(d.id) AS lines FROM grid AS g
        LEFT JOIN duty_entry AS d ON d.grid_id = g.id AND d.ended_at IS NULL
        WHERE g.community_id = :community GROUP BY g.id ORDER BY g.number
        """,
        community=asker.community_id,
    )
    return {grid.number: grid.lines for grid in found}


def written_grid(asker: Asker, grid: int) -> int:
    """Return the id of a grid (by number) whose card the asker writes: a lead's own, a coordinator's any.

    Raises NotAllowedError, NotFoundError.
    """
    if asker.role not in WRITERS:
        raise NotAllowedError("a duty card is its lead's and the coordinator's to write", role=asker.role)
    found = grid_numbered(asker.community_id, grid)
    if asker.role == Role.GRID_LEAD and found != asker.grid():
        raise NotFoundError(f"there is no grid {grid}", grid=grid)
    return found


def add_line(asker: Asker, grid: int, *, title: DutyTitle, name: str, phone: str, vault: Vault) -> None:
    """Put somebody on a grid's card (the grid by number), as the last. Raises InvalidError (`field`), NotFoundError."""
    grid_id, name, phone = written_grid(asker, grid), _name(name), _phone(phone)
    with transaction():
        # Two at once: the second counts the first.
        execute("SELECT id FROM grid WHERE id = :grid FOR NO KEY UPDATE", grid=grid_id)
        standing = row(
            "SELECT count(*) AS lines, coalesce(max(position), 0) AS last FROM duty_entry"
            " WHERE grid_id = :grid AND ended_at IS NULL",
            grid=grid_id,
        )
        if standing is not None and standing.lines >= MOST_LINES:
            raise InvalidError("the card is full", field="card", most=MOST_LINES)
        line = scalar(
            "INSERT INTO duty_entry (grid_id, title, name, position, written_by)"
            " VALUES (:grid, :title, :name, :position, :by) RETURNING id",
            grid=grid_id,
            title=title,
            name=name,
            position=standing.last + 1 if standing is not None else 1,
            by=asker.account_id,
        )
        _write_phone(line, phone, vault)


def change_line(asker: Asker, grid: int, line: int, *, title: DutyTitle, name: str, phone: str, vault: Vault) -> None:
    """Write a line of a grid's card anew. Raises InvalidError (`field`), NotFoundError when it isn't on this card now."""
    grid_id, name, phone = written_grid(asker, grid), _name(name), _phone(phone)
    with transaction():
        found = scalar(
            "UPDATE duty_entry SET title = :title, name = :name, written_by = :by, written_at = clock_timestamp()"
            " WHERE id = :line AND grid_id = :grid AND ended_at IS NULL RETURNING id",
            title=title,
            name=name,
            by=asker.account_id,
            line=line,
            grid=grid_id,
        )
        if found is None:
            raise NotFoundError("this line isn't on the card", line=line)
        _write_phone(line, phone, vault)


def end_line(asker: Asker, grid: int, line: int) -> None:
    """Take a line off a grid's card, its phone with it; again has no effect. Raises NotFoundError for another grid's."""
    grid_id = written_grid(asker, grid)
    with transaction():
        found = scalar(
            "UPDATE duty_entry SET ended_at = coalesce(ended_at, clock_timestamp()), phone_sealed = NULL"
            " WHERE id = :line AND grid_id = :grid RETURNING id",
            line=line,
            grid=grid_id,
        )
        if found is None:
            raise NotFoundError("this line isn't on the card", line=line)


def raise_line(asker: Asker, grid: int, line: int) -> None:
    """Let a line change places with the one before it; the first stays. Raises NotFoundError."""
    grid_id = written_grid(asker, grid)
    with transaction():
        standing = [
            each.id
            for each in rows(
                "SELECT id FROM duty_entry WHERE grid_id = :grid AND ended_at IS NULL ORDER BY position, id FOR UPDATE",
                grid=grid_id,
            )
        ]
        if line not in standing:
            raise NotFoundError("this line isn't on the card", line=line)
        place = standing.index(line)
        if place:
            standing[place - 1], standing[place] = standing[place], standing[place - 1]
        execute(
            "UPDATE duty_entry SET position = w.position"
            " FROM unnest(CAST(:lines AS bigint[])) WITH ORDINALITY AS w(id, position) WHERE duty_entry.id = w.id",
            lines=standing,
        )


def _write_phone(line: int, phone: str, vault: Vault) -> None:
    execute(
        "UPDATE duty_entry SET phone_sealed = :sealed WHERE id = :line",
        sealed=vault.seal(phone, *PLACE, line) if phone else None,
        line=line,
    )


def _name(text: str) -> str:
    try:
        return shown_name(text)
    except InvalidError as error:
        raise InvalidError(error.message, field="name") from error


def _phone(text: str) -> str:
    phone = text.strip()
    digits = sum(character.isdigit() for character in phone)
    if phone and not (
        PHONE.fullmatch(phone) and FEWEST_DIGITS <= digits <= MOST_DIGITS and len(phone) <= LONGEST_PHONE
    ):
        raise InvalidError("this is no telephone number", field="phone")
    return phone
