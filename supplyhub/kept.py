"""A connection that is kept for a statement that comes all the time: prepared once, without pool, ping and rollback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy import make_url

from supplyhub.db import CONNECT_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping


class KeptConnection:
    """One connection, made when it is first needed and anew after it broke; each statement is a transaction of its own.

    Not for two threads at once.
    """

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection: psycopg.Connection[Any] | None = None

    def rows(self, statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return the rows of a statement that may be sent twice: it is, when the connection turns out to be broken.

        Raises psycopg's errors.
        """
        kept = self._connection is not None
        try:
            return self._run(statement, parameters)
        except psycopg.OperationalError:
            broken = self._connection is None or self._connection.closed
            if broken:
                self.close()
            if not (kept and broken):
                raise
        return self._run(statement, parameters)

    def close(self) -> None:
        """Close the connection; the next statement makes a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _run(self, statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        if self._connection is None:
            self._connection = psycopg.connect(self._url, autocommit=True, options=CONNECT_OPTIONS)
        return self._connection.execute(statement.encode(), parameters, prepare=True).fetchall()
