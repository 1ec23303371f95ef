"""Editing the other names of products (别名), as people write them in the relay."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from supplyhub.db import execute, row, scalar, transaction
from supplyhub.errors import ConflictError, NotAllowedError, NotFoundError
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from supplyhub.people.asker import Asker

LONGEST_ALIAS = 12
EDITORS = frozenset({Role.GRID_LEAD, Role.COORDINATOR})
# A digit is a quantity or a door, and what stands between signs is read as several words.
NO_NAME = re.compile(r"[\d\W_]")


class AliasRefusedError(ConflictError):
    """This can't be another name of the product; `why`: empty, long, signs, own (it is called so), taken (has it)."""

    code = "alias_refused"


def add_alias(asker: Asker, *, sku: str, alias: str) -> str:
    """Give a product another name, and return it as it is kept.

    Two products may have one: then the relay asks which. Raises AliasRefusedError, NotFoundError, NotAllowedError.
    """
    _editor(asker)
    name = unicodedata.normalize("NFKC", alias).strip()
    if not name or len(name) > LONGEST_ALIAS:
        raise AliasRefusedError(why="long" if name else "empty", longest=LONGEST_ALIAS)
    if NO_NAME.search(name):
        raise AliasRefusedError(why="signs", alias=name)
    with transaction():
        product = row(
            "SELECT id, name_zh FROM product WHERE community_id = :community AND sku = :sku",
            community=asker.community_id,
            sku=sku,
        )
        if product is None:
            raise NotFoundError("no such product", sku=sku)
        if product.name_zh == name:
            raise AliasRefusedError(why="own", alias=name)
        if not scalar(
            "INSERT INTO product_alias (product_id, alias) VALUES (:product, :name) ON CONFLICT DO NOTHING RETURNING id",
            product=product.id,
            name=name,
        ):
            raise AliasRefusedError(why="taken", alias=name)
    return name


def remove_alias(asker: Asker, *, sku: str, alias: str) -> None:
    """Take a product's other name away; one that it doesn't have changes nothing."""
    _editor(asker)
    with transaction():
        execute(
            "DELETE FROM product_alias AS a USING product AS p"
            " WHERE p.id = a.product_id AND p.community_id = :community AND p.sku = :sku AND a.alias = :alias",
            community=asker.community_id,
            sku=sku,
            alias=alias,
        )


def _editor(asker: Asker) -> None:
    if asker.role not in EDITORS:
        raise NotAllowedError("only leads and coordinators edit other names", role=asker.role)
