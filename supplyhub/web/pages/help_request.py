"""One help request: what it says, who has it, what was done, and what can be done next."""

from __future__ import annotations

from datetime import date, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for

from supplyhub.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from supplyhub.help import commands
from supplyhub.help.board import takers_for
from supplyhub.help.commands.merging import duplicates_of, merged_into
from supplyhub.help.commands.naming import nameable, persons_of
from supplyhub.help.commands.passing import passes_of
from supplyhub.help.commands.photos import photos_of
from supplyhub.help.errors import EndedError, NotYoursError, TakenError
from supplyhub.help.queries import handles, request_for, steps_of
from supplyhub.help.rules import FACTS, LONGEST_NAME, LONGEST_NOTE, LONGEST_PLACE, is_restricted
from supplyhub.help.states import OPEN, HelpKind, HelpStepKind, Holder
from supplyhub.ordering.doors import contacts_for
from supplyhub.people.states import Role
from supplyhub.places.queries import grids_numbered
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.pages.forms import Form
from supplyhub.web.pages.help_board import HANDLERS, LEADS
from supplyhub.web.pages.help_forms import photo_words, photos_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response as AnyResponse

    from supplyhub.crypto import Vault
    from supplyhub.help.commands.noting import Opened

pages = Blueprint("help_request", __name__, url_prefix="/help")
LONGEST_CODE = 20


@pages.get("/<code>")
@audience(*HANDLERS)
def show(code: str) -> str:
    """Show a request; one of a restricted kind stays closed until somebody opens it."""
    found = request_for(asker(), code)
    may_read = found.opens and not is_restricted(found.kind)
    return _page(found, commands.read_request(asker(), code, vault=_vault()) if may_read else None)


@pages.post("/<code>/read")
@audience(*HANDLERS)
def read(code: str) -> str | AnyResponse:
    """Open a restricted request: that is written down, and its household sees it."""
    try:
        opened = commands.read_request(asker(), code, vault=_vault())
    except NotYoursError:
        flash(_("先接手，才能打开。"), "problem")
        return _back(code)
    return _page(request_for(asker(), code), opened)


@pages.post("/<code>")
@audience(*HANDLERS)
def act(code: str) -> AnyResponse | tuple[str, int]:
    """Do what a button of the page says."""
    form = Form({name: value.replace("\r\n", "\n") for name, value in request.form.to_dict().items()})
    doing = ACTS.get(form.given.get("act", ""))
    if doing is None:
        raise InvalidError("the form names no act")
    try:
        said = doing(code, form)
    except InvalidError as error:
        form.wrong.setdefault(*_fault(error))
    except (ConflictError, NotAllowedError) as error:
        flash(_refusal(error), "problem")
        return _back(code)
    if form.wrong:
        found = request_for(asker(), code)
        may_read = found.opens and not is_restricted(found.kind)
        opened = commands.read_request(asker(), code, vault=_vault()) if may_read else None
        return _page(found, opened, form), HTTPStatus.UNPROCESSABLE_ENTITY
    flash(said, "done")
    return _back(code)


@pages.get("/<code>/photos/<int:photo>")
@audience(*HANDLERS)
def photo(code: str, photo: int) -> Response:
    """Show a photo of a request; of a restricted one that is written down."""
    picture = commands.read_photo(asker(), code, photo, vault=_vault())
    headers = {"Content-Disposition": "inline", "Cache-Control": "no-store"}
    return Response(picture.content, mimetype=picture.media_type, headers=headers)


def _take(code: str, _form: Form) -> str:
    commands.take_request(asker(), code)
    return _("您接手了。")


def _give(code: str, form: Form) -> str:
    account, before = _id(form, "account"), _id(form, "instead_of")
    commands.assign_request(asker(), code, account or 0, instead_of=before)
    return _("交过去了，会通知对方。")


def _note(code: str, form: Form) -> str:
    note = _needed(form, _("请写做了什么。"))
    if note:
        commands.note_step(asker(), code, note=note, called=form.given["act"] == "call", vault=_vault())
    return _("记下了。")


