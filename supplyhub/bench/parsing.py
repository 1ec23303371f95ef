"""The measure of what an order costs before it is put: the production's application with a desk that writes nothing."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from supplyhub.app import create_app
from supplyhub.ordering.putting import Put
from supplyhub.ordering.states import OrderState

if TYPE_CHECKING:
    from flask import Flask

    from supplyhub.ordering.putting import Basket


class AtOnceDesk:
    """Says of every basket that it was placed, without asking anybody."""

    def put(self, basket: Basket) -> Put:
        """Answer as if this had been a household's first order."""
        now = datetime.now(UTC).isoformat()
        return Put(
            "placed",
            {
                "id": basket.household,
                "version": 1,
                "state": OrderState.PLACED,
                "total_fen": basket.total_fen,
                "note": basket.note,
                "channel": basket.channel,
                "placed_at": now,
                "changed_at": now,
                "hold_until": None,
                "lines": [asdict(line) | {"unit_price_fen": 0} for line in basket.lines],
            },
        )


def make_parser() -> Flask:
    """Return the application whose desk writes nothing."""
    app = create_app(gathers=True)
    app.extensions["desk"] = AtOnceDesk()
    return app
