"""What an import does to each row, kept so that it can be undone. In the caller's transaction.

The rows of a community are copied before anything is written; afterwards only those stay that became others, and those
that came are added. So it doesn't matter which statement wrote what. What is personal in the copies is sealed once more,
with a key of the import's own that lies among them and goes with them when the import can't be undone any more.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from supplyhub.crypto import open_own, own_vault
from supplyhub.db import execute, rows, scalar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault

KEY = ("register_step", "key")
BEFORE = ("register_step", "before")
# Of a household: who lives there. So many copies are sealed at a time.
PERSONAL = ("contact_name_sealed", "phone_sealed", "phone_hash")
AT_ONCE = 5_000

# The rows of a community (:community) that an import writes, by table.
OF_COMMUNITY = {
    "delivery_point": "SELECT * FROM delivery_point WHERE community_id = :community",
    "grid": "SELECT * FROM grid WHERE community_id = :community",
    "micro_grid": "SELECT m.* FROM micro_grid AS m JOIN grid AS g ON g.id = m.grid_id WHERE g.community_id = :community",
    "building": "SELECT * FROM building WHERE community_id = :community",
    "street": "SELECT * FROM street WHERE community_id = :community",
    "household": "SELECT * FROM household WHERE community_id = :community",
    # What an entry says has one place, so that destroying it there destroys it.
    "care_case": """
        SELECT c.id, c.ended_at, v.id AS volunteer
        FROM care_case AS c JOIN household AS h ON h.id = c.household_id
        LEFT JOIN standing_volunteer AS v ON v.case_id = c.id AND v.ended_at IS NULL
        WHERE h.community_id = :community
    """,
}


def keep_rows(community_id: int, import_id: int) -> None:
    """Copy the rows of a community as they are before an import; what was kept for earlier ones goes."""
    execute(
        "DELETE FROM register_step AS s USING register_import AS i"
        " WHERE i.id = s.import_id AND i.community_id = :community",
        community=community_id,
    )
    for table, its_rows in OF_COMMUNITY.items():
        execute(
            f"INSERT INTO register_step (import_id, place, row_id, before)"
            f" SELECT :import, '{table}', r.id, to_jsonb(r) FROM ({its_rows}) AS r",
            community=community_id,
            **{"import": import_id},
        )


def keep_steps(community_id: int, import_id: int) -> None:
    """Add the rows that weren't there, and let go of the copies of those that stayed as they were."""
    for table, its_rows in OF_COMMUNITY.items():
        execute(
            f"INSERT INTO register_step (import_id, place, row_id)"
            f" SELECT :import, '{table}', r.id FROM ({its_rows}) AS r ON CONFLICT DO NOTHING",
            community=community_id,
            **{"import": import_id},
        )
        execute(
            f"DELETE FROM register_step AS s USING ({its_rows}) AS r"
            f" WHERE s.import_id = :import AND s.place = '{table}' AND s.row_id = r.id AND s.before = to_jsonb(r)",
            community=community_id,
            **{"import": import_id},
        )


def seal_copies(import_id: int, *, vault: Vault) -> None:
    """Seal who lived in the changed households before, with a key of the import's own."""
    own, wrapped = vault.wrap_new_key(*KEY, import_id)
    for part in _parts(import_id, f"before ?| ARRAY{list(PERSONAL)}"):
        said = [json.dumps({name: each.before[name] for name in PERSONAL}) for each in part]
        _write_copies(
            import_id,
            part,
            [{"sealed": own.seal(text, *BEFORE, each.row_id).hex()} for each, text in zip(part, said, strict=True)],
        )
    execute(
        "INSERT INTO register_step (import_id, place, row_id, before)"
        " VALUES (:import, 'key', 0, jsonb_build_object('wrapped', CAST(:wrapped AS text)))",
        wrapped=wrapped.hex(),
        **{"import": import_id},
    )


def open_copies(import_id: int, *, vault: Vault) -> None:
    """Bring the copies of changed households back to what they were. Raises ConflictError when one was altered."""
    wrapped = scalar(
        "SELECT before ->> 'wrapped' FROM register_step WHERE import_id = :import AND place = 'key'",
        **{"import": import_id},
    )
    own = own_vault(vault, None if wrapped is None else bytes.fromhex(wrapped), *KEY, import_id)
    for part in _parts(import_id, "before ? 'sealed'"):
        opened = [open_own(own, bytes.fromhex(each.before["sealed"]), *BEFORE, each.row_id) for each in part]
        _write_copies(import_id, part, [json.loads(one) for one in opened])


def drop_copies(community_id: int) -> None:
    """Destroy the key and what it sealed, with all that was copied: no import of the community can be undone any more."""
    execute(
        "DELETE FROM register_step AS s USING register_import AS i"
        " WHERE i.id = s.import_id AND i.community_id = :community AND s.before IS NOT NULL",
        community=community_id,
    )


def _parts(import_id: int, condition: str) -> Iterator[list[Row[Any]]]:
    """Give the copies of households of which a condition is true, some at a time."""
    after = 0
    while part := rows(
        f"""
        SELECT row_id, before FROM register_step
        WHERE import_id = :import AND place = 'household' AND row_id > :after AND {condition} ORDER BY row_id LIMIT :most
        """,
        after=after,
        most=AT_ONCE,
        **{"import": import_id},
    ):
        yield part
        after = part[-1].row_id


def _write_copies(import_id: int, part: Sequence[Row[Any]], said: Sequence[dict[str, Any]]) -> None:
    """Write other words into copies, in place of those that were personal."""
    execute(
        f"""
        UPDATE register_step AS s SET before = s.before - 'sealed' - ARRAY{list(PERSONAL)} || r.said
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(row_id bigint, said jsonb)
        WHERE s.import_id = :import AND s.place = 'household' AND s.row_id = r.row_id
        """,
        rows=json.dumps([{"row_id": each.row_id, "said": one} for each, one in zip(part, said, strict=True)]),
        **{"import": import_id},
    )
