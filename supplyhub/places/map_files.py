"""The map files of the register: cadastre, grids and streets as GeoJSON (WGS 84). Bytes in, shapes out. Pure.

A file with any fault is refused whole; every fault names its feature, counted from 1.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from shapely import geometry as shapes
from shapely.errors import ShapelyError
from shapely.validation import explain_validity

from supplyhub.files import FaultError, Problems, faults_of, plain, read_text, refuse, shown
from supplyhub.places.grid_names import grid_in_chinese
from supplyhub.places.rules import LARGEST_NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Shape = TypeVar("Shape")

LONGEST_NAME = 40
MOST_FLOORS = 200
AREAS = ("Polygon", "MultiPolygon")
LINES = ("LineString", "MultiLineString")
# How deep the numbers of a geometry lie, a pair of them not counted.
DEPTH = {"LineString": 1, "Polygon": 2, "MultiLineString": 2, "MultiPolygon": 3}


@dataclass(frozen=True, slots=True)
class Footprint:
    """A building on the map. `outline` is the GeoJSON geometry."""

    building: str
    floors: int | None
    outline: dict[str, Any]


@dataclass(frozen=True, slots=True)
class GridArea:
    """A grid (`micro_grid` None) or a part of one on the map. `delivery_point` is empty where the file names none."""

    grid: int
    micro_grid: int | None
    name: str
    outline: dict[str, Any]
    delivery_point: str = ""


@dataclass(frozen=True, slots=True)
class StreetLine:
    """A street on the map; `line` is the GeoJSON geometry."""

    name: str
    line: dict[str, Any]


def read_cadastre(data: bytes, *, file: str = "cadastre") -> list[Footprint]:
    """Return the footprints. Properties: `building` (楼栋), optional `floors` (层数; 0 for sheds); others are left aside."""
    problems = Problems(file)
    found = _read(data, file, problems, AREAS, _footprint)
    _refuse_doubles(problems, [(number, f"building {shape.building}") for number, shape in found])
    problems.raise_any()
    return [shape for _, shape in found]


def read_grids(data: bytes, *, file: str = "grids") -> list[GridArea]:
    """Return grids and micro-grids. Properties: `grid` (网格), `micro_grid` (小网格), optional `name`, `delivery_point`."""
    problems = Problems(file)
    found = _read(data, file, problems, AREAS, _grid_area)
    names = [(number, f"grid {_spoken(area)}") for number, area in found]
    _refuse_doubles(problems, names)
    grids = {area.grid for _, area in found if area.micro_grid is None}
    if not problems.count:
        for number, area in found:
            if area.grid not in grids:
                problems.at_feature(number, f"micro-grid {_spoken(area)} is of a grid that isn't in the file")
    problems.raise_any()
    return [area for _, area in found]


def read_streets(data: bytes, *, file: str = "streets") -> list[StreetLine]:
    """Return the street lines. Property: `street` (街道)."""
    problems = Problems(file)
    found = _read(data, file, problems, LINES, _street)
    _refuse_doubles(problems, [(number, f"street {street.name}") for number, street in found])
    problems.raise_any()
    return [street for _, street in found]


def _read(
    data: bytes,
    file: str,
    problems: Problems,
    kinds: tuple[str, ...],
    make: Callable[[dict[str, Any], dict[str, Any]], Shape],
) -> list[tuple[int, Shape]]:
    """Return (feature number, shape) of every feature that can be used; the others' faults go to `problems`."""
    found: list[tuple[int, Shape]] = []
    for number, feature in enumerate(_features(data, file), start=1):
        try:
            properties, geometry = _parts(feature, kinds)
            found.append((number, make(properties, geometry)))
        except FaultError as error:
            problems.at_feature(number, str(error))
    if not found and not problems.count:
        raise refuse(file, "it has no features")
    return found


