"""`supplyhub bench`: how many orders a second this machine takes, and whether all of them are right; the batches."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from supplyhub.bench import house
from supplyhub.bench.load import find_wrk
from supplyhub.bench.parsing import make_parser
from supplyhub.bench.play import homes_for, play
from supplyhub.bench.report import OFFERED, PHASES, as_object, judged, medians
from supplyhub.cli.bench_batch import batch
from supplyhub.cli.bench_map import map_page
from supplyhub.cli.serve import serve
from supplyhub.config import Settings

if TYPE_CHECKING:
    from supplyhub.bench.report import Figures, Run

FIGURES = {
    "spread_to_limit": "b/a: HTTP to SQL, 200 items",
    "hot_to_limit": "c/a': HTTP to SQL, 5 items",
    "hot_to_spread": "c/b: 5 items to 200, over HTTP",
    "http_to_parse": "b/d: an order to only parsing it",
    "p99_to_p50": "p99 to p50 over HTTP, the worse",
    "memory_mb": "the larger web process, MB",
}


@click.group()
def command() -> None:
    """Measure this machine, against a throw-away database."""


@command.command()
@click.option("--seconds", type=click.IntRange(1, 300), default=10, show_default=True, help="Length of a phase.")
@click.option("--rounds", type=click.IntRange(1, 20), default=3, show_default=True, help="How often each is measured.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object.")
@click.pass_context
def orders(ctx: click.Context, seconds: int, rounds: int, *, as_json: bool) -> None:
    """Measure orders of 3 lines a second: in SQL, over HTTP, and without writing, phase after phase, in rounds.

    A home of its own is made with its database (durable), queue and web processes, and removed afterwards. The load over
    HTTP comes from wrk on 64 connections. At the end 64 connections want a hundred units of one item, and the audit runs.
    Goals are printed, not enforced; leaves with 1 when an order is wrong: oversold, miscounted, or a law broken.
    """
    find_wrk()
    with house.throw_away() as settings:
        found = play(settings, seconds=seconds, rounds=rounds, homes=homes_for(seconds), say=say)
    if as_json:
        click.echo(json.dumps(as_object(found)))
    else:
        show(found)
    wrong = what_is_wrong(found)
    for sentence in wrong:
        click.echo(f"supplyhub: {sentence}", err=True)
    ctx.exit(int(bool(wrong)))


command.add_command(batch)
command.add_command(map_page)


@command.command(hidden=True)
def parser() -> None:
    """Serve the API with a desk that writes nothing, for the phase that only parses."""
    settings = Settings.from_env()
    serve(make_parser, host=settings.host, port=settings.port)


def what_is_wrong(found: Figures) -> list[str]:
    """Return what makes a bench a failure, in sentences; figures below their goals don't."""
    wrong = list(found.mistakes)
    if not found.hundred.exact:
        wrong.append(f"{found.hundred.sold} of {OFFERED} were sold, to {found.hundred.households} households")
    if found.laws["broken"]:
        wrong.append(f"laws that are broken: {found.laws['broken']}")
    return wrong


def say(line: str) -> None:
    """Tell how far it is, beside the figures."""
    click.echo(line, err=True)


def show(found: Figures) -> None:
    """Print the figures as tables."""
    console = Console()
    console.print(_phases(found))
    console.print(_goals(found))
    hundred = found.hundred
    console.print(
        f"{hundred.sold} of {OFFERED} sold, to {hundred.households} households: {_verdict(met=hundred.exact)}"
    )
    each = ", ".join(f"{one.rss_mb:g} MB (its own share {one.pss_mb:g} MB)" for one in found.memory)
    console.print(f"web processes after the load: {each}")
    console.print(f"{found.laws['checked']} laws checked, {found.laws['broken']} broken")


def _phases(found: Figures) -> Table:
    table = Table("", "round", "orders/s", "p50 ms", "p99 ms", "refused", "lost", title="Orders of 3 lines")
    for column in table.columns[1:]:
        column.justify = "right"
    middle = medians(found.runs)
    for phase, what in PHASES.items():
        for run in (run for run in found.runs if run.phase == phase):
            table.add_row(*_cells(run, what if run.round == 1 else ""))
        of = middle[phase]
        table.add_row(
            "",
            "median",
            f"{of['rate']:,.0f}",
            f"{of['p50_ms']:.1f}",
            f"{of['p99_ms']:.1f}",
            style="bold",
            end_section=True,
        )
    return table


def _cells(run: Run, what: str) -> list[str]:
    load = run.load
    label = f"({run.phase}) {what}" if what else ""
    waits = [f"{load.p50_ms:.1f}", f"{load.p99_ms:.1f}"]
    return [label, str(run.round), f"{load.rate:,.0f}", *waits, f"{load.refused:,}", f"{load.lost:,}"]


def _goals(found: Figures) -> Table:
    table = Table("", "", "goal", "", title="Of the medians")
    for figure, judgement in judged(found).items():
        table.add_row(FIGURES[figure], f"{judgement['value']:g}", judgement["goal"], _verdict(met=judgement["met"]))
    return table


def _verdict(*, met: bool) -> str:
    return "[green]met[/green]" if met else "[red]not met[/red]"
