"""A pasted relay as its page shows it: what was sent with the form, each entry as typed beside what was understood."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from supplyhub.ordering.relay.matching import Since
from supplyhub.ordering.relay.notes import Code, Verdict
from supplyhub.ordering.relay.planning import DoorPlan, Fate
from supplyhub.ordering.relay.sheets import LONGEST_FIX, SKIP, Fix, Sheet, SheetRow
from supplyhub.ordering.states import EntryKind
from supplyhub.web.language import gettext as _
from supplyhub.web.pages.relay_words import listed, names, parts, spoken, why, wish

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.datastructures import MultiDict

    from supplyhub.ordering.relay.entries import Entry
    from supplyhub.ordering.relay.facts import Door, Item

# A form of more fields than this is refused as a whole; what isn't shown to be fixed now is shown after the next paste.
MOST_SHOWN_TO_FIX = 120
FIELD = re.compile(r"(fix|door|want)_([0-9]{1,4})")
ACT = re.compile(r"(use|skip|undo|take|leave):([0-9]{1,18})")


@dataclass(slots=True)
class Typed:
    """What somebody typed for an entry; `choice` is use, skip or nothing yet."""

    choice: str = ""
    door: str = ""
    want: str = ""

    @property
    def words(self) -> str:
        """Return it as an entry."""
        return f"{self.door} {self.want}".strip()


@dataclass(slots=True)
class Paste:
    """The form of a relay: nothing of it is kept here between two requests, so it carries all."""

    menu: int
    text: str
    typed: dict[int, Typed] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)

    def fixes(self) -> dict[int, Fix | str]:
        """Return what was said about entries."""
        skipped: dict[int, Fix | str] = {place: SKIP for place, typed in self.typed.items() if typed.choice == "skip"}
        return skipped | {
            place: typed.words for place, typed in self.typed.items() if typed.choice == "use" and typed.words
        }

    def act(self, act: str) -> None:
        """Do what a button beside an entry or a door says."""
        said = ACT.fullmatch(act)
        if said is None:
            return
        verb, number = said[1], int(said[2])
        if verb == "take":
            self.taken.add(number)
        elif verb == "leave":
            self.taken.discard(number)
        else:
            typed = self.typed.setdefault(number, Typed())
            typed.choice = "" if verb == "undo" else verb


def pasted(form: MultiDict[str, str]) -> Paste:
    """Return a form as it was sent."""
    found = Paste(form.get("menu", 0, type=int), form.get("text", ""))
    for name, value in form.items():
        if said := FIELD.fullmatch(name):
            typed = found.typed.setdefault(int(said[2]), Typed())
            setattr(typed, "choice" if said[1] == "fix" else said[1], value[:LONGEST_FIX])
    for typed in found.typed.values():
        typed.choice = typed.choice if typed.choice in {"use", "skip"} else ""
    found.taken = {int(home) for home in form.getlist("taken") if home.isdecimal() and len(home) < 19}
    found.act(form.get("act", ""))
    return found


@dataclass(frozen=True, slots=True)
class Change:
    """An item of a door's order: units before and after."""

    item: str
    was: int
    now: int


