"""A request is written, in the caller's transaction: whose it is, in which grid, what it says, by when it is due."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, row, scalar
from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from supplyhub.help.events import HelpOpened
from supplyhub.help.rules import Facts, due_after
from supplyhub.help.sealing import Content, new_key, seal_content, seal_photo
from supplyhub.help.states import HelpStepKind
from supplyhub.help.steps import write_step
from supplyhub.outbox import record
from supplyhub.people.states import Role
from supplyhub.residents.anchors import NEIGHBOUR_OF_ANCHOR

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.help.states import HelpChannel, HelpKind
    from supplyhub.people.asker import Asker
    from supplyhub.photos.cleaning import Picture

# Codes of parcels, tickets and crates begin at 0, 500 and 800 millions: no code means two things.
CODES_FROM = 300_000_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request belongs: a grid, the household that it is for, where the register knows it, the community's zone."""

    grid_id: int
    zone: str
    household_id: int | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: `text` and `facts` are checked already."""

    kind: HelpKind
    channel: HelpChannel
    text: str
    facts: Facts
    order_id: int | None = None
    pictures: list[Picture] = field(default_factory=list)


def opened_with(asker: Asker, key: UUID) -> str | None:
    """Return the code of the request that the asker's community opened with this key, or None. Takes turns by the key.

    Raises ConflictError when the key was another account's.
    """
    execute("SELECT pg_advisory_xact_lock(hashtextextended('help ' || :key, 0))", key=str(key))
    found = row("SELECT code, opened_by FROM help_request WHERE key = :key", key=key)
    if found is not None and found.opened_by != asker.account_id:
        raise ConflictError("this key was used by somebody else", key=str(key))
    return None if found is None else str(found.code)


def place_of(asker: Asker, household_id: int | None, *, grid_number: int | None = None) -> Place:
    """Return where a request belongs that the asker opens: by its household, else by a lead's grid or the named one.

    Raises NotFoundError for a household or grid that isn't the asker's, InvalidError (`field`: grid) where none is named.
    """
    home = household_id or asker.household_id
    if home is None:
        return _grid_of(asker, grid_number)
    found = row(HOME, home=home, community=asker.community_id, anchor=asker.household_id)
    if found is None or not _reaches(asker, found):
        raise NotFoundError("no such household", household=home)
    if found.grid_id is None:
        raise ConflictError("this building is in no grid yet", household=home)
    return Place(found.grid_id, found.zone, home)


def _grid_of(asker: Asker, number: int | None) -> Place:
    found = row(
        """
        SELECT g.id, c.timezone AS zone FROM grid AS g JOIN community AS c ON c.id = g.community_id
        WHERE g.community_id = :community AND CASE WHEN CAST(:own AS bigint) IS NULL THEN g.number = :number ELSE g.id = :own END
        """,
        community=asker.community_id,
        own=None if asker.role == Role.COORDINATOR else asker.grid(),
        number=number,
    )
    if found is None:
        raise InvalidError("a request belongs to a grid", field="grid", grid=number)
    return Place(found.id, found.zone)


def _reaches(asker: Asker, home: Row[Any]) -> bool:
    """Tell whether the asker may open a request for a household."""
    if asker.role == Role.GRID_LEAD:
        return bool(home.grid_id == asker.grid())
    if asker.role == Role.VOLUNTEER:
        return asker.badge_id is not None and bool(scalar(KNOWS_THE_DOOR, badge=asker.badge_id, home=home.id))
    if asker.role == Role.RESIDENT:
        # An anchor household asks for the doors of its building, too.
        return bool(home.id == asker.household_id or home.is_neighbour)
    return asker.role == Role.COORDINATOR


def write_request(asker: Asker, key: UUID, place: Place, wanted: Wanted, *, vault: Vault) -> Row[Any]:
    """Write a new request with its first step, and record that it is there; return its row: id, code, wrapped_key."""
    request_id = int(scalar("SELECT nextval(pg_get_serial_sequence('help_request', 'id'))"))
    own, wrapped = new_key(vault, request_id)
    now = scalar("SELECT clock_timestamp()")
    request = row(
        """
        INSERT INTO help_request (id, key, community_id, grid_id, household_id, code, kind, channel, facts, text_sealed,
                                  wrapped_key, order_id, opened_by, opened_at, due_at) OVERRIDING SYSTEM VALUE
        VALUES (:id, :key, :community, :grid, :home, short_code(:number), :kind, :channel, CAST(:facts AS jsonb), :text,
                :wrapped, :order, :by, :now, :due)
        RETURNING id, code, wrapped_key
        """,
        id=request_id,
        number=request_id + CODES_FROM,
        key=key,
        community=asker.community_id,
        grid=place.grid_id,
        home=place.household_id,
        kind=wanted.kind,
        channel=wanted.channel,
        facts=json.dumps(wanted.facts.coded),
        text=seal_content(own, request_id, Content(wanted.text, wanted.facts.said)),
        wrapped=wrapped,
        order=wanted.order_id,
        by=asker.account_id,
        now=now,
        due=due_after(wanted.kind, wanted.facts.coded, now, zone=place.zone),
    )
    assert request is not None  # noqa: S101 - RETURNING of an INSERT without ON CONFLICT
    write_step(request, HelpStepKind.OPENED, asker)
    write_photos(request, asker, wanted.pictures, own=own)
    record(HelpOpened(request_id, place.grid_id))
    return request


def write_photos(request: Row[Any], asker: Asker, pictures: Iterable[Picture], *, own: Vault) -> None:
    """Keep cleaned pictures with a request, sealed with its own key; each is a step."""
    for picture in pictures:
        photo_id = int(scalar("SELECT nextval(pg_get_serial_sequence('help_photo', 'id'))"))
        execute(
            "INSERT INTO help_photo (id, request_id, media_type, content_sealed, added_by) OVERRIDING SYSTEM VALUE"
            " VALUES (:id, :request, :type, :content, :by)",
            id=photo_id,
            request=request.id,
            type=picture.media_type,
            content=seal_photo(own, photo_id, picture.content),
            by=asker.account_id,
        )
        write_step(request, HelpStepKind.PHOTO_ADDED, asker)


HOME = f"""
    SELECT h.id, b.grid_id, c.timezone AS zone, {NEIGHBOUR_OF_ANCHOR} AS is_neighbour
    FROM household AS h JOIN building AS b ON b.id = h.building_id JOIN community AS c ON c.id = h.community_id
    WHERE h.id = :home AND h.community_id = :community AND h.active
"""
# A volunteer knows the doors of the own tickets that are under way, and the one they look after.
KNOWS_THE_DOOR = """
    SELECT EXISTS (
        SELECT FROM ticket AS t JOIN stop AS s ON s.ticket_id = t.id JOIN orders AS o ON o.id = s.order_id
        WHERE t.badge_id = :badge AND o.household_id = :home AND t.state IN ('claimed', 'handed_over', 'under_way'))
      OR EXISTS (
        SELECT FROM standing_volunteer AS v JOIN care_case AS c ON c.id = v.case_id AND c.ended_at IS NULL
        WHERE v.badge_id = :badge AND v.ended_at IS NULL AND c.household_id = :home)
"""
