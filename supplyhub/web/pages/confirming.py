"""The form in which a platform's confirmation is noted: as typed, what is wrong with it, and the lines to confirm."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from supplyhub.depot.commands import ConfirmedLine
from supplyhub.web.looks import yuan
from supplyhub.web.pages.forms import Form

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

    from supplyhub.depot.purchase_queries import PurchaseOrderView


@dataclass(slots=True)
class Confirmation:
    """What was typed, by field; `lines` is whole when nothing is wrong."""

    typed: dict[str, str]
    lines: list[ConfirmedLine] = field(default_factory=list)
    wrong: dict[str, str] = field(default_factory=dict)


def before(view: PurchaseOrderView) -> Confirmation:
    """Return the form with what was confirmed before, else with what was ordered."""
    typed: dict[str, str] = {}
    for line in view.lines:
        typed[f"quantity_{line.id}"] = str(line.expected)
        cost = line.cost_fen if line.confirmed_cost_fen is None else line.confirmed_cost_fen
        typed[f"cost_{line.id}"] = yuan(cost)
    return Confirmation(typed)


def read(view: PurchaseOrderView, typed: MultiDict[str, str]) -> Confirmation:
    """Return what was typed; a line of which nothing is bought has no fields."""
    form = Form(typed.to_dict())
    found = before(view)
    found.typed |= {name: value[:20] for name, value in form.given.items() if name in found.typed}
    for line in view.lines:
        if line.quantity:
            quantity = form.count(f"quantity_{line.id}", most=line.quantity)
            cost_fen = form.fen(f"cost_{line.id}")
            found.lines.append(ConfirmedLine(line.id, quantity, cost_fen))
    found.wrong = form.wrong
    return found
