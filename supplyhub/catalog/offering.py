"""Offers that a coordinator writes by hand, one at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from supplyhub import outbox
from supplyhub.catalog.aliases import add_default_aliases
from supplyhub.catalog.events import NamesChanged
from supplyhub.catalog.importing import lacks_spelling, write_offers
from supplyhub.catalog.pictures import picture_of
from supplyhub.catalog.products import NewProduct, add_products
from supplyhub.db import execute, row, rows, scalar, transaction
from supplyhub.errors import NotFoundError

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.catalog.offer_file import OfferRow
    from supplyhub.people.asker import Asker


def catalogue_for(asker: Asker) -> list[Row[Any]]:
    """Return the live offers by platform, category and name, in the community of the asker.

    Fields: sku, name_zh, name_en, picture, category, unit, platform, cost_fen, price_fen, case_size.
    """
    return rows(
        """
        SELECT p.sku, p.name_zh, p.name_en, p.picture, p.category, p.unit, s.name AS platform, o.cost_fen, o.price_fen,
               o.case_size
        FROM offer AS o JOIN product AS p ON p.id = o.product_id JOIN platform AS s ON s.id = o.platform_id
        WHERE p.community_id = :community AND o.active ORDER BY s.name, p.category, p.name_zh, p.sku
        """,
        community=asker.community_id,
    )


def offer_of(asker: Asker, sku: str) -> Row[Any]:
    """Return a product with its live or last offer. Raises NotFoundError. Fields: those of `OfferRow`, and `active`."""
    found = row(
        """
        SELECT p.sku, p.name_zh, p.name_en, p.category, p.unit, p.unit_weight_grams, p.shelf_life_days, p.picture, p.barcode,
               p.by_weight, s.name AS platform, o.cost_fen, o.price_fen, o.case_size, o.minimum_cases, o.active
        FROM product AS p
        JOIN LATERAL (SELECT * FROM offer WHERE product_id = p.id ORDER BY active DESC, id DESC LIMIT 1) AS o ON true
        JOIN platform AS s ON s.id = o.platform_id
        WHERE p.community_id = :community AND p.sku = :sku
        """,
        community=asker.community_id,
        sku=sku,
    )
    if found is None:
        raise NotFoundError("there is no such offer", sku=sku)
    return found


def beginnings(asker: Asker) -> Row[Any]:
    """Return what a community has of what a first cycle needs: name, households, grids, offers, led (grids with a lead)."""
    found = row(
        """
        SELECT m.name, (SELECT count(*) FROM household WHERE community_id = :community AND active) AS households,
               (SELECT count(*) FROM grid WHERE community_id = :community) AS grids,
               (SELECT count(*) FROM offer AS o JOIN product AS p ON p.id = o.product_id
                WHERE p.community_id = :community AND o.active) AS offers,
               (SELECT count(DISTINCT grid_id) FROM account
                WHERE community_id = :community AND role = 'grid_lead' AND active) AS led
        FROM community AS m WHERE m.id = :community
        """,
        community=asker.community_id,
    )
    assert found is not None  # noqa: S101 - a statement of counts has its row
    return found


def write_offer(asker: Asker, offer: OfferRow) -> str:
    """Write an offer and return its product's number; one without a number gets one of our own.

    A new product that is called like a known one is that one. Menus keep the offers as they were made with them.
    """
    with transaction():
        # As a file of offers: one at a time.
        scalar("SELECT id FROM community WHERE id = :id FOR NO KEY UPDATE", id=asker.community_id)
        named = offer if offer.sku else replace(offer, sku=_own_number(asker, offer))
        pictured = replace(named, picture=named.picture or picture_of(named.name_zh, named.category))
        write_offers(asker.community_id, [pictured])
        add_default_aliases(asker.community_id)
        if lacks_spelling(asker.community_id):
            outbox.record(NamesChanged(community_id=asker.community_id))
        return named.sku


def end_offer(asker: Asker, sku: str) -> None:
    """Withdraw an offer: no new menu has it, those that have it keep it. Again changes nothing. Raises NotFoundError."""
    with transaction():
        offer_of(asker, sku)
        execute(
            """
            UPDATE offer AS o SET active = false FROM product AS p
            WHERE p.id = o.product_id AND p.community_id = :community AND p.sku = :sku AND o.active
            """,
            community=asker.community_id,
            sku=sku,
        )


def _own_number(asker: Asker, offer: OfferRow) -> str:
    new = NewProduct(offer.name_zh, offer.unit, offer.unit_weight_grams, offer.shelf_life_days)
    product_id = add_products(asker.community_id, [new])[offer.name_zh]
    return str(scalar("SELECT sku FROM product WHERE id = :id", id=product_id))
