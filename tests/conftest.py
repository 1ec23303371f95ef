"""The tests' surroundings: real servers for the run, a database of its own for each worker, no way out.

`rules/` needs none of this. For the rest, in order of cost:

- `database`: everything happens in one transaction that is rolled back afterwards; code that commits, and
  requests through `client`, work as usual and see each other. `now()` stands still in it. A command
  begins with a rollback, so commit what a test prepares.
- `committed`: real commits on several connections (races, workers, faults); all rows are deleted afterwards.
"""

from __future__ import annotations

import contextvars
import gc
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import redis
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from flask_sqlalchemy.session import Session
from hypothesis import settings as hypothesis_settings
from psycopg import sql
from sqlalchemy.orm import scoped_session, sessionmaker

from supplyhub import core, kept
from supplyhub.app import create_app
from supplyhub.config import Settings
from supplyhub.db import CONNECT_OPTIONS, db, migrate
from supplyhub.embedded import EmbeddedServers, ServerUrls
from supplyhub.embedded.postgres import create_database
from supplyhub.outside import stripe_gateway
from supplyhub.people import passwords
from tests.drill import examples
from tests.factories import NUMBERS
from tests.gateway import TestStandIn
from tests.guard import forbid_other_machines

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from flask import Flask
    from sqlalchemy import Connection

    from supplyhub.outside.stripe_gateway import StripeGateway

TESTS = Path(__file__).resolve().parent
TEMPLATE = "template_migrated"
WORKER_URLS = "supplyhub_urls"
# The last of several options counts.
PATIENT_OPTIONS = f"{CONNECT_OPTIONS} -c lock_timeout=60000"
PATIENCE_SECONDS = 60

# How long an example takes says nothing on a machine that does other things, too.
hypothesis_settings.register_profile("run", deadline=None, max_examples=examples(100))
hypothesis_settings.load_profile("run")


# What is loaded now stays until the end: looking it over for garbage, again and again, took a fifth of the collection.
gc.disable()


# Who has ended waits for who hasn't: folders with long modules come first, what takes seconds fills the end.
LONG = ("faults", "house", "journeys", "races", "web")


class RunServers:
    """The servers of the whole run, started when somebody first asks."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._servers: EmbeddedServers | None = None
        self._urls: ServerUrls | None = None

    def urls(self) -> ServerUrls:
        """Return the addresses, the first time after starting the servers and migrating the template."""
        if self._urls is None:
            self._folder = tempfile.TemporaryDirectory(prefix="supplyhub-tests-")
            home = Path(self._folder.name)
            self._servers = EmbeddedServers(home, durable=False)
            urls = self._servers.start()
            make_template(home, urls)
            self._urls = urls
        return self._urls

    def stop(self) -> None:
        """Stop them and remove their data."""
        if self._servers:
            self._servers.stop()
        if self._folder:
            self._folder.cleanup()


RUN = pytest.StashKey[RunServers]()


def pytest_configure(config: pytest.Config) -> None:
    """Keep the run's servers with the run's configuration."""
    config.stash[RUN] = RunServers()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """Look for garbage again once everything is loaded, among what is made from then on."""
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the folders with long modules first; within a folder nothing moves."""
    items.sort(key=lambda item: item.path.relative_to(TESTS).parts[0] not in LONG)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what this process started."""
    config.stash[RUN].stop()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where the servers are; this runs in the process that starts it."""
    urls = node.config.stash[RUN].urls()
    node.workerinput[WORKER_URLS] = [
        urls.database_url,
        urls.migration_database_url,
        urls.admin_database_url,
        urls.redis_url,
    ]


def make_template(home: Path, urls: ServerUrls) -> None:
    """Make the migrated database that every worker's is a copy of."""
    with psycopg.connect(urls.admin_database_url, autocommit=True) as connection:
        create_database(connection, TEMPLATE)
    migrate(settings_for(home, urls, TEMPLATE))


def settings_for(home: Path, urls: ServerUrls, database: str, *, queue: int = 0) -> Settings:
    """Return settings on a database of the run."""
    return Settings.from_env(
        {
            "SUPPLYHUB_HOME": str(home),
            "DATABASE_URL": on_database(urls.database_url, database),
            "MIGRATION_DATABASE_URL": on_database(urls.migration_database_url, database),
            "REDIS_URL": f"{urls.redis_url.rpartition('/')[0]}/{queue}",
            "PUBLIC_URL": "https://hub.example",
        }
    )


def on_database(url: str, database: str) -> str:
    """Return the same server's address with another database."""
    return f"{url.rpartition('/')[0]}/{database}"


@pytest.fixture(scope="session", autouse=True)
def _loopback_only() -> Iterator[None]:
    with forbid_other_machines():
        yield


@pytest.fixture(scope="session", autouse=True)
def _patient() -> Iterator[None]:
    """Let this process wait for what an installation would give up: the machine may do other things, too.

    Passwords are hashed at little cost.
    """
    with pytest.MonkeyPatch.context() as patched:
        for module in (core, kept):
            patched.setattr(module, "CONNECT_OPTIONS", PATIENT_OPTIONS)
        for limit in ("CONNECT_SECONDS", "ANSWER_SECONDS"):
            patched.setattr(stripe_gateway, limit, PATIENCE_SECONDS)
        patched.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=128, parallelism=1))
        yield


