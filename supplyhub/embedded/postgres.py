"""A private PostgreSQL in the data folder, with the owner's and the application's role."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from supplyhub.embedded import processes, runas
from supplyhub.embedded.binaries import postgres_programs
from supplyhub.embedded.home import password_of, ports_to_try
from supplyhub.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Callable

DATABASE = "supplyhub"
ADMIN, OWNER, APPLICATION = "postgres", "supplyhub_owner", "supplyhub_app"
START_SECONDS = 60.0
STOP_SECONDS = 30.0
ORPHAN_SECONDS = 2.0

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    # Without details: the row that breaks a rule may say somebody's name.
    "log_error_verbosity": "terse",
    # A batch of a whole city is one transaction: without a checkpoint in its midst it writes each page to the log once.
    "max_wal_size": "4GB",
    "wal_buffers": "64MB",
    "checkpoint_timeout": "15min",
}
# Of the machine's memory so much keeps the tables at hand, within limits: an eighth.
BUFFERS_SHARE, FEWEST_BUFFERS_MB, MOST_BUFFERS_MB = 8, 128, 1024
FRAGILE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "300",
}


class PostgresServer:
    """PostgreSQL on a loopback port of its own; its data in `home/postgres`.

    `durable=False` (for tests) doesn't wait for the disk. `say` is told what a person should know. The caller
    sees to it that no other process runs the same home.
    """

    name = "database"

    def __init__(self, home: Path, *, durable: bool = True, say: Callable[[str], None] = lambda _line: None) -> None:
        self._home = home
        self._durable = durable
        self._say = say
        self._log = home / "log" / "postgres.log"
        self._pid_file = home / "run" / "postgres.pid"
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    def url(self, role: str, database: str = DATABASE) -> str:
        """Return the address for a role, with its password in it; `start` comes first."""
        return f"postgresql://{role}:{password_of(self._home, role)}@127.0.0.1:{self._port}/{database}"

    def start(self) -> None:
        """Make the cluster if there is none, start the server, make roles and database.

        Started again it keeps its port. Raises SettingError when it doesn't come up; its log says why.
        """
        run_as = runas.choose(self._home, postgres_programs(), self._say)
        data = run_as.folder / "postgres"
        self._end_leftovers(data)
        if not data.exists():
            _initialize(data, run_as, password=password_of(self._home, ADMIN), log=self._log, durable=self._durable)
        _check_version(data, run_as)
        for port in ports_to_try(self._home, "postgres", kept=self._port):
            self._port = port
            self._spawn(data, run_as)
            if self._comes_up(data):
                self._make_roles_and_database()
                return
        raise SettingError(f"the database server doesn't start; see {self._log}")

    def poll(self) -> int | None:
        """Return the exit status when the server has ended."""
        return self._process.poll() if self._process else None

    def stop(self) -> None:
        """Stop the server: sessions are ended, what was committed is on disk."""
        if self._process:
            processes.stop(self._process, signal.SIGINT, seconds=STOP_SECONDS)
        self._pid_file.unlink(missing_ok=True)

    def _end_leftovers(self, data: Path) -> None:
        """Stop the server of a killed run of this home, and forget a `postmaster.pid` that names nobody.

        PostgreSQL itself would take another program that was given the old pid for the server, and refuse. It refuses
        as well while a session of a killed server still computes, which may take as long as its query.
        """
        old = processes.leftover(self._pid_file)
        if old:
            processes.stop_leftover(old, signal.SIGINT, seconds=STOP_SECONDS)
        lock = data / "postmaster.pid"
        with suppress(FileNotFoundError, ValueError):
            pid = int(lock.read_text(encoding="utf-8").partition("\n")[0])
            if _works_in(pid, data):
                processes.stop_leftover(pid, signal.SIGINT, seconds=STOP_SECONDS)
        for orphan in _servers_in(data):
            processes.stop_leftover(orphan, signal.SIGQUIT, seconds=ORPHAN_SECONDS)
        lock.unlink(missing_ok=True)

    def _spawn(self, data: Path, run_as: runas.RunAs) -> None:
        settings = SETTINGS | ({"shared_buffers": f"{_buffers_mb()}MB"} if self._durable else FRAGILE)
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._process = processes.spawn(
            [str(run_as.programs / "bin" / "postgres"), "-D", str(data), "-p", str(self._port), *options],
            log=self._log,
            prefix=run_as.prefix,
            uid=run_as.uid,
            cwd=Path("/"),
            on_parent_death=signal.SIGINT,
        )
        processes.remember(self._pid_file, self._process.pid)

    def _comes_up(self, data: Path) -> bool:
        """Wait until the server takes connections; False when it ended or didn't come in time."""
        end = time.monotonic() + START_SECONDS
        while self.poll() is None and time.monotonic() < end:
            with suppress(OSError):
                lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
                # PostgreSQL's own file: pid first, state in line 8.
                if len(lines) > 7 and lines[0] == str(self._pid()) and lines[7].strip() == "ready":
                    return True
            time.sleep(processes.POLL_SECONDS)
        self.stop()
        return False

    def _pid(self) -> int:
        return self._process.pid if self._process else 0

    def _make_roles_and_database(self) -> None:
        try:
            with psycopg.connect(self.url(ADMIN, "postgres"), autocommit=True) as connection:
                for role in (OWNER, APPLICATION):
                    _make_role(connection, role, password_of(self._home, role))
                if not _has_database(connection):
                    create_database(connection, DATABASE)
        except psycopg.OperationalError as error:
            self.stop()
            raise SettingError(
                f"the database server refuses its password: {self._home / 'keys'} doesn't belong to its data",
            ) from error


