"""`supplyhub demo rush`: the whole demo community orders within three minutes, through the API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from supplyhub.app import create_app
from supplyhub.cli.stagehands import MintedTokens, ShownProgress, checked_url, offers_of
from supplyhub.errors import NotFoundError
from supplyhub.places.queries import find_community
from supplyhub.replay.client import Client
from supplyhub.replay.rush import play_rush, shortcomings
from supplyhub.replay.stage import Stage
from supplyhub.replay.state import State

if TYPE_CHECKING:
    from flask import Flask

WORDS = {
    "households": "households",
    "ordered": "have an order",
    "sold_out": "found nothing left",
    "refused": "were refused otherwise",
    "unanswered": "got no answer",
    "changed": "ordered again, from a second phone",
    "cut_back": "times something was sold out, and left out",
    "stale": "times an older basket was refused",
    "busy": "times asked to come back later",
    "lost": "connections lost",
    "requests": "requests",
    "units_offered": "units on offer",
    "units_sold": "units sold",
    "oversold": "items oversold or miscounted",
    "differing": "orders that aren't what was answered",
    "twice": "second orders of a household",
}


@click.command("rush")
@click.option("--url", help="Where the pages and the API are; by default where this installation runs.")
@click.option(
    "--seconds",
    type=click.FloatRange(0.1, 3600),
    default=180,
    show_default=True,
    help="Within which everybody comes, most at the beginning.",
)
@click.option("--households", type=click.IntRange(1), help="How many order; by default all.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
@click.pass_context
def command(ctx: click.Context, url: str | None, seconds: float, households: int | None, *, as_json: bool) -> None:
    """Let the whole community order at once, in a cycle of its own with a menu in each grid.

    Each household reads the menu and puts a basket; asked to come back it waits as told, and what is sold out it leaves
    out; some order again from a second phone. Its tokens are minted in the installation of SUPPLYHUB_HOME; all else is
    HTTP. Leaves with 1 when more was sold than offered, an order isn't what was answered, a law is broken, or a household
    got neither an order nor a clear refusal.
    """
    app = create_app()
    with app.app_context():
        progress = ShownProgress()
        stage = set_up(app, url, progress)
        with progress:
            report = play_rush(stage, seconds=seconds, most=households)
    click.echo(json.dumps(report) if as_json else readable(report))
    missed = shortcomings(report)
    for sentence in missed:
        click.echo(f"supplyhub: {sentence}", err=True)
    ctx.exit(int(bool(missed)))


def set_up(app: Flask, url: str | None, progress: ShownProgress) -> Stage:
    """Make everything the rush needs; nothing is started yet."""
    community, settings = find_community(), app.extensions["settings"]
    if community is None:
        raise NotFoundError("no community is loaded; `supplyhub demo load` loads one")
    api, tokens = Client(checked_url(url or settings.public_url)), MintedTokens(community)
    coordinator = tokens.coordinator()
    offers_of(api, coordinator, settings.home)
    state = State(path=settings.home / "rush" / "state.json", baskets="")
    return Stage(api=api, tokens=tokens, state=state, progress=progress, baskets={}, doors=[], coordinator=coordinator)


def readable(report: dict[str, Any]) -> str:
    """Return the report as lines for people."""
    lines = [f"{report[name]:>10,}  {words}" for name, words in WORDS.items()]
    for name, words in {"request": "a request", "until_answered": "from coming to a final answer"}.items():
        wait = report[name]
        lines.append(
            f"{words}: half within {wait['p50_ms']:,.0f} ms, 99 in 100 within {wait['p99_ms']:,.0f} ms, "
            f"the longest {wait['longest_ms']:,.0f} ms"
        )
    laws = report["laws"]
    lines += [f"took {report['seconds']:.1f} s", f"{laws['checked']} laws checked, {laws['broken']} broken"]
    return "\n".join(lines)
