"""`supplyhub relay`: a pasted chain (接龙) read against the register, in the terminal."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any, BinaryIO

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from supplyhub.app import create_app
from supplyhub.cli.relay_words import said
from supplyhub.errors import InvalidError, NotFoundError
from supplyhub.files import read_text
from supplyhub.ordering.relay.hygiene import LARGEST_BYTES
from supplyhub.ordering.relay.known import known_grid, known_menu_of
from supplyhub.ordering.relay.notes import TOLD, Verdict
from supplyhub.ordering.relay.reading import read_relay
from supplyhub.places.queries import find_community

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask

    from supplyhub.ordering.relay.entries import Entry, Reading
    from supplyhub.ordering.relay.facts import Known

POSTED = re.compile(r"([^:：]+)(?:[:：]([0-9]{1,4}))?")
COLOURS = {Verdict.SURE: "green", Verdict.FLAGGED: "yellow", Verdict.REVIEW: "red"}


@click.group()
def command() -> None:
    """Read chat relays (接龙). Nothing is written: applying one is done on the grid lead's page."""


@command.command()
@click.argument("file", type=click.File("rb"))
@click.option("--menu", type=click.IntRange(1), help="The id of the menu that was posted.")
@click.option("--grid", type=click.IntRange(1, 9999), help="The number of the grid, with --skus instead of a menu.")
@click.option("--skus", help="What was posted, in order, each with its cap: V001:3,V007:5.")
@click.option("--community", help="The community's name; by default the only one.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: orders, withdrawn, review.")
def read(
    file: BinaryIO, menu: int | None, grid: int | None, skus: str | None, community: str | None, *, as_json: bool
) -> None:
    """Read a pasted chain from FILE (- for standard input) against the register, and print what it asks for.

    What isn't certain is listed under review with the reason, and becomes no order by itself; an entry marked
    orders_anyway is ordered, and listed to be seen.
    """
    if (menu is None) == (grid is None) or (grid is None) != (skus is None):
        raise InvalidError("give either --menu, or --grid and --skus")
    text = _text(file)
    app = create_app()
    with app.app_context():
        known = _known(app, community, menu=menu, grid=grid, skus=skus)
    reading = read_relay(text, known)
    if as_json:
        click.echo(json.dumps(as_data(reading, known), ensure_ascii=False))
    else:
        _print(reading, known)


def _text(file: BinaryIO) -> str:
    """Return the text of a file; one beyond the limit isn't read whole."""
    name = getattr(file, "name", "<stdin>")
    data = file.read(LARGEST_BYTES + 1)
    if len(data) > LARGEST_BYTES:
        raise InvalidError(f"{name} has more than {LARGEST_BYTES:,} bytes; that is no chain of one grid")
    return read_text(data, name)


def _known(app: Flask, community: str | None, *, menu: int | None, grid: int | None, skus: str | None) -> Known:
    found = find_community(community)
    if found is None:
        raise NotFoundError(
            "there is no such community; `supplyhub demo load` or `supplyhub import register` makes one"
        )
    vault = app.extensions["vault"]
    if menu is not None:
        return known_menu_of(found, menu, vault)
    return known_grid(found, grid or 0, posted_items(skus or ""), vault)


def posted_items(skus: str) -> dict[str, int | None]:
    """Return the posted SKUs in their order with their caps, None for no cap. Raises InvalidError."""
    posted: dict[str, int | None] = {}
    for part in re.split(r"[,，\s]+", skus.strip()):
        found = POSTED.fullmatch(part)
        if found is None or found[2] == "0" or found[1] in posted:
            raise InvalidError(f"--skus has {part!r}; it must be like V001:3,V007:5, each once")
        posted[found[1]] = int(found[2]) if found[2] else None
    return posted


def as_data(reading: Reading, known: Known) -> dict[str, Any]:
    """Return a reading in the words of the register: doors and SKUs."""
    sku = {item.id: item.sku for item in known.items}
    door = {home.household_id: home.said for home in known.doors}
    return {
        "orders": {door[home]: _by_sku(lines, sku) for home, lines in reading.baskets().items()},
        "withdrawn": [door[home] for home in reading.withdrawn],
        "review": [_waiting(entry, known) for entry in reading.review],
    }


def _by_sku(lines: Mapping[int, int], sku: Mapping[int, str]) -> dict[str, int]:
    return {sku[item]: quantity for item, quantity in sorted(lines.items(), key=lambda line: sku[line[0]])}


def _waiting(entry: Entry, known: Known) -> dict[str, Any]:
    waiting: dict[str, Any] = {"entry": entry.number, "why": _why(entry, known)}
    if entry.verdict == Verdict.FLAGGED:
        return {**waiting, "orders_anyway": True}
    if entry.suggestion:
        sku = {item.id: item.sku for item in known.items}
        waiting["suggestion"] = {"door": entry.suggestion.door, "lines": _by_sku(entry.suggestion.lines, sku)}
    return waiting


def _why(entry: Entry, known: Known) -> str:
    return "; ".join(said(note, known) for note in entry.notes if note.code not in TOLD)


def _print(reading: Reading, known: Known) -> None:
    """Print a table of the entries, and what the orders come to."""
    console = Console(width=None if sys.stdout.isatty() else 160)
    table = Table("no.", "door", "asks for", "", "why", box=None, header_style="bold")
    for entry in reading.entries:
        table.add_row(
            str(entry.number),
            entry.door or "?",
            _asked(entry, known),
            Text(entry.verdict, style=COLOURS[entry.verdict]),
            Text("; ".join(said(note, known) for note in entry.notes)),
        )
    console.print(table)
    for warning in reading.warnings:
        console.print(Text(f"Take care: {said(warning, known)}", style="bold red"))
    waiting = sum(entry.verdict == Verdict.REVIEW for entry in reading.entries)
    console.print(
        f"\n{len(reading.baskets())} orders, {len(reading.withdrawn)} withdrawn, {waiting} entries wait for somebody;"
        f" {len(reading.headings)} lines of heading. Nothing was written."
    )


def _asked(entry: Entry, known: Known) -> str:
    names = {item.id: item.name for item in known.items}
    lines = " ".join(f"{names[item]}×{quantity}" for item, quantity in entry.lines.items())
    return {"withdraw": "withdrawn", "replace": f"now {lines}"}.get(entry.kind, lines)
