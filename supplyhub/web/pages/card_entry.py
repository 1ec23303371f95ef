"""A household's way in: whose card it is, one button, and for a further device the number that the first one shows."""

from __future__ import annotations

import re
import unicodedata
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import current_app, flash, redirect, render_template, request

from supplyhub.codes import ALPHABET, SECRET_LENGTH, TYPED_LENGTH, read_code
from supplyhub.errors import HubError, NotFoundError
from supplyhub.people.commands import SignInError
from supplyhub.people.states import Role
from supplyhub.residents.asking import asker_of
from supplyhub.residents.cards import TooManyGuessesError, card_holder
from supplyhub.residents.devices import PIN_LENGTH, PinEndedError, PinNeededError, WrongPinError, join, leave
from supplyhub.web import auth
from supplyhub.web.audience import current_asker
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import counted

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from supplyhub.residents.cards import CardHolder

Answer = tuple[str, HTTPStatus]


def page(fault: str = "", *, typed: str = "", refused: str = "") -> str:
    """Ask for the card. `fault` is what was mistyped; `refused` why a card that looked right didn't do."""
    return render_template(
        "entry/card.html", holder=None, fault=fault, typed=typed, refused=refused, length=TYPED_LENGTH
    )


def given() -> str | Response | Answer:
    """Answer a card that was scanned or typed: ask whose it is; after the button, let the device join."""
    # Somebody may paste the whole address of the link.
    secret = request.form.get("secret", "").rpartition("#")[2]
    fault = mistyped(secret)
    if fault:
        return page(fault, typed=secret[:40]), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        holder = card_holder(secret, address=request.remote_addr or "", vault=current_app.extensions["vault"])
    except SignInError:
        return page(refused="unknown"), HTTPStatus.UNAUTHORIZED
    except TooManyGuessesError:
        return page(refused="guesses"), HTTPStatus.TOO_MANY_REQUESTS
    asker = current_asker()
    if asker is not None and asker.household_id == holder.household_id:
        flash(_("这台手机已经登录了。"), "done")
        return redirect("/", HTTPStatus.SEE_OTHER)
    if "yes" not in request.form:
        return render_template("entry/card.html", holder=holder, secret=secret)
    return _joined(holder, secret)


def mistyped(secret: str) -> str:
    """Return what is wrong with a code that no card has; nothing is looked up for it, and no try is used."""
    code = read_code(secret[:100])
    if len(code) not in {TYPED_LENGTH, SECRET_LENGTH}:
        return counted("卡上的码是 %(length)s 个字，刚才输了 %(num)s 个。", len(code), length=TYPED_LENGTH)
    strange = next((letter for letter in code if letter not in ALPHABET), None)
    return _("卡上没有“%(letter)s”这个字：不用 0、O、1、I。请再看一眼。", letter=strange) if strange else ""


def leave_household() -> None:
    """End the device that this browser is to a household: none shall stay behind without a browser."""
    asker = current_asker()
    if asker is not None and asker.role == Role.RESIDENT:
        leave(asker, auth.device_of_session())


def _joined(holder: CardHolder, secret: str) -> str | Response | Answer:
    pin = re.sub(r"\D", "", unicodedata.normalize("NFKC", request.form.get("pin", "")[:40]))
    if "pin" in request.form and len(pin) != PIN_LENGTH:
        return _ask_pin(holder, secret, _("要 6 位数字。")), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        device = join(holder, pin=pin, vault=current_app.extensions["vault"])
    except PinNeededError:
        return _ask_pin(holder, secret)
    except (WrongPinError, PinEndedError) as error:
        return _ask_pin(holder, secret, _pin_words(error)), HTTPStatus.UNAUTHORIZED
    except SignInError:
        return page(refused="unknown"), HTTPStatus.UNAUTHORIZED
    asker = asker_of(holder.account_id)
    if asker is None:
        raise NotFoundError("this account is closed")
    leave_household()
    auth.sign_in(asker, device)
    return redirect("/", HTTPStatus.SEE_OTHER)


def _ask_pin(holder: CardHolder, secret: str, wrong: str = "") -> str:
    return render_template("entry/pin.html", holder=holder, secret=secret, wrong=wrong)


def _pin_words(error: HubError) -> str:
    tries = error.data.get("tries_left", 0)
    if isinstance(tries, int) and tries:
        return counted("数字不对，还能再试 %(num)s 次。", tries)
    return _("这个数字不能用了：过了 10 分钟，或者输错太多次。请在那部手机上再要一个新的。")
