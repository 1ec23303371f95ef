"""What the plays of `supplyhub demo` need from this installation and show of themselves: an address, tokens, progress."""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from supplyhub.cli.account import open_account
from supplyhub.demo.helping import let_hours_pass
from supplyhub.errors import InvalidError, NotAllowedError
from supplyhub.people.commands import mint_account_tokens, mint_token, staff_account
from supplyhub.people.states import Role
from supplyhub.replay.client import accepted
from supplyhub.residents.commands import mint_tokens
from supplyhub.standin.remote import PageEndedError, StandIn

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from supplyhub.config import Settings
    from supplyhub.replay.client import Client

UNAUTHORIZED = 401
# A replay that is resumed mints new ones.
TOKEN_DAYS = 1


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


def offers_of(api: Client, coordinator: str, home: Path) -> list[dict[str, Any]]:
    """Return what the platforms offer. Raises NotAllowedError when the server runs on another home than ours."""
    answer = api.call(coordinator, "GET", "/offers")
    if answer.status == UNAUTHORIZED:
        raise NotAllowedError(f"{api.url} does not run on the installation in {home}: it refuses its tokens")
    found: list[dict[str, Any]] = accepted(answer, "GET", "/offers")
    return found


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


class PassingHours:
    """Lets hours pass for help requests, in the database of this installation."""

    def __init__(self, community_id: int) -> None:
        self._community = community_id

    def pass_for(self, codes: Iterable[str], hours: int) -> None:
        """Let so many hours pass for the requests with these codes."""
        let_hours_pass(self._community, list(codes), hours)


class StandInPages:
    """Pays on the pages of the payment gateway's stand-in."""

    def __init__(self, url: str, secret_key: str) -> None:
        self._standin = StandIn(url, secret_key)

    def let_things_go_wrong(self) -> None:
        """Tell one webhook in ten twice and one late; lose one answer in twenty after it took effect."""
        self._standin.set_faults(duplicate=0.1, late=0.1, timeout_after=0.05)

    def pay(self, pay_url: str) -> None:
        """Press the button on a page; nothing happens where it was pressed before, by a play that was interrupted."""
        with suppress(PageEndedError):
            self._standin.pay(urlsplit(pay_url).path.rsplit("/", 1)[-1])


def payer_of(settings: Settings) -> StandInPages | None:
    """Return who pays in a play; None without a stand-in: a real gateway takes no play money."""
    if not settings.stripe_api_base:
        return None
    return StandInPages(settings.stripe_api_base, settings.stripe_secret_key)


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
