"""Care packs in the play: donated goods, given out before the cut-off and delivered with the rest; what became of them."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from supplyhub.replay.stage import Stage

# A pack for every so many households of the baskets, of so many goods, and one in so many says no.
HOMES_A_PACK, GOODS, DECLINING = 16, 2, 10
FEWEST = 3
KEEPS_DAYS = 30
NUMBERS = uuid.UUID("5d0a1f0f-22c4-4c5d-9f3c-0a2a7a4c1e55")
NAME, DONOR = "重阳爱心包", "街道慈善会"
TELLING = (NAME, DONOR, "for_care", "care_pack")


def give_packs(stage: Stage) -> None:
    """Let the depot receive a donation for care, a coordinator try and give packs of it, and some say no.

    Played again, the same note is the same delivery, and the same key the same giving.
    """
    stage.progress.start("giving care packs")
    skus = _kept_longest(stage)
    stage.api.must(stage.depot, "POST", f"/cycles/{stage.cycle}/receipts", _donation(stage, skus))
    found = stage.api.get(stage.coordinator, "/packs/goods", cycle=stage.cycle)
    goods = [{"product": each["product_id"], "units": 1} for each in found if each["sku"] in skus]
    # An imported register has no consents yet; who said no gets none.
    wish = {"cycle": stage.cycle, "goods": goods, "unasked": True}
    packs = stage.api.must(stage.coordinator, "POST", "/packs/preview", wish)["packs"]
    given = wish | {"key": str(uuid.uuid5(NUMBERS, str(stage.cycle))), "name": NAME, "packs": packs}
    pack = stage.api.must(stage.coordinator, "POST", "/packs", given)["id"]
    declining = _homes(stage, pack)[::DECLINING]
    own = stage.tokens.residents(declining)
    stage.together(
        "declining care packs",
        lambda home: stage.api.must(own[home], "POST", f"/packs/{pack}/decline", {}),
        declining,
    )


def count_packs(stage: Stage) -> None:
    """Count what became of the packs, who got one without standing in the care register, and which parcels tell."""
    counts = stage.counts
    register = {case["household"] for case in stage.api.pages(stage.coordinator, "/care/cases", part="all")}
    packs = stage.api.get(stage.coordinator, "/packs", cycle=stage.cycle)
    counts.packs, counts.packs_declined = _sum(packs, "homes"), _sum(packs, "declined")
    counts.packs_delivered, counts.packs_returned = _sum(packs, "delivered"), _sum(packs, "returned")
    counts.packs_missing = counts.packs - _sum(packs, "declined", "delivered", "returned")
    counts.packs_outside_register = sum(home not in register for pack in packs for home in _homes(stage, pack["id"]))
    batches = stage.api.get(stage.depot, f"/cycles/{stage.cycle}/batches")
    parcels = [each for batch in batches for each in stage.api.pages(stage.depot, f"/batches/{batch['id']}/parcels")]
    counts.packs_told_apart = told_apart(parcels)


def told_apart(parcels: Iterable[Any]) -> int:
    """Return how many parcels tell whoever packs and labels them that care packs are in them, by a field or a word."""
    shapes = [(_shape(parcel), json.dumps(parcel, ensure_ascii=False)) for parcel in parcels]
    usual = Counter(shape for shape, _ in shapes).most_common(1)
    return sum(shape != usual[0][0] or any(word in text for word in TELLING) for shape, text in shapes)


def _shape(parcel: Any) -> tuple[Any, ...]:
    return (tuple(sorted(parcel)), *sorted({tuple(sorted(line)) for line in parcel["lines"]}))


def _donation(stage: Stage, skus: list[str]) -> dict[str, Any]:
    units = max(FEWEST, len(stage.homes) // HOMES_A_PACK)
    good_until = (date.fromisoformat(stage.state.delivery_on) + timedelta(days=KEEPS_DAYS)).isoformat()
    return {
        "kind": "donation",
        "delivery_note": f"R-{stage.cycle}-care",
        "source": DONOR,
        "purpose": "care",
        "goods": [{"product": sku, "quantity": units, "expires_on": good_until} for sku in skus],
    }


def _kept_longest(stage: Stage) -> list[str]:
    offers = stage.api.get(stage.coordinator, "/offers")
    return [each["sku"] for each in sorted(offers, key=lambda each: (-each["shelf_life_days"], each["sku"]))[:GOODS]]


def _homes(stage: Stage, pack: int) -> list[int]:
    return [home["household_id"] for home in stage.api.pages(stage.coordinator, f"/packs/{pack}/homes")]


def _sum(packs: Iterable[Any], *names: str) -> int:
    return sum(pack[name] for pack in packs for name in names)
