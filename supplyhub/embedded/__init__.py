"""Private PostgreSQL and Valkey servers for `supplyhub dev` and for the tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from supplyhub.embedded.postgres import ADMIN, APPLICATION, OWNER, PostgresServer
from supplyhub.embedded.valkey import ValkeyServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

__all__ = ["EmbeddedServers", "PostgresServer", "ServerUrls", "ValkeyServer"]


@dataclass(frozen=True, slots=True)
class ServerUrls:
    """Where the servers of a home answer, passwords included. `admin_database_url` is the superuser's."""

    database_url: str
    migration_database_url: str
    admin_database_url: str
    redis_url: str


class EmbeddedServers:
    """Both servers of one home, started and stopped together.

    They end with the thread that started them: call `start` from the main thread.
    """

    def __init__(self, home: Path, *, durable: bool = True, say: Callable[[str], None] = lambda _line: None) -> None:
        self._queue = ValkeyServer(home, durable=durable)
        self._database = PostgresServer(home, durable=durable, say=say)

    def start(self) -> ServerUrls:
        """Start both and return their addresses. Raises SettingError when one doesn't come up."""
        try:
            self._queue.start()
            self._database.start()
        except BaseException:
            self.stop()
            raise
        return ServerUrls(
            database_url=self._database.url(APPLICATION),
            migration_database_url=self._database.url(OWNER),
            admin_database_url=self._database.url(ADMIN),
            redis_url=self._queue.url,
        )

    def stop(self) -> None:
        """Stop both; nothing that was committed or queued is lost."""
        self._queue.stop()
        self._database.stop()

    def __enter__(self) -> Self:
        """Start both."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop both."""
        self.stop()