def _buffers_mb() -> int:
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 1_048_576
    return min(max(memory // BUFFERS_SHARE, FEWEST_BUFFERS_MB), MOST_BUFFERS_MB)


def _works_in(pid: int, folder: Path) -> bool:
    # The server's current folder is its data folder.
    with suppress(OSError):
        return Path(f"/proc/{pid}/cwd").readlink() == folder
    return False


def _servers_in(data: Path) -> list[int]:
    """Return the PostgreSQL processes that work in this data folder, as far as this user may see them."""
    pids = (int(entry.name) for entry in Path("/proc").glob("[0-9]*"))
    return [pid for pid in pids if _works_in(pid, data) and _program(pid) == "postgres"]


def _program(pid: int) -> str:
    with suppress(OSError):
        # An installation that was renewed meanwhile leaves " (deleted)" behind the path.
        return Path(f"/proc/{pid}/exe").readlink().name.removesuffix(" (deleted)")
    return ""


def _initialize(data: Path, run_as: runas.RunAs, *, password: str, log: Path, durable: bool) -> None:
    """Make a cluster beside its place and move it there whole, so that a killed run leaves no half one."""
    fresh = data.with_name("postgres.new")
    shutil.rmtree(fresh, ignore_errors=True)
    password_file = run_as.folder / "initdb.password"
    password_file.touch(mode=0o600)
    password_file.write_text(password, encoding="ascii")
    if run_as.uid is not None:
        os.chown(password_file, run_as.uid, -1)
    try:
        _run_initdb(fresh, password_file, run_as, log=log, durable=durable)
    finally:
        password_file.unlink()
    fresh.rename(data)


def _run_initdb(folder: Path, password_file: Path, run_as: runas.RunAs, *, log: Path, durable: bool) -> None:
    options = [
        f"--pgdata={folder}",
        f"--pwfile={password_file}",
        f"--username={ADMIN}",
        "--encoding=UTF8",
        # The same order on every machine, whatever locales it has.
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--auth=scram-sha-256",
        "--no-instructions",
        *([] if durable else ["--no-sync"]),
    ]
    process = processes.spawn(
        [str(run_as.programs / "bin" / "initdb"), *options],
        log=log,
        prefix=run_as.prefix,
        uid=run_as.uid,
        cwd=Path("/"),
    )
    if process.wait():
        raise SettingError(f"the database can't be made; see {log}")


def _check_version(data: Path, run_as: runas.RunAs) -> None:
    made_by = (data / "PG_VERSION").read_text(encoding="ascii").strip()
    answer = subprocess.run(
        [str(run_as.programs / "bin" / "postgres"), "--version"], capture_output=True, text=True, check=True
    )
    ours = answer.stdout.split()[-1]
    if made_by != ours.partition(".")[0]:
        raise SettingError(
            f"{data} was made by PostgreSQL {made_by} and {ours} is installed: "
            "dump it with the old version and load the dump with the new one",
        )


def _make_role(connection: psycopg.Connection, role: str, password: str) -> None:
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone():
        return
    connection.execute(
        sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), sql.Literal(password)),
    )


def create_database(connection: psycopg.Connection, name: str, *, template: str = "template1") -> None:
    """Make a database that the owner owns and the application may only connect to, copied file by file."""
    new, source, owner, application = (sql.Identifier(part) for part in (name, template, OWNER, APPLICATION))
    connection.execute(
        sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY FILE_COPY").format(new, owner, source),
    )
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(new))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(new, application))


def _has_database(connection: psycopg.Connection) -> bool:
    found = connection.execute(
        "SELECT has_database_privilege(%s, oid, 'CONNECT') FROM pg_database WHERE datname = %s",
        (APPLICATION, DATABASE),
    ).fetchone()
    if found == (False,):
        # A run was killed between making it and granting: nothing is in it yet.
        connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(DATABASE)))
    return found == (True,)
