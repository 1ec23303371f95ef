"""What an import does to each row, kept so that it can be undone. In the caller's transaction.

The rows of a community are copied before anything is written; afterwards only those stay that became others, and those
that came are added. So it doesn't matter which statement wrote what. Sealed columns are copied as they are sealed.
"""

from __future__ import annotations

from supplyhub.db import execute

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
        SELECT c.id, c.ended_at FROM care_case AS c JOIN household AS h ON h.id = c.household_id WHERE h.community_id = :community
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
