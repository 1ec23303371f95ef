"""The private servers: started, killed, started again, by an ordinary user, by root, and by root without namespaces."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Self

import psycopg
import pytest
import redis

from supplyhub.embedded import EmbeddedServers, PostgresServer, ServerUrls, ValkeyServer, processes, runas
from supplyhub.embedded.home import HomeLock, port_is_free, reachable_host, remembered_port
from supplyhub.errors import SettingError
from tests.processes import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder in which both servers ran once: making a cluster takes longer than most tests here."""
    home = tmp_path_factory.mktemp("made") / "home"
    servers = EmbeddedServers(home, durable=False)
    servers.start()
    servers.stop()
    return home


@pytest.fixture
def empty_home(tmp_path: Path) -> Path:
    """Return a data folder that isn't there yet, below one that only its owner may enter."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    return closed / "home"


@pytest.fixture
def home(empty_home: Path, made: Path) -> Path:
    """Return a data folder with a cluster and its keys, but without ports."""
    shutil.copytree(made, empty_home)
    (empty_home / "ports.json").unlink()
    return empty_home


@pytest.fixture
def servers(home: Path) -> Iterator[EmbeddedServers]:
    made = EmbeddedServers(home)
    yield made
    made.stop()


def write_everywhere(urls: ServerUrls) -> None:
    with psycopg.connect(urls.migration_database_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS fact")
    with redis.Redis.from_url(urls.redis_url) as client:
        client.set("kept", "fact")


def assert_kept(urls: ServerUrls) -> None:
    with psycopg.connect(urls.migration_database_url) as connection:
        assert connection.execute("SELECT fact FROM kept").fetchone() == (1,)
    with redis.Redis.from_url(urls.redis_url) as client:
        assert client.get("kept") == b"fact"


def test_they_come_back_as_they_were_at_the_same_addresses(home: Path, servers: EmbeddedServers) -> None:
    urls = servers.start()
    write_everywhere(urls)
    servers.stop()
    again = EmbeddedServers(home)
    try:
        assert again.start() == urls
        assert_kept(urls)
    finally:
        again.stop()


def test_the_application_role_defines_nothing(server_urls: ServerUrls) -> None:
    with psycopg.connect(server_urls.database_url) as connection:
        for statement in ("CREATE TABLE sneaky (id int)", "CREATE SCHEMA sneaky", "CREATE TEMP TABLE sneaky (id int)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(statement)


def test_text_is_ordered_alike_on_every_machine(server_urls: ServerUrls) -> None:
    with psycopg.connect(server_urls.admin_database_url) as connection:
        found = connection.execute("SHOW server_encoding").fetchone()
        sorted_words = connection.execute("SELECT word FROM (VALUES ('b'), ('B'), ('a'), ('é')) w (word) ORDER BY 1")
        assert found == ("UTF8",)
        assert [word for (word,) in sorted_words] == ["B", "a", "b", "é"]


def test_no_other_user_can_read_the_data_or_a_password(made: Path) -> None:
    for path in ("postgres", "keys", "log", "run", "valkey/valkey.conf", "keys/servers.key", "ports.json"):
        assert stat.S_IMODE((made / path).stat().st_mode) & 0o077 == 0, path


def start_and_die(home: Path) -> None:
    """Start both servers in another process, which is killed the hardest way, and wait for what it leaves."""
    program = (
        "import os, sys, pathlib; from supplyhub.embedded import EmbeddedServers;"
        "EmbeddedServers(pathlib.Path(sys.argv[1])).start(); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(home)], check=False)
    assert done.returncode == -signal.SIGKILL


def test_they_end_with_the_process_that_started_them(home: Path) -> None:
    start_and_die(home)
    for server in ("postgres", "valkey"):
        pid, _, start = (home / "run" / f"{server}.pid").read_text(encoding="ascii").strip().partition(" ")
        assert processes.gone(int(pid), start, seconds=120), server


def test_a_start_after_a_crash_finds_what_was_committed(home: Path, servers: EmbeddedServers) -> None:
    write_everywhere(servers.start())
    for server in ("postgres", "valkey"):
        pid = int((home / "run" / f"{server}.pid").read_text(encoding="ascii").split()[0])
        # The queue writes once a second; the database at each commit.
        os.kill(pid, signal.SIGKILL if server == "postgres" else signal.SIGTERM)
    again = EmbeddedServers(home)
    try:
        assert_kept(again.start())
    finally:
        again.stop()


def test_a_server_that_was_left_running_is_stopped_first(home: Path) -> None:
    first, second = PostgresServer(home), PostgresServer(home)
    first.start()
    try:
        second.start()
        assert first.poll() is not None
    finally:
        second.stop()
        first.stop()


def test_a_server_without_our_note_is_known_by_its_folder(home: Path) -> None:
    first, second = PostgresServer(home), PostgresServer(home)
    first.start()
    (home / "run" / "postgres.pid").unlink()
    try:
        second.start()
        assert first.poll() is not None
    finally:
        second.stop()
        first.stop()


def test_a_stale_pid_that_now_is_another_program_is_left_alone(home: Path) -> None:
    server = PostgresServer(home)
    server.start()
    server.stop()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        (home / "postgres" / "postmaster.pid").write_text(f"{stranger.pid}\n{home}\n", encoding="ascii")
        (home / "run" / "postgres.pid").write_text(f"{stranger.pid} 1\n", encoding="ascii")
        server.start()
        server.stop()
        assert stranger.poll() is None
        stranger.kill()


def test_a_session_that_outlives_its_killed_server_does_not_keep_the_next_one_down(home: Path) -> None:
    server = PostgresServer(home)
    server.start()
    try:
        with closing(psycopg.connect(server.url("supplyhub_app"))) as connection:
            session = connection.info.backend_pid
            connection.pgconn.send_query(
                b"SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b"
            )
            os.kill(server_pid(home), signal.SIGKILL)
            wait_for(lambda: server.poll() is not None)
            start = processes.started_at(session)
            assert start is not None
            server.start()
        assert processes.gone(session, start, seconds=0)
        with psycopg.connect(server.url("supplyhub_app")) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        server.stop()


def server_pid(home: Path) -> int:
    return int((home / "run" / "postgres.pid").read_text(encoding="ascii").split()[0])


def port_of(server: ValkeyServer) -> int:
    return int(server.url.rpartition(":")[2].partition("/")[0])


def test_a_port_that_was_taken_between_two_runs_is_changed(home: Path) -> None:
    first, second = ValkeyServer(home), ValkeyServer(home)
    first.start()
    first.stop()
    with socket.create_server(("127.0.0.1", port_of(first))):
        second.start()
    try:
        assert second.url != first.url
    finally:
        second.stop()


@pytest.mark.parametrize("kind", [ValkeyServer, PostgresServer])
def test_a_server_that_is_started_again_insists_on_the_port_that_others_know(
    home: Path, kind: type[ValkeyServer | PostgresServer]
) -> None:
    server = kind(home)
    server.start()
    server.stop()
    port = json.loads((home / "ports.json").read_text(encoding="ascii")).popitem()[1]
    with socket.create_server(("127.0.0.1", port)), pytest.raises(SettingError, match=f"its port {port}, .* is taken"):
        server.start()
    try:
        server.start()
        assert not port_is_free(port)
    finally:
        server.stop()


def test_a_half_made_cluster_is_made_anew(empty_home: Path) -> None:
    (empty_home / "postgres.new" / "base").mkdir(parents=True)
    server = PostgresServer(empty_home)
    server.start()
    server.stop()
    assert not (empty_home / "postgres.new").exists()


def test_data_of_another_version_is_refused_with_advice(empty_home: Path) -> None:
    (empty_home / "postgres").mkdir(parents=True)
    (empty_home / "postgres" / "PG_VERSION").write_text("15\n", encoding="ascii")
    with pytest.raises(SettingError, match="was made by PostgreSQL 15"):
        PostgresServer(empty_home).start()


def test_lost_keys_are_named(home: Path) -> None:
    server = PostgresServer(home)
    server.start()
    server.stop()
    shutil.rmtree(home / "keys")
    with pytest.raises(SettingError, match="doesn't belong to its data"):
        server.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user")
def test_root_without_user_namespaces_runs_it_as_somebody_else(
    empty_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # pytest's own folders are closed to other users.
    outside = Path(tempfile.mkdtemp(dir="/var/tmp"))
    monkeypatch.setattr(runas, "OUTSIDE", outside)
    monkeypatch.setattr(runas, "user_namespaces_work", lambda: False)
    said: list[str] = []
    server = PostgresServer(empty_home, say=said.append)
    try:
        server.start()
        with psycopg.connect(server.url("supplyhub_app")) as connection:
            assert connection.execute("SELECT current_user").fetchone() == ("supplyhub_app",)
    finally:
        server.stop()
        shutil.rmtree(outside, ignore_errors=True)
    assert "user namespaces are forbidden" in said[0]


def test_a_home_has_one_holder(tmp_path: Path) -> None:
    with HomeLock(tmp_path), pytest.raises(SettingError, match="already runs in"):
        HomeLock(tmp_path).__enter__()
    with HomeLock(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingError, match="can't be used"):
        HomeLock(tmp_path / "file" / "home").__enter__()


def test_a_port_is_remembered_while_it_is_free(tmp_path: Path) -> None:
    port = remembered_port(tmp_path, "postgres")
    assert remembered_port(tmp_path, "postgres") == port
    with socket.create_server(("127.0.0.1", port)):
        assert not port_is_free(port)
        assert remembered_port(tmp_path, "postgres") != port


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(SettingError, match="no address of this machine"):
        port_is_free(8000, "192.0.2.1")


class WayOut:
    """A socket that finds the way out, without one: the tests' own leave this machine nowhere."""

    def __init__(self, *_kind: object) -> None:
        self.address = "192.0.2.2"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        return None

    def connect(self, where: tuple[str, int]) -> None:
        if ":" in where[0]:
            raise OSError("no way out")

    def getsockname(self) -> tuple[str, int]:
        return self.address, 40_000


@pytest.mark.parametrize(
    ("host", "reached"),
    [("127.0.0.1", "127.0.0.1"), ("192.0.2.77", "192.0.2.77"), ("0.0.0.0", "192.0.2.2"), ("::", "::")],  # noqa: S104
)
def test_others_reach_what_listens_everywhere_by_the_address_of_the_way_out(monkeypatch, host, reached):
    monkeypatch.setattr("supplyhub.embedded.home.socket.socket", WayOut)
    assert reachable_host(host) == reached
