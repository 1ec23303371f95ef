"""The fair draw of a menu, for everybody who may see the menu: how it works, the list, one's own slip, the file."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any

from flask import Blueprint, render_template, request, send_file

from supplyhub.errors import NotFoundError
from supplyhub.ordering.draw.checking import to_csv
from supplyhub.ordering.draw.queries import draw_for, published_draw, slips_found, slips_of_item
from supplyhub.ordering.draw.schemas import DrawOut
from supplyhub.web.audience import EVERYBODY, asker, audience

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

pages = Blueprint("draws", __name__, url_prefix="/draws")

PAGE = 100
LONGEST_SLIP = 60
LAST_PAGE = 10_000


@pages.get("/<int:menu_id>")
@audience(EVERYBODY)
def draw(menu_id: int) -> str:
    """Show how a menu is drawn and the hash of its seed; after the draw what became of each item, and of one slip."""
    found = draw_for(asker(), menu_id)
    typed = request.args.get("slip", "")[:LONGEST_SLIP].strip()
    return render_template(
        "draw/draw.html",
        draw=found,
        typed=typed,
        slips=slips_found(menu_id, typed) if typed else [],
        items={item.item: item for item in found["items"]},
    )


@pages.get("/<int:menu_id>/items/<int:item_id>")
@audience(EVERYBODY)
def item(menu_id: int, item_id: int) -> str:
    """Show an item's list: every slip in the order in which it was drawn."""
    found = draw_for(asker(), menu_id)
    chosen = next((one for one in found["items"] if one.item == item_id), None)
    if chosen is None or found["stage"] != "drawn":
        raise NotFoundError("no such list", item=item_id)
    page = min(max(request.args.get("page", 1, type=int), 1), LAST_PAGE)
    return render_template(
        "draw/item.html",
        draw=found,
        item=chosen,
        page=page,
        page_size=PAGE,
        slips=slips_of_item(menu_id, item_id, limit=PAGE, offset=(page - 1) * PAGE),
    )


@pages.get("/<int:menu_id>/draw.json")
@audience(EVERYBODY)
def as_json(menu_id: int) -> Response:
    """Hand out the draw for checking, as the API gives it."""
    return _file(menu_id, "json", "application/json", json.dumps(_published(menu_id), ensure_ascii=False, indent=1))


@pages.get("/<int:menu_id>/draw.csv")
@audience(EVERYBODY)
def as_csv(menu_id: int) -> Response:
    """Hand out the draw for a spreadsheet; it can be checked as well."""
    # Spreadsheets read Chinese names right behind the mark.
    return _file(menu_id, "csv", "text/csv", "\ufeff" + to_csv(_published(menu_id)))


def _published(menu_id: int) -> dict[str, Any]:
    found: dict[str, Any] = DrawOut().dump(published_draw(asker(), menu_id))
    return found


def _file(menu_id: int, suffix: str, mimetype: str, text: str) -> Response:
    name = f"draw-{menu_id}.{suffix}"
    return send_file(BytesIO(text.encode()), mimetype, as_attachment=True, download_name=name)