@dataclass(frozen=True, slots=True)
class DoorView:
    """A door's order, before and after, and why not."""

    plan: DoorPlan
    title: str
    name: str
    lines: list[Change]
    reasons: list[str]

    @property
    def changes(self) -> list[Change]:
        """Return what changes."""
        return [line for line in self.lines if line.was != line.now]

    @property
    def stays(self) -> list[Change]:
        """Return what stays."""
        return [line for line in self.lines if line.was == line.now]

    @property
    def had(self) -> list[Change]:
        """Return the order as it stands."""
        return [line for line in self.lines if line.was]

    @property
    def will(self) -> list[Change]:
        """Return the order as the chain has it."""
        return [line for line in self.lines if line.now]


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry beside what was understood of it. `typed` is what its fields hold; `door` is there once a door; `suggested`
    is what it most likely means, where that is whole.
    """

    row: SheetRow
    parts: list[tuple[str, bool]]
    title: str
    name: str
    phone: str
    wants: str
    whys: list[str]
    remark: str
    typed: Typed
    error: str
    door: DoorView | None
    suggested: str


class SheetView:
    """A sheet in sections: what to look at, what is new, what the web decides, what can't be had, what is as it was."""

    def __init__(self, sheet: Sheet, paste: Paste) -> None:
        self.sheet, self.paste = sheet, paste
        self.items = names(sheet.known)
        self.homes = {door.household_id: door for door in sheet.known.doors}
        self.doors = {home: self._door(plan) for home, plan in sheet.doors.items()}
        last = {row.step.household_id: row.entry.place for row in sheet.rows if row.step and row.since != Since.SAME}
        self.warnings = [why(note, sheet.known) for note in sheet.reading.warnings]
        self.entries = [self._entry(row, last) for row in sheet.rows]

    @property
    def look(self) -> list[EntryView]:
        """Return the entries that somebody has to look at or should, and those that somebody has mended."""
        return [entry for entry in self.entries if entry.row.waits or entry.row.fixed or _flagged(entry)][
            :MOST_SHOWN_TO_FIX
        ]

    @property
    def unshown(self) -> int:
        """Return how many more wait than are shown."""
        return len(self.sheet.waiting) - sum(entry.row.waits for entry in self.look)

    @property
    def news(self) -> list[EntryView]:
        """Return the entries that are new or edited, and need nobody."""
        look = self.look
        return [
            entry
            for entry in self.entries
            if entry.row.since in {Since.NEW, Since.EDITED} and entry not in look and not self._wins(entry)
        ]

    @property
    def same(self) -> list[EntryView]:
        """Return the entries that are as they were, and those that stand twice."""
        return [entry for entry in self.entries if entry.row.since in {Since.SAME, None} and not entry.row.fixed]

    @property
    def left_out(self) -> int:
        """Return how many entries somebody said not to count."""
        return sum(entry.row.since is None and entry.row.fixed for entry in self.entries)

    @property
    def unseen(self) -> int:
        """Return how many earlier entries of these doors the paste doesn't have."""
        return sum(len(plan.unseen) for plan in self.sheet.doors.values())

    def fated(self, *fates: str) -> list[DoorView]:
        """Return the doors of some fates."""
        return [self.doors[plan.household] for plan in self.sheet.fated(*map(Fate, fates))]

    @property
    def contested(self) -> list[DoorView]:
        """Return the doors that were changed on the web since, also those where the chain shall win."""
        return [
            view for view in self.doors.values() if view.plan.fate == Fate.WEB or (view.plan.taken and view.changes)
        ]

    def _wins(self, entry: EntryView) -> bool:
        step = entry.row.step
        return step is not None and self.doors[step.household_id] in self.contested

    def _entry(self, row: SheetRow, last: Mapping[int, int]) -> EntryView:
        entry = row.entry
        does = row.step or entry
        cancels = does.kind == EntryKind.WITHDRAW
        home = self.homes.get(does.household_id) if does.household_id else None
        # The door's result stands beside the last of its new entries.
        whole = row.step is not None and last.get(row.step.household_id) == entry.place
        return EntryView(
            row=row,
            parts=parts(entry),
            title=spoken(home) if home else "",
            name=home.name if home else "",
            phone=home.phone if home else "",
            wants=" · ".join(listed(does.kind, does.lines, self.items)) or (_("撤单") if cancels else ""),
            whys=[why(note, self.sheet.known) for note in entry.notes if note.code != Code.REMARK],
            remark="，".join(str(note.data["words"]) for note in entry.notes if note.code == Code.REMARK),
            typed=self._typed(row),
            error=self._error(row),
            door=self.doors.get(row.step.household_id) if whole and row.step else None,
            suggested=self._suggested(entry),
        )

    def _suggested(self, entry: Entry) -> str:
        best = entry.suggestion
        home = self.homes.get(best.household_id) if best and best.household_id else None
        if best is None or home is None or not (best.lines or best.kind == EntryKind.WITHDRAW):
            return ""
        words = " + ".join(listed(best.kind, best.lines, self.items)) or _("撤单")
        return words if best.household_id == entry.household_id else f"{spoken(home)} {words}"

    def _typed(self, row: SheetRow) -> Typed:
        typed = self.paste.typed.get(row.entry.place)
        if typed is not None and typed.words:
            return typed
        best = row.entry.suggestion or row.entry
        home = self.homes.get(best.household_id) if best.household_id else None
        choice = typed.choice if typed else ""
        return Typed(choice, spoken(home) if home else "", wish(best.kind, best.lines, self.items))

    def _error(self, row: SheetRow) -> str:
        typed = self.paste.typed.get(row.entry.place)
        if typed is not None and typed.choice == "use" and not typed.words:
            return _("写上门牌和要什么。")
        if row.tried is None:
            return ""
        waits = [why(note, self.sheet.known) for note in row.tried.notes if note.verdict == Verdict.REVIEW]
        return _("还是认不准：%(why)s", why="；".join(waits) or _("一次只写一户"))

    def _door(self, plan: DoorPlan) -> DoorView:
        home = self.homes.get(plan.household)
        had = plan.standing.units
        all_items = [item for item in self.items if item in had or item in plan.wanted]
        lines = [Change(self.items[item].name, had.get(item, 0), plan.wanted.get(item, 0)) for item in all_items]
        return DoorView(
            plan=plan,
            title=spoken(home) if home else "",
            name=home.name if home else "",
            lines=lines,
            reasons=list(_reasons(plan, self.items)),
        )


def _flagged(entry: EntryView) -> bool:
    return entry.row.entry.verdict == Verdict.FLAGGED and entry.row.since in {Since.NEW, Since.EDITED}


def door_names(doors: Mapping[int, Door]) -> list[str]:
    """Return all doors as people say them, for the list that helps typing."""
    return [spoken(door) for door in doors.values()]


def _reasons(plan: DoorPlan, items: Mapping[int, Item]) -> list[str]:
    lacks = plan.lacks
    sold_out = [
        _("%(item)s 只剩 %(left)s，要 %(asked)s", item=items[lack["item"]].name, left=lack["left"], asked=lack["asked"])
        if lack["left"] > 0
        else _("%(item)s 已经订完", item=items[lack["item"]].name)
        for lack in lacks.sold_out
    ]
    over_cap = [
        _(
            "%(item)s 一共要 %(asked)s，每户最多 %(cap)s",
            item=items[lack["item"]].name,
            asked=lack["asked"],
            cap=lack["cap"],
        )
        for lack in lacks.over_cap
    ]
    ended = [
        _("%(item)s 已经下架，没有算进去", item=items[item].name)
        for item in (*lacks.withdrawn, *plan.ended)
        if item in items
    ]
    return [*sold_out, *over_cap, *ended]
