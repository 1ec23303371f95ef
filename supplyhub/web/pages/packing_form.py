"""What packers scan and type: codes of parcels and crates, weights, what is missing; where it leads."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from supplyhub.depot.commands import Missing, Weighed
from supplyhub.depot.commands.breaking import BROKEN
from supplyhub.depot.commands.filling import MOST_GRAMS
from supplyhub.depot.states import MoveReason, ParcelState
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import weight
from supplyhub.web.pages.forms import Form

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy.engine import Row
    from werkzeug.datastructures import MultiDict

    from supplyhub.depot.errors import ExpiredError
    from supplyhub.depot.packing_queries import ParcelView

# A weight so many times away from what it should be is asked for twice.
FAR_OFF = 2
REASONS = (*sorted(BROKEN), MoveReason.LOST)


@dataclass(slots=True)
class Desk:
    """A grid's parcels as a packer sees them: in one crate or all, which is packed now, what is still to do."""

    parcels: list[ParcelView]
    crates: list[Row[Any]]
    crate: Row[Any] | None = None
    wanted: str = ""

    @property
    def here(self) -> list[ParcelView]:
        """Return the parcels of the crate, or of the grid."""
        if self.crate is None:
            return self.parcels
        return [parcel for parcel in self.parcels if parcel.code in self.crate.parcel_codes]

    @property
    def todo(self) -> list[ParcelView]:
        """Return what is still to be packed here, the wanted one first."""
        left = [parcel for parcel in self.here if parcel.state == ParcelState.PLANNED]
        return sorted(left, key=lambda parcel: parcel.code != self.wanted)

    @property
    def open_crates(self) -> list[Row[Any]]:
        """Return the crates of which something is still to be packed, those that are begun first."""
        left = [crate for crate in self.crates if crate.packed < crate.parcels]
        return sorted(left, key=lambda crate: not crate.packed)

    @property
    def weighed(self) -> int:
        """Return how many parcels still to be packed here have something to weigh."""
        return sum(needs_scales(parcel) for parcel in self.todo)

    def parcel(self, code: str) -> ParcelView | None:
        """Return a parcel of the grid by its code."""
        return next((parcel for parcel in self.parcels if parcel.code == code), None)


@dataclass(slots=True)
class Note:
    """What was typed about a parcel, by field, and what is wrong with it; `sure` asks whether a weight is meant.

    `expired`: what has expired was filled in as missing.
    """

    typed: dict[str, str] = field(default_factory=dict)
    weights: list[Weighed] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    wrong: dict[str, str] = field(default_factory=dict)
    sure: dict[str, int] = field(default_factory=dict)
    expired: bool = False


@dataclass(frozen=True, slots=True)
class Fold:
    """The crates of a ticket on the list by order, each with its parcels; open is the first with something to pack."""

    crates: list[tuple[Row[Any], list[ParcelView]]]
    first_open: bool

    @property
    def ticket(self) -> int:
        """Return the number of the ticket in its grid."""
        return int(self.crates[0][0].ticket_number)

    @property
    def doors(self) -> tuple[str, str]:
        """Return the first door and the last."""
        return self.crates[0][0].first_door, self.crates[-1][0].last_door

    @property
    def packed(self) -> int:
        """Return how many of its parcels are packed."""
        return sum(crate.packed for crate, _parcels in self.crates)

    @property
    def parcels(self) -> int:
        """Return how many parcels it has."""
        return sum(crate.parcels for crate, _parcels in self.crates)


def by_ticket(parcels: list[ParcelView], crates: list[Row[Any]]) -> list[Fold]:
    """Return the parcels ticket by ticket and crate by crate; nothing before tickets are issued."""
    codes = {parcel.code: parcel for parcel in parcels}
    first = next((crate.ticket_number for crate in crates if crate.packed < crate.parcels), None)
    return [
        Fold(
            [(crate, [codes[code] for code in crate.parcel_codes if code in codes]) for crate in of_ticket],
            first_open=number == first,
        )
        for number, of_ticket in groupby(crates, key=lambda crate: crate.ticket_number)
    ]


def with_expired(note: Note, parcel: ParcelView, error: ExpiredError) -> Note:
    """Return a note about a parcel that names what has expired as missing, for the packer to look at and send."""
    given = dict(note.typed)
    for line in error.data["lines"]:  # type: ignore[attr-defined]
        if line["parcel"] == parcel.code:
            key = f"{line['item']}_{int(line['substitute'])}"
            before = next((each.units for each in note.missing if f"{each.item}_{int(each.substitute)}" == key), 0)
            given |= {f"missing_{key}": str(before + line["units"]), f"reason_{key}": MoveReason.EXPIRED}
    return Note(given, note.weights, note.missing, expired=True)


def needs_scales(parcel: ParcelView) -> bool:
    """Tell whether something in a parcel is charged by weight."""
    return any(line.by_weight for line in parcel.lines)


def key_of(line: Row[Any]) -> str:
    """Return what the fields of a line end with."""
    return f"{line.item_id}_{int(line.substitute)}"


def read_note(parcel: ParcelView, given: MultiDict[str, str]) -> Note:
    """Return the weights and the missing units that were typed for a parcel."""
    form = Form(given.to_dict())
    note = Note(form.given, wrong=form.wrong)
    for line in parcel.lines:
        key = key_of(line)
        gone = form.count(f"missing_{key}", most=line.quantity, needed=False) or 0
        if gone:
            reason = given.get(f"reason_{key}", "")
            chosen = MoveReason(reason) if reason in REASONS else MoveReason.DAMAGED
            note.missing.append(Missing(parcel.code, line.item_id, gone, chosen, line.substitute))
        if line.by_weight and gone < line.quantity:
            _read_weight(form, note, parcel, line, line.quantity - gone)
    return note


def _read_weight(form: Form, note: Note, parcel: ParcelView, line: Row[Any], units: int) -> None:
    name = f"grams_{key_of(line)}"
    grams = form.count(name, least=1, most=MOST_GRAMS)
    if grams is None:
        return
    usual = units * line.unit_weight_grams
    meant = form.given.get(f"sure_{key_of(line)}") == str(grams)
    if not usual / FAR_OFF <= grams <= usual * FAR_OFF and not meant:
        note.wrong[name] = _(
            "应该有 %(usual)s 左右，您称的是 %(grams)s。没错就再点一次。", usual=weight(usual), grams=weight(grams)
        )
        note.sure[key_of(line)] = grams
    note.weights.append(Weighed(parcel.code, line.item_id, grams, line.substitute))
