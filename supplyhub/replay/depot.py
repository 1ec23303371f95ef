"""At the depot: purchase orders are sent, goods received with a shortage that is decided on, parcels packed."""

from __future__ import annotations

import itertools
import math
import random
from typing import TYPE_CHECKING, Any, TypeVar

from supplyhub.replay.client import accepted
from supplyhub.replay.ordering import cycle
from supplyhub.replay.scales import usual_weight

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from supplyhub.replay.stage import Stage

SHORT_PRODUCTS = 6
LEAST_SHARE, LARGEST_SHARE = 0.70, 0.95
PARCELS_A_CALL = 60
POLICIES = ("care_first_equal_share", "pro_rata", "first_come", "draw")

Item = TypeVar("Item")


def receive_goods(stage: Stage) -> None:
    """Send the purchase orders and receive what came: all of it, but of six products only 70 to 95 %."""
    orders = stage.api.get(stage.depot, f"/cycles/{stage.cycle}/purchase-orders")
    for order in orders:
        if order["state"] == "draft":
            _send(stage, order)
    came = what_came({line["id"]: line["quantity"] for order in orders for line in order["lines"]}, seed=stage.cycle)
    stage.together("receiving goods", lambda order: _receive(stage, order, came), orders)
    stage.api.must(stage.depot, "POST", f"/cycles/{stage.cycle}/finish-receiving")
    _decide(stage)
    received = stage.api.get(stage.depot, f"/cycles/{stage.cycle}/purchase-orders")
    stage.counts.received_units = sum(order["received_units"] for order in received)
    stage.wait_for("the shares", lambda: cycle(stage)["state"] not in {"ordering", "procuring"})
    shortages = stage.api.get(stage.depot, f"/cycles/{stage.cycle}/shortages")
    stage.counts.short_units = sum(shortage["short"] for shortage in shortages)


def what_came(bought: dict[int, int], *, seed: int) -> dict[int, int]:
    """Return the units that come of each line, given the units bought: the same for the same cycle.

    The short ones are drawn among the larger lines, where whole cases leave less to spare.
    """
    draw = random.Random(seed)  # noqa: S311  (a play, no secret)
    could_be_short = sorted(
        (line for line, units in bought.items() if math.ceil(units * LEAST_SHARE) <= units * LARGEST_SHARE),
        key=lambda line: (-bought[line], line),
    )
    short = draw.sample(could_be_short[: 2 * SHORT_PRODUCTS], min(SHORT_PRODUCTS, len(could_be_short)))
    least = {line: math.ceil(bought[line] * LEAST_SHARE) for line in short}
    return bought | {line: draw.randint(least[line], int(bought[line] * LARGEST_SHARE)) for line in sorted(short)}


def pack_parcels(stage: Stage) -> None:
    """Pack what isn't packed yet, grid by grid, some parcels a call."""
    batches = stage.api.get(stage.depot, f"/cycles/{stage.cycle}/batches")
    todo = []
    stage.counts.parcels = 0
    for batch in batches:
        parcels = list(stage.api.pages(stage.depot, f"/batches/{batch['id']}/parcels"))
        stage.counts.parcels += len(parcels)
        planned = [parcel for parcel in parcels if parcel["state"] == "planned"]
        todo += [(batch["id"], part) for part in in_parts(planned, PARCELS_A_CALL)]
    stage.together("packing parcels", lambda part: _pack(stage, *part), todo)


def in_parts(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield lists of at most `size` items."""
    rest = iter(items)
    while part := list(itertools.islice(rest, size)):
        yield part


def count_what_became(stage: Stage) -> None:
    """Count the parcels that reached their door, and those that came back."""
    states = [
        parcel["state"]
        for batch in stage.api.get(stage.depot, f"/cycles/{stage.cycle}/batches")
        for parcel in stage.api.pages(stage.depot, f"/batches/{batch['id']}/parcels")
    ]
    stage.counts.delivered = states.count("delivered")
    stage.counts.returned = states.count("returned")


def _send(stage: Stage, order: Any) -> None:
    def sent() -> bool:
        orders = stage.api.get(stage.depot, f"/cycles/{stage.cycle}/purchase-orders")
        return any(found["id"] == order["id"] and found["state"] != "draft" for found in orders)

    stage.api.advance(stage.depot, f"/purchase-orders/{order['id']}/send", reached=sent)


def _decide(stage: Stage) -> None:
    """Choose a policy for each product that is short, every one in its turn, and have the goods shared out."""
    short = stage.api.get(stage.depot, f"/cycles/{stage.cycle}/shortages-ahead")
    for product, policy in zip(short, itertools.cycle(POLICIES), strict=False):
        path = f"/cycles/{stage.cycle}/shortages/{product['product_id']}/policy"
        answer = stage.api.call(stage.depot, "PUT", path, {"policy": policy})
        if answer.code != "conflict":
            accepted(answer, "PUT", path)
    stage.api.must(stage.depot, "POST", f"/cycles/{stage.cycle}/share")


def _receive(stage: Stage, order: Any, came: dict[int, int]) -> None:
    # The same note with the same counts is the same receipt, however often it is entered.
    note = {
        "delivery_note": f"R-{stage.cycle}-{order['id']}",
        "lines": [{"line": line["id"], "quantity": came[line["id"]]} for line in order["lines"]],
    }
    stage.api.must(stage.depot, "POST", f"/purchase-orders/{order['id']}/receipts", note)


def _pack(stage: Stage, batch: int, parcels: list[Any]) -> None:
    answer = stage.api.call(stage.depot, "POST", f"/batches/{batch}/pack", _packed(parcels))
    if answer.code != "already_packed":
        accepted(answer, "POST", f"/batches/{batch}/pack")
        return
    # An answer that was lost: whatever of them is still to be packed is packed now.
    codes = {parcel["code"] for parcel in parcels}
    found = stage.api.pages(stage.depot, f"/batches/{batch}/parcels")
    left = [parcel for parcel in found if parcel["state"] == "planned" and parcel["code"] in codes]
    if left:
        stage.api.must(stage.depot, "POST", f"/batches/{batch}/pack", _packed(left))


def _packed(parcels: list[Any]) -> dict[str, Any]:
    """Return what is sent of parcels that are packed: their codes, and what the scales showed."""
    weights = [
        {
            "parcel": parcel["code"],
            "item": line["item"],
            "substitute": line["substitute"],
            "grams": usual_weight(parcel["code"], line["quantity"], line["unit_weight_grams"]),
        }
        for parcel in parcels
        for line in parcel["lines"]
        if line["by_weight"]
    ]
    return {"parcels": [parcel["code"] for parcel in parcels], "weights": weights}
