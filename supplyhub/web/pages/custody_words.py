"""Custody's refusals in words: why crates did not pass from hand to hand, and what to do."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from supplyhub.delivery.errors import TurnedAwayError, WrongGridError, WrongPointError
from supplyhub.delivery.scanning import AT_POINT
from supplyhub.errors import NotFoundError
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import counted as n_
from supplyhub.web.looks import grid_name, moment
from supplyhub.web.pages.depot_words import some

if TYPE_CHECKING:
    from supplyhub.delivery.commands.passing import Passed
    from supplyhub.errors import HubError


def why_turned_away(reason: str) -> str:
    """Return a reason of `delivery.states.ScanRefusal` in words."""
    return {
        "wrong_grid": _("不是这个网格的证"),
        "wrong_point": _("不归这个配送点"),
        "dead_badge": _("证不能用了"),
        "not_the_claimant": _("不是他领的单"),
        "expired": _("下班了"),
        "revoked": _("单退了或换了"),
        "used": _("已经交接过"),
        "forged": _("码不是我们的"),
        "unknown": _("没有这个码"),
    }[reason]


def why_not_handed_over(error: HubError) -> tuple[str, str]:
    """Return why a ticket was not handed over: a title, and what to do."""
    if isinstance(error, TurnedAwayError):
        return _turned_away(error)
    if isinstance(error, NotFoundError):
        return _handed_unknown(error)
    if "unpacked" in error.data:
        return _("还不能交：有包裹没装好"), _("先装好 %(codes)s。", codes=some(error.data["unpacked"]))
    if any(scattered in error.data for scattered in ("on_the_way", "at_depot", "counted")):
        return _scattered(error)
    return _("没有交接"), _("这张单现在不能交接，请刷新看看。")


def _wrong_grid(error: WrongGridError) -> tuple[str, str]:
    data = error.data
    grid = grid_name(data["badge_grid"])  # type: ignore[arg-type]
    title = _("不能窜格：这张单是%(grid)s的", grid=grid_name(data["ticket_grid"]))  # type: ignore[arg-type]
    if data["delivery_point"]:
        words = _("这个证只能领%(grid)s的。货没有交出去，请他到%(point)s领。", grid=grid, point=data["delivery_point"])
        return title, words
    return title, _("这个证只能领%(grid)s的。货没有交出去。", grid=grid)


def wrong_point(error: WrongPointError) -> tuple[str, str]:
    """Return where a ticket belongs that isn't of the asker's delivery point."""
    place = error.data["delivery_point"] or _("中转站")
    return _("不归这个配送点"), _("这里没有它的货，什么都没有记。请到%(point)s去办。", point=place)


def _turned_away(error: TurnedAwayError) -> tuple[str, str]:
    if isinstance(error, WrongGridError):
        return _wrong_grid(error)
    return wrong_point(error) if isinstance(error, WrongPointError) else _does_not_fit(error)


def _does_not_fit(error: TurnedAwayError) -> tuple[str, str]:
    data = error.data
    if error.reason == "used":
        return _used(data)
    if data.get("what") == AT_POINT:
        place = data.get("point") or _("中转站")
        return _("这张单没有人送，住户自己来领"), _(
            "不要交给志愿者。在%(point)s，用“配送点领货”一页给住户。", point=place
        )
    if error.reason == "not_the_claimant" and not data.get("holder"):
        return _("这张单还没人领"), _("请志愿者先在手机上领这张单，再来交接。")
    if error.reason == "revoked" and data.get("successor"):
        return _("这张单换过了"), _("新单是 %(code)s，请扫新单。", code=data["successor"])
    return {
        "dead_badge": (_("这个证现在不能用"), _("它停用、作废，或者过期了。请找专班。")),
        "not_the_claimant": (
            _("这张单不是他领的"),
            _("领单的是 %(badge)s。请他自己来，或者让他先退掉这张单。", badge=data.get("holder", "")),
        ),
        "expired": (_("他下班了"), _("请他在手机上重新上班，再来扫新的码。")),
        "revoked": (_("这个码是以前的"), _("单退过，或者重新领过。请他刷新手机，扫现在的码。")),
        "forged": (_("这个码不是我们的"), _("请扫志愿者手机上的码，或者输入六个字。")),
    }.get(error.reason, (_("没有交接"), _("这张单现在不能交接，请刷新看看。")))


def _used(data: dict[str, object]) -> tuple[str, str]:
    title = _("这张单已经交接过了")
    if "at" not in data:
        return title, _("货已经出去了，不要再交一次。")
    when = moment(datetime.fromisoformat(str(data["at"])))
    return title, _("%(when)s 交给了 %(badge)s，不要再交一次。", when=when, badge=data.get("holder", ""))


def _handed_unknown(error: NotFoundError) -> tuple[str, str]:
    if "badge" in error.data:
        return _("没有这个证"), _("证号像 3-017，请再看一遍。")
    return _("没有这张配送单"), _("单号是六个字，请再看一遍。")


def _scattered(error: HubError) -> tuple[str, str]:
    data = error.data
    if "on_the_way" in data:
        codes = some(data["on_the_way"])
        return _("还不能交：有筐没到配送点"), _("这些筐出了库，没在配送点点过：%(codes)s。先点到，再交。", codes=codes)
    if "at_depot" in data:
        return _("还不能交：有筐还在中转站"), _("还没运来：%(codes)s。等齐了一起交。", codes=some(data["at_depot"]))
    expected: list[str] = data["expected"]  # type: ignore[assignment]
    title = _("筐数不对：这张单有 %(crates)s 筐，点了 %(counted)s 筐", crates=len(expected), counted=data["counted"])
    return title, _("货没有交出去。这张单是 %(codes)s，请找齐再点。", codes=some(expected))


def why_not_taken(error: HubError) -> str:
    """Return why a ticket was not taken back."""
    if isinstance(error, WrongPointError):
        return "".join(wrong_point(error))
    if error.data.get("without_outcome"):
        return _("还有门没送到：%(codes)s。没去的，请勾上下面那一格。", codes=some(error.data["without_outcome"]))
    if error.data.get("missing"):
        return _("还少这些包裹：%(codes)s。一个一个点清，再收单。", codes=some(error.data["missing"]))
    return _("没有收单：这张单现在不能退回，请刷新看看。")


def why_not_passed(error: HubError) -> tuple[str, str]:
    """Return why crates did not pass: a title, and what to do."""
    return wrong_point(error) if isinstance(error, WrongPointError) else _did_not_pass(error.data)


def _did_not_pass(data: dict[str, object]) -> tuple[str, str]:
    if "foreign" in data:
        return _strange(data)
    if "expected" in data:
        return _miscounted(data)
    if "unpacked" in data:
        title = _("还不能出库：%(codes)s 没装完", codes=some(data["unpacked"]))
        return title, _("先装好这些包裹：%(codes)s。", codes=some(data["parcels"]))
    if "not_left" in data:
        return _("这筐没有出库的记录：%(codes)s", codes=some(data["not_left"])), _("先在出库那一步点过，再点到。")
    if "handed_over" in data:
        return _("这筐已经交给志愿者了：%(codes)s", codes=some(data["handed_over"])), _("不要装车。")
    return _("这个网格没有配送点"), _("志愿者直接到中转站来领，不用出库。")


def _strange(data: dict[str, object]) -> tuple[str, str]:
    foreign: list[dict[str, object]] = data["foreign"]  # type: ignore[assignment]
    if foreign:
        grid = grid_name(foreign[0]["grid"])  # type: ignore[arg-type]
        title = _("这筐是%(grid)s第 %(cycle)s 期的：%(code)s", grid=grid, **_plain(foreign[0]))
        return title, _("不要装在一起。一筐也没有记下。")
    if data["unknown"]:
        return _("没有这筐：%(codes)s", codes=some(data["unknown"])), _("筐上是六个字，请再看一遍。一筐也没有记下。")
    return _("没有扫到筐"), _("扫筐上的码，或者输入六个字。")


def _plain(found: dict[str, object]) -> dict[str, object]:
    return {name: found[name] for name in ("cycle", "code")}


def _miscounted(data: dict[str, object]) -> tuple[str, str]:
    expected: list[str] = data["expected"]  # type: ignore[assignment]
    title = _("筐数不对：应该有 %(expected)s 筐，点了 %(counted)s 筐", expected=len(expected), counted=data["counted"])
    words = _("应该是这些：%(codes)s。", codes=some(expected)) if expected else ""
    if data["unpacked"]:
        words += _("没装完、还不能走的：%(codes)s。", codes=some(data["unpacked"]))
    return title, words + _("一筐也没有记下。少了就一筐一筐扫。")


def passed_in_words(passed: Passed, *, leaving: bool) -> tuple[str, str]:
    """Return what a count came to, and its tone: what passed, who counted it before, what is still missing."""
    if not passed.passed:
        first = passed.before[0]
        when = moment(first["at"])  # type: ignore[arg-type]
        words = _("筐 %(code)s 已经点过了：%(who)s，%(when)s。", code=first["code"], who=first["by"], when=when)
        return words, "attention"
    count = len(passed.passed)
    words = n_("%(num)s 筐出库了", count) if leaving else n_("%(num)s 筐到了", count)
    rest = _("，还差 %(codes)s。", codes=some(passed.missing)) if passed.missing else _("，都齐了。")
    return words + rest, "done"
