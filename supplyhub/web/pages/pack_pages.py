"""Care packs (爱心包): what was given for care, a preview, giving, and where each pack stands. For coordinators."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for

from supplyhub.catalog.queries import cycle_for
from supplyhub.catalog.states import CycleState
from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from supplyhub.help.commands.packing_up import (
    LONGEST_NAME,
    MOST_UNITS,
    Wish,
    decline_pack,
    give_packs,
    preview_packs,
)
from supplyhub.help.pack_errors import NameTakenError, OtherPreviewError, TooLateError
from supplyhub.help.pack_queries import count_homes_of_pack, homes_of_pack, pack_for, packs_for
from supplyhub.help.pack_stock import goods_for_care
from supplyhub.people.states import Role
from supplyhub.residents.states import CareCategory
from supplyhub.web import words
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.pages.cycles import chosen_cycle
from supplyhub.web.pages.forms import Form
from supplyhub.web.words import N_, SIGNS, Sign

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.datastructures import MultiDict
    from werkzeug.wrappers import Response

pages = Blueprint("packs", __name__, url_prefix="/coordinator/packs")

PAGE_SIZE = 100
# Where a pack stands: a state of its own until its order's parcel has one.
PACK_SIGNS = {
    "pack_promised": Sign(N_("等截单"), "ordered", "clock"),
    "pack_declined": Sign(N_("他家不要"), "waiting", "undo"),
    "pack_dropped": Sign(N_("没有发"), "waiting", "undo"),
    "pack_waiting": Sign(N_("在订单里"), "paid", "bag"),
    "pack_nothing_came": Sign(N_("没有了"), "problem", "alert"),
}
OF_PARCELS = ("planned", "packed", "handed_over", "delivered", "returned")


def init_app(app: Flask) -> None:  # noqa: ARG001 - as every part has it
    """Give the templates the words for where a pack stands."""
    words.SIGNS.update(PACK_SIGNS | {f"pack_{state}": SIGNS[state] for state in OF_PARCELS})


@pages.get("")
@audience(Role.COORDINATOR)
def home() -> str:
    """Show what was given for care, and the givings of the cycle."""
    cycle = chosen_cycle(asker(), CycleState.ORDERING)
    if cycle is None:
        raise NotFoundError("there is no cycle yet")
    return render_template(
        "packs/home.html",
        cycle=cycle,
        goods=goods_for_care(cycle.id),
        packs=packs_for(asker(), cycle.id),
        categories=[(category.value, words.word("care_category", category)) for category in CareCategory],
        most=MOST_UNITS,
        open=cycle.state == CycleState.ORDERING,
    )


@pages.get("/preview")
@audience(Role.COORDINATOR)
def preview() -> str | Response:
    """Show what a giving would come to, before anything is written."""
    cycle = cycle_for(asker(), request.args.get("cycle", 0, type=int))
    try:
        wish = _read_wish(request.args)
        seen = preview_packs(asker(), cycle.id, wish, vault=current_app.extensions["vault"])
    except TooLateError:
        return _back(cycle.id, _("这一期已经截单了：这些东西留给下一期。"))
    except InvalidError:
        return _back(cycle.id, _("请填每包放几份：每样 1 到 %(most)s，至少一样。", most=MOST_UNITS))
    return render_template(
        "packs/preview.html",
        cycle=cycle,
        wish=wish,
        seen=seen,
        goods=[each for each in goods_for_care(cycle.id) if each.product_id in wish.units],
        key=uuid4(),
        longest=LONGEST_NAME,
        back=url_for("packs.home", cycle=cycle.id),
    )


@pages.post("")
@audience(Role.COORDINATOR)
def give() -> Response:
    """Give the packs as they were previewed."""
    form = Form(request.form.to_dict())
    name = form.text("name", LONGEST_NAME, needed=True)
    cycle_id = request.form.get("cycle", 0, type=int)
    again = url_for("packs.preview", cycle=cycle_id, **_asked(request.form))  # type: ignore[arg-type]
    if form.wrong:
        flash(_("没有发：请起个名字，最多 %(longest)s 个字。", longest=LONGEST_NAME), "problem")
        return redirect(again, HTTPStatus.SEE_OTHER)
    try:
        pack_id = give_packs(
            asker(),
            cycle_id,
            _read_wish(request.form),
            name=name,
            key=_key(),
            packs=form.count("packs"),
            vault=current_app.extensions["vault"],
        )
    except NameTakenError:
        flash(_("没有发：这一期已经有一包叫“%(name)s”，换个名字。", name=name), "problem")
    except OtherPreviewError:
        flash(_("没有发：东西或者户数刚刚变了。请看看现在的数，再发。"), "problem")
    except TooLateError:
        return _back(cycle_id, _("没有发：已经截单了。这些东西留给下一期。"))
    except ConflictError:
        flash(_("没有发：一户也轮不到。"), "problem")
    else:
        flash(_("发好了。截单时放进各家的订单，和菜一起送。"), "done")
        return redirect(url_for("packs.pack", pack_id=pack_id), HTTPStatus.SEE_OTHER)
    return redirect(again, HTTPStatus.SEE_OTHER)


@pages.get("/<int:pack_id>")
@audience(Role.COORDINATOR)
def pack(pack_id: int) -> str:
    """Show where each pack of a giving stands, door by door."""
    page = max(1, request.args.get("page", 1, type=int))
    return render_template(
        "packs/pack.html",
        pack=pack_for(asker(), pack_id),
        homes=homes_of_pack(asker(), pack_id, limit=PAGE_SIZE, offset=min(page - 1, 10_000) * PAGE_SIZE),
        all=count_homes_of_pack(asker(), pack_id),
        page=page,
        page_size=PAGE_SIZE,
    )


@pages.post("/<int:pack_id>/decline")
@audience(Role.COORDINATOR)
def decline(pack_id: int) -> Response:
    """Take a household's pack back, because it doesn't want it."""
    try:
        decline_pack(asker(), pack_id, request.form.get("household", 0, type=int))
        flash(_("记下了，他家不要。这一份可以发给别家。"), "done")
    except TooLateError:
        flash(_("没有改：已经截单，东西在订单里了。"), "problem")
    return redirect(
        url_for("packs.pack", pack_id=pack_id, page=request.form.get("page", type=int)), HTTPStatus.SEE_OTHER
    )


def _read_wish(given: MultiDict[str, str]) -> Wish:
    """Return what the form wishes. Raises InvalidError."""
    form = Form(given.to_dict())
    units = {
        int(name[1:]): form.count(name, most=MOST_UNITS, needed=False)
        for name in given
        if name[:1] == "u" and name[1:].isdecimal() and len(name) < 19
    }
    category = given.get("category", "")
    if form.wrong or category not in {"", *CareCategory}:
        raise InvalidError("these are no numbers of units, or no category")
    return Wish(
        {product: number for product, number in units.items() if number},
        CareCategory(category) if category else None,
        given.get("unasked") == "1",
    )


def _asked(given: MultiDict[str, str]) -> dict[str, str]:
    """Return what a preview was asked with, for its address."""
    return {
        name: value
        for name, value in given.items()
        if name in {"category", "unasked"} or (name[:1] == "u" and name[1:].isdecimal())
    }


def _key() -> UUID:
    try:
        return UUID(request.form.get("key", ""))
    except ValueError:
        raise InvalidError("the form carries no key") from None


def _back(cycle_id: int, why: str) -> Response:
    flash(why, "problem")
    return redirect(url_for("packs.home", cycle=cycle_id), HTTPStatus.SEE_OTHER)
