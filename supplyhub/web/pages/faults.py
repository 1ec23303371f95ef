"""The form for what was wrong with a delivery."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from supplyhub.depot.commands import Seen, note_fault
from supplyhub.depot.schemas import MOST_UNITS
from supplyhub.depot.states import Fault
from supplyhub.errors import ConflictError, InvalidError
from supplyhub.photos.commands import keep_photo
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import counted as n_
from supplyhub.web.pages.forms import Form

if TYPE_CHECKING:
    from werkzeug.datastructures import FileStorage, MultiDict

    from supplyhub.depot.receipt_queries import ReceiptView
    from supplyhub.people.asker import Asker

LONGEST_NOTE = 200


@dataclass(slots=True)
class FaultForm:
    """What was typed, by field, what is wrong with it, and the fault it tells."""

    typed: dict[str, str]
    seen: Seen | None = None
    noted_before: int = 0
    wrong: dict[str, str] = field(default_factory=dict)


def empty(view: ReceiptView) -> FaultForm:
    """Return the form before anything was typed."""
    return FaultForm({"fault": Fault.DAMAGED, "noted_before": str(len(view.faults))})


def read(view: ReceiptView, typed: MultiDict[str, str]) -> FaultForm:
    """Return what was typed. The lot that was chosen tells the product where the units never came in."""
    form = Form(typed.to_dict())
    given = FaultForm(form.given, wrong=form.wrong)
    kind = form.given.get("fault", "")
    fault = Fault(kind) if kind in set(Fault) else Fault.DAMAGED
    quantity = form.count("quantity", least=1, most=MOST_UNITS)
    note = form.text("note", LONGEST_NOTE)
    given.noted_before = form.count("noted_before", most=MOST_UNITS) or 0
    lot = next((lot for lot in view.lots if str(lot.id) == form.given.get("lot")), None)
    if fault == Fault.DAMAGED and lot is None:
        form.wrong["lot"] = _("请选是哪一种坏了。")
    elif lot is None and not note:
        form.wrong["note"] = _("请选是哪一种，或者写明是什么。")
    if quantity is not None and not form.wrong:
        damaged = fault == Fault.DAMAGED
        given.seen = Seen(
            fault,
            quantity,
            lot_id=lot.id if lot and damaged else None,
            product_id=lot.product_id if lot and not damaged else None,
            note=note,
        )
    return given


def enter(asker: Asker, view: ReceiptView, form: FaultForm, photo: FileStorage | None) -> None:
    """Keep the photo and note the fault, if the form tells one; a refusal is noted in `wrong`."""
    seen = form.seen
    if seen is None:
        return
    try:
        kept = keep_photo(asker, photo.stream.read()) if photo is not None and photo.filename else None
    except InvalidError as error:
        form.wrong["photo"] = (
            _("照片太大，最多 3 MB。")
            if "most_bytes" in error.data
            else _("这不是照片，或者没传完整。请用 JPEG、PNG 或 WebP。")
        )
        return
    try:
        note_fault(
            asker,
            view.receipt.id,
            Seen(seen.fault, seen.quantity, seen.lot_id, seen.product_id, seen.note, kept),
            noted_before=form.noted_before,
        )
    except ConflictError as error:
        form.wrong["quantity"] = _why(error)


def _why(error: ConflictError) -> str:
    if "left" in error.data:
        return n_("这一批在库里只剩 %(figure)s 件。", error.data["left"])  # type: ignore[arg-type]
    if "noted" in error.data:
        return _("刚才已经记过一条，请先看看上面的。要再记，回本页重填。")
    return _("这一期已经结清，不能再记。")