def _wait(code: str, form: Form) -> str:
    note = _needed(form, _("请写在等什么，住户看得到。"))
    if note:
        commands.let_wait(asker(), code, note=note, vault=_vault())
    return _("记下了：在等回音。")


def _go_on(code: str, form: Form) -> str:
    commands.go_on(asker(), code, note=form.text("note", LONGEST_NOTE), vault=_vault())
    return _("接着办。")


def _hand_on(code: str, form: Form) -> str:
    note, grid = form.text("note", LONGEST_NOTE), form.count("grid", least=1, most=1_000_000)
    if not form.wrong:
        commands.hand_on(asker(), code, grid or 0, note=note, vault=_vault())
    return _("转过去了，那边的网格长会接到通知。")


def _solve(code: str, form: Form) -> str:
    note = form.text("note", LONGEST_NOTE)
    if not form.wrong:
        commands.solve(asker(), code, note=note, vault=_vault())
    return _("办好了，住户会看到。")


def _give_up(code: str, form: Form) -> str:
    note = _needed(form, _("请写为什么没办成，住户看得到。"))
    if note:
        commands.give_up(asker(), code, note=note, vault=_vault())
    return _("记下了：没办成。")


def _withdraw(code: str, form: Form) -> str:
    commands.withdraw(asker(), code, note=form.text("note", LONGEST_NOTE), vault=_vault())
    return _("撤回了。")


def _reopen(code: str, form: Form) -> str:
    commands.reopen(asker(), code, note=form.text("note", LONGEST_NOTE), vault=_vault())
    return _("又打开了，时限重新算。")


def _see(code: str, _form: Form) -> str:
    commands.see_overdue(asker(), code)
    return _("记下了：您看到了。")


def _merge(code: str, form: Form) -> str:
    commands.merge_requests(asker(), code, into=form.given.get("into", "")[:LONGEST_CODE], vault=_vault())
    return _("并成一件了，原来做的都还看得到。")


def _name(code: str, form: Form) -> str:
    commands.name_person(asker(), code, _id(form, "account") or 0)
    return _("点了名，这个人可以打开看。")


def _unname(code: str, form: Form) -> str:
    commands.unname_person(asker(), code, _id(form, "account") or 0)
    return _("这个人不能再看了。")


def _pass(code: str, form: Form) -> str:
    """Write who has the medicine; a hand is a holder, or an account as account:7."""
    hand = form.given.get("hand", "")
    account = hand.removeprefix("account:") if hand.startswith("account:") else ""
    place, name = form.text("place", LONGEST_PLACE, needed=True), form.text("name", LONGEST_NAME)
    if not account and hand not in set(Holder) - {Holder.VOLUNTEER}:
        form.wrong["hand"] = _("请选现在在谁手上。")
    if not form.wrong:
        commands.pass_medicine(
            asker(),
            code,
            key=_key(form),
            said=form.given.get("said", "")[:LONGEST_CODE],
            holder=Holder.VOLUNTEER if account else Holder(hand),
            place=place,
            account_id=_number(account),
            name=name,
            vault=_vault(),
        )
    return _("记下了，药换手了。")


def _add_photo(code: str, form: Form) -> str:
    photos = photos_in(request.files.getlist("photos"))
    if not photos:
        form.wrong["photos"] = _("请先选照片。")
    for each in photos:
        commands.add_photo(asker(), code, each, vault=_vault())
    return _("照片加上了。")


def _drop_photos(code: str, _form: Form) -> str:
    commands.take_photos_away(asker(), code)
    return _("照片删掉了。")


ACTS: dict[str, Callable[[str, Form], str]] = {
    "take": _take,
    "give": _give,
    "note": _note,
    "call": _note,
    "wait": _wait,
    "go_on": _go_on,
    "hand_on": _hand_on,
    "solve": _solve,
    "give_up": _give_up,
    "withdraw": _withdraw,
    "reopen": _reopen,
    "seen": _see,
    "merge": _merge,
    "name": _name,
    "unname": _unname,
    "pass": _pass,
    "photo": _add_photo,
    "drop_photos": _drop_photos,
}


