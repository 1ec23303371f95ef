"""Products that nobody offers: known by name only, since they stood at the door one day."""

from __future__ import annotations

from dataclasses import dataclass

from supplyhub.db import execute, rows, scalar

# Numbers of our own: Z and digits.
OWN_SKU = "Z"


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A product as whoever unloads it can tell: what it is called, what it is counted by, what a unit weighs."""

    name: str
    unit: str
    unit_weight_grams: int
    shelf_life_days: int


def find_products(community_id: int, names: list[str]) -> dict[str, int]:
    """Return ids of products by how they were named: SKU or barcode, else the name, else another name, in any case.

    A name that means several products finds none of them. What isn't found is missing.
    """
    found = rows(
        """
        SELECT name, min(id) AS id FROM (
            SELECT w.name, p.id, rank() OVER (
                       PARTITION BY w.name ORDER BY lower(p.sku) = lower(w.name) OR coalesce(p.barcode = w.name, false) DESC,
                                                    lower(w.name) IN (lower(p.name_zh), lower(p.name_en)) DESC
                   ) AS place
            FROM unnest(CAST(:names AS text[])) AS w(name)
            JOIN product AS p ON p.community_id = :community AND (
                lower(w.name) IN (lower(p.sku), p.barcode, lower(p.name_zh), lower(p.name_en))
                OR EXISTS (SELECT FROM product_alias AS a WHERE a.product_id = p.id AND lower(a.alias) = lower(w.name))
            )
        ) AS named
        WHERE place = 1 GROUP BY name HAVING count(*) = 1
        """,
        names=names,
        community=community_id,
    )
    return {product.name: product.id for product in found}


def add_products(community_id: int, products: list[NewProduct]) -> dict[str, int]:
    """Write products that nobody offers, with numbers of our own, and return their ids by name.

    In the caller's transaction. One that is known by its name already isn't written again.
    """
    # Two that unload at the same time give two numbers.
    execute(
        "SELECT pg_advisory_xact_lock(hashtext('product.sku'), CAST(:community AS integer))", community=community_id
    )
    known = {
        product.name_zh: product.id
        for product in rows(
            "SELECT name_zh, min(id) AS id FROM product WHERE community_id = :community AND name_zh = ANY (:names)"
            " GROUP BY name_zh",
            community=community_id,
            names=[product.name for product in products],
        )
    }
    new = [product for product in products if product.name not in known]
    last = scalar(
        """
        SELECT coalesce(max(CAST(substr(sku, 2) AS bigint)), 0) FROM product
        WHERE community_id = :community AND sku ~ :ours
        """,
        community=community_id,
        ours=f"^{OWN_SKU}[0-9]{{4,9}}$",
    )
    written = rows(
        """
        INSERT INTO product (community_id, sku, name_zh, name_en, category, unit, unit_weight_grams, shelf_life_days)
        SELECT :community, r.sku, r.name, r.name, '其他', r.unit, r.grams, r.days
        FROM unnest(CAST(:skus AS text[]), CAST(:names AS text[]), CAST(:units AS text[]), CAST(:grams AS bigint[]),
                    CAST(:days AS bigint[])) AS r(sku, name, unit, grams, days)
        RETURNING id, name_zh
        """,
        community=community_id,
        skus=[f"{OWN_SKU}{last + place:04d}" for place, _ in enumerate(new, start=1)],
        names=[product.name for product in new],
        units=[product.unit for product in new],
        grams=[product.unit_weight_grams for product in new],
        days=[product.shelf_life_days for product in new],
    )
    return known | {product.name_zh: product.id for product in written}
