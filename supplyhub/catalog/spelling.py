"""Noting how products' names sound, for the search. Its dictionaries are large: a process of its own reads them, and ends."""

from __future__ import annotations

import json

from supplyhub.catalog.pinyin import syllables
from supplyhub.db import execute, rows, transaction


def spell_names(community_id: int) -> None:
    """Note how names and other names of a community's products sound. Safe to repeat."""
    with transaction():
        _spell(community_id)


def _spell(community_id: int) -> None:
    names = rows(
        "SELECT id, name_zh AS name, pinyin FROM product WHERE community_id = :community", community=community_id
    )
    aliases = rows(
        "SELECT a.id, a.alias AS name, a.pinyin FROM product_alias AS a JOIN product AS p ON p.id = a.product_id"
        " WHERE p.community_id = :community",
        community=community_id,
    )
    for table, known in (("product", names), ("product_alias", aliases)):
        changed = [
            {"id": entry.id, "pinyin": said} for entry in known if (said := syllables(entry.name)) != entry.pinyin
        ]
        if changed:
            execute(
                f"UPDATE {table} AS t SET pinyin = r.pinyin"
                " FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(id bigint, pinyin text) WHERE t.id = r.id",
                rows=json.dumps(changed),
            )