def _needed(form: Form, missing: str) -> str:
    note = form.text("note", LONGEST_NOTE)
    if not note and not form.wrong:
        form.wrong["note"] = missing
    return "" if form.wrong else note


def _id(form: Form, name: str) -> int | None:
    return _number(form.given.get(name, ""))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _key(form: Form) -> UUID:
    try:
        return UUID(form.given.get("key", ""))
    except ValueError:
        return uuid4()


def _fault(error: InvalidError) -> tuple[str, str]:
    """Return which field a refusal belongs beside, and what it says there."""
    field = str(error.data.get("field", ""))
    words = {
        "said": _("袋子上的码对不上，先别交。"),
        "holder": _("药已经在他手上，或者住户已经拿到。"),
        "account": _("这个人现在不能接。"),
        "into": _("这两件不是同一件事。"),
        "grid": _("没有这个网格，或者就在这个网格。"),
    }
    if field == "holder":
        return "hand", words[field]
    if field in words:
        return field, words[field]
    return (field, _("这里填得不对，请再看看。")) if field else ("photos", photo_words(error))


def _refusal(error: ConflictError | NotAllowedError) -> str:
    if isinstance(error, TakenError):
        return _("刚刚被%(who)s接走了。", who=error.data["owner"]) if error.data["owner"] else _("刚刚被放回了。")
    if isinstance(error, EndedError):
        return _("这件已经结束了。")
    if isinstance(error, NotYoursError | NotAllowedError):
        return _("只有经手的人能这样做。")
    if "most" in error.data:
        return _("照片太多，最多 6 张。")
    return _("现在不能这样做，请看看它到哪一步了。")


def _back(code: str) -> AnyResponse:
    """Return to the request, or to the board when the asker sees it no longer."""
    try:
        request_for(asker(), code)
    except NotFoundError:
        return redirect(url_for("help_board.board"), HTTPStatus.SEE_OTHER)
    return redirect(url_for("help_request.show", code=code), HTTPStatus.SEE_OTHER)


def _page(found: Any, opened: Opened | None, form: Form | None = None) -> str:
    mine = handles(asker(), found)
    is_open = found.state in OPEN
    steps = steps_of(found) if found.opens else []
    medicine = found.kind == HelpKind.MEDICINE and found.opens
    may_name = medicine and is_open and (asker().role == Role.COORDINATOR or found.owner_id == asker().account_id)
    return render_template(
        "help/request.html",
        request=found,
        opened=opened,
        form=form or Form({}),
        key=uuid4(),
        mine=mine,
        is_open=is_open,
        lead=asker().role in LEADS,
        restricted=is_restricted(found.kind),
        facts=FACTS[HelpKind(found.kind)],
        # Whose hands medicine went through has a card of its own.
        steps=[step for step in steps if step.step not in {HelpStepKind.READ, HelpStepKind.PASSED}],
        reads=[step for step in steps if step.step == HelpStepKind.READ],
        photos=photos_of(found) if found.opens else [],
        twins=duplicates_of(asker(), found) if mine else [],
        inside=merged_into(asker(), found),
        takers=takers_for(found) if mine and is_open else [],
        persons=persons_of(found) if medicine else [],
        nameable=nameable(found) if may_name else [],
        passes=passes_of(found) if medicine else [],
        grids=_other_grids(found) if mine and is_open and asker().role in LEADS else [],
        contact=_contact(found) if mine else None,
        on_day=date.fromisoformat,
        on_moment=datetime.fromisoformat,
        holders=[each for each in Holder if each != Holder.VOLUNTEER],
    )


def _other_grids(found: Any) -> list[int]:
    return [number for number in grids_numbered(asker().community_id) if number != found.grid_number]


def _contact(found: Any) -> Any:
    """Return whom to call, for a lead and a coordinator."""
    if asker().role not in LEADS or not found.household_id:
        return None
    return contacts_for(asker(), [found.household_id], vault=_vault()).get(found.household_id)


def _vault() -> Vault:
    vault: Vault = current_app.extensions["vault"]
    return vault
