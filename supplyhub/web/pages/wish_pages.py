"""The wall of wishes for neighbours and volunteers; what a volunteer was given; posting a wish; deciding a complaint."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for

from supplyhub.depot.reasons import lines_with_reasons
from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from supplyhub.help import commands
from supplyhub.help.board import Which, requests_for
from supplyhub.help.queries import request_for
from supplyhub.help.rules import LONGEST_NOTE
from supplyhub.help.states import OPEN, HelpKind
from supplyhub.help.wishes import LONGEST_PUBLIC, MOST_CLAIMS, claim_of, count_free_wishes, wishes_for
from supplyhub.payments.refusals import MoreThanWorthError
from supplyhub.payments.states import CreditState
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import money, named
from supplyhub.web.pages.forms import Form

if TYPE_CHECKING:
    from sqlalchemy.engine import Row
    from werkzeug.wrappers import Response

    from supplyhub.crypto import Vault

pages = Blueprint("wishes", __name__)
CLAIMERS = (Role.RESIDENT, Role.VOLUNTEER)
LEADS = (Role.GRID_LEAD, Role.COORDINATOR)


@pages.get("/wishes")
@audience(*CLAIMERS)
def wall() -> str:
    """Show the wishes of one's grid; with a door only those that the asker claimed, where their household agreed."""
    wishes = wishes_for(asker())
    mine = [(wish, request_for(asker(), wish.code)) for wish in wishes if wish.mine]
    return render_template(
        "asking/wall.html",
        mine=mine,
        free=[wish for wish in wishes if wish.claimed_by is None and not wish.own],
        own=[wish for wish in wishes if wish.own],
        taken=[wish for wish in wishes if wish.claimed_by is not None and not wish.mine and not wish.own],
    )


@pages.post("/wishes/<code>/claim")
@audience(*CLAIMERS)
def claim(code: str) -> Response:
    """Take a wish upon oneself."""
    try:
        commands.claim_wish(asker(), code)
        flash(_("认领了，谢谢您。办好了，在这里点一下。"), "done")
    except commands.ClaimedError:
        flash(_("别人先认领了。看看别的心愿吧。"), "problem")
    except commands.TooManyClaimsError:
        flash(_("您已经认领了 %(most)s 个，先办好一个。", most=MOST_CLAIMS), "problem")
    except (ConflictError, NotFoundError):
        flash(_("这个心愿不在墙上了。"), "problem")
    return redirect(url_for("wishes.wall"), HTTPStatus.SEE_OTHER)


@pages.post("/wishes/<code>/back")
@audience(*CLAIMERS)
def back(code: str) -> Response:
    """Let somebody else claim it."""
    commands.give_wish_back(asker(), code)
    flash(_("放回墙上了，别人可以认领。"), "done")
    return redirect(url_for("wishes.wall"), HTTPStatus.SEE_OTHER)


@pages.post("/wishes/<code>/done")
@audience(*CLAIMERS)
def done(code: str) -> Response:
    """Say that it is done."""
    try:
        commands.fulfil_wish(asker(), code, note=request.form.get("note", ""), vault=_vault())
        flash(_("办好了，谢谢您！"), "done")
    except (InvalidError, ConflictError):
        flash(_("没有记上：话最多 %(longest)s 个字。", longest=LONGEST_NOTE), "problem")
    return redirect(url_for("wishes.wall"), HTTPStatus.SEE_OTHER)


@pages.get("/helping")
@audience(Role.VOLUNTEER)
def helping() -> str:
    """Show what a volunteer was given, or named for, and what is on the wall."""
    given = [each for each in requests_for(asker(), Which(is_open=True)) if each.opens]
    return render_template("asking/helping.html", given=given, wishes=count_free_wishes(asker()))


