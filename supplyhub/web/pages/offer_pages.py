"""The coordinator's pages of what can be bought: from a file, from a list to begin with, by hand."""

from __future__ import annotations

import base64
import binascii
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for

from supplyhub.catalog.importing import import_offers
from supplyhub.catalog.offer_file import (
    COLUMNS,
    MOST_A_CASE,
    MOST_DAYS,
    MOST_GRAMS,
    OfferRow,
)
from supplyhub.catalog.offering import catalogue_for, end_offer, offer_of, write_offer
from supplyhub.catalog.platforms import platforms_for
from supplyhub.config import PACKAGE
from supplyhub.db import as_dict
from supplyhub.errors import NotFoundError
from supplyhub.files import FileRefusedError
from supplyhub.people.states import Role
from supplyhub.reports.samples import sample_workbook
from supplyhub.web.audience import asker, audience
from supplyhub.web.file_faults import faults_of
from supplyhub.web.language import gettext as _
from supplyhub.web.pages.forms import Form
from supplyhub.web.words import CATEGORIES

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

pages = Blueprint("offers", __name__, url_prefix="/coordinator/offers")

LARGEST_BYTES = 1024 * 1024
# Vegetables of every day with prices of a market, to begin with.
FIRST_LIST = PACKAGE / "demo_data" / "offers.csv"
SAMPLE = ["V001", "大白菜", "Chinese cabbage", "蔬菜", "颗", 1500, "平台甲", 300, 380, 10, 7]


@pages.get("")
@audience(Role.COORDINATOR)
def offers() -> str:
    """List what can be bought, and where to change it."""
    return render_template("coordinator/offers.html", offers=catalogue_for(asker()), refusal=None, problems=[])


@pages.post("/try")
@audience(Role.COORDINATOR)
def try_file() -> str | tuple[str, int]:
    """Tell what a file of offers would change; the file comes along until that is confirmed."""
    sent = request.files.get("offers")
    first = "first" in request.form
    name = FIRST_LIST.name if first else (sent.filename or "")[:60] if sent else ""
    data = FIRST_LIST.read_bytes() if first else sent.stream.read(LARGEST_BYTES + 1) if sent else b""
    if not name or len(data) > LARGEST_BYTES:
        return _refused(_("请选一份报价文件，最大 1 MB。"))
    try:
        counts = import_offers(asker().community_id, data, file=name, dry_run=True)
    except FileRefusedError as refusal:
        return _refused("", refusal)
    kept = base64.b64encode(data).decode()
    return render_template("coordinator/offers_trial.html", counts=counts, name=name, first=first, kept=kept)


@pages.post("/load")
@audience(Role.COORDINATOR)
def load() -> Response | tuple[str, int]:
    """Load a file of offers that was tried."""
    try:
        data = base64.b64decode(request.form.get("kept", ""), validate=True)
        import_offers(asker().community_id, data, file=request.form.get("name", "")[:60] or "offers")
    except binascii.Error:
        return _refused(_("文件没有收全，请再选一次。"))
    except FileRefusedError as refusal:
        return _refused("", refusal)
    flash(_("报价导入好了，网格长现在可以选进菜单。"), "done")
    return redirect(url_for("offers.offers"), HTTPStatus.SEE_OTHER)


@pages.route("/new", methods=["GET", "POST"])
@audience(Role.COORDINATOR)
def new() -> str | Response | tuple[str, int]:
    """Write an offer by hand."""
    return _edit(None)


@pages.route("/<sku>", methods=["GET", "POST"])
@audience(Role.COORDINATOR)
def offer(sku: str) -> str | Response | tuple[str, int]:
    """Change an offer by hand."""
    return _edit(offer_of(asker(), sku))


@pages.post("/<sku>/end")
@audience(Role.COORDINATOR)
def end(sku: str) -> Response:
    """Withdraw an offer."""
    try:
        end_offer(asker(), sku)
    except NotFoundError:
        flash(_("没有这一种。"), "problem")
    else:
        flash(_("撤下了：以后的菜单里没有它，已经发布的不变。"), "done")
    return redirect(url_for("offers.offers"), HTTPStatus.SEE_OTHER)


@pages.get("/sample.xlsx")
@audience(Role.COORDINATOR)
def sample() -> Response:
    """Hand out an empty list of offers to be filled in."""
    needed = [column.headers[0] for column in COLUMNS if not column.optional]
    book = sample_workbook(_("报价"), needed, [SAMPLE])
    return send_file(BytesIO(book), as_attachment=True, download_name=_("报价") + ".xlsx")


def _refused(fault: str, refusal: FileRefusedError | None = None) -> tuple[str, int]:
    page = render_template(
        "coordinator/offers.html",
        offers=catalogue_for(asker()),
        fault=fault,
        refusal=refusal,
        problems=faults_of(refusal) if refusal else [],
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY


def _edit(known: Any) -> str | Response | tuple[str, int]:
    form = Form(request.form.to_dict())
    if request.method == "POST":
        offer = _read(form, known)
        if not form.wrong:
            write_offer(asker(), offer)
            flash(_("存好了：%(name)s。", name=offer.name_zh), "done")
            return redirect(url_for("offers.new" if known is None else "offers.offers"), HTTPStatus.SEE_OTHER)
    page = render_template(
        "coordinator/offer.html",
        known=known,
        form=form,
        platforms=[platform.name for platform in platforms_for(asker())],
        categories=list(CATEGORIES),
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if form.wrong else HTTPStatus.OK


def _read(form: Form, known: Any) -> OfferRow:
    """Return the offer as it was typed; what the form doesn't ask for stays as it was."""
    before = as_dict(known) if known is not None else {}
    name = form.text("name", 40, needed=True)
    category = form.count("category", least=1, most=len(CATEGORIES), needed=False)
    return OfferRow(
        sku=before.get("sku", ""),
        name_zh=name,
        name_en=form.text("name_en", 60) or name,
        category=list(CATEGORIES)[category - 1] if category else "",
        unit=form.text("unit", 10, needed=True),
        unit_weight_grams=form.count("grams", least=1, most=MOST_GRAMS) or 1,
        shelf_life_days=form.count("days", least=1, most=MOST_DAYS) or 1,
        picture=before.get("picture", ""),
        platform=form.text("platform", 40, needed=True),
        cost_fen=form.fen("cost") or 0,
        price_fen=form.fen("price") or 0,
        case_size=form.count("case", least=1, most=MOST_A_CASE) or 1,
        minimum_cases=before.get("minimum_cases", 1),
        barcode=before.get("barcode"),
        by_weight=before.get("by_weight", False),
    )
