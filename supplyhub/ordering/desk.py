"""The desk at which orders are taken: one at a time, or those that come together in one go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from psycopg import OperationalError
from psycopg.errors import DeadlockDetected, LockNotAvailable

from supplyhub.db import db, transaction
from supplyhub.errors import BusyError
from supplyhub.gathering import Gatherer
from supplyhub.kept import KeptConnection
from supplyhub.ordering.putting import PUT_ORDERS, Put, arrays, put_baskets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplyhub.ordering.putting import Basket

# More in one call lock more rows for longer and gain nothing.
MOST_BASKETS = 64


class Desk(Protocol):
    """Takes a basket, durably, and says what became of it. Raises BusyError when it can't be taken now."""

    def put(self, basket: Basket) -> Put:
        """Put one basket."""


class SingleDesk:
    """Takes each basket in a transaction of its own."""

    def put(self, basket: Basket) -> Put:
        """Put one basket."""
        with transaction():
            return put_baskets([basket])[0]


class GatheringDesk:
    """Takes the baskets that wait at the same time in one transaction; each is answered by itself.

    A call that fails is taken apart: one basket that can't be put (`DataError`, say) is no error for its neighbours.
    """

    def __init__(self, url: str) -> None:
        self.connection = KeptConnection(url)
        self._gatherer = Gatherer(
            self._put_all,
            most=MOST_BASKETS,
            apart=lambda basket: (basket.menu, basket.household),
            # Waiting for a lock, or for a database that is away, once for each would keep the last for minutes.
            everybodys=(BusyError, OperationalError),
        )

    def put(self, basket: Basket) -> Put:
        """Put one basket, together with those that wait."""
        # What this request has read holds a connection of the few there are; waiting needs none.
        db.session.rollback()
        return self._gatherer.submit(basket)

    def _put_all(self, baskets: Sequence[Basket]) -> list[Put]:
        try:
            found = self.connection.rows(PUT_ORDERS, arrays(baskets))
        except (LockNotAvailable, DeadlockDetected) as error:
            raise BusyError("Somebody else is working on the same rows", retry_after_seconds=1) from error
        return [Put(outcome, data) for outcome, data in found]
