"""What a register import makes of the map: wanted grids, micro-grids, buildings and streets. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from supplyhub.places.grid_names import grid_in_chinese
from supplyhub.places.placing import GridMap, Placement, Unplaced, inner_point, named_placement
from supplyhub.places.rules import building_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from supplyhub.places.map_files import Footprint, GridArea, StreetLine

Key = TypeVar("Key")
Facts = TypeVar("Facts")

# A community of the "123" scheme: one depot, two platforms, three delivery points.
DELIVERY_POINTS = 3


@dataclass(frozen=True, slots=True)
class GridFacts:
    """A grid as it is or shall be. `delivery_point` is a name."""

    name: str
    outline: dict[str, Any] | None = None
    delivery_point: str | None = None


@dataclass(frozen=True, slots=True)
class MicroGridFacts:
    """A micro-grid as it is or shall be."""

    name: str
    outline: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class BuildingFacts:
    """A building as it is or shall be: where it lies, or why nowhere."""

    number: int
    placement: Placement
    floors: int | None = None
    outline: dict[str, Any] | None = None
    longitude: float | None = None
    latitude: float | None = None


@dataclass(frozen=True, slots=True)
class PlaceFacts:
    """All places of a community: grids by number, micro-grids by (grid, number), the rest by name."""

    grids: dict[int, GridFacts] = field(default_factory=dict)
    micro_grids: dict[tuple[int, int], MicroGridFacts] = field(default_factory=dict)
    buildings: dict[str, BuildingFacts] = field(default_factory=dict)
    streets: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MapFiles:
    """The map files of an import; None where there is none."""

    cadastre: Sequence[Footprint] | None = None
    grids: Sequence[GridArea] | None = None
    streets: Sequence[StreetLine] | None = None


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """What a row of the household file says about its building's place; None where it says nothing."""

    building: str
    grid: int | None
    grid_name: str
    micro_grid: int | None


@dataclass(frozen=True, slots=True)
class Changes(Generic[Key, Facts]):
    """What differs between two states of a table."""

    added: dict[Key, Facts]
    changed: dict[Key, Facts]
    unchanged: int


def changes(known: Mapping[Key, Facts], wanted: Mapping[Key, Facts]) -> Changes[Key, Facts]:
    """Return what must be written so that `known` becomes `wanted`. What is only known stays."""
    added = {key: facts for key, facts in wanted.items() if key not in known}
    changed = {key: facts for key, facts in wanted.items() if key in known and known[key] != facts}
    return Changes(added, changed, len(wanted) - len(added) - len(changed))


def plan_places(known: PlaceFacts, files: MapFiles, named: Sequence[NamedPlace]) -> PlaceFacts:
    """Return the places as they shall be after an import.

    With polygons of grids (in these files or from an earlier import) geometry decides for every building that has a
    footprint. The columns of the household file decide for the others, unless this import brings a map: then a
    building that isn't on it is in no grid. What none of them touches stays where it is.
    """
    grids, micro_grids = _areas(known, files.grids)
    outlines = _outlines(known, files.cadastre)
    on_map = GridMap(_drawn(grids), _drawn(micro_grids))
    by_map = {name: on_map.place(outline) for name, outline in outlines.items() if on_map and outline is not None}
    redrawn = files.grids is not None or files.cadastre is not None
    if redrawn and by_map:
        placements, default = by_map, Unplaced.NO_FOOTPRINT
    else:
        by_name = _named_placements(place for place in named if place.building not in by_map)
        kept = {name: facts.placement for name, facts in known.buildings.items()}
        placements = {**kept, **by_name, **by_map}
        default = Unplaced.NO_FOOTPRINT if on_map else Unplaced.NO_GRID_NAMED
        _add_named_areas(grids, micro_grids, named, by_name)
    buildings = {
        name: replace(facts, placement=placements.get(name, Placement(reason=default)))
        for name, facts in _buildings(known, files.cadastre, [place.building for place in named], outlines).items()
    }
    streets = {street.name: street.line for street in files.streets or ()}
    return PlaceFacts(with_delivery_points(grids), micro_grids, buildings, streets)


