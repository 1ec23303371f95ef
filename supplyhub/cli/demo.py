"""`supplyhub demo`: the demo community, and a whole cycle played through the API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from supplyhub.app import create_app
from supplyhub.cli.rush import command as rush
from supplyhub.cli.stagehands import MintedTokens, PassingHours, ShownProgress, checked_url, offers_of, payer_of
from supplyhub.config import PACKAGE
from supplyhub.demo import chatting
from supplyhub.demo.loading import load
from supplyhub.errors import NotFoundError
from supplyhub.places.queries import find_community
from supplyhub.replay.baskets import digest, read_baskets, read_doors
from supplyhub.replay.client import PATIENCE_SECONDS, Client, ServerAwayError
from supplyhub.replay.play import play, shortcomings
from supplyhub.replay.stage import Stage
from supplyhub.replay.state import REQUESTS, State, load_state

if TYPE_CHECKING:
    from flask import Flask

REGISTER = PACKAGE / "demo_data" / "households.csv"
FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.group()
def command() -> None:
    """Load the demo community; play a whole cycle of it, or a rush, through the API."""


command.add_command(rush)


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
@click.option(
    "--requests",
    type=click.IntRange(0, 1000),
    default=REQUESTS,
    show_default=True,
    help="How many help requests there are.",
)
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
def replay(
    ctx: click.Context, url: str, baskets: Path, *, requests: int, resume: bool, as_json: bool, patience: float
) -> None:
    """Play a whole cycle of its own through the public API, as the five actors would.

    Menus that admit every basket, orders, care packs, cut-off, a short delivery, packing, tickets, doors (one in fifty
    fails), attempts in other grids on the way, help requests that strangers try to read, the close and the audit. Its
    tokens are minted in the installation of SUPPLYHUB_HOME, and hours pass there for what is to be past due; all else is
    HTTP. household_row is the data row of the demo's household list, counted from 1.

    If the server is away for long the replay stops; --resume goes on where it was, with as many requests. Leaves with 1
    when a law is broken, a ticket was accepted in another grid or never tried there, a care pack is missing or can be
    told from outside, a request has neither outcome nor owner, or a stranger read one about medicine.
    """
    app = create_app()
    with app.app_context():
        progress = ShownProgress()
        api = Client(checked_url(url), patience_seconds=patience)
        stage = set_up(app, api, progress, baskets=baskets, resume=resume, requests=requests)
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


def load_robots(app: Flask) -> None:
    """Give the demo community's chat groups robots, which a stand-in plays."""
    chatting.load(app)


def set_up(
    app: Flask, api: Client, progress: ShownProgress, *, baskets: Path, resume: bool, requests: int = REQUESTS
) -> Stage:
    """Read the baskets and make everything the play needs; nothing is started yet."""
    community, home = find_community(), app.extensions["settings"].home
    if community is None:
        raise NotFoundError("no community is loaded; `supplyhub demo load` loads one")
    tokens = MintedTokens(community)
    coordinator, doors = tokens.coordinator(), read_doors(REGISTER)
    skus = {offer["sku"] for offer in offers_of(api, coordinator, home)}
    wanted = read_baskets(baskets, rows=len(doors), skus=skus)
    path, mark = home / "replay" / "state.json", digest(baskets)
    state = load_state(path, baskets=mark) if resume else State(path=path, baskets=mark, requests=requests)
    return Stage(
        api=api,
        tokens=tokens,
        state=state,
        progress=progress,
        baskets=wanted,
        doors=doors,
        coordinator=coordinator,
        payer=payer_of(app.extensions["settings"]),
        hours=PassingHours(community),
    )


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
