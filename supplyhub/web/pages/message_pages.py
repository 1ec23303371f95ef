"""What somebody is told: the bell on every page, the list, and by which channels they want to be told."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for

from supplyhub.errors import ConflictError
from supplyhub.notifications.addresses import AddressError
from supplyhub.notifications.channels import add_mail_box, own_channels
from supplyhub.notifications.confirming import (
    MOST_CODES_A_DAY,
    CodeExpiredError,
    TooManyCodesError,
    WrongCodeError,
    confirm_mail,
    send_another,
)
from supplyhub.notifications.links import link_of
from supplyhub.notifications.reading import count_new, mark_seen, messages_for
from supplyhub.notifications.rules import MATTERS
from supplyhub.notifications.states import Matter
from supplyhub.notifications.words import said
from supplyhub.people.states import Role
from supplyhub.web.audience import EVERYBODY, asker, audience
from supplyhub.web.channel_words import ADDRESS_FAULTS, trouble_words
from supplyhub.web.channel_words import MATTERS as MATTER_WORDS
from supplyhub.web.language import gettext as _
from supplyhub.web.language import look
from supplyhub.web.limits import limiter
from supplyhub.web.looks import counted

if TYPE_CHECKING:
    from datetime import datetime

    from flask import Flask
    from sqlalchemy.engine import Row
    from werkzeug.wrappers import Response

pages = Blueprint("messages", __name__, url_prefix="/messages")
# Who types a code, or asks for one, reads what is said before trying again.
TRIES, ASKS = "10 per minute", "6 per minute"
# Everybody opens these at once when a menu opens, and planning the count costs more than the menu itself: here the bell
# has no number.
BUSY_PAGES = frozenset({"resident.menu", "resident.review"})


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as its reader sees it."""

    title: str
    text: str
    icon: str
    link: str
    at: datetime
    new: bool


def init_app(app: Flask) -> None:
    """Give the templates the bell, and the words of channels."""
    app.jinja_env.globals.update(unseen=unseen, matter_words=MATTER_WORDS, trouble_words=trouble_words)


def unseen() -> int:
    """Return how many messages the reader of this request hasn't seen; 0 for a stranger, and on the busiest pages."""
    if "unseen" not in g:
        g.unseen = count_new(g.asker) if g.get("asker") and request.endpoint not in BUSY_PAGES else 0
    found: int = g.unseen
    return found


@pages.get("")
@audience(EVERYBODY)
def messages() -> str:
    """Show what the reader was told, the newest first; then it is seen."""
    found = [_shown(message) for message in messages_for(asker())]
    g.unseen = 0
    page = render_template("channels/messages.html", messages=found)
    if any(message.new for message in found):
        mark_seen(asker())
    return page


@pages.get("/settings")
@audience(EVERYBODY)
def settings() -> str:
    """Show by which channels the reader is told of what."""
    return _settings()


@pages.post("/mail")
@limiter.limit(ASKS)
@audience(EVERYBODY)
def add_mail() -> Response | tuple[str, int]:
    """Keep one more mail box, and send it a code."""
    typed = request.form.get("address", "")
    try:
        add_mail_box(asker(), typed, language=look().lang, vault=current_app.extensions["vault"])
    except AddressError as error:
        return _settings(typed, _(ADDRESS_FAULTS[error.reason])), HTTPStatus.UNPROCESSABLE_ENTITY
    except TooManyCodesError as error:
        flash(_too_many(error), "problem")
    except ConflictError:
        flash(_("没有加：最多三个邮箱，先去掉一个。"), "problem")
    else:
        flash(_("确认码发过去了，收到后填在这里。"), "done")
    return redirect(url_for("messages.settings"), HTTPStatus.SEE_OTHER)


@pages.post("/mail/<int:channel>/confirm")
@limiter.limit(TRIES)
@audience(EVERYBODY)
def confirm(channel: int) -> Response | tuple[str, int]:
    """Confirm a mail box by the code that was sent there."""
    try:
        confirm_mail(asker(), channel, request.form.get("code", ""), vault=current_app.extensions["vault"])
    except WrongCodeError as error:
        fault = counted("不对，还可以试 %(num)s 次。看看是不是最新一封信里的。", error.left)
        return _settings(fault=fault, at=channel), HTTPStatus.UNPROCESSABLE_ENTITY
    except CodeExpiredError:
        fault = _("这个码不能用了：过了一小时，或者试得太多。请再要一个。")
        return _settings(fault=fault, at=channel), HTTPStatus.CONFLICT
    flash(_("邮箱确认好了，消息会发到那里。"), "done")
    return redirect(url_for("messages.settings"), HTTPStatus.SEE_OTHER)


@pages.post("/mail/<int:channel>/code")
@limiter.limit(ASKS)
@audience(EVERYBODY)
def another_code(channel: int) -> Response:
    """Send another code to a mail box."""
    try:
        send_another(asker(), channel)
        flash(_("又发了一封，只有最新一封里的码能用。"), "done")
    except TooManyCodesError as error:
        flash(_too_many(error), "problem")
    return redirect(url_for("messages.settings"), HTTPStatus.SEE_OTHER)


def _too_many(error: TooManyCodesError) -> str:
    if error.data["soon"]:
        return _("刚发过一封，请等一分钟再要。也看看垃圾邮件里有没有。")
    return _("一天最多发 %(count)s 个确认码，请明天再来。", count=MOST_CODES_A_DAY)


def _settings(typed: str = "", fault: str = "", at: int | None = None) -> str:
    return render_template(
        "channels/settings.html",
        channels=own_channels(asker(), vault=current_app.extensions["vault"]),
        matters=MATTERS[asker().role],
        mail_is_on=bool(current_app.extensions["settings"].mail_url),
        keeps_groups=asker().role in {Role.COORDINATOR, Role.GRID_LEAD},
        typed=typed,
        fault="" if at else fault,
        code_faults={at: fault},
    )


def _shown(message: Row[Any]) -> Shown:
    matter = Matter(message.matter)
    zone = current_app.extensions["settings"].timezone
    words = said(matter, message.facts, lang=look().lang, zone=zone)
    link = link_of(matter, message.facts, asker().role)
    return Shown(words.title, words.text, MATTER_WORDS[matter][1], link, message.at, message.new)
