"""The counting form of a delivery: as typed, what is wrong with it, and the lines to enter."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from supplyhub.depot.commands import ReceivedLine, receive
from supplyhub.depot.delivery_note import find_line
from supplyhub.depot.schemas import MOST_UNITS
from supplyhub.errors import ConflictError, InvalidError
from supplyhub.files import plain
from supplyhub.web.language import gettext as _
from supplyhub.web.pages.forms import Form

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from werkzeug.datastructures import MultiDict

    from supplyhub.depot.delivery_note import NoteRow
    from supplyhub.depot.purchase_queries import PurchaseOrderView
    from supplyhub.people.asker import Asker

# The first lot of a line has the line's number, further ones 7_2, 7_3.
COUNT = re.compile(r"count_([0-9]{1,18})(?:_([0-9]{1,2}))?")
MOST_LOTS = 12
LONGEST_LOT_NUMBER = 40
LONGEST_NOTE = 60


@dataclass(slots=True)
class Count:
    """What was typed, by field; `lines` are those that were counted, a zero counts too.

    `lots`: the rows of each line, as the ends of their fields' names. `aim`: the field to go on at. `strange`: rows of the
    delivery note that the order doesn't have; `unknown`: a scanned code that it doesn't have.
    """

    typed: dict[str, str]
    lots: dict[int, list[str]]
    note: str = ""
    lines: list[ReceivedLine] = field(default_factory=list)
    wrong: dict[str, str] = field(default_factory=dict)
    aim: str = "note"
    unknown: str = ""
    strange: list[NoteRow] = field(default_factory=list)

    @property
    def units(self) -> int:
        """Return how many units were counted."""
        return sum(line.quantity for line in self.lines)

    @property
    def checked(self) -> bool:
        """Tell whether there is something to enter."""
        return bool(self.lines) and not self.wrong

    def now(self, line_id: int) -> int | None:
        """Return how many units of a line were counted now; None when it wasn't counted."""
        counted = [line.quantity for line in self.lines if line.line_id == line_id]
        return sum(counted) if counted else None


def empty(view: PurchaseOrderView) -> Count:
    """Return the form before anything was counted, with the usual expiry."""
    typed = {f"expires_{line.id}": line.usual_expiry.isoformat() for line in view.lines}
    return Count(typed, {line.id: [str(line.id)] for line in view.lines})


def read(view: PurchaseOrderView, typed: MultiDict[str, str]) -> Count:
    """Return what was counted; a field left empty wasn't."""
    form = Form(typed.to_dict())
    count = Count(form.given, _lots(view, form.given), wrong=form.wrong)
    count.note = form.text("note", LONGEST_NOTE, needed=True)
    for line_id, lots in count.lots.items():
        for lot in lots:
            quantity = form.count(f"count_{lot}", most=MOST_UNITS, needed=False)
            expires_on = form.day(f"expires_{lot}", needed=False)
            number = form.text(f"lot_{lot}", LONGEST_LOT_NUMBER)
            if quantity is not None:
                count.lines.append(ReceivedLine(line_id, quantity, expires_on, number))
    if not count.lines and not count.wrong:
        count.wrong["lines"] = _("还没有数：至少填一种的件数，没到的填 0。")
    return count


def go_on(view: PurchaseOrderView, typed: MultiDict[str, str]) -> Count | None:
    """Return the form for a scanned code or for another lot of a line, unjudged; None when neither was asked for."""
    given = typed.to_dict()
    code, another = plain(given.pop("scan", "")), given.pop("another", "")
    if not code and not another:
        return None
    count = Count(given, _lots(view, given), note=given.get("note", ""))
    if another:
        line_id = int(another) if another.isdigit() else 0
        lots = count.lots.get(line_id, [])
        if lots and len(lots) < MOST_LOTS:
            lots.append(f"{line_id}_{len(lots) + 1}")
        count.aim = f"count_{lots[-1]}" if lots else "note"
        return count
    found = next((line for line in view.lines if code.casefold() in _codes(line)), None)
    count.aim = f"count_{_free(count, found.id)}" if found else "scan"
    count.unknown = "" if found else code[:LONGEST_NOTE]
    return count


def from_note(view: PurchaseOrderView, rows: Iterable[NoteRow], note: str) -> Count:
    """Return the form as a delivery note fills it, to be counted against; rows of other goods are `strange`."""
    count = empty(view)
    count.note = note[:LONGEST_NOTE]
    codes = [(line.id, (line.sku, line.barcode, line.name_zh, line.name_en)) for line in view.lines if line.quantity]
    times: Counter[int] = Counter()
    for row in rows:
        line_id = find_line(row, codes)
        if line_id is None or times[line_id] >= MOST_LOTS:
            count.strange.append(row)
            continue
        times[line_id] += 1
        lot = str(line_id) if times[line_id] == 1 else f"{line_id}_{times[line_id]}"
        if times[line_id] > 1:
            count.lots[line_id].append(lot)
        count.typed |= {f"count_{lot}": str(row.quantity), f"lot_{lot}": row.lot_number}
        if row.expires_on:
            count.typed[f"expires_{lot}"] = row.expires_on.isoformat()
        count.lines.append(ReceivedLine(line_id, row.quantity))
    return count


def enter(asker: Asker, view: PurchaseOrderView, count: Count) -> int | None:
    """Enter the delivery and return its receipt; a refusal is noted in `wrong`, and everything typed stays."""
    try:
        return receive(asker, purchase_order_id=view.order.id, delivery_note=count.note, lines=count.lines)
    except InvalidError as error:
        gone = set(error.data.get("expired_lines", []))  # type: ignore[call-overload]
        twice = set(error.data.get("twice", []))  # type: ignore[call-overload]
        for line_id in gone | twice:
            count.wrong[f"expires_{line_id}" if line_id in gone else f"count_{line_id}"] = (
                _("这一天已经过了：过期的货不能入库。") if line_id in gone else _("同一批写了两行，请加在一起。")
            )
        count.wrong.setdefault("lines", _("要改的地方标了红，数过的都留着。"))
    except ConflictError as error:
        count.wrong["note"] = (
            _("这张送货单已经入过库，数目不一样。要补数，请写另一个送货单号。")
            if "receipt" in error.data
            else _("这张采购单现在不能收货：没发出，或者这一期已经结清。")
        )
    return None


def _lots(view: PurchaseOrderView, given: dict[str, str]) -> dict[int, list[str]]:
    lots = {line.id: [str(line.id)] for line in view.lines if line.quantity}
    for name in given:
        found = COUNT.fullmatch(name)
        if found and found[2] and int(found[1]) in lots and 2 <= int(found[2]) <= MOST_LOTS:
            lots[int(found[1])].append(name.removeprefix("count_"))
    return {line: sorted(set(names), key=lambda name: (len(name), name)) for line, names in lots.items()}


def _codes(line: Any) -> set[str]:
    return {code.casefold() for code in (line.sku, line.barcode) if code}


def _free(count: Count, line_id: int) -> str:
    """Return the first lot of a line that wasn't counted, else the last."""
    lots = count.lots.get(line_id, [str(line_id)])
    return next((lot for lot in lots if not count.typed.get(f"count_{lot}", "").strip()), lots[-1])
