"""The same as last time (上次一样): the household's last order of an earlier cycle, as far as it can be had now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import flash

from supplyhub.ordering.shelf import lines_before
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import counted, enumerated, named

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.web.pages.table import Choice, Table


def fill(table: Table) -> None:
    """Make the basket what the household had last time, and say what of it can't be had. The caller keeps the basket."""
    if table.earlier is None:
        return
    by_product: dict[int, Choice] = {}
    for choice in table.choices:
        held = by_product.setdefault(choice.item.product_id, choice)
        if choice.most > held.most:
            by_product[choice.item.product_id] = choice
    lines: dict[int, int] = {}
    lacking: list[str] = []
    for before in lines_before(table.earlier):
        choice_now = by_product.get(before.product_id)
        units = min(before.quantity, choice_now.most) if choice_now else 0
        if choice_now and units:
            lines[choice_now.item.id] = units
        if units < before.quantity:
            lacking.append(_lack(before, choice_now, units))
    table.basket.lines = lines
    table.basket.wishes = {}
    _tell(len(lines), lacking)


def _lack(before: Row[Any], now: Choice | None, units: int) -> str:
    what = named(before)
    if now is None:
        return _("%(what)s（这期没有）", what=what)
    if now.item.withdrawn_at is not None:
        return _("%(what)s（下架了）", what=what)
    if now.shut:
        return _("%(what)s（已经截单）", what=what)
    if not units:
        return _("%(what)s（订完了）", what=what)
    return _("%(what)s（上次 %(asked)s，这次最多 %(most)s）", what=what, asked=before.quantity, most=units)


def _tell(kinds: int, lacking: list[str]) -> None:
    if kinds:
        flash(counted("照上次放好了 %(num)s 种。", kinds), "done")
    if lacking:
        flash(_("上次有、这次不全的：%(what)s", what=enumerated(lacking)), "attention")