def _features(data: bytes, file: str) -> list[Any]:
    text = read_text(data, file)
    try:
        parsed = json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise refuse(file, f"line {error.lineno} is no JSON: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        reason = "its values lie too deep" if isinstance(error, RecursionError) else str(error)
        raise refuse(file, f"it is no usable JSON: {reason}") from None
    features = (
        parsed.get("features") if isinstance(parsed, dict) and parsed.get("type") == "FeatureCollection" else None
    )
    if not isinstance(features, list):
        raise refuse(file, "it is no GeoJSON FeatureCollection with a list of features")
    return features


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")


def _parts(feature: object, kinds: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a feature's properties and checked geometry. Raises FaultError."""
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise FaultError("it is no Feature")
    properties, geometry = feature.get("properties"), feature.get("geometry")
    if not isinstance(properties, dict):
        raise FaultError("it has no properties")
    if not isinstance(geometry, dict) or geometry.get("type") not in kinds:
        kind = geometry.get("type") if isinstance(geometry, dict) else None
        raise FaultError(f"its geometry is {shown(str(kind))}; it must be {' or '.join(kinds)}")
    checked = {"type": geometry["type"], "coordinates": geometry.get("coordinates")}
    for longitude, latitude in _positions(checked["coordinates"], DEPTH[checked["type"]]):
        if not (math.isfinite(longitude) and abs(longitude) <= 180 and abs(latitude) <= 90):
            raise FaultError(f"position {longitude}, {latitude} is no longitude and latitude (WGS 84)")
    _refuse_broken(checked)
    return properties, checked


def _positions(coordinates: object, depth: int) -> Iterator[tuple[float, float]]:
    """Yield every position of nested coordinates. Raises FaultError where something else stands."""
    if not isinstance(coordinates, list) or not coordinates:
        raise FaultError("its coordinates are empty or no list")
    if depth:
        for part in coordinates:
            yield from _positions(part, depth - 1)
        return
    numbers = coordinates[:3]
    if len(coordinates) not in {2, 3} or not all(type(number) in {int, float} for number in numbers):
        raise FaultError("a position is not two numbers")
    if any(abs(number) > 1_000_000 for number in numbers):
        raise FaultError("a position is not on the earth")
    yield float(numbers[0]), float(numbers[1])


def _refuse_broken(geometry: dict[str, Any]) -> None:
    """Raise FaultError for a shape that crosses itself, is open or has no extent."""
    try:
        shape = shapes.shape(geometry)
    except (ShapelyError, ValueError, TypeError, IndexError) as error:
        raise FaultError(f"its geometry is broken: {error}") from None
    if geometry["type"] in AREAS and not all(ring[0] == ring[-1] for ring in _rings(geometry)):
        raise FaultError("its outline isn't closed: the last position must be the first")
    if not shape.is_valid:
        raise FaultError(f"its geometry is broken: {explain_validity(shape)}")
    if shape.is_empty or shape.length == 0:
        raise FaultError("its geometry has no extent")


def _rings(geometry: dict[str, Any]) -> Iterator[list[Any]]:
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    for polygon in polygons:
        yield from polygon


def _footprint(properties: dict[str, Any], outline: dict[str, Any]) -> Footprint:
    floors = _number(properties, ("floors", "层数"), least=0, most=MOST_FLOORS)
    return Footprint(_name(properties, ("building", "楼栋")), floors, outline)


def _grid_area(properties: dict[str, Any], outline: dict[str, Any]) -> GridArea:
    grid = _number(properties, ("grid", "网格"), most=LARGEST_NUMBER)
    micro_grid = _number(properties, ("micro_grid", "小网格"), most=LARGEST_NUMBER)
    if grid is None:
        raise FaultError("property grid (网格) is missing")
    level = properties.get("level", "grid" if micro_grid is None else "micro_grid")
    if level != ("grid" if micro_grid is None else "micro_grid"):
        raise FaultError(f"level {shown(str(level))} doesn't go with the properties grid and micro_grid")
    spoken = grid_in_chinese(grid) if micro_grid is None else f"{grid}-{micro_grid}小网格"
    name = _name(properties, ("name", "名称"), default=spoken)
    return GridArea(grid, micro_grid, name, outline, _name(properties, ("delivery_point", "配送点"), default=""))


def _street(properties: dict[str, Any], line: dict[str, Any]) -> StreetLine:
    return StreetLine(_name(properties, ("street", "街道", "name")), line)


def _name(properties: dict[str, Any], keys: tuple[str, ...], *, default: str | None = None) -> str:
    value = next((properties[key] for key in keys if properties.get(key) not in (None, "")), default)
    if value is None:
        raise FaultError(f"property {keys[0]} ({keys[1]}) is missing")
    if not isinstance(value, str):
        raise FaultError(f"property {keys[0]} is {shown(str(value))}, which is no text")
    for fault in faults_of(value, f"property {keys[0]}", LONGEST_NAME):
        raise FaultError(fault)
    if not (name := plain(value)) and default is None:
        raise FaultError(f"property {keys[0]} ({keys[1]}) is empty")
    return name


def _number(properties: dict[str, Any], keys: tuple[str, ...], *, most: int, least: int = 1) -> int | None:
    value = next((properties[key] for key in keys if properties.get(key) is not None), None)
    if value is None:
        return None
    if type(value) is not int or not least <= value <= most:
        raise FaultError(f"property {keys[0]} is {shown(str(value))}; it must be a whole number from {least} to {most}")
    return value


def _spoken(area: GridArea) -> str:
    return str(area.grid) if area.micro_grid is None else f"{area.grid}-{area.micro_grid}"


def _refuse_doubles(problems: Problems, names: list[tuple[int, str]]) -> None:
    first: dict[str, int] = {}
    for number, name in names:
        earlier = first.setdefault(name, number)
        if earlier != number:
            problems.at_feature(number, f"{name} is feature {earlier} already")
