"""Loading the register: files in, one transaction, a report out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from supplyhub.db import row, rows, scalar, transaction
from supplyhub.errors import NotFoundError
from supplyhub.outbox import record
from supplyhub.places.map_files import read_cadastre, read_grids, read_streets
from supplyhub.places.planning import MapFiles, NamedPlace, plan_places
from supplyhub.places.register import PlaceChanges, compare_places, known_places, write_places
from supplyhub.residents.care_import import write_special_groups
from supplyhub.residents.care_sealing import special_group_hash
from supplyhub.residents.events import RegisterChanged
from supplyhub.residents.register import (
    add_households,
    change_households,
    deactivate_households,
    known_households,
)
from supplyhub.residents.register_differences import Difference, Move, differences, moves
from supplyhub.residents.register_file import Door, read_households
from supplyhub.residents.register_plan import HouseholdChanges, UnplacedDoor, plan_households
from supplyhub.residents.register_steps import keep_rows, keep_steps, seal_copies

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from supplyhub.crypto import Vault
    from supplyhub.places.planning import PlaceFacts


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file with the name that its problems are reported under."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class RegisterFiles:
    """The files of one import; what isn't given stays as the register has it."""

    households: NamedFile
    cadastre: NamedFile | None = None
    grids: NamedFile | None = None
    streets: NamedFile | None = None


@dataclass(frozen=True, slots=True)
class RegisterInput:
    """What the files say."""

    doors: list[Door]
    maps: MapFiles


@dataclass(frozen=True, slots=True)
class RegisterReport:
    """What an import changed, or would change. `import_id` is None when it wrote nothing."""

    counts: dict[str, int]
    unplaced: list[UnplacedDoor] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    import_id: int | None = None


class Step(StrEnum):
    """What an import does, one after the other."""

    READING = "reading"
    COMPARING = "comparing"
    KEEPING = "keeping"
    WRITING_PLACES = "writing_places"
    WRITING_HOUSEHOLDS = "writing_households"
    ENDING = "ending"


def read_register(files: RegisterFiles) -> RegisterInput:
    """Read the files of an import. Pure. Raises FileRefusedError for the first file that is at fault."""
    cadastre, grids, streets = files.cadastre, files.grids, files.streets
    return RegisterInput(
        read_households(files.households.data, file=files.households.name),
        MapFiles(
            cadastre=read_cadastre(cadastre.data, file=cadastre.name) if cadastre else None,
            grids=read_grids(grids.data, file=grids.name) if grids else None,
            streets=read_streets(streets.data, file=streets.name) if streets else None,
        ),
    )


def import_register(
    community_id: int,
    files: RegisterFiles,
    *,
    vault: Vault,
    account_id: int | None = None,
    dry_run: bool = False,
    progress: Callable[[Step], None] = lambda _: None,
) -> RegisterReport:
    """Load a register. Loading the same files again changes nothing and leaves no trace.

    With `dry_run` only tells what would change. `progress` is told each step before it is done. A malformed file is
    refused before anything is read from the database. Raises FileRefusedError, NotFoundError, BusyError.
    """
    progress(Step.READING)
    wanted = read_register(files)
    if dry_run:
        progress(Step.COMPARING)
        report, _, _, _ = _plan(community_id, wanted, vault)
        return report
    with transaction():
        # One import at a time; FOR NO KEY UPDATE lets orders of the community go on.
        if row("SELECT id FROM community WHERE id = :id FOR NO KEY UPDATE", id=community_id) is None:
            raise NotFoundError("there is no such community")
        progress(Step.COMPARING)
        report, places, map_changes, households = _plan(community_id, wanted, vault)
        if not _anything(report.counts):
            return report
        progress(Step.KEEPING)
        import_id = _log(community_id, account_id, report)
        keep_rows(community_id, import_id)
        progress(Step.WRITING_PLACES)
        write_places(community_id, map_changes, places)
        progress(Step.WRITING_HOUSEHOLDS)
        _write_households(community_id, households, places, vault)
        progress(Step.ENDING)
        keep_steps(community_id, import_id)
        seal_copies(import_id, vault=vault)
        ask_for_routes(community_id, import_id, map_changes.grids_to_route)
        return replace(report, import_id=import_id)


def _plan(
    community_id: int, wanted: RegisterInput, vault: Vault
) -> tuple[RegisterReport, PlaceFacts, PlaceChanges, HouseholdChanges]:
    """Compare the files with the register; writes nothing."""
    known = known_places(community_id)
    places = plan_places(known, wanted.maps, _named(wanted.doors))
    map_changes = compare_places(known, places)
    groups = {door.special_group for door in wanted.doors if door.special_group}
    homes = known_households(community_id, vault=vault)
    households = plan_households(
        homes,
        wanted.doors,
        special_group_hashes={group: special_group_hash(vault, group) for group in groups},
        buildings=places.buildings,
    )
    report = RegisterReport(
        {**households.counts(), **map_changes.counts()},
        households.unplaced,
        differences(homes, households),
        moves(known.buildings, map_changes.buildings),
    )
    return report, places, map_changes, households


def _named(doors: Sequence[Door]) -> list[NamedPlace]:
    return [NamedPlace(door.building, door.grid, door.grid_name, door.micro_grid) for door in doors]


def _anything(counts: dict[str, int]) -> bool:
    """Tell whether there is anything to write: every count but those of what is there already."""
    return any(count for name, count in counts.items() if name not in {"households", "unchanged", "unplaced"})


def _write_households(community_id: int, found: HouseholdChanges, places: PlaceFacts, vault: Vault) -> None:
    added = add_households(community_id, found.added, buildings=places.buildings, vault=vault)
    change_households({**found.changed, **found.reactivated}, vault=vault)
    deactivate_households(found.deactivated)
    new_groups = {
        household: door.special_group for household, door in zip(added, found.added, strict=True) if door.special_group
    }
    write_special_groups({**found.special_groups, **new_groups}, vault=vault)


def _log(community_id: int, account_id: int | None, report: RegisterReport) -> int:
    """Write down the import and return its id."""
    return int(
        scalar(
            "INSERT INTO register_import (community_id, account_id, summary)"
            " SELECT :community, :account, jsonb_object_agg(key, value) FROM unnest(CAST(:names AS text[]),"
            " CAST(:counts AS bigint[])) AS s(key, value) RETURNING id",
            community=community_id,
            account=account_id,
            names=list(report.counts),
            counts=list(report.counts.values()),
        )
    )


def ask_for_routes(community_id: int, import_id: int, grids: Collection[int]) -> None:
    """Ask for new routes of the grids (by number) where buildings came, went or moved."""
    found = rows(
        "SELECT id FROM grid WHERE community_id = :community AND number = ANY(:numbers) ORDER BY number",
        community=community_id,
        numbers=sorted(grids),
    )
    if found:
        record(RegisterChanged(import_id=import_id, grids=[int(grid.id) for grid in found]))
