"""`supplyhub bench map`: how long the map of a city takes."""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.table import Table

from supplyhub.bench.city import Size
from supplyhub.bench.map_page import Map, play
from supplyhub.cli.bench_batch import say

MEANS = {
    "cold": "the whole page, nothing kept",
    "changed": "the whole page, after somebody wrote",
    "kept": "the whole page, nobody wrote since",
    "live": "what changes, for a screen",
    "unchanged": "a screen that has it already",
    "table": "as a table, after somebody wrote",
    "grid": "the map of one grid",
}
GOAL_SECONDS = 1.0


@click.command(name="map")
@click.option("--grids", type=click.IntRange(1, 5_000), default=860, show_default=True)
@click.option("--orders", type=click.IntRange(1, 2_000), default=300, show_default=True, help="Orders a grid.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object.")
def map_page(grids: int, orders: int, *, as_json: bool) -> None:
    """Time the pages of a city's map, from the question to the last byte, in a throw-away database.

    The goal is printed, not enforced: the whole page in under a second after somebody wrote.
    """
    found = play(Size(grids, orders, 4), say=say)
    if as_json:
        click.echo(json.dumps({"grids": grids, "orders": grids * orders, "kilobytes": found.kilobytes, **found.told()}))
    else:
        show(found)


def show(found: Map) -> None:
    """Print the figures as a table."""
    homes = found.size.grids * found.size.orders
    table = Table("", "seconds", "of the process", title=f"The map of {found.size.grids:,} grids, {homes:,} orders")
    for what, told in found.told().items():
        table.add_row(MEANS[what], f"{told['seconds']:.3f}", f"{told['worked']:.3f}")
    console = Console()
    console.print(table)
    met = found.told()["changed"]["seconds"] < GOAL_SECONDS
    console.print(f"{found.kilobytes:g} kB; goal under {GOAL_SECONDS:g} s: {'met' if met else 'not met'}")
