"""The demo's scales: what is charged by weight weighs a little more than it should."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.depot.commands import Weighed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from supplyhub.depot.packing_queries import ParcelView

PERCENT_OF_USUAL = 104


def weigh(parcels: Iterable[ParcelView]) -> list[Weighed]:
    """Return the weights that parcels need to be packed."""
    return [
        Weighed(
            parcel.code,
            line.item_id,
            max(line.quantity * line.unit_weight_grams * PERCENT_OF_USUAL // 100, 1),
            substitute=line.substitute,
        )
        for parcel in parcels
        for line in parcel.lines
        if line.by_weight
    ]
