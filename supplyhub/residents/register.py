"""The households of the register in the database: read whole, written by sets, in the caller's transaction."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag

from supplyhub.db import execute, rows
from supplyhub.residents.register_plan import KnownHousehold
from supplyhub.residents.rules import floor_of, phone_digits, said_door, unit_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from supplyhub.crypto import Vault
    from supplyhub.places.planning import BuildingFacts
    from supplyhub.residents.register_file import Door

CONTACT = ("household", "contact_name")
PHONE = ("household", "phone")
PHONE_PURPOSE = "phone"


def known_households(community_id: int, *, vault: Vault) -> list[KnownHousehold]:
    """Return every household of a community with its contact opened for comparison."""
    found = rows(
        """
        SELECT h.id, b.name AS building, h.unit, h.door, h.people_count, h.active, h.contact_name_sealed, h.phone_sealed,
               nullif(c.category_hash, '') AS category_hash
        FROM household AS h JOIN building AS b ON b.id = h.building_id
        LEFT JOIN care_case AS c ON c.household_id = h.id AND c.ended_at IS NULL
        WHERE h.community_id = :community ORDER BY h.id
        """,
        community=community_id,
    )
    return [
        KnownHousehold(
            id=row.id,
            building=row.building,
            unit=row.unit,
            door=row.door,
            people=row.people_count,
            contact=_opened(vault, row.contact_name_sealed, *CONTACT, row.id),
            phone=_opened(vault, row.phone_sealed, *PHONE, row.id),
            active=row.active,
            special_group_hash=row.category_hash,
        )
        for row in found
    ]


def _opened(vault: Vault, sealed: bytes | None, *place: object) -> str | None:
    """Return the text, empty for none; None when it was altered or moved, so that an import writes it anew."""
    if sealed is None:
        return ""
    try:
        return vault.open(sealed, *place)
    except InvalidTag:
        return None


def add_households(
    community_id: int, doors: Sequence[Door], *, buildings: Mapping[str, BuildingFacts], vault: Vault
) -> list[int]:
    """Write new households, each with its resident's account; returns their ids in the order of `doors`."""
    accounts = _next_ids("account", len(doors))
    ids = _next_ids("household", len(doors))
    execute(
        """
        INSERT INTO account (id, community_id, role, display_name) OVERRIDING SYSTEM VALUE
        SELECT r.id, :community, 'resident', r.name
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(id bigint, name text)
        """,
        community=community_id,
        rows=_json(
            {
                "id": account,
                "name": said_door(buildings[door.building].number, door.building, unit_number(door.unit), door.door),
            }
            for account, door in zip(accounts, doors, strict=True)
        ),
    )
    execute(
        """
        INSERT INTO household (id, community_id, building_id, account_id, unit, unit_number, floor, door, people_count,
                               contact_name_sealed, phone_sealed, phone_hash) OVERRIDING SYSTEM VALUE
        SELECT r.id, :community, b.id, r.account, r.unit, r.unit_number, r.floor, r.door, r.people, r.contact, r.phone,
               r.phone_hash
        FROM jsonb_to_recordset(CAST(:rows AS jsonb))
          AS r(id bigint, account bigint, building text, unit text, unit_number bigint, floor bigint, door text,
               people bigint, contact bytea, phone bytea, phone_hash bytea)
        JOIN building AS b ON b.community_id = :community AND b.name = r.building
        """,
        community=community_id,
        rows=_json(
            {"account": account, **_row(household, door, vault)}
            for account, household, door in zip(accounts, ids, doors, strict=True)
        ),
    )
    return ids


def change_households(changed: Mapping[int, Door], *, vault: Vault) -> None:
    """Write what the file says about known households, and make them active."""
    lock_households(changed)
    execute(
        """
        UPDATE household AS h
        SET unit = r.unit, unit_number = r.unit_number, floor = r.floor, people_count = r.people,
            contact_name_sealed = r.contact, phone_sealed = r.phone, phone_hash = r.phone_hash, active = true
        FROM jsonb_to_recordset(CAST(:rows AS jsonb))
          AS r(id bigint, unit text, unit_number bigint, floor bigint, people bigint, contact bytea, phone bytea,
               phone_hash bytea)
        WHERE h.id = r.id
        """,
        rows=_json(_row(household, door, vault) for household, door in changed.items()),
    )
    execute(
        "UPDATE account SET active = true FROM household AS h"
        " WHERE h.account_id = account.id AND h.id = ANY(:ids) AND NOT account.active",
        ids=list(changed),
    )


def deactivate_households(ids: Sequence[int]) -> None:
    """Deactivate households and sign them out. Orders and care cases stay as they are."""
    lock_households(ids)
    execute("UPDATE household SET active = false WHERE id = ANY(:ids)", ids=list(ids))
    execute(
        "UPDATE account SET active = false, session_version = session_version + 1 FROM household AS h"
        " WHERE h.account_id = account.id AND h.id = ANY(:ids)",
        ids=list(ids),
    )


def lock_households(ids: Iterable[int]) -> None:
    """Lock households in id order, as placing an order does."""
    execute("SELECT id FROM household WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE", ids=sorted(ids))


def _row(household: int, door: Door, vault: Vault) -> dict[str, Any]:
    digits = phone_digits(door.phone)
    return {
        "id": household,
        "building": door.building,
        "unit": door.unit,
        "unit_number": unit_number(door.unit),
        "floor": floor_of(door.door),
        "door": door.door,
        "people": door.people,
        "contact": _hex(vault.seal(door.contact, *CONTACT, household)) if door.contact else None,
        "phone": _hex(vault.seal(door.phone, *PHONE, household)) if door.phone else None,
        "phone_hash": _hex(vault.lookup_hash(digits, PHONE_PURPOSE)) if digits else None,
    }


def _next_ids(table: str, count: int) -> list[int]:
    """Take ids from a table's sequence: what is sealed is bound to its row's id before the row is there."""
    found = rows(
        "SELECT nextval(pg_get_serial_sequence(:table, 'id')) AS id FROM generate_series(1, :count)",
        table=table,
        count=count,
    )
    return [int(row.id) for row in found]


def _hex(data: bytes) -> str:
    return "\\x" + data.hex()


def _json(values: Iterable[dict[str, Any]]) -> str:
    return json.dumps(list(values), ensure_ascii=False)
