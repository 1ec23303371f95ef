"""Taking an import of the register back, until the next cycle opens.

What it changed becomes what it was. What it brought goes, as far as nothing refers to it yet; a household that somebody
has signed in with, or ordered for, is deactivated, as one that isn't in a newer file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import Base, execute, row, rows, transaction
from supplyhub.errors import ConflictError, NotAllowedError, NotFoundError
from supplyhub.outbox import record
from supplyhub.people.states import Role
from supplyhub.places.placing import Unplaced
from supplyhub.residents.care_planning import plan_missing_calls
from supplyhub.residents.care_writing import end_cases
from supplyhub.residents.events import RegisterUndone
from supplyhub.residents.register import deactivate_households, lock_households
from supplyhub.residents.register_steps import drop_copies, open_copies

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker

# What an import writes of a row that it changes.
WRITTEN = {
    "delivery_point": ("longitude", "latitude"),
    "grid": ("name", "outline", "delivery_point_id"),
    "micro_grid": ("name", "outline"),
    "building": (
        "number", "floors", "grid_id", "micro_grid_id", "unplaced_reason", "outline", "longitude", "latitude",
    ),
    "street": ("line",),
    "household": (
        "unit", "unit_number", "floor", "people_count", "contact_name_sealed", "phone_sealed", "phone_hash", "active",
    ),
}  # fmt: skip
# From what refers to others to what is referred to.
DOWNWARDS = ("care_case", "household", "building", "micro_grid", "grid", "delivery_point", "street")


def undoable_import(asker: Asker) -> Row[Any] | None:
    """Return the last import of the register (id, imported_at, account) if it can be taken back; else None."""
    return row(
        """
        SELECT i.id, i.imported_at, a.display_name AS account
        FROM register_import AS i LEFT JOIN account AS a ON a.id = i.account_id
        WHERE i.community_id = :community
          AND i.id = (SELECT max(id) FROM register_import WHERE community_id = :community)
          AND EXISTS (SELECT FROM register_step AS s WHERE s.import_id = i.id)
          AND NOT EXISTS (SELECT FROM register_undo AS u WHERE u.import_id = i.id)
          AND NOT EXISTS (SELECT FROM cycle AS c WHERE c.community_id = :community AND c.created_at >= i.imported_at)
        """,
        community=asker.community_id,
    )


def undo_import(asker: Asker, import_id: int, *, vault: Vault) -> None:
    """Take the last import of the register back; again changes nothing. For a coordinator.

    Raises NotFoundError for another's, and ConflictError when a cycle was opened or another file was loaded since.
    """
    if asker.role != Role.COORDINATOR:
        raise NotAllowedError("only a coordinator takes an import back", role=asker.role)
    with transaction():
        # As an import: one at a time.
        execute("SELECT FROM community WHERE id = :id FOR NO KEY UPDATE", id=asker.community_id)
        if _was_undone(asker, import_id):
            return
        last = undoable_import(asker)
        if last is None or last.id != import_id:
            raise ConflictError("a cycle was opened since, or another file was loaded", **{"import": import_id})
        grids = _grids_of(import_id)
        _end_new_cases(import_id)
        open_copies(import_id, vault=vault)
        _bring_back(import_id)
        _bring_volunteers_back(import_id)
        deactivate_households(_new(import_id, "household"))
        _take_from_grids(_new(import_id, "building"))
        drop_leftovers(import_id)
        execute(
            "INSERT INTO register_undo (import_id, account_id) VALUES (:import, :by)",
            by=asker.account_id,
            **{"import": import_id},
        )
        drop_copies(asker.community_id)
        record(RegisterUndone(import_id=import_id, grids=grids))


def drop_leftovers(import_id: int) -> None:
    """Remove what an import brought and nothing refers to, in the caller's transaction."""
    execute(
        f"""
        DELETE FROM care_mark AS m USING register_step AS s
        WHERE s.import_id = :import AND s.place = 'care_case' AND s.before IS NULL AND m.case_id = s.row_id
          AND {_free("care_case", "s.row_id", but="care_mark")}
        """,
        **{"import": import_id},
    )
    for table in DOWNWARDS:
        accounts = _accounts_of(import_id) if table == "household" else []
        execute(
            f"""
            DELETE FROM {table} AS t USING register_step AS s
            WHERE s.import_id = :import AND s.place = '{table}' AND s.before IS NULL AND t.id = s.row_id
              AND {_free(table, "t.id")}
            """,
            **{"import": import_id},
        )
        if accounts:
            execute(
                f"DELETE FROM account AS t WHERE t.id = ANY (:accounts) AND {_free('account', 't.id')}",
                accounts=accounts,
            )


def _was_undone(asker: Asker, import_id: int) -> bool:
    found = row(
        """
        SELECT u.import_id IS NOT NULL AS undone
        FROM register_import AS i LEFT JOIN register_undo AS u ON u.import_id = i.id
        WHERE i.id = :import AND i.community_id = :community
        """,
        community=asker.community_id,
        **{"import": import_id},
    )
    if found is None:
        raise NotFoundError("there is no such import", **{"import": import_id})
    return bool(found.undone)


