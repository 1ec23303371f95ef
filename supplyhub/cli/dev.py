"""`supplyhub dev`: the whole installation on one machine, by one command."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click
import structlog

from supplyhub.app import create_app
from supplyhub.certificates import names_of, renew
from supplyhub.cli.account import demo_links, first_link
from supplyhub.cli.demo import load_demo, load_robots
from supplyhub.cli.gateway import EVENTS, standin_keys
from supplyhub.config import (
    LAST_RUN,
    OWN_AUTHORITY,
    ROBOT_STAND_IN,
    Settings,
    environment,
    home_from,
    is_loopback,
    local_url,
    own_certificate,
    port_from,
)
from supplyhub.db import migrate
from supplyhub.embedded import PostgresServer, ValkeyServer
from supplyhub.embedded.home import HomeLock, port_is_free, reachable_host, remembered_port, write_whole
from supplyhub.embedded.postgres import APPLICATION, OWNER
from supplyhub.embedded.processes import answers, open_log
from supplyhub.embedded.supervisor import Child, Supervisor
from supplyhub.errors import SettingError
from supplyhub.places.queries import find_community

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import FrameType

    from flask import Flask

READY_SECONDS = 60.0
POLL_SECONDS, WATCH_SECONDS = 0.1, 0.2
# What the file `demo` in the data folder says until all of the demo community is in the database.
LOADING = "loading"
# What each process may take to finish what it does: the last requests, a job, a round of relaying.
STOP_SECONDS = {"gateway": 15.0, "robot": 15.0, "web": 25.0, "worker": 60.0, "schedule": 30.0}


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Where the pages are, instead of PORT (8000).")
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="The data folder, instead of SUPPLYHUB_HOME (.local).",
)
@click.option("--empty", is_flag=True, help="Don't load the demo community on a first start.")
@click.option(
    "--gateway/--no-gateway",
    default=None,
    help="Play the payment gateway, without money; by default for the demo community, unless STRIPE_SECRET_KEY is set.",
)
def command(port: int | None, home: Path | None, *, empty: bool, gateway: bool | None) -> None:
    """Run everything on this machine: database, queue, pages, a worker, the scheduler.

    Ctrl-C stops all of it. Servers named by DATABASE_URL and REDIS_URL are used instead of own ones. HOST and
    PORT say where the pages are, PUBLIC_URL what goes on printed cards. Everything is kept in the data
    folder, the logs in its `log`.
    """
    env = environment()
    if port:
        env["PORT"] = str(port)
    if home:
        env["SUPPLYHUB_HOME"] = str(home)
    with HomeLock(home_from(env)):
        Installation(env, gateway=gateway).run(load=not empty, stopping=StopSignals().noted)


class Installation:
    """The running whole: servers, schema, demo, processes."""

    def __init__(self, env: dict[str, str], *, gateway: bool | None = None) -> None:
        self._home = home_from(env)
        self._gateway = gateway
        self._host, self._port = env.get("HOST", "127.0.0.1"), port_from(env)
        self._secure = own_certificate(self._home) is not None
        self._env = env | {
            "SUPPLYHUB_HOME": str(self._home),
            "HOST": self._host,
            "PORT": str(self._port),
            "PUBLIC_URL": env.get("PUBLIC_URL", self._public_url()),
            "PYTHONUNBUFFERED": "1",
        }
        self._demo = self._home / "demo"
        # What other commands of this home need to find our servers.
        self._own = {name: self._env[name] for name in ("HOST", "PORT", "PUBLIC_URL")}
        self._supervisor = Supervisor(say)

    def _public_url(self) -> str:
        """Return where others find the pages; with a certificate by the first name it is for."""
        host = reachable_host(self._host)
        if self._secure and not is_loopback(local_url(host, self._port)):
            host = names_of(self._home)[0]
        return local_url(host, self._port, secure=self._secure)

    @property
    def _own_url(self) -> str:
        return local_url(self._host, self._port, secure=self._secure)

    def run(self, *, load: bool, stopping: Callable[[], bool]) -> None:
        """Bring everything up, print where it is, and keep it running until `stopping` says so."""
        if not port_is_free(self._port, self._host):
            raise SettingError(f"port {self._port} on {self._host} is taken; choose another with PORT or --port")
        say(f"supplyhub {version('supplyhub')}, data in {self._home}")
        if self._secure and renew(self._home):
            say("the certificate was near its end: made a new one")
        try:
            for _step in self._come_up(load=load):
                if stopping():
                    break
            while not stopping():
                time.sleep(WATCH_SECONDS)
                self._supervisor.look()
            say("stopping")
        finally:
            self._supervisor.stop()
        say("stopped; nothing is lost, the next start goes on from here")

    def _come_up(self, *, load: bool) -> Iterator[None]:
        """Start one thing after the other; yields wherever it may be left."""
        self._start_servers()
        yield
        app = self._make_app()
        self._prepare(app, load=load)
        yield
        self._start_gateway()
        self._start_robot(app)
        say("starting pages, worker, scheduler")
        self._start_process("web")
        yield from self._wait_until_it_answers()
        # Not beside it: on a small machine the pages would wait for them.
        self._start_process("worker")
        self._start_process("schedule")
        say(f"ready {app.extensions['settings'].public_url}")
        self._greet(app)

    def _start_servers(self) -> None:
        """Start the servers that the environment doesn't name; write down where other commands find them."""
        own = self._own
        if "REDIS_URL" not in self._env:
            queue = ValkeyServer(self._home)
            self._supervisor.start(queue)
            own["REDIS_URL"] = queue.url
        if "DATABASE_URL" not in self._env:
            say("starting the database")
            database = PostgresServer(self._home, say=say)
            self._supervisor.start(database)
            own |= {"DATABASE_URL": database.url(APPLICATION), "MIGRATION_DATABASE_URL": database.url(OWNER)}
        elif "MIGRATION_DATABASE_URL" not in self._env:
            self._env["MIGRATION_DATABASE_URL"] = self._env["DATABASE_URL"]
            say("MIGRATION_DATABASE_URL is not set: one role owns and runs, no role guards append-only tables")
        self._write_down()

    def _write_down(self) -> None:
        self._env |= self._own
        (self._home / LAST_RUN).parent.mkdir(mode=0o700, exist_ok=True)
        write_whole(self._home / LAST_RUN, json.dumps(self._own))

    def _start_gateway(self) -> None:
        """Start the stand-in for the payment gateway; never for a real community that didn't ask for one."""
        wanted = self._demo.exists() if self._gateway is None else self._gateway
        if not wanted or "STRIPE_SECRET_KEY" in self._env:
            return
        port = remembered_port(self._home, "gateway")
        self._own |= standin_keys(self._home) | {"STRIPE_API_BASE": local_url(self._host, port)}
        options = ["--port", str(port), "--webhook-url", self._own_url + EVENTS]
        # Who pays on a phone finds it beside the pages.
        public = self._env["PUBLIC_URL"]
        if not is_loopback(public):
            pay_at = local_url(urlsplit(public).hostname or "", port)
            self._own["STRIPE_PAY_ORIGIN"] = pay_at
            options += ["--public-url", pay_at]
        self._write_down()
        # It believes the pages' certificate, and calls nobody else.
        env = {"SSL_CERT_FILE": str(self._home / OWN_AUTHORITY)} if self._secure else {}
        self._start_process("gateway", *options, env=env)

    def _start_robot(self, app: Flask) -> None:
        """Start the stand-in for chat robots for the demo community, and let it have some."""
        if not self._demo.exists() or ROBOT_STAND_IN in self._env:
            return
        port = remembered_port(self._home, "robot")
        self._own[ROBOT_STAND_IN] = local_url(self._host, port)
        self._write_down()
        self._start_process("robot", "--port", str(port))
        load_robots(app)

    def _make_app(self) -> Flask:
        app = create_app(Settings.from_env(self._env))
        # This process's own events go beside the others', not between the lines for a person.
        log = os.fdopen(open_log(self._home / "log" / "dev.log"), "w", encoding="utf-8")
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(log))
        return app

    def _prepare(self, app: Flask, *, load: bool) -> None:
        """Bring the schema to this version; on a first start load the demo community, wholly or again."""
        migrate(app.extensions["settings"])
        if not has_community(app):
            self._demo.unlink(missing_ok=True)
            if load:
                write_whole(self._demo, LOADING)
        if self._demo.exists() and self._demo.read_text(encoding="utf-8") == LOADING:
            load_demo(app)
            write_whole(self._demo, "loaded")

    def _greet(self, app: Flask) -> None:
        """Print a way in for each actor of the demo community; never into a real one."""
        if self._demo.exists():
            for actor, link in demo_links(app):
                say(f"  {link}  {actor}")
            say("  a second browser of the resident's asks for a number: the first shows it under 我家 My home")
        elif first := first_link(app):
            say(f"  {first}  专班 coordinator: the first way in, once, within a day")
        else:
            say("  `supplyhub account link --role coordinator` prints another way in")
        if "STRIPE_API_BASE" in self._own:
            say("  paying online is played by a stand-in for the gateway: no real money")
        if ROBOT_STAND_IN in self._own:
            say(f"  {self._own[ROBOT_STAND_IN]}/  what the demo's chat groups are told: no real chat")
        say("Ctrl-C stops everything")

    def _start_process(self, name: str, *arguments: str, env: Mapping[str, str] | None = None) -> None:
        self._supervisor.start(
            Child(
                name,
                [sys.executable, "-P", "-m", "supplyhub", name, *arguments],
                log=self._home / "log" / f"{name}.log",
                env={**self._env, **(env or {})},
                seconds=STOP_SECONDS[name],
            ),
        )

    def _wait_until_it_answers(self) -> Iterator[None]:
        end = time.monotonic() + READY_SECONDS
        authority = self._home / OWN_AUTHORITY if self._secure else None
        while not answers(self._own_url, authority=authority):
            self._supervisor.look()
            if time.monotonic() > end:
                raise SettingError(f"the pages don't come up; see {self._home / 'log' / 'web.log'}")
            time.sleep(POLL_SECONDS)
            yield


def has_community(app: Flask) -> bool:
    """Tell whether anything was loaded into the database yet."""
    with app.app_context():
        return find_community() is not None


class StopSignals:
    """Notes Ctrl-C, TERM, and that the terminal went away (unless that was to be ignored).

    Noted only, and asked for between steps: an exception in the middle of one could leave half of it.
    """

    def __init__(self) -> None:
        self._noted = False
        signal.signal(signal.SIGINT, self._note)
        signal.signal(signal.SIGTERM, self._note)
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._note)

    def noted(self) -> bool:
        """Tell whether somebody asked to stop."""
        return self._noted

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._noted = True


def say(line: str) -> None:
    """Print a line at once; when nobody listens any more, go on without."""
    try:
        click.echo(line)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
