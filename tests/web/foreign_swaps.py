"""Bodies and query strings in which one id is somebody else's: sent by who owns everything else that is named."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import count
from string import Template
from typing import TYPE_CHECKING, Any, Final

from supplyhub.people.states import Role
from supplyhub.web.audience import audience_of
from tests.web.foreign_bodies import ALSO, DONE_ALL_THE_SAME, MAY, NOT_TRIED, OF_A_CYCLE, PLAIN, SHOWN
from tests.web.foreign_fields import starred
from tests.web.foreign_matrix import NO_FURTHER, filled, told
from tests.web.foreign_others import MARKS
from tests.web.foreign_table import BODIES, PUBLIC_RULES
from tests.web.test_audience import routes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flask import Flask
    from werkzeug.routing import Rule

    from tests.web.foreign_matrix import Matrix
    from tests.web.foreign_world import Person

# Whoever belongs to a grid.
BOUND: Final = {Role.GRID_LEAD, Role.VOLUNTEER, Role.RESIDENT}


@dataclass(frozen=True)
class Slot:
    """A place in a body where an id stands: the field it belongs to, and the name of the id."""

    field: str
    name: str


def slots(body: Any, field: str = "") -> Iterator[Slot]:
    """Return where ids stand, in order."""
    if isinstance(body, dict):
        for key, value in body.items():
            yield from _in_text(key, _plain(key))
            yield from slots(value, _plain(key))
    elif isinstance(body, list):
        for value in body:
            yield from slots(value, field)
    elif isinstance(body, str):
        yield from _in_text(body, field)


def _plain(key: str) -> str:
    return starred(Template(key.lstrip("?")).safe_substitute(_Numbers()))


class _Numbers(dict[str, str]):
    def __missing__(self, _: str) -> str:
        return "1"


def _in_text(text: str, field: str) -> Iterator[Slot]:
    yield from (Slot(field, name) for name in Template(text).get_identifiers())


def swapped(body: Any, at: int, ids: dict[str, Any], other: Any) -> Any:
    """Fill a body with ids, one of them somebody else's."""
    return _swapped(body, at, ids, other, count())


def _swapped(body: Any, at: int, ids: dict[str, Any], other: Any, places: Iterator[int]) -> Any:
    if isinstance(body, dict):
        return {
            _swapped(key, at, ids, other, places): _swapped(value, at, ids, other, places)
            for key, value in body.items()
        }
    if isinstance(body, list):
        return [_swapped(value, at, ids, other, places) for value in body]
    if isinstance(body, str):
        names = Template(body).get_identifiers()
        return filled(body, {name: other if next(places) == at else ids[name] for name in names})
    return filled(body, ids)


@dataclass(frozen=True)
class Cell:
    """A route and what is sent to it."""

    rule: Rule
    method: str
    body: dict[str, Any]


def bodies(app: Flask, *, only: str = "") -> list[Cell]:
    """Return every route, or those of one endpoint, with each body or query that holds an id."""
    found = []
    for rule, method in routes(app):
        if rule.endpoint in PUBLIC_RULES or only not in {"", rule.endpoint}:
            continue
        told_of = ([BODIES[rule.endpoint]] if method != "GET" and rule.endpoint in BODIES else []) + [
            each for each in ALSO.get(rule.endpoint, []) if (method == "GET") == all(key[0] == "?" for key in each)
        ]
        if rule.endpoint in OF_A_CYCLE:
            # Once is enough: with the first that is sent there.
            told_of = [(told_of[0] if told_of else {}) | {"?cycle": "$cycle"}, *told_of[1:]]
        found += [Cell(rule, method, each) for each in told_of if any(slots(each))]
    return found


def tried(app: Flask) -> dict[str, set[str]]:
    """Return which fields of which routes are tried."""
    found: dict[str, set[str]] = defaultdict(set)
    for cell in bodies(app):
        found[cell.rule.endpoint] |= {slot.field for slot in slots(cell.body)}
    return found


def untold(fields: Mapping[str, set[str]], tried_: Mapping[str, set[str]]) -> list[str]:
    """Return the fields of routes of which it isn't told whether they name something, or of whom nothing is tried."""
    return [
        f"{endpoint}: tell in tests/web/foreign_bodies.py what <{name}> is, or send an id in it"
        for endpoint, names in sorted(fields.items())
        for name in sorted(names - PLAIN - tried_.get(endpoint, set()))
        if (endpoint, name) not in NOT_TRIED
    ]


class Swaps:
    """Sends bodies, the owner's and those with something of others in them."""

    def __init__(self, matrix: Matrix) -> None:
        self.matrix = matrix

    def come_through(self, cell: Cell) -> list[str]:
        """Return what came through that shouldn't, or that the owner's own doesn't."""
        audience = audience_of(self.matrix.app, cell.rule.endpoint) or ()
        owners = [who for role, who in self.matrix.world.owners.items() if role in audience]
        let_in = [who for who in owners if self._own(who, cell)]
        if not let_in:
            return [f"{cell.method} {cell.rule.rule}: no owner gets further with {cell.body}"]
        return [wrong for who in let_in for wrong in self._foreign(who, cell)]

    def _own(self, who: Person, cell: Cell) -> bool:
        with self.matrix.undone():
            status = self.matrix.send(who, cell.rule, cell.method, filled(cell.body, self.matrix.world.ids)).status_code
        self.matrix.count = self.matrix.changes()
        assert status < 500, f"{cell.method} {cell.rule.rule} as {who.name}: answered {status}"
        return status not in NO_FURTHER

    def _is_foreign(self, who: Person, cell: Cell, slot: Slot, whose: str) -> bool:
        """Tell whether somebody may not name another's thing: coordinators and the depot have those of all grids."""
        if (cell.rule.endpoint, slot.field, whose) in MAY:
            return False
        if whose == "household":
            return who.role == Role.RESIDENT
        return whose != "next" or who.role in BOUND or bool(cell.rule.arguments)

    def _marks(self, who: Person, cell: Cell, whose: str) -> tuple[str, ...]:
        """Return what may not be told: the names of another community, and of the grid next door to who has one grid."""
        may_see = (whose == "next" and who.role not in BOUND) or (cell.rule.endpoint, whose) in SHOWN
        return () if may_see or whose not in MARKS else (MARKS[whose],)

    def _foreign(self, who: Person, cell: Cell) -> Iterator[str]:
        for at, slot in enumerate(slots(cell.body)):
            for whose, theirs in self.matrix.world.others.items():
                if slot.name not in theirs or not self._is_foreign(who, cell, slot, whose):
                    continue
                body = swapped(cell.body, at, self.matrix.world.ids, theirs[slot.name])
                with self.matrix.undone():
                    answer = self.matrix.send(who, cell.rule, cell.method, body)
                    found = [told(answer, self._marks(who, cell, whose))]
                    if (cell.rule.endpoint, slot.field) not in DONE_ALL_THE_SAME:
                        found += self.matrix.changed()
                    found += [f"answered {answer.status_code}"] if answer.status_code >= 500 else []
                if wrong := ", ".join(filter(None, found)):
                    yield f"{cell.method} {cell.rule.rule} as {who.name}, {slot.field} of {whose}: {wrong} ({answer.status_code})"
