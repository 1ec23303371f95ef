"""The stops about care packs: what was donated, a preview, the giving, what a household reads, where each pack is."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from uuid import uuid4

from supplyhub.db import rows, scalar
from supplyhub.depot.commands import Goods, Sender, accept
from supplyhub.depot.commands.accepting import Unheard
from supplyhub.depot.states import LotPurpose, ReceiptKind
from supplyhub.help.commands.packing_up import Wish, decline_pack, give_packs
from supplyhub.help.pack_stock import goods_for_care
from tests.journeys.stops import Stop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.journeys.scene import Scene

KEEPS = date(2036, 1, 1)
GIFTS = (
    ("和平粮油店", Unheard("东北大米 5 kg", "袋", 5000), 12),
    ("和平粮油店", Unheard("菜籽油 1.8 L", "瓶", 1900), 30),
    ("晨光小学家长委员会", Unheard("婴儿配方奶粉 1 段", "罐", 900), 6),
)


def packs_promised(scene: Scene) -> Iterator[Stop]:
    """Goods come for the care register while orders are taken; a coordinator gives them, one household says no."""
    yield Stop("packs-nothing", "coordinator", "/coordinator/packs")
    for number, (donor, product, units) in enumerate(GIFTS, 1):
        sender = Sender(ReceiptKind.DONATION, donor, LotPurpose.CARE)
        goods = [Goods(product, units, expires_on=KEEPS)]
        accept(scene.depot, cycle_id=scene.cycle, delivery_note=f"AX-{number}", sender=sender, goods=goods)
    yield Stop("packs-waiting", "coordinator", "/coordinator/packs")
    rice, oil, _powder = (goods.product_id for goods in goods_for_care(scene.cycle))
    asked = f"/coordinator/packs/preview?cycle={scene.cycle}&u{rice}=1&u{oil}=1"
    yield Stop("packs-preview", "coordinator", f"{asked}&unasked=1")
    yield Stop("packs-preview-nobody", "coordinator", asked)
    wish = Wish({rice: 1, oil: 1}, unasked=True)
    pack = give_packs(scene.coordinator, scene.cycle, wish, name="米和油", key=uuid4(), vault=scene.vault)
    yield Stop("packs-given", "coordinator", "/coordinator/packs")
    mine, *_, other = homes_of(pack)
    yield Stop("packs-menu", f"resident:{mine}", "/menu")
    yield Stop("packs-own", f"resident:{mine}", "/packs")
    decline_pack(scene.coordinator, pack, other)
    yield Stop("packs-own-declined", f"resident:{other}", "/packs")
    yield Stop("packs-own-none", f"resident:{scene.follow(3)}", "/packs")
    yield Stop("packs-homes", "coordinator", f"/coordinator/packs/{pack}")


def packs_on_their_way(scene: Scene) -> Iterator[Stop]:
    """The same packs after the cut-off: in the parcels, at the doors."""
    pack = scalar("SELECT max(id) FROM care_pack")
    yield Stop("packs-late", "coordinator", f"/coordinator/packs?cycle={scene.cycle}")
    yield Stop("packs-homes-later", "coordinator", f"/coordinator/packs/{pack}")
    alone = rows(
        "SELECT household_id FROM orders WHERE cycle_id = :cycle AND channel = 'care_pack' ORDER BY id",
        cycle=scene.cycle,
    )
    if alone:
        yield Stop("packs-order-alone", f"resident:{alone[0].household_id}", "/order")
    with_order = scalar(
        "SELECT min(o.household_id) FROM orders AS o JOIN care_pack_share AS s ON s.household_id = o.household_id"
        " WHERE o.cycle_id = :cycle AND s.pack_id = :pack AND o.channel <> 'care_pack' AND o.state = 'placed'",
        cycle=scene.cycle,
        pack=pack,
    )
    if with_order:
        yield Stop("packs-order", f"resident:{with_order}", "/order")


def homes_of(pack: int) -> list[int]:
    """Return the households that a pack is promised to."""
    found = rows("SELECT household_id FROM care_pack_share WHERE pack_id = :pack ORDER BY household_id", pack=pack)
    return [share.household_id for share in found]
