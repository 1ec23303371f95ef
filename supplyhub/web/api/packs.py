"""Care packs: what was given for care, trying a giving out, giving, where packs stand; one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import current_app
from flask_smorest import Blueprint

from supplyhub.catalog.queries import cycle_for
from supplyhub.errors import InvalidError
from supplyhub.help import pack_queries
from supplyhub.help.commands.packing_up import Wish, decline_pack, give_packs, preview_packs
from supplyhub.help.pack_stock import goods_for_care
from supplyhub.help.schemas_packs import (
    OwnPackOut,
    PackDeclineIn,
    PackGiveIn,
    PackGivenOut,
    PackHomeOut,
    PackOut,
    PackPreviewIn,
    PackPreviewOut,
    PacksQuery,
    PackStockOut,
)
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience

if TYPE_CHECKING:
    from flask_smorest.pagination import PaginationParameters

    from supplyhub.help.commands.packing_up import Preview

blp = Blueprint("care_packs", __name__, url_prefix="/api/v1", description="Care packs of what was given for care")


@blp.route("/packs/goods")
@blp.arguments(PacksQuery, location="query")
@blp.response(200, PackStockOut(many=True))
@audience(Role.COORDINATOR)
def goods(query: dict[str, Any]) -> list[Any]:
    """List what packs of a cycle can be made of."""
    return goods_for_care(cycle_for(asker(), query["cycle"]).id)


@blp.route("/packs/preview", methods=["POST"])
@blp.arguments(PackPreviewIn)
@blp.response(200, PackPreviewOut)
@audience(Role.COORDINATOR)
def preview(payload: dict[str, Any]) -> Preview:
    """Try a giving out, in numbers alone; nothing is written."""
    return preview_packs(asker(), payload["cycle"], _wish(payload), vault=current_app.extensions["vault"])


@blp.route("/packs", methods=["POST"])
@blp.arguments(PackGiveIn)
@blp.response(200, PackGivenOut)
@audience(Role.COORDINATOR)
def give(payload: dict[str, Any]) -> dict[str, int]:
    """Promise packs to households of the care register; the same key again is the same giving."""
    pack_id = give_packs(
        asker(),
        payload["cycle"],
        _wish(payload),
        name=payload["name"],
        key=payload["key"],
        packs=payload["packs"],
        vault=current_app.extensions["vault"],
    )
    return {"id": pack_id}


@blp.route("/packs")
@blp.arguments(PacksQuery, location="query")
@blp.response(200, PackOut(many=True))
@audience(Role.COORDINATOR)
def packs(query: dict[str, Any]) -> list[Any]:
    """List a cycle's givings and how many of their packs stand where."""
    return pack_queries.packs_for(asker(), query["cycle"])


@blp.route("/packs/<int:pack_id>/homes")
@blp.response(200, PackHomeOut(many=True))
@blp.paginate(max_page_size=500, page_size=100)
@audience(Role.COORDINATOR)
def homes(pack_id: int, pagination_parameters: PaginationParameters) -> list[Any]:
    """List where a giving's packs stand, door by door."""
    pagination_parameters.item_count = pack_queries.count_homes_of_pack(asker(), pack_id)
    page = {"limit": pagination_parameters.page_size, "offset": pagination_parameters.first_item}
    return pack_queries.homes_of_pack(asker(), pack_id, **page)


@blp.route("/packs/<int:pack_id>/decline", methods=["POST"])
@blp.arguments(PackDeclineIn)
@blp.response(204)
@audience(Role.RESIDENT, Role.COORDINATOR)
def decline(payload: dict[str, Any], pack_id: int) -> None:
    """Take a household's pack back before the cut-off: the own one, or any as a coordinator."""
    decline_pack(asker(), pack_id, payload["household"])


@blp.route("/me/packs")
@blp.response(200, OwnPackOut(many=True))
@audience(Role.RESIDENT)
def own() -> list[Any]:
    """List the packs of one's own household, newest first."""
    return pack_queries.packs_of_household(asker())


def _wish(payload: dict[str, Any]) -> Wish:
    units = {line["product"]: line["units"] for line in payload["goods"]}
    if len(units) < len(payload["goods"]):
        raise InvalidError("each of the goods stands once in a pack")
    return Wish(units, payload["category"], payload["unasked"])
