"""Which statements something takes: as many for many rows as for a few, where no query is made for each."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from supplyhub.db import db

if TYPE_CHECKING:
    from collections.abc import Iterator

# The test's own way of undoing.
NOT_COUNTED = ("SAVEPOINT", "ROLLBACK", "RELEASE")


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect the statements that run meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(NOT_COUNTED):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
