"""How long each kind of statement takes, by the table that it fills, without a word in the code that is measured."""

from __future__ import annotations

import re
import threading
import time
from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

FILLS = re.compile(r"\bINSERT INTO (\w+)|^\s*UPDATE (\w+)")


class Stopwatch:
    """Seconds by what was done, as the statements went, of all threads together."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._adding = threading.Lock()
        self._mine = threading.local()

    def before(self, *_: Any) -> None:
        """Note when a statement starts."""
        self._mine.started = time.perf_counter()

    def after(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        """Add what it took to the table that it fills: the last one named, to which the others lead."""
        filled = FILLS.findall(statement)
        name = next(table for table in filled[-1] if table) if filled else "reading"
        took = time.perf_counter() - self._mine.started
        with self._adding:
            self.seconds[name] += took


@contextmanager
def watching(engine: Engine) -> Iterator[Stopwatch]:
    """Time the statements that an engine runs until the end."""
    watch = Stopwatch()
    event.listen(engine, "before_cursor_execute", watch.before)
    event.listen(engine, "after_cursor_execute", watch.after)
    try:
        yield watch
    finally:
        event.remove(engine, "before_cursor_execute", watch.before)
        event.remove(engine, "after_cursor_execute", watch.after)
