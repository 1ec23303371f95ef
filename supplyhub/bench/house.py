"""The installation that a bench measures: a home that is thrown away, its servers, the production's web processes."""

from __future__ import annotations

import signal
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from supplyhub.config import Settings, environment, local_url
from supplyhub.db import migrate
from supplyhub.embedded import EmbeddedServers, processes
from supplyhub.embedded.home import remembered_port
from supplyhub.embedded.postgres import OWNER
from supplyhub.errors import SettingError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Sequence

HOST = "127.0.0.1"
READY_SECONDS = 60.0
STOP_SECONDS = 25.0
POLL_SECONDS = 0.05
KIB_A_MB = 1_000_000 / 1024


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process has in memory: all of it, and its share where pages are shared with others. In MB."""

    rss_mb: float
    pss_mb: float


@dataclass(frozen=True, slots=True)
class Web:
    """A web server: where it answers, the process that its workers descend from, its log."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def wait_until_it_answers(self) -> None:
        """Wait until it is up. Raises SettingError with its last words when it ends or doesn't come."""
        end = time.monotonic() + READY_SECONDS
        while not processes.answers(self.url):
            if self.process.poll() is not None or time.monotonic() > end:
                raise SettingError(f"the web server doesn't come up: {self.log.read_text(encoding='utf-8')[-1000:]}")
            time.sleep(POLL_SECONDS)

    def memory(self) -> list[Memory]:
        """Return the memory of each worker."""
        return [memory_of(pid) for pid in _children(self.process.pid)]


@contextmanager
def throw_away() -> Iterator[Settings]:
    """Start the servers of a fresh home, durable as in production, and migrate; all of it is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="supplyhub-bench-") as folder, ExitStack() as running:
        home = Path(folder)
        servers = EmbeddedServers(home)
        urls = servers.start()
        running.callback(servers.stop)
        settings = Settings.from_env(
            {
                "SUPPLYHUB_HOME": folder,
                "DATABASE_URL": urls.database_url,
                "MIGRATION_DATABASE_URL": urls.migration_database_url,
                "REDIS_URL": urls.redis_url,
            }
        )
        migrate(settings)
        with psycopg.connect(urls.admin_database_url, autocommit=True) as connection:
            connection.execute(f"GRANT pg_checkpoint TO {OWNER}")
        yield settings


@contextmanager
def serving(settings: Settings, name: str, command: Sequence[str]) -> Iterator[Web]:
    """Run `supplyhub COMMAND` as a web server on a port of its own until the end."""
    port = remembered_port(settings.home, name)
    settings = replace(settings, port=port, public_url=local_url(HOST, port))
    log = settings.home / "log" / f"{name}.log"
    process = processes.spawn([sys.executable, "-P", "-m", "supplyhub", *command], log=log, env=surroundings(settings))
    try:
        yield Web(settings.public_url, process, log)
    finally:
        processes.stop(process, signal.SIGTERM, seconds=STOP_SECONDS)


def memory_of(pid: int) -> Memory:
    """Return what a process has in memory."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    kib = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
    return Memory(rss_mb=round(kib["Rss"] / KIB_A_MB, 1), pss_mb=round(kib["Pss"] / KIB_A_MB, 1))


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in listed.split()]


def surroundings(settings: Settings) -> dict[str, str]:
    """Return the environment in which a process of this installation runs."""
    return environment() | {
        "SUPPLYHUB_HOME": str(settings.home),
        "DATABASE_URL": settings.database_url,
        "MIGRATION_DATABASE_URL": settings.migration_database_url,
        "REDIS_URL": settings.redis_url,
        "HOST": HOST,
        "PORT": str(settings.port),
        "PUBLIC_URL": settings.public_url,
    }
