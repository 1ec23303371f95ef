"""Showing what a pasted chain would do, and applying it. Only the difference to the last paste becomes orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.catalog.late import takes
from supplyhub.catalog.queries import items_of
from supplyhub.catalog.states import MenuMode
from supplyhub.db import transaction
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.putting import Basket, put_baskets
from supplyhub.ordering.relay import books
from supplyhub.ordering.relay.known import known_menu
from supplyhub.ordering.relay.notes import Code
from supplyhub.ordering.relay.planning import WRITES, DoorPlan, Fate, Shelf, forecast, refusal
from supplyhub.ordering.relay.sheets import Fix, Sheet, make_sheet, read, retyped
from supplyhub.ordering.schemas import LONGEST_NOTE
from supplyhub.ordering.states import Channel

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker


def preview_relay(
    asker: Asker,
    menu_id: int,
    text: str,
    *,
    fixes: Mapping[int, Fix | str] | None = None,
    taken: Collection[int] = (),
    vault: Vault,
) -> Sheet:
    """Return what applying a pasted chain would do; writes nothing.

    `fixes`: by place in the paste, what somebody says that an entry does, or the entry typed again (door and items).
    `taken`: households whose own change gives way to the chain. Raises InvalidError for a text or a fix that can't be,
    NotFoundError for another grid's menu.
    """
    known = known_menu(asker, menu_id, vault)
    sheet = make_sheet(asker, menu_id, known, read(text, known), retyped(fixes or {}, known), taken, vault)
    items = items_of(menu_id)
    ended = {item.id for item in items if not takes(sheet.menu, item)}
    for door in sheet.fated(*WRITES):
        if not sheet.menu.taking_orders or door.changes(ended):
            door.fate = Fate.CLOSED
    reserves = sheet.menu.mode != MenuMode.DRAW
    shelf = Shelf({item.id: item.cap for item in items}, {item.id: item.left for item in items if reserves})
    forecast(sheet.doors, shelf)
    return sheet


def apply_relay(
    asker: Asker,
    menu_id: int,
    text: str,
    *,
    fixes: Mapping[int, Fix | str] | None = None,
    taken: Collection[int] = (),
    vault: Vault,
) -> Sheet:
    """Apply a pasted chain, and return the paste with what became of each door.

    Pasting the same or a longer chain again applies the difference only; a shorter one cancels nothing. What waits for
    somebody does nothing; what was refused isn't kept, so that pasting again tries again. Raises as `preview_relay`.
    """
    known = known_menu(asker, menu_id, vault)
    reading, settled = read(text, known), retyped(fixes or {}, known)
    with transaction():
        books.lock_relay(menu_id)
        sheet = make_sheet(asker, menu_id, known, reading, settled, taken, vault)
        versions = _put(asker, sheet)
        said_anew = [door for door in sheet.fated(Fate.SAME) if door.touched or door.taken]
        said_anew += [door for door in sheet.fated(Fate.NOTHING) if door.touched and door.left_out]
        books.keep(menu_id, asker.account_id, [*sheet.fated(*WRITES), *said_anew], versions)
        return sheet


def _put(asker: Asker, sheet: Sheet) -> dict[int, int]:
    """Put the baskets that differ, in the chain's order; return the version of each door's order as it is then."""
    versions = {home: door.standing.version for home, door in sheet.doors.items() if door.standing.version is not None}
    wanted = sheet.fated(*WRITES)
    remarks = _remarks(sheet)
    answers = put_baskets([_basket(asker, sheet, door, remarks.get(door.household, "")) for door in wanted])
    for door, answer in zip(wanted, answers, strict=True):
        if answer.written:
            door.fate = Fate(answer.outcome) if answer.outcome != "unchanged" else Fate.SAME
            versions[door.household] = answer.data["version"]
        else:
            door.fate, door.lacks = refusal(answer.outcome, answer.data)
    return versions


def _basket(asker: Asker, sheet: Sheet, door: DoorPlan, remark: str) -> Basket:
    # What a household said for a line of which too little comes, and its note, stay as they are.
    had = door.standing.lines
    lines = [had[item].of(units) if item in had else Line(item, units) for item, units in sorted(door.wanted.items())]
    return Basket(
        menu=sheet.menu.id,
        household=door.household,
        account=asker.account_id,
        expected=door.standing.version,
        lines=lines,
        note=door.standing.note or remark,
        channel=Channel.RELAY,
    )


def _remarks(sheet: Sheet) -> dict[int, str]:
    """Return what each door says about its delivery; names and how somebody is have no place in a note."""
    found: dict[int, str] = {}
    for row in sheet.rows:
        for note in row.entry.notes:
            if note.code == Code.REMARK and row.step is not None and "delivery" in note.data:
                found.setdefault(row.step.household_id, str(note.data["delivery"])[:LONGEST_NOTE])
    return found
