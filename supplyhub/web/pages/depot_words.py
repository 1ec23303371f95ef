"""The depot's refusals in words: what is wrong with the code that was scanned, and where to go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.delivery.errors import WrongGridError
from supplyhub.depot.errors import AlreadyPackedError
from supplyhub.errors import NotAllowedError, NotFoundError
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import grid_name, moment

if TYPE_CHECKING:
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
    return _("没有装：架上的货不够了，或者这一步已经过去。请刷新看看。")


def why_not_handed_over(error: HubError) -> tuple[str, str]:
    """Return why a ticket was not handed over: a title, and what to do."""
    if isinstance(error, WrongGridError):
        return _wrong_grid(error)
    if isinstance(error, NotFoundError):
        return _handed_unknown(error)
    if "unpacked" in error.data:
        return _("还不能交：有包裹没装好"), _("先装好 %(codes)s。", codes=some(error.data["unpacked"]))
    if error.data.get("action") == "hand_over":
        return _handed_state(str(error.data.get("state")))
    return _badge_fault(error)


def _wrong_grid(error: WrongGridError) -> tuple[str, str]:
    data = error.data
    grid = grid_name(data["badge_grid"])  # type: ignore[arg-type]
    title = _("不能窜格：这张单是%(grid)s的", grid=grid_name(data["ticket_grid"]))  # type: ignore[arg-type]
    if data["delivery_point"]:
        words = _("这个证只能领%(grid)s的。货没有交出去，请他到%(point)s领。", grid=grid, point=data["delivery_point"])
        return title, words
    return title, _("这个证只能领%(grid)s的。货没有交出去。", grid=grid)


def _badge_fault(error: HubError) -> tuple[str, str]:
    if "ticket" in error.data:
        return _("这张单不是他领的"), _("请领单的人自己来，或者让他先退掉这张单。")
    if "badge" in error.data or isinstance(error, NotAllowedError):
        return _("这个证现在不能用"), _("它作废了，或者过期了。请找专班。")
    return _("没有交接"), _("这张单现在不能交接，请刷新看看。")


def _handed_unknown(error: NotFoundError) -> tuple[str, str]:
    if "badge" in error.data:
        return _("没有这个证"), _("证号像 3-017，请再看一遍。")
    return _("没有这张配送单"), _("单号是六个字，请再看一遍。")


def _handed_state(state: str) -> tuple[str, str]:
    if state == "issued":
        return _("这张单还没人领"), _("请志愿者先在手机上领这张单，再来交接。")
    return _("这张单已经交接过了"), _("货已经出去了，不要再交一次。")


def some(codes: object) -> str:
    """Return the first few of some codes."""
    named = [str(code) for code in codes] if isinstance(codes, list) else []
    return "、".join(named[:MOST_NAMED]) + ("…" if len(named) > MOST_NAMED else "")
