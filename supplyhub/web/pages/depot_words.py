"""The depot's refusals in words: what is wrong with the code that was scanned, and where to go."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

from supplyhub.depot.errors import AlreadyPackedError, ExpiredError, UnweighedError
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import day, enumerated, grid_name, moment, named

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy.engine import Row

    from supplyhub.depot.packing_queries import ParcelView
    from supplyhub.errors import HubError

MOST_NAMED = 6


def why_not_packed(error: HubError) -> str:
    """Return why parcels were not packed."""
    data = error.data
    if isinstance(error, AlreadyPackedError):
        first = data["parcels"][0]  # type: ignore[index]
        return _(
            "包裹 %(code)s 已经装过了：%(who)s，%(when)s。",
            code=first["code"],
            who=first["by"],
            when=moment(first["at"]),
        )
    if "unknown" in data:
        return _("没有这个包裹：%(codes)s。请看看袋上的字。", codes=some(data["unknown"]))
    if "other_batch" in data:
        other = data["other_batch"][0]  # type: ignore[index]
        return _(
            "包裹 %(code)s 是%(grid)s第 %(cycle)s 期的，不能装在这里。",
            code=other["code"],
            grid=grid_name(other["grid"]),
            cycle=other["cycle"],
        )
    if isinstance(error, UnweighedError):
        codes = list(dict.fromkeys(line["parcel"] for line in data["lines"]))  # type: ignore[attr-defined]
        return _("这些包裹里有要称重的，请一个一个装：%(codes)s。", codes=some(codes))
    if isinstance(error, ExpiredError):
        lots = [_lot(lot) for lot in gone_off(error)]
        return _("架上剩的已经过期，不能装：%(lots)s。", lots=enumerated(lots[:MOST_NAMED]))
    return _("没有装：架上的货不够了，或者这一步已经过去。请刷新看看。")


def gone_off(error: HubError) -> list[SimpleNamespace]:
    """Return the lots that have expired, of an ExpiredError; none of others."""
    lots = error.data["lots"] if isinstance(error, ExpiredError) else []
    return [SimpleNamespace(**lot) for lot in lots]  # type: ignore[attr-defined]


def _lot(lot: SimpleNamespace) -> str:
    until = _("%(day)s到期", day=day(lot.expires_on))
    number = f"{_('批号')} {lot.lot_number}" if lot.lot_number else ""
    return " ".join(part for part in (named(lot), number, until) if part)


def packed_before(parcel: ParcelView) -> str:
    """Return who packed a parcel, and when."""
    return _(
        "包裹 %(code)s 已经装过了：%(who)s，%(when)s。",
        code=parcel.code,
        who=parcel.packed_by,
        when=moment(parcel.packed_at),
    )


def crate_elsewhere(code: str, batch: Row[Any]) -> str:
    """Return whose a crate is that was scanned at another grid."""
    return _("筐 %(code)s 是%(grid)s的，不能装在这里。", code=code, grid=grid_name(batch.grid_number))


def some(codes: object) -> str:
    """Return the first few of some codes."""
    named = [str(code) for code in codes] if isinstance(codes, list) else []
    return enumerated(named[:MOST_NAMED]) + ("…" if len(named) > MOST_NAMED else "")
