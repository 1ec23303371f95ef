"""Labels of parcels and crates as a PDF, for sheets of labels on A4 and for a label roll: a QR code and its six characters."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import segno
import typst
from pylopdf_fonts_zh_cn import sans_path

from supplyhub.codes import read_code
from supplyhub.config import TEMPLATES
from supplyhub.db import db, rows
from supplyhub.delivery.crates import crates_to_pack, parcels_to_label
from supplyhub.errors import ConflictError, InvalidError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

# One mask does for six characters, and choosing among all eight takes six times as long.
QR_VERSION, QR_MASK = 1, 2
TOLD_EVERY = 240
LARGEST_BIG_POINTS, SMALLEST_BIG_POINTS = 25, 10


class Kind(StrEnum):
    """What is labelled."""

    PARCELS = "parcels"
    CRATES = "crates"


@dataclass(frozen=True, slots=True)
class Paper:
    """Labels on a sheet in millimetres; none across means that each is a page of its own, as on a roll.

    `scale` is that of type and code, beside the smallest label.
    """

    label_width: float
    label_height: float
    scale: float = 1
    across: int = 0
    down: int = 0
    left: float = 0
    top: float = 0
    gutter: float = 0

    @property
    def a_sheet(self) -> int:
        """Return how many labels a sheet has."""
        return max(self.across * self.down, 1)


A4, ROLL = "a4", "roll"
# 3 x 8 and 2 x 4 labels with a margin all round, as any printer feeds them; rolls of 60 x 40 mm.
PAPERS = {
    (Kind.PARCELS, A4): Paper(63.5, 33.9, across=3, down=8, left=7.25, top=12.9, gutter=2.5),
    (Kind.CRATES, A4): Paper(99.1, 67.7, scale=1.75, across=2, down=4, left=4.65, top=13.1, gutter=2.5),
    (Kind.PARCELS, ROLL): Paper(60, 40),
    (Kind.CRATES, ROLL): Paper(60, 40),
}
LAYOUTS = (A4, ROLL)


@dataclass(frozen=True, slots=True)
class Label:
    """A label as it is printed; `foot` says cycle, batch and which of how many; `fragile`: something in it breaks."""

    batch: int
    code: str
    grid: int
    grid_name: str
    big: str
    second: str
    third: str
    foot: str
    fragile: bool = False


def labels_pdf(
    asker: Asker,
    batch_ids: Sequence[int],
    *,
    kind: Kind,
    layout: str,
    codes: Collection[str] = (),
    skip: int = 0,
    tell: Callable[[int], None] = lambda _drawn: None,
) -> bytes:
    """Return labels of batches, by grid and in walking order: all of them, or those with `codes`; a label a bag.

    `skip` labels of the first A4 sheet are used up. `tell` is told now and then how many are drawn. Printing again changes
    nothing. Raises ConflictError when there is nothing to print, InvalidError for codes that none has.
    """
    batches = {batch.id: batch for batch in _batches(asker, batch_ids)}
    labels = list(_parcels(asker, batches) if kind == Kind.PARCELS else _crates(asker, batches))
    chosen = _chosen(labels, codes)
    if not chosen:
        raise ConflictError("there is nothing to print yet", kind=kind)
    # Drawing takes a while: not with a connection in hand.
    db.session.rollback()
    feet = {id_: _foot(batch) for id_, batch in batches.items()}
    return draw(chosen, feet, PAPERS[kind, layout], skip=skip, tell=tell)


def draw(
    labels: Sequence[Label],
    feet: dict[int, str],
    paper: Paper,
    *,
    skip: int = 0,
    tell: Callable[[int], None] = lambda _drawn: None,
) -> bytes:
    """Return the PDF; on A4 each batch begins a sheet, with its foot."""
    size = skip if paper.across and skip < paper.a_sheet else 0
    sheets: list[dict[str, Any]] = []
    drawn = told = 0
    for batch, used, part in _sheets(labels, paper.a_sheet, size):
        sheets.append({"labels": [_drawn(label, paper) for label in part], "skip": used, "foot": feet[batch]})
        drawn += len(part)
        if drawn - told >= TOLD_EVERY:
            tell(told := drawn)
    for at, sheet in enumerate(sheets, start=1):
        sheet["count"] = f"第 {at} 页，共 {len(sheets)} 页" if paper.across else f"{at}/{len(sheets)}"
    pdf: bytes = typst.compile(
        str(TEMPLATES / "print" / "labels.typ"),
        root=str(TEMPLATES),
        font_paths=[str(sans_path().parent)],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps({"paper": asdict(paper), "sheets": sheets}, ensure_ascii=False)},
    )
    return pdf


def _sheets(labels: Sequence[Label], a_sheet: int, skip: int) -> Iterable[tuple[int, int, list[Label]]]:
    """Yield (batch, labels used up, labels) for every sheet."""
    for batch, group in groupby(labels, key=lambda label: label.batch):
        rest = list(group)
        while rest:
            fits = a_sheet - skip
            yield batch, skip, rest[:fits]
            rest, skip = rest[fits:], 0


def _drawn(label: Label, paper: Paper) -> dict[str, Any]:
    # What the code and the margins leave of a label's width.
    room = (paper.label_width / paper.scale - 26.5) * 2.83
    fits = room / max(sum(0.57 if character.isascii() else 1 for character in label.big), 1)
    return {
        **asdict(label),
        "big_size": round(max(min(LARGEST_BIG_POINTS, fits), SMALLEST_BIG_POINTS), 1),
        "qr": segno.make(label.code, version=QR_VERSION, mask=QR_MASK, micro=False).svg_inline(border=0),
    }


def _batches(asker: Asker, batch_ids: Sequence[int]) -> list[Row[Any]]:
    return rows(
        """
        SELECT b.id, g.number AS grid_number, g.name AS grid_name, d.name AS delivery_point, c.number AS cycle_number,
               c.delivery_on, m.name AS community, m.timezone
        FROM batch AS b
        JOIN cycle AS c ON c.id = b.cycle_id
        JOIN community AS m ON m.id = c.community_id
        JOIN grid AS g ON g.id = b.grid_id
        LEFT JOIN delivery_point AS d ON d.id = b.delivery_point_id
        WHERE b.id = ANY (:batches) AND m.id = :community ORDER BY g.number
        """,
        batches=list(batch_ids),
        community=asker.community_id,
    )


def _parcels(asker: Asker, batches: dict[int, Row[Any]]) -> Iterable[Label]:
    for parcel in parcels_to_label(asker, list(batches)):
        batch = batches[parcel.batch_id]
        crate = f"{parcel.ticket_number} 号单 {parcel.crate_number} 号筐  " if parcel.crate_number else ""
        for bag in range(1, parcel.bags + 1):
            yield Label(
                **_grid(batch),
                code=parcel.code,
                big=parcel.door,
                second=f"共 {parcel.bags} 袋，第 {bag} 袋" if parcel.bags > 1 else "1 袋",
                third=f"{parcel.order_number}  {_kilograms(parcel.weight_grams)}",
                foot=f"{_cycle(batch)}  {crate}第 {parcel.position} 户，共 {parcel.parcels} 户",
                fragile=parcel.fragile,
            )


def _crates(asker: Asker, batches: dict[int, Row[Any]]) -> Iterable[Label]:
    for batch in batches.values():
        crates = crates_to_pack(asker, batch.id)
        for at, crate in enumerate(crates, start=1):
            doors = (crate.first_door, crate.last_door)
            yield Label(
                **_grid(batch),
                code=crate.code,
                big=f"筐 {crate.number} / {crate.crates}",
                second=f"{crate.ticket_number} 号单 {crate.ticket}",
                third=f"{' → '.join(dict.fromkeys(doors))}\n{crate.parcels} 个包裹 {crate.bags} 袋",
                foot=f"{_cycle(batch)}  第 {at} 筐，共 {len(crates)} 筐",
                fragile=crate.fragile,
            )


def _grid(batch: Row[Any]) -> dict[str, Any]:
    name = " ".join(part for part in (batch.grid_name, batch.delivery_point) if part)
    return {"batch": batch.id, "grid": batch.grid_number, "grid_name": name}


def _chosen(labels: list[Label], codes: Collection[str]) -> list[Label]:
    wanted = {read_code(code) for code in codes}
    unknown = sorted(wanted - {label.code for label in labels})
    if unknown:
        raise InvalidError("no label has these codes", unknown=unknown)
    return [label for label in labels if not wanted or label.code in wanted]


def _foot(batch: Row[Any]) -> str:
    printed = datetime.now(UTC).astimezone(ZoneInfo(batch.timezone))
    return f"{batch.community}  {_cycle(batch)}  {batch.grid_name}批次  {printed:%Y-%m-%d %H:%M} 打印"


def _cycle(batch: Row[Any]) -> str:
    return f"第 {batch.cycle_number} 期 {batch.delivery_on.month}月{batch.delivery_on.day}日"


def _kilograms(grams: int) -> str:
    return f"{grams} g" if grams < 1000 else f"{round(grams / 1000, 1):g} kg"
