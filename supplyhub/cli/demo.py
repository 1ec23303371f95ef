"""`supplyhub demo`: the demo community, and a whole cycle played through the API."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from supplyhub.app import create_app
from supplyhub.cli.account import open_account
from supplyhub.config import PACKAGE
from supplyhub.demo.loading import load
from supplyhub.errors import InvalidError, NotAllowedError, NotFoundError
from supplyhub.people.commands import mint_account_tokens, mint_token, staff_account
from supplyhub.people.states import Role
from supplyhub.places.queries import find_community
from supplyhub.replay.baskets import digest, read_baskets, read_doors
from supplyhub.replay.client import PATIENCE_SECONDS, Client, ServerAwayError, accepted
from supplyhub.replay.play import play, shortcomings
from supplyhub.replay.stage import Stage
from supplyhub.replay.state import State, load_state
from supplyhub.residents.commands import mint_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask

REGISTER = PACKAGE / "demo_data" / "households.csv"
UNAUTHORIZED = 401
# A replay that is resumed mints new ones.
TOKEN_DAYS = 1
FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.group()
def command() -> None:
    """Load the demo community; play a whole cycle of it through the API."""


@command.command("load")
def load_command() -> None:
    """Load the demo community: register, people, a cycle being delivered and one taking orders.

    Nothing is done where a community is already.
    """
    if not load(create_app(), say=click.echo):
        click.echo("there is a community already; nothing was changed")


@command.command()
@click.option("--url", required=True, help="Where the pages and the API are, such as http://127.0.0.1:8000.")
@click.option("--baskets", type=FILE, required=True, help="CSV with household_row,sku,quantity.")
@click.option("--resume", is_flag=True, help="Go on with the replay that was interrupted.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
@click.option(
    "--patience",
    type=click.FloatRange(0, 600),
    default=PATIENCE_SECONDS,
    show_default=True,
    help="Seconds to wait for a server that doesn't answer.",
)
@click.pass_context
def replay(ctx: click.Context, url: str, baskets: Path, *, resume: bool, as_json: bool, patience: float) -> None:
    """Play a whole cycle of its own through the public API, as the five actors would.

    Menus that admit every basket, orders, cut-off, a short delivery, packing, tickets, doors (one in fifty fails),
    attempts in other grids on the way, the close and the audit. Its tokens are minted in the installation of
    SUPPLYHUB_HOME; all else is HTTP. household_row is the data row of the demo's household list, counted from 1.

    If the server is away for long the replay stops; --resume goes on where it was. Leaves with 1 when a law is
    broken, or a ticket was accepted in another grid or never tried there.
    """
    app = create_app()
    with app.app_context():
        progress = ShownProgress()
        api = Client(checked_url(url), patience_seconds=patience)
        stage = set_up(app, api, progress, baskets=baskets, resume=resume)
        with progress:
            try:
                report = play(stage)
            except ServerAwayError as error:
                raise ServerAwayError(f"{error}; the same command with --resume goes on from here") from error
    click.echo(json.dumps(report) if as_json else readable(report))
    missed = shortcomings(report, grids=len(stage.leads))
    for sentence in missed:
        click.echo(f"supplyhub: {sentence}", err=True)
    ctx.exit(int(bool(missed)))


def load_demo(app: Flask) -> None:
    """Load the demo community on a first start; go on with it after an interrupted one."""
    load(app, say=click.echo)


def checked_url(url: str) -> str:
    """Return the address without a path. Raises InvalidError when it is none of a web server."""
    parts = urlsplit(url)
    try:
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fits = False
    if not fits:
        raise InvalidError(f"--url is {url!r}; it must be like http://127.0.0.1:8000")
    return f"{parts.scheme}://{parts.netloc}"


def set_up(app: Flask, api: Client, progress: ShownProgress, *, baskets: Path, resume: bool) -> Stage:
    """Read the baskets and make everything the play needs; nothing is started yet."""
    community, home = find_community(), app.extensions["settings"].home
    if community is None:
        raise NotFoundError("no community is loaded; `supplyhub demo load` loads one")
    tokens = MintedTokens(community)
    coordinator, doors = tokens.coordinator(), read_doors(REGISTER)
    answer = api.call(coordinator, "GET", "/offers")
    if answer.status == UNAUTHORIZED:
        raise NotAllowedError(f"{api.url} does not run on the installation in {home}: it refuses its tokens")
    offers = accepted(answer, "GET", "/offers")
    wanted = read_baskets(baskets, rows=len(doors), skus={offer["sku"] for offer in offers})
    path, mark = home / "replay" / "state.json", digest(baskets)
    state = load_state(path, baskets=mark) if resume else State(path=path, baskets=mark)
    return Stage(
        api=api, tokens=tokens, state=state, progress=progress, baskets=wanted, doors=doors, coordinator=coordinator
    )


class MintedTokens:
    """Tokens of the five actors, made in the database of this installation."""

    def __init__(self, community_id: int) -> None:
        self._community = community_id

    def coordinator(self) -> str:
        """Return a coordinator's token."""
        return mint_token(self._account(Role.COORDINATOR), days=TOKEN_DAYS)

    def depot(self) -> str:
        """Return a token of the depot's staff."""
        return mint_token(self._account(Role.DEPOT), days=TOKEN_DAYS)

    def lead(self, grid: int) -> str:
        """Return a token of the lead of the grid with this number."""
        return mint_token(self._account(Role.GRID_LEAD, grid), days=TOKEN_DAYS)

    def residents(self, household_ids: Iterable[int]) -> dict[int, str]:
        """Return the households' tokens by their ids."""
        return mint_tokens(list(household_ids), days=TOKEN_DAYS)

    def volunteers(self, account_ids: Iterable[int]) -> dict[int, str]:
        """Return the volunteers' tokens by the ids of their accounts."""
        return mint_account_tokens(list(account_ids), days=TOKEN_DAYS)

    def _account(self, role: Role, grid: int | None = None) -> int:
        found = staff_account(self._community, role, grid=grid)
        return found if found is not None else open_account(self._community, role, grid=grid)[0]


