"""Accepting what no purchase order has: goods that stand at the door unexpected, and donations (爱心物资)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from supplyhub.catalog.products import NewProduct, add_products, find_products
from supplyhub.catalog.queries import cycle_for_update
from supplyhub.db import rows, scalar, transaction
from supplyhub.depot.arrivals import (
    Lot,
    Note,
    earlier_receipt,
    expired,
    receiving_is_over,
    refuse_other_counts,
    refuse_when_closed,
    together,
    write_receipt,
)
from supplyhub.depot.states import LotPurpose, ReceiptKind
from supplyhub.errors import InvalidError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplyhub.depot.arrivals import Arrivals
    from supplyhub.people.asker import Asker


@dataclass(frozen=True, slots=True)
class Unheard:
    """A product that isn't known yet, as whoever unloads it can tell."""

    name: str
    unit: str
    unit_weight_grams: int


@dataclass(frozen=True, slots=True)
class Goods:
    """So many units of a product, named by SKU, barcode or name, or not known yet; then the expiry must be told."""

    product: str | Unheard
    quantity: int
    expires_on: date | None = None
    lot_number: str = ""

    @property
    def name(self) -> str:
        """Return how the product was named."""
        return self.product.name if isinstance(self.product, Unheard) else self.product


@dataclass(frozen=True, slots=True)
class Sender:
    """How the goods came: `kind` donation or unexpected, who gave or sent them, whom they are for."""

    kind: ReceiptKind
    source: str | None = None
    purpose: LotPurpose = LotPurpose.EVERYBODY


def accept(asker: Asker, *, cycle_id: int, delivery_note: str, sender: Sender, goods: Sequence[Goods]) -> int:
    """Enter goods that nobody ordered and return the receipt's id. They serve this cycle.

    They stand at inbound, or on the shelf once receiving is finished. Those for the care register aren't shared out.
    The same note with the same goods again has no effect and gives the same receipt. Raises ConflictError for another
    delivery by the same note and for a cycle that is closed; InvalidError for products that aren't known (`unknown`), a
    donation without donor, counts below zero, goods that stand twice or have expired (`expired`).
    """
    _refuse_half_told(sender, goods)
    with transaction():
        cycle = cycle_for_update(asker, cycle_id)
        note = Note(cycle.id, delivery_note, sender.kind, source=sender.source)
        earlier = earlier_receipt(asker, note)
        today = _today(asker)
        arrivals = _arrivals(asker, goods, sender.purpose, today=earlier.received_on if earlier else today)
        if earlier is not None:
            refuse_other_counts(note, earlier, arrivals)
            return int(earlier.id)
        refuse_when_closed(cycle)
        if gone := {lot.product_id for lot in expired(arrivals, today)}:
            raise InvalidError("goods that have expired can't be received", expired=_skus(gone), today=today)
        return write_receipt(asker, note, arrivals, late=receiving_is_over(cycle))


def _refuse_half_told(sender: Sender, goods: Sequence[Goods]) -> None:
    if sender.kind == ReceiptKind.PURCHASE:
        raise InvalidError("what was bought is received by its purchase order")
    if sender.kind == ReceiptKind.DONATION and not sender.source:
        raise InvalidError("a donation has a donor")
    undated = [each.name for each in goods if isinstance(each.product, Unheard) and each.expires_on is None]
    if undated:
        raise InvalidError("a new product needs its expiry", undated=undated)
    if not any(each.quantity for each in goods):
        raise InvalidError("nothing was counted")


def _today(asker: Asker) -> date:
    found = "SELECT (now() AT TIME ZONE timezone)::date FROM community WHERE id = :community"
    today: date = scalar(found, community=asker.community_id)
    return today


def _arrivals(asker: Asker, goods: Sequence[Goods], purpose: LotPurpose, *, today: date) -> Arrivals:
    ids = _ids(asker, goods, today=today)
    days = _shelf_lives(ids.values())
    counted = [
        (
            Lot(
                ids[each.name],
                None,
                each.expires_on or today + timedelta(days=days[ids[each.name]]),
                each.lot_number.strip(),
                purpose,
            ),
            each.quantity,
        )
        for each in goods
    ]
    return together(counted, "product_id")


def _ids(asker: Asker, goods: Sequence[Goods], *, today: date) -> dict[str, int]:
    new = {each.name: _new(each, today) for each in goods if isinstance(each.product, Unheard)}
    named = {each.name for each in goods} - new.keys()
    known = find_products(asker.community_id, sorted(named))
    if named - known.keys():
        raise InvalidError("products that aren't known", unknown=sorted(named - known.keys()))
    return known | add_products(asker.community_id, list(new.values())) if new else known


def _new(goods: Goods, today: date) -> NewProduct:
    product: Any = goods.product
    days = (goods.expires_on - today).days if goods.expires_on else 1
    return NewProduct(product.name, product.unit, product.unit_weight_grams, max(1, days))


def _shelf_lives(product_ids: Any) -> dict[int, int]:
    found = rows("SELECT id, shelf_life_days FROM product WHERE id = ANY (:ids)", ids=list(product_ids))
    return {product.id: product.shelf_life_days for product in found}


def _skus(product_ids: set[int]) -> list[str]:
    return [
        found.sku for found in rows("SELECT sku FROM product WHERE id = ANY (:ids) ORDER BY sku", ids=list(product_ids))
    ]
