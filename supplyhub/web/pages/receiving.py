"""The counting form of a delivery: as typed, what is wrong with it, and the lines to enter."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from supplyhub.depot.commands import ReceivedLine, receive
from supplyhub.depot.schemas import MOST_UNITS
from supplyhub.errors import ConflictError, InvalidError
from supplyhub.web.language import gettext as _
from supplyhub.web.pages.forms import Form

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

    from supplyhub.depot.purchase_queries import PurchaseOrderView
    from supplyhub.people.asker import Asker


@dataclass(slots=True)
class Count:
    """What was typed, by field; `lines` are those that were counted, a zero counts too."""

    typed: dict[str, str]
    note: str = ""
    lines: list[ReceivedLine] = field(default_factory=list)
    wrong: dict[str, str] = field(default_factory=dict)

    @property
    def units(self) -> int:
        """Return how many units were counted."""
        return sum(line.quantity for line in self.lines)

    @property
    def checked(self) -> bool:
        """Tell whether there is something to enter."""
        return bool(self.lines) and not self.wrong


def empty(view: PurchaseOrderView) -> Count:
    """Return the form before anything was counted, with the usual expiry."""
    return Count({f"expires_{line.id}": line.usual_expiry.isoformat() for line in view.lines})


def read(view: PurchaseOrderView, typed: MultiDict[str, str]) -> Count:
    """Return what was counted; a field left empty wasn't."""
    form = Form(typed.to_dict())
    count = Count(form.given, note=form.text("note", 60, needed=True), wrong=form.wrong)
    for line in view.lines:
        quantity = form.count(f"count_{line.id}", most=MOST_UNITS, needed=False)
        expires_on = form.day(f"expires_{line.id}", needed=False)
        if quantity is not None:
            count.lines.append(ReceivedLine(line.id, quantity, expires_on))
    if not count.lines and not count.wrong:
        count.wrong["lines"] = _("还没有数：至少填一种的件数，没到的填 0。")
    return count


def enter(asker: Asker, view: PurchaseOrderView, count: Count) -> None:
    """Enter the delivery; a refusal is noted in `wrong`, and everything typed stays."""
    try:
        receive(asker, purchase_order_id=view.order.id, delivery_note=count.note, lines=count.lines)
    except InvalidError:
        count.wrong["lines"] = _("有的日期已经过期了，请看看到期日。")
    except ConflictError as error:
        count.wrong["note"] = (
            _("这张送货单已经入过库，数目不一样。要补数，请写另一个送货单号。")
            if "receipt" in error.data
            else _("这张采购单现在不能收货：没发出，或者已经收完。")
        )