class ShownProgress:
    """Shows each scene and how far it is, on stderr; a line a scene where stderr is no terminal."""

    def __init__(self) -> None:
        self._shown = Progress(
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.description:<28}"),
            BarColumn(),
            TextColumn("{task.fields[counted]:>13}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            disable=not sys.stderr.isatty(),
        )
        self._task: Any = None
        self._total: int | None = None
        self._done = 0
        self._counting = threading.Lock()

    def __enter__(self) -> Self:
        """Begin to show."""
        self._shown.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Leave the last state on the screen."""
        self._finish()
        self._shown.stop()

    def start(self, what: str, total: int | None = None) -> None:
        """Begin a scene."""
        self._finish()
        if not sys.stderr.isatty():
            click.echo(what if total is None else f"{what}: {total:,}", err=True)
        self._total, self._done = total, 0
        self._task = self._shown.add_task(what, total=total, counted="")

    def step(self) -> None:
        """Count a step of it."""
        with self._counting:
            self._done += 1
            self._shown.update(self._task, completed=self._done, counted=f"{self._done:,}/{self._total:,}")

    def _finish(self) -> None:
        if self._task is not None:
            # Something without steps is whole when the next begins.
            self._shown.update(self._task, total=self._total or 1, completed=self._done or 1)
            self._shown.stop_task(self._task)


def readable(report: dict[str, Any]) -> str:
    """Return the report as lines for people."""
    laws = report["laws"]
    lines = [f"{value:>10,}  {name.replace('_', ' ')}" for name, value in report.items() if isinstance(value, int)]
    took = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in report["seconds"].items())
    lines += [
        f"took {sum(report['seconds'].values()):.1f} s: {took}",
        f"{laws['checked']} laws checked, {laws['broken']} broken",
    ]
    return "\n".join(lines)
