"""`supplyhub bench batch`: what the two batches of a cycle take at the size of a city."""

from __future__ import annotations

import json
from dataclasses import replace

import click
from rich.console import Console
from rich.table import Table

from supplyhub.bench.batch_report import as_object, judged
from supplyhub.bench.batches import City, play
from supplyhub.bench.city import Size

# The smaller city, against which growth is measured, has so many times fewer grids.
TIMES_SMALLER = 10


@click.command()
@click.option("--grids", type=click.IntRange(TIMES_SMALLER, 5_000), default=860, show_default=True)
@click.option("--orders", type=click.IntRange(1, 2_000), default=300, show_default=True, help="Orders a grid.")
@click.option("--lines", type=click.IntRange(1, 40), default=4, show_default=True, help="Lines an order.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object.")
@click.option("--laws", is_flag=True, help="Run the audit over the large city at the end.")
@click.pass_context
def batch(ctx: click.Context, grids: int, orders: int, lines: int, *, as_json: bool, laws: bool) -> None:
    """Time the batch at the cut-off and the one after receiving, beside a scan and a COPY of the same rows.

    Two throw-away databases are built, a city of so many grids and one of a tenth of them, by the schema with all its
    constraints; the batches run in a worker process of their own, as in production. Goals are printed, not enforced;
    leaves with 1 when a law is broken.
    """
    size = Size(grids, orders, lines)
    small = play(replace(size, grids=grids // TIMES_SMALLER), say=say, laws=False)
    large = play(size, say=say, laws=laws)
    if as_json:
        click.echo(json.dumps(as_object(large, small)))
    else:
        show(large, small)
    ctx.exit(int(large.laws["broken"] > 0))


def say(line: str) -> None:
    """Tell how far it is, beside the figures."""
    click.echo(line, err=True)


def show(large: City, small: City) -> None:
    """Print the figures as tables."""
    console = Console()
    table = Table(
        "",
        "",
        f"{small.size.order_lines:,} lines",
        f"{large.size.order_lines:,} lines",
        title=f"Seconds, with {large.receipt.connections} connections",
    )
    for column in table.columns[2:]:
        column.justify = "right"
    for name in ("cut_off", "receipt"):
        less, more = getattr(small, name), getattr(large, name)
        for topic, seconds in more.seconds.items():
            table.add_row(topic, "", f"{less.seconds[topic]:.2f}", f"{seconds:.2f}", style="bold")
            for step, took in more.steps[topic].items():
                table.add_row("", step, f"{less.steps[topic].get(step, 0):.2f}", f"{took:.2f}")
    table.add_section()
    table.add_row("both batches", "", f"{small.seconds:.2f}", f"{large.seconds:.2f}", style="bold")
    table.add_row("COPY of the order lines", "", f"{small.copy_seconds:.2f}", f"{large.copy_seconds:.2f}")
    table.add_row(
        "COPY of what they wrote", "", f"{small.copy_written_seconds:.2f}", f"{large.copy_written_seconds:.2f}"
    )
    table.add_row("GROUP BY scan", "", f"{small.scan_seconds:.2f}", f"{large.scan_seconds:.2f}")
    console.print(table)
    goals = Table("", "", "goal", "", title="Of one run")
    for figure, of in judged(large, small).items():
        goals.add_row(
            figure, f"{of['value']:g}", of["goal"], "[green]met[/green]" if of["met"] else "[red]not met[/red]"
        )
    console.print(goals)
    console.print(", ".join(f"{count:,} {table}" for table, count in large.counts.items()))
    if large.laws["checked"]:
        console.print(f"{large.laws['checked']} laws checked, {large.laws['broken']} broken")
