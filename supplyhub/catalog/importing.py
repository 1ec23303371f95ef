"""Loading the platforms' offers: a file in, one transaction, counts out."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from supplyhub import outbox
from supplyhub.catalog.aliases import add_default_aliases
from supplyhub.catalog.events import NamesChanged
from supplyhub.catalog.offer_file import OfferRow, read_offers
from supplyhub.db import as_dict, execute, row, rows, scalar, transaction
from supplyhub.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

PRODUCT = (
    "name_zh",
    "name_en",
    "category",
    "unit",
    "unit_weight_grams",
    "shelf_life_days",
    "picture",
    "barcode",
    "by_weight",
)


def import_offers(community_id: int, data: bytes, *, file: str = "offers", dry_run: bool = False) -> dict[str, int]:
    """Load an offers file; returns the counts offers, added, changed, unchanged, withdrawn.

    One platform supplies a product at a time: the one in the file. A product that isn't in the file is withdrawn,
    not deleted. Menus keep the offers they were made with; a product keeps its barcode where the file has none. Loading
    the file again changes nothing. How new names sound is noted by the worker (`spelling`).
    Raises FileRefusedError, NotFoundError, BusyError.
    """
    offers = read_offers(data, file=file)
    if dry_run:
        return _counts(_known(community_id), _with_barcodes(community_id, offers))
    with transaction():
        if row("SELECT id FROM community WHERE id = :id FOR NO KEY UPDATE", id=community_id) is None:
            raise NotFoundError("there is no such community")
        offers = _with_barcodes(community_id, offers)
        counts = _counts(_known(community_id), offers)
        if counts["added"] or counts["changed"] or counts["withdrawn"]:
            write_offers(community_id, offers)
            _withdraw_others(community_id, offers)
        add_default_aliases(community_id)
        if lacks_spelling(community_id):
            outbox.record(NamesChanged(community_id=community_id))
        return counts


def _with_barcodes(community_id: int, offers: Sequence[OfferRow]) -> list[OfferRow]:
    """Return offers with the barcodes that are known already, where the file has none and gives them to no other."""
    found = rows(
        "SELECT sku, barcode FROM product WHERE community_id = :community AND barcode IS NOT NULL",
        community=community_id,
    )
    given = {offer.barcode for offer in offers}
    kept = {product.sku: product.barcode for product in found if product.barcode not in given}
    return [replace(offer, barcode=offer.barcode or kept.get(offer.sku)) for offer in offers]


def _known(community_id: int) -> dict[str, OfferRow | None]:
    """Return the products of a community with their live offer, by SKU; None for one without."""
    found = rows(
        """
        SELECT p.sku, p.name_zh, p.name_en, p.category, p.unit, p.unit_weight_grams, p.shelf_life_days, p.picture,
               p.barcode, p.by_weight, s.name AS platform, o.cost_fen, o.price_fen, o.case_size, o.minimum_cases
        FROM product AS p LEFT JOIN offer AS o ON o.product_id = p.id AND o.active
        LEFT JOIN platform AS s ON s.id = o.platform_id WHERE p.community_id = :community
        """,
        community=community_id,
    )
    return {product.sku: OfferRow(**as_dict(product)) if product.platform is not None else None for product in found}


def _counts(known: dict[str, OfferRow | None], offers: Sequence[OfferRow]) -> dict[str, int]:
    skus = {offer.sku for offer in offers}
    added = sum(offer.sku not in known for offer in offers)
    unchanged = sum(known.get(offer.sku) == offer for offer in offers)
    return {
        "offers": len(offers),
        "added": added,
        "changed": len(offers) - added - unchanged,
        "unchanged": unchanged,
        "withdrawn": sum(offer is not None and sku not in skus for sku, offer in known.items()),
    }


def write_offers(community_id: int, offers: Sequence[OfferRow]) -> None:
    """Write products with their platforms and live offers, in the caller's transaction."""
    values: dict[str, Any] = {"community": community_id, "rows": _json(offers)}
    execute(
        "INSERT INTO platform (community_id, name)"
        " SELECT :community, r.platform FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(platform text)"
        " GROUP BY r.platform ORDER BY r.platform ON CONFLICT DO NOTHING",
        **values,
    )
    # A barcode goes over to the product that has it now.
    execute(
        """
        UPDATE product AS p SET barcode = NULL
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(sku text, barcode text)
        WHERE p.community_id = :community AND p.barcode = r.barcode AND p.sku <> r.sku
        """,
        **values,
    )
    execute(
        f"""
        INSERT INTO product (community_id, sku, {", ".join(PRODUCT)})
        SELECT :community, r.sku, {", ".join(f"r.{column}" for column in PRODUCT)}
        FROM jsonb_to_recordset(CAST(:rows AS jsonb))
          AS r(sku text, name_zh text, name_en text, category text, unit text, unit_weight_grams bigint,
               shelf_life_days bigint, picture text, barcode text, by_weight boolean)
        ON CONFLICT (community_id, sku) DO UPDATE
        SET {", ".join(f"{column} = excluded.{column}" for column in PRODUCT)},
            pinyin = CASE WHEN product.name_zh = excluded.name_zh THEN product.pinyin ELSE '' END
        """,
        **values,
    )
    # First out, then in: a product has one live offer.
    execute(
        """
        UPDATE offer AS o SET active = false FROM product AS p, platform AS s,
               jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(sku text, platform text)
        WHERE p.id = o.product_id AND s.id = o.platform_id AND p.community_id = :community AND o.active
          AND r.sku = p.sku AND r.platform <> s.name
        """,
        **values,
    )
    execute(
        """
        INSERT INTO offer (platform_id, product_id, cost_fen, price_fen, case_size, minimum_cases)
        SELECT s.id, p.id, r.cost_fen, r.price_fen, r.case_size, r.minimum_cases
        FROM jsonb_to_recordset(CAST(:rows AS jsonb))
          AS r(sku text, platform text, cost_fen bigint, price_fen bigint, case_size bigint, minimum_cases bigint)
        JOIN product AS p ON p.community_id = :community AND p.sku = r.sku
        JOIN platform AS s ON s.community_id = :community AND s.name = r.platform
        ON CONFLICT (platform_id, product_id) DO UPDATE
        SET cost_fen = excluded.cost_fen, price_fen = excluded.price_fen, case_size = excluded.case_size,
            minimum_cases = excluded.minimum_cases, active = true
        """,
        **values,
    )


def lacks_spelling(community_id: int) -> bool:
    """Tell whether a product's name or other name isn't noted yet as it sounds."""
    return bool(
        scalar(
            """
            SELECT EXISTS (SELECT FROM product WHERE community_id = :community AND pinyin = '')
                OR EXISTS (SELECT FROM product_alias AS a JOIN product AS p ON p.id = a.product_id
                           WHERE p.community_id = :community AND a.pinyin = '')
            """,
            community=community_id,
        )
    )


def _withdraw_others(community_id: int, offers: Sequence[OfferRow]) -> None:
    execute(
        """
        UPDATE offer AS o SET active = false FROM product AS p
        WHERE p.id = o.product_id AND p.community_id = :community AND o.active AND p.sku <> ALL (:skus)
        """,
        community=community_id,
        skus=[offer.sku for offer in offers],
    )


def _json(offers: Sequence[OfferRow]) -> str:
    return json.dumps([asdict(offer) for offer in offers], ensure_ascii=False)
