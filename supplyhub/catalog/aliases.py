"""Other names of products (别名): the usual ones come with the offers, a lead or coordinator adds more."""

from __future__ import annotations

import csv
import json
from functools import cache
from typing import TYPE_CHECKING, Any

from supplyhub.config import PACKAGE
from supplyhub.db import execute, rows

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

DEFAULTS = PACKAGE / "catalog" / "default_aliases.csv"


def aliases_for(asker: Asker) -> list[Row[Any]]:
    """Return the community's products by SKU: product_id, sku, name_zh, name_en, unit, picture, aliases (texts, sorted)."""
    return names_of(asker.community_id)


def names_of(community_id: int) -> list[Row[Any]]:
    """Return the products of a community as `aliases_for` does."""
    return rows(
        """
        SELECT p.id AS product_id, p.sku, p.name_zh, p.name_en, p.unit, p.picture,
               array_remove(array_agg(a.alias ORDER BY a.alias), NULL) AS aliases
        FROM product AS p LEFT JOIN product_alias AS a ON a.product_id = p.id
        WHERE p.community_id = :community GROUP BY p.id ORDER BY p.sku
        """,
        community=community_id,
    )


@cache
def default_aliases() -> dict[str, tuple[str, ...]]:
    """Return the usual other names by product name, as they are shipped."""
    with DEFAULTS.open(encoding="utf-8", newline="") as file:
        return {line["name_zh"]: tuple(line["aliases"].split()) for line in csv.DictReader(file)}


def add_default_aliases(community_id: int) -> None:
    """Give the usual other names to the products that have none yet; what people edited stays. In the caller's transaction."""
    execute(
        """
        INSERT INTO product_alias (product_id, alias)
        SELECT p.id, r.alias FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(name text, alias text)
        JOIN product AS p ON p.community_id = :community AND p.name_zh = r.name
        WHERE NOT EXISTS (SELECT FROM product_alias AS a WHERE a.product_id = p.id)
        ON CONFLICT DO NOTHING
        """,
        community=community_id,
        rows=json.dumps(
            [{"name": name, "alias": alias} for name, aliases in default_aliases().items() for alias in aliases]
        ),
    )