def patient(app: Flask) -> Flask:
    """Let an application wait for a connection of its pool, too."""
    with app.app_context():
        db.engine.pool._timeout = PATIENCE_SECONDS
    return app


@pytest.fixture(scope="session")
def server_urls(request: pytest.FixtureRequest) -> ServerUrls:
    """Return the addresses of the run's servers, the superuser's among them."""
    given = getattr(request.config, "workerinput", {}).get(WORKER_URLS)
    return ServerUrls(*given) if given else request.config.stash[RUN].urls()


@pytest.fixture(scope="session")
def worker_number(request: pytest.FixtureRequest) -> int:
    """Return this pytest-xdist worker's number; 0 without it."""
    return int(getattr(request.config, "workerinput", {}).get("workerid", "gw0").removeprefix("gw"))


@pytest.fixture(scope="session")
def database_name(server_urls: ServerUrls, worker_number: int) -> str:
    """Return this worker's own database, a fresh copy of the migrated one."""
    name = f"tests_{worker_number}"
    with psycopg.connect(server_urls.admin_database_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        create_database(connection, name, template=TEMPLATE)
    return name


@pytest.fixture(scope="session")
def admin_url(server_urls: ServerUrls, database_name: str) -> str:
    """Return the superuser's address of this worker's database: for tests of what nobody may do."""
    return on_database(server_urls.admin_database_url, database_name)


@pytest.fixture(scope="session")
def settings(
    server_urls: ServerUrls,
    database_name: str,
    worker_number: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> Settings:
    """Return settings on this worker's database and queue, with a home of its own."""
    home = tmp_path_factory.mktemp("home")
    return settings_for(home, server_urls, database_name, queue=worker_number % 16)


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[Flask]:
    """Return this worker's application."""
    made = patient(create_app(settings))
    made.testing = True
    made.test_client_class = OwnContextClient
    yield made
    with made.app_context():
        db.engine.dispose()


@contextmanager
def one_transaction(app: Flask) -> Iterator[scoped_session[Any]]:
    """Open a transaction that is undone at the end, and the application's context; give its session."""
    NUMBERS.restart()
    with app.app_context(), db.engine.connect() as connection, pytest.MonkeyPatch.context() as patched:
        outer = connection.begin()
        session = pinned_session(connection)
        patched.setattr(db, "session", session)
        # The teardown of the context shall not find the pinned one: it is put back before.
        yield session
        session.registry().close()
        session.registry.clear()
        outer.rollback()


@pytest.fixture
def database(app: Flask) -> Iterator[scoped_session[Any]]:
    """Open one transaction around the test, and the application's context; give its session."""
    with one_transaction(app) as session:
        yield session


@pytest.fixture
def committed(app: Flask, admin_url: str) -> Iterator[Flask]:
    """Give the application, in its context, with real commits; delete every row afterwards."""
    NUMBERS.restart()
    with app.app_context():
        yield app
        db.session.remove()
    delete_all_rows(admin_url)


@pytest.fixture
def client(app: Flask, database: scoped_session[Any]) -> FlaskClient:
    """Return a browser without cookies that works in the test's transaction."""
    return app.test_client()


@pytest.fixture
def redis_url(settings: Settings) -> Iterator[str]:
    """Return the address of this worker's own, empty queue."""
    with redis.Redis.from_url(settings.redis_url) as connection:
        connection.flushdb()
        yield settings.redis_url
        connection.flushdb()


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[TestStandIn]:
    """Start a stand-in for the payment gateway with empty books."""
    running = TestStandIn(tmp_path / "gateway")
    yield running
    running.stop()


@pytest.fixture
def gateway(app: Flask, standin: TestStandIn, monkeypatch: pytest.MonkeyPatch) -> StripeGateway:
    """Let the application take payments, through the official client, at the stand-in."""
    wired = standin.gateway()
    monkeypatch.setitem(app.extensions, "gateway", wired)
    return wired


class OwnContextClient(FlaskClient):
    """A test client whose requests don't see the test's application context, as real ones wouldn't.

    Flask reuses a context that is already there, and with it `g`: somebody signed in would stay signed in.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Make the request as if from nowhere."""
        return contextvars.Context().run(super().open, *args, **kwargs)


class PinnedSession(Session):
    """A session that stays on the connection it was given, whatever table it is asked about."""

    pinned: Connection

    def get_bind(self, *_args: Any, **_kwargs: Any) -> Any:
        """Return that connection."""
        return self.pinned


class SharedSession(scoped_session[Any]):
    """One session for the test and its requests; the end of a request gives back nothing but rolls back."""

    def remove(self) -> None:
        """End what is open; the objects that the test holds stay usable and are read anew."""
        self.registry().rollback()


def pinned_session(connection: Connection) -> SharedSession:
    """Return a session whose commits release a savepoint of `connection`'s transaction."""
    kind = type("ThisSession", (PinnedSession,), {"pinned": connection})
    options = {"db": db, "join_transaction_mode": "create_savepoint"}
    return SharedSession(sessionmaker(class_=kind, **options), scopefunc=lambda: 0)


def delete_all_rows(admin_url: str) -> None:
    """Empty every table. DELETE without triggers takes under a millisecond here, TRUNCATE fifty."""
    with psycopg.connect(admin_url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET lock_timeout = '60s'")
        for table in reversed(db.metadata.sorted_tables):
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table.name)))
