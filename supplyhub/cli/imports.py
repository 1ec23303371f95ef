"""`supplyhub import`: the register and the platforms' offers, from files."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from supplyhub.app import create_app
from supplyhub.catalog.importing import import_offers
from supplyhub.catalog.spelling import spell_names
from supplyhub.files import LARGEST_FILE_BYTES, refuse
from supplyhub.places.commands import ensure_community
from supplyhub.places.placing import REASONS
from supplyhub.places.queries import find_community
from supplyhub.places.rules import building_number
from supplyhub.residents.importing import (
    NamedFile,
    RegisterFiles,
    RegisterReport,
    Step,
    import_register,
    read_register,
)
from supplyhub.residents.rules import said_door, unit_number

if TYPE_CHECKING:
    from flask import Flask

DOORS_SHOWN = 50
STEPS = {
    Step.READING: "reading the files",
    Step.COMPARING: "comparing them with the register",
    Step.KEEPING: "keeping what was there, so that it can be undone",
    Step.WRITING_PLACES: "writing the map",
    Step.WRITING_HOUSEHOLDS: "writing the households",
    Step.ENDING: "ending",
}
FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.group()
def command() -> None:
    """Read the register or the platforms' offers from files.

    A malformed file is refused whole, with the numbers of its lines. Reading the same file again changes nothing.
    """


@command.command()
@click.option(
    "--households", type=FILE, required=True, help="The household list (CSV or Excel, header in Chinese or English)."
)
@click.option("--cadastre", type=FILE, help="Building footprints (GeoJSON).")
@click.option("--grids", type=FILE, help="Grid and micro-grid polygons (GeoJSON).")
@click.option("--streets", type=FILE, help="Street lines (GeoJSON).")
@click.option("--community", help="The community's name; by default the only one, made when there is none.")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
def register(
    households: Path,
    cadastre: Path | None,
    grids: Path | None,
    streets: Path | None,
    community: str | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Load the register (底册): households, and the map if it is given.

    A household that isn't in the file is deactivated, not deleted. A door that can't be placed in a grid is kept,
    listed here, and can't order.
    """
    files = RegisterFiles(
        _read(households),
        _read(cadastre) if cadastre else None,
        _read(grids) if grids else None,
        _read(streets) if streets else None,
    )
    # A refused file leaves no community behind either.
    read_register(files)
    app = create_app()
    with app.app_context():
        report = import_register(
            _community(app, community, dry_run=dry_run),
            files,
            vault=app.extensions["vault"],
            dry_run=dry_run,
            progress=lambda step: click.echo(f"{STEPS[step]} ...", err=True),
        )
    if as_json:
        click.echo(json.dumps(_as_data(report, dry_run=dry_run), ensure_ascii=False))
    else:
        _print(report, dry_run=dry_run)


@command.command()
@click.argument("file", type=FILE)
@click.option("--community", help="The community's name; by default the only one, made when there is none.")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
def offers(file: Path, community: str | None, *, dry_run: bool, as_json: bool) -> None:
    """Load what the platforms offer (CSV): products with price, case size and platform."""
    given = _read(file)
    app = create_app()
    with app.app_context():
        found = _community(app, community, dry_run=dry_run)
        counts = import_offers(found, given.data, file=given.name, dry_run=dry_run)
        if not dry_run:
            spell_names(found)
    if as_json:
        click.echo(json.dumps({"dry_run": dry_run, **counts}))
        return
    click.echo(_heading(dry_run=dry_run))
    for name, count in counts.items():
        click.echo(f"{count:8,} {name}")


@command.command(hidden=True)
@click.argument("community", type=int)
def names(community: int) -> None:
    """Note how the names of a community's products sound; the worker starts it."""
    with create_app().app_context():
        spell_names(community)


def _read(path: Path) -> NamedFile:
    """Read a file; one beyond the limit isn't read at all."""
    size = path.stat().st_size
    if size > LARGEST_FILE_BYTES:
        raise refuse(path.name, f"it has {size:,} bytes; at most {LARGEST_FILE_BYTES:,} are read")
    return NamedFile(path.name, path.read_bytes())


def _community(app: Flask, name: str | None, *, dry_run: bool) -> int:
    if dry_run:
        # Before the first import everything would be new: no community has this id.
        return find_community(name) or 0
    return ensure_community(timezone=app.extensions["settings"].timezone, name=name)


def _as_data(report: RegisterReport, *, dry_run: bool) -> dict[str, object]:
    return {
        "dry_run": dry_run,
        "import": report.import_id,
        **report.counts,
        "unplaced_doors": [
            {"building": door.building, "unit": door.unit, "door": door.door, "reason": door.reason}
            for door in report.unplaced
        ],
    }


def _print(report: RegisterReport, *, dry_run: bool) -> None:
    click.echo(_heading(dry_run=dry_run))
    for name, count in report.counts.items():
        if count or name in {"households", "added", "changed", "unchanged", "deactivated", "reactivated", "unplaced"}:
            click.echo(f"{count:8,} {name.replace('_', ' ')}")
    if not report.unplaced:
        return
    click.echo("\nWithout a grid, these doors can't order:")
    for door in report.unplaced[:DOORS_SHOWN]:
        said = said_door(building_number(door.building), door.building, unit_number(door.unit), door.door)
        click.echo(f"  {said} ({door.building}): {REASONS[door.reason]}")
    if (more := len(report.unplaced) - DOORS_SHOWN) > 0:
        click.echo(f"  and {more} more:")
        for reason, count in Counter(door.reason for door in report.unplaced).items():
            click.echo(f"  {count:,} doors in all: {REASONS[reason]}")


def _heading(*, dry_run: bool) -> str:
    return "This would change (nothing was written):" if dry_run else "Done:"