def with_delivery_points(grids: Mapping[int, GridFacts]) -> dict[int, GridFacts]:
    """Return the grids, each with a delivery point: where none has one, neighbours in number share one of three."""
    numbers = sorted(grids)
    found = dict(grids)
    some = any(facts.delivery_point for facts in grids.values())
    last = next((grids[number].delivery_point for number in numbers if grids[number].delivery_point), None)
    for position, number in enumerate(numbers):
        if found[number].delivery_point:
            last = found[number].delivery_point
        else:
            share = position * DELIVERY_POINTS // max(len(numbers), DELIVERY_POINTS) + 1
            found[number] = replace(found[number], delivery_point=last if some else f"{share}号配送点")
    return found


def _areas(
    known: PlaceFacts, areas: Sequence[GridArea] | None
) -> tuple[dict[int, GridFacts], dict[tuple[int, int], MicroGridFacts]]:
    """Return grids and micro-grids after the grid file: one that isn't in it any more loses its outline."""
    grids, micro_grids = dict(known.grids), dict(known.micro_grids)
    if areas is None:
        return grids, micro_grids
    grids = {number: replace(facts, outline=None) for number, facts in grids.items()}
    micro_grids = {key: replace(facts, outline=None) for key, facts in micro_grids.items()}
    for area in areas:
        if area.micro_grid is None:
            before = known.grids.get(area.grid)
            point = area.delivery_point or (before.delivery_point if before else None)
            grids[area.grid] = GridFacts(area.name, area.outline, point)
        else:
            micro_grids[area.grid, area.micro_grid] = MicroGridFacts(area.name, area.outline)
    return grids, micro_grids


def _outlines(known: PlaceFacts, cadastre: Sequence[Footprint] | None) -> dict[str, dict[str, Any] | None]:
    if cadastre is not None:
        return {footprint.building: footprint.outline for footprint in cadastre}
    return {name: facts.outline for name, facts in known.buildings.items()}


def _drawn(areas: Mapping[Key, GridFacts] | Mapping[Key, MicroGridFacts]) -> dict[Key, dict[str, Any]]:
    return {key: facts.outline for key, facts in areas.items() if facts.outline is not None}


def _named_placements(named: Iterable[NamedPlace]) -> dict[str, Placement]:
    """Return the place of every building whose rows name a grid."""
    pairs: dict[str, list[tuple[int | None, int | None]]] = {}
    for place in named:
        if place.grid is not None:
            pairs.setdefault(place.building, []).append((place.grid, place.micro_grid))
    return {building: named_placement(found) for building, found in pairs.items()}


def _add_named_areas(
    grids: dict[int, GridFacts],
    micro_grids: dict[tuple[int, int], MicroGridFacts],
    named: Sequence[NamedPlace],
    placements: Mapping[str, Placement],
) -> None:
    """Add the grids and micro-grids that only the household file names."""
    names = {place.grid: place.grid_name for place in named if place.grid is not None and place.grid_name}
    for placement in placements.values():
        grid, micro_grid = placement.grid, placement.micro_grid
        if grid is not None:
            grids.setdefault(grid, GridFacts(names.get(grid, grid_in_chinese(grid))))
        if micro_grid is not None:
            micro_grids.setdefault(micro_grid, MicroGridFacts(f"{micro_grid[0]}-{micro_grid[1]}小网格"))


def _buildings(
    known: PlaceFacts,
    cadastre: Sequence[Footprint] | None,
    named: Sequence[str],
    outlines: Mapping[str, dict[str, Any] | None],
) -> dict[str, BuildingFacts]:
    """Return every building that is known, on the map or in the household file; where it lies comes later."""
    floors = {footprint.building: footprint.floors for footprint in cadastre or ()}
    found: dict[str, BuildingFacts] = {}
    for name in dict.fromkeys([*known.buildings, *outlines, *named]):
        outline = outlines.get(name)
        before = known.buildings.get(name)
        point = inner_point(outline) if outline is not None else None
        found[name] = BuildingFacts(
            number=building_number(name),
            placement=Placement(reason=Unplaced.NO_FOOTPRINT),
            floors=floors.get(name, before.floors if before else None),
            outline=outline,
            longitude=point.longitude if point else None,
            latitude=point.latitude if point else None,
        )
    return found
