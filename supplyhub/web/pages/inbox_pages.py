"""A grid lead's inbox (must be cleared): what, where, since when, and what to do about it in one tap."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for

from supplyhub.delivery.commands import clear_item, take_this_instead
from supplyhub.delivery.deciding import Hindrance
from supplyhub.delivery.inbox_queries import at_work, cleared_items_for, count_open_items, open_items_for
from supplyhub.delivery.photo_queries import photo_of_door
from supplyhub.delivery.states import InboxKind
from supplyhub.errors import ConflictError, InvalidError
from supplyhub.ordering.doors import contacts_for
from supplyhub.people.applications import phones_of
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.pages.forms import Form
from supplyhub.web.words import N_

if TYPE_CHECKING:
    from uuid import UUID

    from flask import Flask
    from werkzeug.wrappers import Response as AnyResponse

pages = Blueprint("inbox", __name__, url_prefix="/inbox")
LEADS = (Role.GRID_LEAD, Role.COORDINATOR)
# Of these the ticket is given to somebody else.
TO_REASSIGN = {InboxKind.UNCLAIMED, InboxKind.SILENT}
CHOICES = 3
WORDS = {
    "not_arrived": (N_("说没收到"), "problem", "search"),
    "silent": (N_("志愿者没消息"), "problem", "clock"),
    "unclaimed": (N_("配送单没人领"), "problem", "hand"),
    "entry_conflict": (N_("两边说的不一样"), "attention", "copy"),
    "failed_door": (N_("没送成"), "attention", "alert"),
    "kept_back": (N_("有东西没留下"), "attention", "undo"),
    "level_changed": (N_("管控等级变了"), "attention", "shield"),
}
WHY_NOT: dict[str, str] = {
    Hindrance.NOT_KEPT: N_("后说的那一句没有留下，不能改成它。请按现在记的处理。"),
    Hindrance.FINISHED: N_("这张单收回了，货都点过，不能改了。没收到的，请住户报“没收到”。"),
    Hindrance.NOT_TAKEN_OVER: N_("这张单换了人，还没接走。接走以后再改。"),
    Hindrance.PASSED_ON: N_("中心户把包裹给了住户，不能改了。"),
    Hindrance.TAKEN_BACK: N_("说这句话的人自己撤回了，不能改成它。"),
    Hindrance.NO_ENTRY: N_("这一户是早先记的，不能改了。"),
    Hindrance.IMPLAUSIBLE: N_("那一句和这一户的货对不上，不能改成它。"),
    Hindrance.BY_PHONE: N_("这是志愿者手机记的，不是补录的，不能在这里改。"),
    Hindrance.COUNTED: N_("这张单的现金点过了，差多少已经记下，钱数不能再改。"),
    Hindrance.AMOUNT: N_("钱数没有改：比该收的多，或者多收的已经退给住户。"),
}


def init_app(app: Flask) -> None:
    """Give the templates what tells how much is to be cleared."""
    app.jinja_env.globals.update(inbox_count=inbox_count)


def inbox_count() -> int:
    """Return how much the asker has to clear."""
    return count_open_items(asker())


@pages.get("")
@audience(*LEADS)
def inbox() -> str:
    """Show what is to be cleared, what waits for somebody first."""
    return _page()


@pages.post("/<int:item>")
@audience(*LEADS)
def clear(item: int) -> AnyResponse | tuple[str, int]:
    """Clear an item, with a note where the form has one."""
    form = Form(request.form.to_dict())
    note = form.text("note")
    try:
        if form.wrong:
            return _page(item, form.wrong["note"], note), HTTPStatus.UNPROCESSABLE_ENTITY
        if clear_item(asker(), item, note=note):
            flash(_("处理好了。"), "done")
        else:
            flash(_("这件早就处理好了。"), "note")
    except InvalidError:
        return _page(item, _("请写查得怎样，住户在等这句话。"), note), HTTPStatus.UNPROCESSABLE_ENTITY
    return redirect(url_for("inbox.inbox"), HTTPStatus.SEE_OTHER)


@pages.post("/<int:item>/take")
@audience(*LEADS)
def take(item: int) -> AnyResponse:
    """Let a door stand by the entry that contradicts."""
    try:
        if take_this_instead(asker(), item):
            flash(_("改过来了。"), "done")
        else:
            flash(_("这件早就处理好了。"), "note")
    except ConflictError as error:
        flash(why_not(error), "problem")
    return redirect(url_for("inbox.inbox"), HTTPStatus.SEE_OTHER)


def why_not(error: ConflictError) -> str:
    """Say why a door can't be made to stand otherwise, and what to do."""
    words = WHY_NOT.get(str(error.data.get("why", "")))
    return _(words) if words else _("现在不行，请再试一次。")


@pages.get("/photos/<uuid:entry>")
@audience(*LEADS)
def photo(entry: UUID) -> Response:
    """Show the photo that came with what was reported of a door."""
    found = photo_of_door(asker(), entry)
    headers = {"Content-Disposition": "inline", "Cache-Control": "no-store"}
    return Response(found.content, mimetype=found.media_type, headers=headers)


def _page(wrong: int = 0, fault: str = "", typed: str = "") -> str:
    items = open_items_for(asker())
    return render_template(
        "grid/inbox.html",
        items=items,
        more=count_open_items(asker()) - len(items),
        cleared=cleared_items_for(asker()),
        words={kind: (_(word), tone, icon) for kind, (word, tone, icon) in WORDS.items()},
        contacts=_contacts(items),
        phones=phones_of(
            asker(), sorted({item.badge for item in items if item.badge}), vault=current_app.extensions["vault"]
        ),
        choices=_choices(items),
        wrong=wrong,
        fault=fault,
        typed=typed,
    )


def _contacts(items: list[Any]) -> dict[int, Any]:
    """Return whom the lead calls at the doors of some items; a coordinator calls the lead."""
    homes = sorted({item.household_id for item in items if item.household_id})
    if not homes or asker().role != Role.GRID_LEAD:
        return {}
    return dict(contacts_for(asker(), homes, vault=current_app.extensions["vault"]))


def _choices(items: list[Any]) -> dict[int, list[Any]]:
    """Return by item who is at work in its grid and could take its ticket over, those with the fewest doors first."""
    waiting = [item for item in items if item.kind in TO_REASSIGN]
    found = at_work(sorted({item.grid_id for item in waiting}))
    return {
        item.id: [each for each in found if each.grid_id == item.grid_id and each.badge != item.badge][:CHOICES]
        for item in waiting
    }
