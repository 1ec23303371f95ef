"""Errors in the reader's words: what happened, what was kept, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import request

from supplyhub.web.language import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable

Problem = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Saying:
    """An error page: `again` is the address to try again, if that can help."""

    title: str
    happened: str
    kept: str
    todo: str
    again: str = ""


def explain(problem: Problem) -> Saying:
    """Return what to say about a problem; by its code, else by its status."""
    say = BY_CODE.get(problem["code"]) or BY_STATUS.get(problem["status"]) or _refused
    return say(problem)


def _nothing_changed() -> str:
    return _("什么都没有改动。")


def _same_page() -> str:
    return request.full_path.rstrip("?") if request.method == "GET" else ""


def _not_found(_problem: Problem) -> Saying:
    return Saying(
        _("没有这一页"),
        _("地址不对，或者这一页不归您看。"),
        _nothing_changed(),
        _("请回首页，从那里再找。"),
    )


def _not_allowed(_problem: Problem) -> Saying:
    return Saying(
        _("这一页不归您管"),
        _("您登录的身份不能做这件事。"),
        _nothing_changed(),
        _("如果弄错了，请让专班看看您的身份。"),
    )


def _form_expired(_problem: Problem) -> Saying:
    return Saying(
        _("没有收到"),
        _("这一页放得太久，或者手机不让存登录信息。"),
        _nothing_changed(),
        _("请回首页再来一次。"),
    )


def _conflict(_problem: Problem) -> Saying:
    return Saying(
        _("现在不能这样做"),
        _("别人刚刚改过，或者这一步已经过去了。"),
        _nothing_changed(),
        _("请回上一页刷新，看看现在到哪一步了。"),
    )


def _wrong_grid(problem: Problem) -> Saying:
    return Saying(
        _("不能窜格"),
        _(
            "配送单是第 %(ticket)s 网格的，志愿者证是第 %(badge)s 网格的。",
            ticket=problem.get("ticket_grid", "?"),
            badge=problem.get("badge_grid", "?"),
        ),
        _("货没有交出去，已记下来。"),
        _("请到自己网格的配送点：%(point)s。", point=problem.get("delivery_point") or "?"),
    )


def _too_large(_problem: Problem) -> Saying:
    return Saying(
        _("文件太大"),
        _("这次传上来的东西超过了 4 MB。"),
        _nothing_changed(),
        _("请把文件分小，或者删掉不用的列再传。"),
    )


def _invalid(_problem: Problem) -> Saying:
    return Saying(
        _("有地方填得不对"),
        _("有的格子空着，或者填了认不出的字。"),
        _nothing_changed(),
        _("请回上一页看一遍，改好再交。"),
    )


def _too_many(_problem: Problem) -> Saying:
    return Saying(
        _("点得太快了"),
        _("这台手机在很短时间里来了太多次。"),
        _nothing_changed(),
        _("请等一分钟再来。"),
        _same_page() or "/",
    )


def _busy(_problem: Problem) -> Saying:
    return Saying(
        _("现在人多，排着队"),
        _("同一样东西有好多人在改，这次没轮到。"),
        _nothing_changed(),
        _("请等几秒，再试一次。"),
        _same_page() or "/",
    )


def _away(_problem: Problem) -> Saying:
    return Saying(
        _("暂时连不上"),
        _("服务器正在忙，或者正在重新启动。"),
        _("以前下的单都在，什么都没有改动。"),
        _("请等一会儿再试。急的话，给网格长打电话。"),
        _same_page() or "/",
    )


def _unexpected(_problem: Problem) -> Saying:
    return Saying(
        _("我们这边出错了"),
        _("不是您弄错的。出错的地方已记下来。"),
        _("以前下的单都在。这一步做没做成，看一眼再重来。"),
        _("请再试一次；还不行，就给网格长打电话。"),
        _same_page() or "/",
    )


def _refused(_problem: Problem) -> Saying:
    return Saying(_("没有做成"), _("这一步没有被接受。"), _nothing_changed(), _("请回上一页看看，再来一次。"))


BY_STATUS: dict[int, Callable[[Problem], Saying]] = {
    400: _form_expired,
    403: _not_allowed,
    404: _not_found,
    405: _not_found,
    409: _conflict,
    412: _conflict,
    413: _too_large,
    422: _invalid,
    429: _too_many,
    500: _unexpected,
    503: _away,
}

BY_CODE: dict[str, Callable[[Problem], Saying]] = {"wrong_grid": _wrong_grid, "busy": _busy}
