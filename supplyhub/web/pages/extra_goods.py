"""The form for goods that nobody ordered: rows of a product, a count, an expiry, a lot; what is wrong stands beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from supplyhub import codes
from supplyhub.catalog.products import find_products
from supplyhub.depot.commands import Goods, Sender, Unheard, accept
from supplyhub.depot.schemas import MOST_UNITS
from supplyhub.depot.states import LotPurpose, ReceiptKind
from supplyhub.errors import ConflictError, InvalidError
from supplyhub.files import plain
from supplyhub.web.language import gettext as _
from supplyhub.web.pages.forms import Form

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

    from supplyhub.people.asker import Asker

FIRST_ROWS = 3
MOST_ROWS = 50
LONGEST_NAME = 40
LONGEST_UNIT = 8
HEAVIEST_GRAMS = 100_000
NOTE_LETTERS = 6


@dataclass(slots=True)
class Extra:
    """What was typed, by field; `new`: the rows whose product isn't known yet; `aim`: the field to go on at."""

    kind: ReceiptKind
    typed: dict[str, str]
    rows: int = FIRST_ROWS
    sender: Sender = field(default_factory=lambda: Sender(ReceiptKind.UNEXPECTED))
    note: str = ""
    goods: list[Goods] = field(default_factory=list)
    new: set[int] = field(default_factory=set)
    wrong: dict[str, str] = field(default_factory=dict)
    aim: str = "what_1"

    @property
    def units(self) -> int:
        """Return how many units were counted."""
        return sum(goods.quantity for goods in self.goods)

    @property
    def checked(self) -> bool:
        """Tell whether there is something to enter."""
        return bool(self.goods) and not self.wrong


def fresh(kind: ReceiptKind) -> Extra:
    """Return the empty form. Its number stands for the delivery note that such goods seldom have."""
    return Extra(kind, {"note": codes.new_typed_code()[:NOTE_LETTERS], "purpose": LotPurpose.EVERYBODY})


def read(asker: Asker, kind: ReceiptKind, typed: MultiDict[str, str]) -> Extra:
    """Return what was counted, a row each; a row without product and count is none."""
    form = Form(typed.to_dict())
    extra = Extra(kind, form.given, rows=_rows(form.given), wrong=form.wrong)
    extra.note = form.text("note", 60, needed=True)
    source = form.text("source", LONGEST_NAME, needed=kind == ReceiptKind.DONATION)
    care = kind == ReceiptKind.DONATION and form.given.get("purpose") == LotPurpose.CARE
    extra.sender = Sender(kind, source or None, LotPurpose.CARE if care else LotPurpose.EVERYBODY)
    filled = [
        row for row in range(1, extra.rows + 1) if form.given.get(f"what_{row}") or form.given.get(f"count_{row}")
    ]
    names = {row: plain(form.text(f"what_{row}", LONGEST_NAME, needed=True)) for row in filled}
    known = find_products(asker.community_id, sorted(set(names.values())))
    for row in filled:
        if names[row] and names[row] not in known:
            extra.new.add(row)
        goods = _goods(form, row, names[row], is_new=row in extra.new)
        if goods is not None:
            extra.goods.append(goods)
    if not filled:
        form.wrong["what_1"] = _("还没有写：至少一种货。")
    extra.aim = next((name for name in form.wrong), "accept")
    return extra


def another(kind: ReceiptKind, typed: MultiDict[str, str]) -> Extra:
    """Return the form with one row more, unjudged."""
    given = typed.to_dict()
    rows = min(_rows(given) + 1, MOST_ROWS)
    return Extra(kind, given, rows=rows, note=given.get("note", ""), aim=f"what_{rows}")


def enter(asker: Asker, cycle_id: int, extra: Extra) -> int | None:
    """Enter the goods and return the receipt; a refusal is noted in `wrong`, and everything typed stays."""
    try:
        return accept(asker, cycle_id=cycle_id, delivery_note=extra.note, sender=extra.sender, goods=extra.goods)
    except InvalidError as error:
        extra.wrong["goods"] = (
            _("有的已经过期了，不能入库：%(what)s。", what="、".join(error.data["expired"]))  # type: ignore[arg-type]
            if "expired" in error.data
            else _("同一种同一批写了两行，请加在一起。")
        )
    except ConflictError as error:
        extra.wrong["note"] = (
            _("这个单号已经入过库，东西不一样。请换一个单号。")
            if "receipt" in error.data
            else _("这一期已经结清，货请记到下一期。")
        )
    return None


def _goods(form: Form, row: int, name: str, *, is_new: bool) -> Goods | None:
    quantity = form.count(f"count_{row}", least=1, most=MOST_UNITS)
    expires_on = form.day(f"expires_{row}", needed=is_new)
    lot_number = form.text(f"lot_{row}", LONGEST_NAME)
    product: str | Unheard = name
    if is_new:
        unit = form.text(f"unit_{row}", LONGEST_UNIT, needed=True)
        grams = form.count(f"grams_{row}", least=1, most=HEAVIEST_GRAMS)
        product = Unheard(name, unit, grams or 1)
    return Goods(product, quantity, expires_on, lot_number) if quantity is not None else None


def _rows(given: dict[str, str]) -> int:
    typed = given.get("rows", "")
    return (
        min(max(int(typed), FIRST_ROWS), MOST_ROWS)
        if typed.isascii() and typed.isdigit() and len(typed) < 4
        else FIRST_ROWS
    )
