"""The end of a shortage before anybody decided on it: then there is nothing to decide, and the goods are shared out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub import outbox
from supplyhub.db import execute, rows
from supplyhub.depot.events import ReceivingFinished
from supplyhub.depot.shortage import short_products, standing_of

if TYPE_CHECKING:
    from collections.abc import Sequence


def share_when_enough(lot_ids: Sequence[int]) -> None:
    """Have the cycles that some lots serve shared out, where a decision was waited for and nothing is short any more.

    At the end of a transaction that put units of these lots on the shelf. Two that end a shortage together take turns,
    so that the second one sees it.
    """
    cycles = rows(
        "SELECT DISTINCT serves_cycle_id AS id FROM lot WHERE id = ANY (:lots) ORDER BY 1",
        lots=list(lot_ids),
    )
    for cycle in cycles:
        if not standing_of(cycle.id).open:
            continue
        execute("SELECT pg_advisory_xact_lock(hashtext('supplyhub.share'), CAST(:cycle AS int))", cycle=cycle.id)
        if not short_products(cycle.id):
            outbox.record(ReceivingFinished(cycle_id=cycle.id))