def _new(import_id: int, table: str) -> list[int]:
    found = rows(
        "SELECT row_id FROM register_step WHERE import_id = :import AND place = :place AND before IS NULL ORDER BY row_id",
        place=table,
        **{"import": import_id},
    )
    return [each.row_id for each in found]


def _accounts_of(import_id: int) -> list[int]:
    found = rows("SELECT account_id FROM household WHERE id = ANY (:ids)", ids=_new(import_id, "household"))
    return [home.account_id for home in found]


def _end_new_cases(import_id: int) -> None:
    """End the care cases that the import opened, and let those go on that it ended."""
    end_cases(_new(import_id, "care_case"))
    execute(
        """
        UPDATE care_case AS c SET ended_at = NULL FROM register_step AS s
        WHERE s.import_id = :import AND s.place = 'care_case' AND s.row_id = c.id AND c.destroyed_at IS NULL
          AND s.before IS NOT NULL AND s.before -> 'ended_at' = 'null'
          AND NOT EXISTS (SELECT FROM care_case AS other WHERE other.household_id = c.household_id AND other.ended_at IS NULL)
        """,
        **{"import": import_id},
    )
    plan_missing_calls()


def _bring_volunteers_back(import_id: int) -> None:
    """Let those look after reopened entries again who did before, where their badge still holds in the household's grid."""
    execute(
        """
        UPDATE standing_volunteer AS v SET ended_at = NULL
        FROM register_step AS s, care_case AS c, household AS h, building AS b, badge AS e
        WHERE s.import_id = :import AND s.place = 'care_case' AND v.id = CAST(s.before ->> 'volunteer' AS bigint)
          AND c.id = s.row_id AND c.id = v.case_id AND c.ended_at IS NULL AND h.id = c.household_id AND b.id = h.building_id
          AND b.grid_id = v.grid_id AND e.id = v.badge_id AND e.state = 'live' AND e.valid_until > clock_timestamp()
          AND NOT EXISTS (SELECT FROM standing_volunteer AS other WHERE other.case_id = c.id AND other.ended_at IS NULL)
        """,
        **{"import": import_id},
    )


def _bring_back(import_id: int) -> None:
    """Write the columns of an import as they were. A household that was erased since stays erased."""
    changed = rows(
        "SELECT row_id FROM register_step WHERE import_id = :import AND place = 'household' AND before IS NOT NULL",
        **{"import": import_id},
    )
    lock_households(home.row_id for home in changed)
    for table, columns in WRITTEN.items():
        written = ", ".join(f"{column} = b.{column}" for column in columns)
        spared = "AND NOT EXISTS (SELECT FROM erasure AS e WHERE e.household_id = t.id)" if table == "household" else ""
        execute(
            f"""
            UPDATE {table} AS t SET {written}
            FROM register_step AS s CROSS JOIN LATERAL jsonb_populate_record(CAST(NULL AS {table}), s.before) AS b
            WHERE s.import_id = :import AND s.place = '{table}' AND s.row_id = t.id AND s.before IS NOT NULL {spared}
            """,
            **{"import": import_id},
        )
    execute(
        "UPDATE account AS a SET active = h.active FROM household AS h"
        " WHERE h.account_id = a.id AND h.id = ANY (:ids) AND a.active <> h.active",
        ids=[home.row_id for home in changed],
    )


def _take_from_grids(buildings: Sequence[int]) -> None:
    """Let no route lead to buildings that came with the import."""
    execute(
        "UPDATE building SET grid_id = NULL, micro_grid_id = NULL, unplaced_reason = :reason WHERE id = ANY (:ids)",
        ids=buildings,
        reason=Unplaced.NO_GRID_NAMED,
    )


def _grids_of(import_id: int) -> list[int]:
    """Return the grids (ids) that came with the import, and those whose buildings are others without it."""
    found = rows(
        """
        SELECT DISTINCT g.id FROM register_step AS s
        LEFT JOIN building AS b ON s.place = 'building' AND b.id = s.row_id
        JOIN grid AS g ON g.id IN (b.grid_id, CAST(s.before ->> 'grid_id' AS bigint)) OR s.place = 'grid' AND g.id = s.row_id
        WHERE s.import_id = :import AND s.place IN ('building', 'grid') ORDER BY g.id
        """,
        **{"import": import_id},
    )
    return [grid.id for grid in found]


def _free(table: str, row_id: str, *, but: str = "") -> str:
    """Return the condition that no row of any table refers to a row; `but` names one whose rows don't count."""
    keys = {
        (key.parent.table.name, key.parent.name)
        for each in Base.metadata.sorted_tables
        for key in each.foreign_keys
        if key.column.table.name == table and key.column.name == "id" and each.name != but
    }
    referred = [
        f"EXISTS (SELECT FROM {referring} AS r WHERE r.{column} = {row_id})" for referring, column in sorted(keys)
    ]
    return f"NOT ({' OR '.join(referred) or 'false'})"
