"""What a pasted relay's requests and responses carry."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from marshmallow import ValidationError, fields, validate, validates_schema

from supplyhub.ordering.relay.planning import Fate
from supplyhub.ordering.relay.sheets import LONGEST_FIX, LONGEST_RELAY, MOST_ENTRIES, SKIP, Fix, plain
from supplyhub.ordering.schemas import MOST_LINES, MOST_UNITS
from supplyhub.ordering.states import EntryKind
from supplyhub.schemas import InSchema, OutSchema, count, ident

if TYPE_CHECKING:
    from collections.abc import Mapping

    from supplyhub.ordering.relay.planning import DoorPlan
    from supplyhub.ordering.relay.sheets import Sheet, SheetRow

MOST_FIXES = 500


class RelayText(fields.String):
    """Text of a chat group as it comes; what isn't text in it is left out."""

    def __init__(self, longest: int, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(min=1, max=longest), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return plain(super()._deserialize(value, attr, data, **kwargs) or "")


class UnitsIn(InSchema):
    """So many units of an item; 0 in a replacement takes it out."""

    item = ident(required=True)
    quantity = count(MOST_UNITS, required=True)


class FixIn(InSchema):
    """What an entry does: nothing (`skip`), what `text` says, or a household's lines. `entry` is its place from 1."""

    entry = count(MOST_ENTRIES, least=1, required=True)
    skip = fields.Boolean(truthy={True}, falsy={False}, load_default=False)
    text = RelayText(LONGEST_FIX)
    household = ident()
    kind = fields.Enum(EntryKind, by_value=True, load_default=EntryKind.ADD)
    lines = fields.List(fields.Nested(UnitsIn), load_default=list, validate=validate.Length(max=MOST_LINES))

    @validates_schema
    def says_one_thing(self, data: dict[str, Any], **_: object) -> None:
        """Refuse a fix that says nothing, or two things."""
        if sum((bool(data["skip"]), "text" in data, "household" in data)) != 1:
            raise ValidationError("say skip, text or household, one of them")


class RelayIn(InSchema):
    """A pasted chain; what somebody says about its entries; the households whose own change gives way to it."""

    text = RelayText(LONGEST_RELAY, required=True)
    fixes = fields.List(fields.Nested(FixIn), load_default=list, validate=validate.Length(max=MOST_FIXES))
    taken = fields.List(ident(), load_default=list, validate=validate.Length(max=MOST_ENTRIES))

    @validates_schema
    def each_entry_once(self, data: dict[str, Any], **_: object) -> None:
        """Refuse two fixes of one entry."""
        twice = sorted(entry for entry, times in Counter(fix["entry"] for fix in data["fixes"]).items() if times > 1)
        if twice:
            raise ValidationError(f"one fix an entry, but twice: {', '.join(map(str, twice))}", "fixes")


class UnitsOut(OutSchema):
    """Units of an item."""

    item = fields.Integer()
    quantity = fields.Integer()


class NoteOut(OutSchema):
    """Why an entry waits or is shown: a code and its facts."""

    code = fields.String()
    data = fields.Dict()


class EntryOut(OutSchema):
    """An entry as typed, as read, and what it is to the last paste: same, new, edited, waits; null when left out."""

    entry = fields.Integer()
    number = fields.Integer()
    text = fields.String()
    verdict = fields.String()
    since = fields.String(allow_none=True)
    household = fields.Integer(allow_none=True)
    door = fields.String(allow_none=True)
    kind = fields.String()
    lines = fields.List(fields.Nested(UnitsOut))
    notes = fields.List(fields.Nested(NoteOut))


class LackOut(OutSchema):
    """An item of which there is too little, or above the cap."""

    item = fields.Integer()
    asked = fields.Integer()
    left = fields.Integer()
    cap = fields.Integer()


class DoorOut(OutSchema):
    """What becomes of a door's order: its lines before and by the chain, and why not."""

    household = fields.Integer()
    door = fields.String()
    fate = fields.Enum(Fate, by_value=True)
    before = fields.List(fields.Nested(UnitsOut))
    lines = fields.List(fields.Nested(UnitsOut))
    sold_out = fields.List(fields.Nested(LackOut))
    over_cap = fields.List(fields.Nested(LackOut))
    withdrawn = fields.List(fields.Integer())


class RelayOut(OutSchema):
    """A pasted chain, entry by entry and door by door; `doors` without those that nothing changes for."""

    entries = fields.List(fields.Nested(EntryOut))
    doors = fields.List(fields.Nested(DoorOut))
    waiting = fields.Integer()
    same = fields.Integer()
    headings = fields.Integer()
    warnings = fields.List(fields.Nested(NoteOut))


def fixes_of(given: list[dict[str, Any]]) -> dict[int, Fix | str]:
    """Return the fixes of a request by the place of their entry."""
    return {fix["entry"]: _fix(fix) for fix in given}


def shown(sheet: Sheet) -> dict[str, Any]:
    """Return a sheet as RelayOut gives it."""
    names = {door.household_id: door.said for door in sheet.known.doors}
    doors = [_door(plan, names) for plan in sheet.doors.values() if plan.fate != Fate.SAME]
    return {
        "entries": [_entry(row, names) for row in sheet.rows],
        "doors": doors,
        "waiting": len(sheet.waiting),
        "same": len(sheet.doors) - len(doors),
        "headings": len(sheet.reading.headings),
        "warnings": sheet.reading.warnings,
    }


def _fix(given: dict[str, Any]) -> Fix | str:
    if given["skip"]:
        return SKIP
    if "text" in given:
        return str(given["text"])
    return Fix(given["household"], given["kind"], {line["item"]: line["quantity"] for line in given["lines"]})


def _entry(row: SheetRow, names: Mapping[int, str]) -> dict[str, Any]:
    does = row.step or row.entry
    return {
        "entry": row.entry.place,
        "number": row.entry.number,
        "text": row.entry.text,
        "verdict": row.entry.verdict,
        "since": row.since,
        "household": does.household_id,
        "door": names.get(does.household_id) if does.household_id else None,
        "kind": does.kind,
        "lines": _units(does.lines),
        "notes": (row.tried or row.entry).notes,
    }


def _door(plan: DoorPlan, names: Mapping[int, str]) -> dict[str, Any]:
    return {
        "household": plan.household,
        "door": names.get(plan.household, ""),
        "fate": plan.fate,
        "before": _units(plan.standing.units),
        "lines": _units(plan.wanted),
        "sold_out": plan.lacks.sold_out,
        "over_cap": plan.lacks.over_cap,
        "withdrawn": [*plan.lacks.withdrawn, *plan.ended],
    }


def _units(lines: Mapping[int, int]) -> list[dict[str, int]]:
    return [{"item": item, "quantity": units} for item, units in lines.items()]
