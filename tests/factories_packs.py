"""A town whose depot was given goods for the care register, and the households that they may go to."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from supplyhub.crypto import Vault
from supplyhub.db import rows, scalar
from supplyhub.depot.commands import Goods, Sender, accept
from supplyhub.depot.states import LotPurpose, ReceiptKind
from supplyhub.help.commands.packing_up import Wish, give_packs
from supplyhub.residents.models_care import CareConsent, CareMark
from supplyhub.residents.states import CareCategory, ConsentPurpose
from tests.factories import in_care, in_one_go, saved

if TYPE_CHECKING:
    from supplyhub.residents.models import CareCase, Household
    from tests.factories_depot import Town

VAULT = Vault({"k1": bytes(32)})
DONOR = "和平粮油店"


def donate(town: Town, *, note: str | None = None, donor: str = DONOR, **units: int) -> int:
    """Let somebody bring so many units of each SKU for the care register; return the receipt's id."""
    goods = [Goods(sku, quantity) for sku, quantity in units.items()]
    sender = Sender(ReceiptKind.DONATION, donor, LotPurpose.CARE)
    return accept(town.depot, cycle_id=town.cycle_id, delivery_note=note or uuid4().hex[:8], sender=sender, goods=goods)


@in_one_go()
def cared_for(
    home: Household, *categories: CareCategory, priority: int = 2, agreed: bool | None = True, by: int | None = None
) -> CareCase:
    """Put a household into the care register. `agreed` to packs: False when it took that back, None when nobody asked."""
    case = in_care(home)
    case.priority = priority
    for category in categories:
        saved(CareMark(case_id=case.id, mark=VAULT.lookup_hash(category, "care_category")))
    if agreed is not None:
        consent = CareConsent(
            case_id=case.id,
            purpose=ConsentPurpose.CARE_PACKS,
            given_on=date(2026, 4, 1),
            recorded_by=by or home.account_id,
            withdrawn_on=None if agreed else date(2026, 4, 2),
        )
        saved(consent)
    return case


def wish_of(town: Town, category: CareCategory | None = None, *, unasked: bool = False, **units: int) -> Wish:
    """Return a wish for packs of so many units of each SKU."""
    return Wish({town.offers[sku].product_id: number for sku, number in units.items()}, category, unasked)


def give(town: Town, name: str = "爱心包", *, packs: int | None = None, **wish: Any) -> int:
    """Give packs as the town's coordinator; return the giving's id."""
    wanted = wish_of(town, **wish)
    return give_packs(town.coordinator, town.cycle_id, wanted, name=name, key=uuid4(), packs=packs, vault=VAULT)


def promised(pack_id: int) -> list[int]:
    """Return the households that a pack is promised to, by id."""
    found = rows(
        "SELECT household_id FROM care_pack_share"
        " WHERE pack_id = :pack AND declined_at IS NULL AND dropped_at IS NULL ORDER BY 1",
        pack=pack_id,
    )
    return [share.household_id for share in found]


def laid_in(home: Household) -> dict[str, int]:
    """Return what a household's orders hold of care packs, units by SKU."""
    found = rows(
        "SELECT p.sku, l.quantity FROM orders AS o JOIN order_line AS l ON l.order_id = o.id"
        " JOIN menu_item AS i ON i.id = l.item_id AND i.for_care JOIN offer AS f ON f.id = i.offer_id"
        " JOIN product AS p ON p.id = f.product_id WHERE o.household_id = :home AND o.state = 'placed'",
        home=home.id,
    )
    return {line.sku: line.quantity for line in found}


def order_of_home(home: Household) -> Any:
    """Return a household's only order: id, state, channel, total_fen, version, placed_at."""
    (order,) = rows("SELECT * FROM orders WHERE household_id = :home", home=home.id)
    return order


def care_units(place: str) -> int:
    """Return how many units that were given for care stand at a place."""
    units = scalar(
        "SELECT coalesce(sum(s.quantity), 0) FROM stock_level AS s JOIN lot AS l ON l.id = s.lot_id"
        " WHERE l.purpose = 'care' AND s.place = :place",
        place=place,
    )
    return int(units)
