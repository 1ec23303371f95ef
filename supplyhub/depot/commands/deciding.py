"""Deciding on a shortage: a policy for each short product, then the word to share out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub import outbox
from supplyhub.catalog.queries import cycle_for_update
from supplyhub.db import execute, transaction
from supplyhub.depot.events import ReceivingFinished
from supplyhub.depot.shortage import short_products, standing_of
from supplyhub.errors import ConflictError, NotFoundError

if TYPE_CHECKING:
    from supplyhub.depot.shortage import Standing
    from supplyhub.depot.states import Policy
    from supplyhub.people.asker import Asker


def choose_policy(asker: Asker, cycle_id: int, product_id: int, policy: Policy) -> None:
    """Say how a short product will be shared out; the last word before the decision stands.

    Raises NotFoundError for what isn't short, ConflictError before receiving is finished and once it was decided.
    """
    with transaction():
        cycle_for_update(asker, cycle_id)
        standing = _counted(cycle_id)
        if standing.decided:
            raise ConflictError("it was decided before how this cycle is shared out", cycle=cycle_id)
        if product_id not in {product.id for product in short_products(cycle_id)}:
            raise NotFoundError("this product isn't short", cycle=cycle_id, product=product_id)
        execute(
            """
            INSERT INTO shortage_choice (cycle_id, product_id, policy, chosen_by) VALUES (:cycle, :product, :policy, :by)
            ON CONFLICT (cycle_id, product_id) DO UPDATE
            SET policy = excluded.policy, chosen_by = excluded.chosen_by, chosen_at = clock_timestamp()
            """,
            cycle=cycle_id,
            product=product_id,
            policy=policy,
            by=asker.account_id,
        )


def decide_shares(asker: Asker, cycle_id: int) -> None:
    """Have a cycle's goods shared out, each short product by its policy. A second call has no effect.

    Raises ConflictError before receiving is finished.
    """
    with transaction():
        cycle_for_update(asker, cycle_id)
        if _counted(cycle_id).decided:
            return
        execute(
            "INSERT INTO share_decision (cycle_id, decided_by) VALUES (:cycle, :by)",
            cycle=cycle_id,
            by=asker.account_id,
        )
        outbox.record(ReceivingFinished(cycle_id=cycle_id))


def _counted(cycle_id: int) -> Standing:
    """Return where the shortages stand. Raises ConflictError while goods may still come."""
    standing = standing_of(cycle_id)
    if not standing.counted:
        raise ConflictError("receiving isn't finished", cycle=cycle_id)
    return standing
