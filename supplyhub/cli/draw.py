"""`supplyhub draw check FILE`: a published draw, recomputed by whoever wants to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from supplyhub.codes import read_code
from supplyhub.ordering.draw import checking

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, TextIO


@click.group()
def command() -> None:
    """Check a fair draw from its published list."""


@command.command("check")
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option("--seed-hash", metavar="HASH", help="The hash of the seed as you read it before the draw.")
@click.option("--slip", "slips", multiple=True, metavar="SLIP", help="Say what became of this slip; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of lines.")
@click.pass_context
def check(ctx: click.Context, file: TextIO, seed_hash: str | None, slips: tuple[str, ...], *, as_json: bool) -> None:
    """Recompute a draw from FILE, the JSON or CSV that its page offers: the seed's hash, the order, who won.

    Asks neither the database nor the network. Leaves with 1 when something doesn't fit, and names it. That every
    slip is there and in its round, its household alone can say: --slip tells where its own stand.
    """
    try:
        publication = checking.read(file.read())
    except UnicodeDecodeError as error:
        raise click.UsageError("the file isn't UTF-8") from error
    faults = checking.check(publication, seed_hash)
    asked = [_fate(publication["items"], code) for code in slips]
    if as_json:
        found = [{"item": fault.item, "what": fault.what} for fault in faults]
        click.echo(json.dumps({"holds": not faults, "faults": found, "slips": asked}, ensure_ascii=False))
    else:
        _print(publication, faults, asked)
    missing = any(not fate["places"] for fate in asked)
    ctx.exit(int(bool(faults) or missing))


def _fate(items: Iterable[dict[str, Any]], code: str) -> dict[str, Any]:
    """Return where a slip stands. Where two begin alike the list writes more letters, so both are told."""
    typed = read_code(code)
    places = [
        {"item": entry["item"], "name": entry["name"], "place": place, **slip}
        for entry in items
        for place, slip in enumerate(entry["slips"], 1)
        if typed and slip["slip"].startswith(typed)
    ]
    return {"slip": typed, "places": places}


def _print(publication: dict[str, Any], faults: list[checking.Fault], asked: list[dict[str, Any]]) -> None:
    for entry in publication["items"]:
        won = sum(slip["won"] for slip in entry["slips"])
        click.echo(
            f"{entry['name']} (item {entry['item']}): {len(entry['slips'])} asked for, {entry['offered']} on offer,"
            f" {won} won, {entry['given_to_care']} more given from the {entry['set_aside']} set aside"
        )
    for fate in asked:
        for at in fate["places"]:
            won = "won" if at["won"] else "did not win"
            click.echo(f"slip {at['slip']}: {at['name']}, round {at['round']}, place {at['place']}, {won}")
        if not fate["places"]:
            click.echo(f"slip {fate['slip']}: not in the list")
    for fault in faults:
        click.secho(f"{'draw' if fault.item is None else f'item {fault.item}'}: {fault.what}", fg="red")
    if faults:
        click.secho(f"{len(faults)} things don't fit", fg="red", bold=True)
    else:
        click.secho("everything fits: the seed's hash, the order and the winners", fg="green", bold=True)
