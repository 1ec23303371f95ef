"""Other names of products, and who edits them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from supplyhub.catalog.alias_commands import LONGEST_ALIAS, AliasRefusedError, add_alias, remove_alias
from supplyhub.catalog.aliases import aliases_for
from supplyhub.catalog.models import Product
from supplyhub.db import db
from supplyhub.errors import NotAllowedError, NotFoundError
from tests.factories import Shop, an_offer

if TYPE_CHECKING:
    from supplyhub.people.asker import Asker

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    an_offer(shop.community, sku="V007")
    db.session.query(Product).filter_by(sku="V007").one().name_zh = "番茄"
    db.session.commit()
    return shop


def names(asker: Asker, sku: str = "V007") -> list[str]:
    return next(product.aliases for product in aliases_for(asker) if product.sku == sku)


def test_a_lead_adds_a_name_and_takes_it_away_again(shop):
    lead = shop.lead()
    assert add_alias(lead, sku="V007", alias=" 西红柿 ") == "西红柿"
    assert names(lead) == ["西红柿"]
    remove_alias(lead, sku="V007", alias="西红柿")
    remove_alias(lead, sku="V007", alias="西红柿")
    assert names(lead) == []


def test_two_products_may_be_called_the_same(shop):
    an_offer(shop.community, sku="V008")
    coordinator = shop.coordinator()
    for sku in ("V007", "V008"):
        add_alias(coordinator, sku=sku, alias="柿子")
    assert names(coordinator, "V008") == names(coordinator) == ["柿子"]


@pytest.mark.parametrize(
    ("alias", "why"),
    [
        ("  ", "empty"),
        ("柿" * (LONGEST_ALIAS + 1), "long"),
        ("番茄2", "signs"),
        ("大 番茄", "signs"),
        ("番茄,土豆", "signs"),
        ("番茄", "own"),
        ("西红柿", "taken"),
    ],
)
def test_what_is_no_other_name_is_refused_with_the_reason(shop, alias, why):
    lead = shop.lead()
    add_alias(lead, sku="V007", alias="西红柿")
    with pytest.raises(AliasRefusedError) as caught:
        add_alias(lead, sku="V007", alias=alias)
    assert caught.value.data["why"] == why
    assert names(lead) == ["西红柿"]


def test_a_name_for_a_product_of_another_community_is_refused(shop):
    with pytest.raises(NotFoundError):
        add_alias(Shop().lead(), sku="V007", alias="西红柿")
    remove_alias(Shop().lead(), sku="V007", alias="西红柿")


def test_a_resident_edits_no_names(shop):
    with pytest.raises(NotAllowedError):
        add_alias(shop.resident(), sku="V007", alias="西红柿")
    with pytest.raises(NotAllowedError):
        remove_alias(shop.resident(), sku="V007", alias="西红柿")