@pages.route("/wishes/<code>/post", methods=["GET", "POST"])
@audience(*LEADS)
def post(code: str) -> str | Response | tuple[str, int]:
    """Put a wish on the wall, in words that say nothing of whose it is."""
    wish = _of_kind(code, HelpKind.WISH)
    form = Form(request.form.to_dict())
    if request.method == "POST":
        text = form.text("public_text", LONGEST_PUBLIC, needed=True)
        if not form.wrong:
            try:
                commands.post_wish(asker(), wish.code, public_text=text)
                flash(_("贴到心愿墙了，邻居和志愿者看得到。"), "done")
                return redirect(url_for("wishes.post", code=wish.code), HTTPStatus.SEE_OTHER)
            except ConflictError:
                form.wrong["public_text"] = _("没有改：有人认领了，或者这件事已经办完。")
    opened = commands.read_request(asker(), wish.code, vault=_vault())
    wish = request_for(asker(), wish.code)
    page = render_template(
        "asking/post.html", wish=wish, opened=opened, form=form, claim=claim_of(wish), longest=LONGEST_PUBLIC, open=OPEN
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if form.wrong else HTTPStatus.OK


@pages.get("/complaints/<code>")
@audience(*LEADS)
def complaint(code: str) -> str:
    """Show a complaint beside the order's lines, to be decided."""
    return _complaint_page(_of_kind(code, HelpKind.COMPLAINT), Form({}))


@pages.post("/complaints/<code>/credit")
@audience(*LEADS)
def credit(code: str) -> Response | tuple[str, int]:
    """Make the order cheaper."""
    asked, form = _of_kind(code, HelpKind.COMPLAINT), Form(request.form.to_dict())
    fen, note = form.fen("amount"), form.text("note", LONGEST_NOTE)
    if not form.wrong and fen is not None:
        try:
            state = commands.credit_complaint(asker(), asked.code, amount_fen=fen, note=note, vault=_vault())
            flash(_credited(state, fen), "done" if state == CreditState.GIVEN else "attention")
            return redirect(url_for("wishes.complaint", code=asked.code), HTTPStatus.SEE_OTHER)
        except (InvalidError, ConflictError) as error:
            form.wrong["amount"] = _why_not(error)
    return _complaint_page(asked, form), HTTPStatus.UNPROCESSABLE_ENTITY


@pages.post("/complaints/<code>/explain")
@audience(*LEADS)
def explain(code: str) -> Response | tuple[str, int]:
    """End a complaint with an explanation."""
    asked, form = _of_kind(code, HelpKind.COMPLAINT), Form(request.form.to_dict())
    note = form.text("explanation", LONGEST_NOTE, needed=True)
    if not form.wrong:
        try:
            commands.explain_complaint(asker(), asked.code, note=note, vault=_vault())
            flash(_("答复了，住户看得到。"), "done")
            return redirect(url_for("wishes.complaint", code=asked.code), HTTPStatus.SEE_OTHER)
        except ConflictError:
            form.wrong["explanation"] = _("这件事已经办完了。")
    return _complaint_page(asked, form), HTTPStatus.UNPROCESSABLE_ENTITY


def _complaint_page(asked: Row[Any], form: Form) -> str:
    opened = commands.read_request(asker(), asked.code, vault=_vault())
    asked = request_for(asker(), asked.code)
    lines = lines_with_reasons(asker(), asked.order_id)
    about = [line for line in lines if line.item_id in asked.facts.get("items", [])]
    return render_template(
        "asking/complaint.html",
        asked=asked,
        opened=opened,
        lines=lines,
        about={line.item_id for line in about},
        names={line.item_id: named(line) for line in lines},
        worth_fen=sum(line.charged_fen for line in about),
        form=form,
        open=OPEN,
    )


def _credited(state: CreditState, fen: int) -> str:
    if state == CreditState.GIVEN:
        return _("减了 %(sum)s，多付的会退给住户。", sum=money(fen))
    return _("%(sum)s 超过一个人能减的，等第二个人同意。", sum=money(fen))


def _why_not(error: InvalidError | ConflictError) -> str:
    if isinstance(error, MoreThanWorthError):
        return _("这张单只值 %(worth)s，不能减更多。", worth=money(int(str(error.data["worth_fen"]))))
    if isinstance(error, commands.CreditedError):
        return _("已经减过一次了。")
    if isinstance(error, InvalidError):
        return _("请填钱数，例如 4.80。")
    return _("现在减不了：货还没分，或者这一期已经关了。可以写一句答复。")


def _of_kind(code: str, kind: HelpKind) -> Row[Any]:
    """Return a request of a kind that the asker handles. Raises NotFoundError."""
    found = request_for(asker(), code)
    if found.kind != kind or not found.opens:
        raise NotFoundError("no such request", request=code[:20])
    return found


def _vault() -> Vault:
    vault: Vault = current_app.extensions["vault"]
    return vault
