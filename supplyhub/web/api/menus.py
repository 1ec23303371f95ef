"""Menus and offers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_smorest import Blueprint

from supplyhub.catalog import commands, editing, late, queries
from supplyhub.catalog.commands import ItemWanted, Ways
from supplyhub.catalog.schemas import (
    EditItemIn,
    EditOut,
    IdOut,
    MenuOut,
    MenusQuery,
    MenuWithItemsOut,
    OfferOut,
    OrderLaterIn,
    SaveMenuIn,
    WithdrawnOut,
)
from supplyhub.catalog.states import Way
from supplyhub.db import as_dict
from supplyhub.people.states import Role
from supplyhub.web import publishing
from supplyhub.web.audience import EVERYBODY, STAFF, asker, audience

if TYPE_CHECKING:
    from flask_smorest.pagination import PaginationParameters

blp = Blueprint("menus", __name__, url_prefix="/api/v1", description="Grid menus and what they are made from")


@blp.route("/offers")
@blp.response(200, OfferOut(many=True))
@audience(STAFF)
def offers() -> list[Any]:
    """List the active offers of the platforms."""
    return queries.offers_for(asker())


@blp.route("/menus")
@blp.arguments(MenusQuery, location="query")
@blp.response(200, MenuOut(many=True))
@blp.paginate(max_page_size=500, page_size=100)
@audience(EVERYBODY)
def menus(query: dict[str, Any], pagination_parameters: PaginationParameters) -> list[Any]:
    """List the menus that the asker may see, newest cycle first."""
    who, cycle = asker(), query.get("cycle")
    pagination_parameters.item_count = queries.count_menus_for(who, cycle_id=cycle)
    return queries.menus_for(
        who, cycle_id=cycle, limit=pagination_parameters.page_size, offset=pagination_parameters.first_item
    )


@blp.route("/menus/<int:menu_id>")
@blp.response(200, MenuWithItemsOut)
@audience(EVERYBODY)
def menu(menu_id: int) -> dict[str, Any]:
    """Return a menu with its items, what is left of each, the cap per household, and what was edited."""
    found = queries.menu_for(asker(), menu_id)
    return {**as_dict(found), "items": queries.items_of(menu_id), "edits": queries.edits_of(menu_id)}


@blp.route("/cycles/<int:cycle_id>/menus/<int:grid_number>", methods=["PUT"])
@blp.arguments(SaveMenuIn)
@blp.response(200, IdOut)
@audience(Role.GRID_LEAD, Role.COORDINATOR)
def save_menu(payload: dict[str, Any], cycle_id: int, grid_number: int) -> dict[str, int]:
    """Write a grid's menu as a draft; an earlier draft is replaced whole."""
    items = [ItemWanted(**item) for item in payload.pop("items")]
    named = payload.pop("ways", [Way.ON_DELIVERY])
    ways = Ways(online=Way.ONLINE in named, on_delivery=Way.ON_DELIVERY in named)
    publishing.check_online(wanted=ways.online)
    menu = commands.save_menu(asker(), cycle_id=cycle_id, grid_number=grid_number, items=items, ways=ways, **payload)
    return {"id": menu}


@blp.route("/menus/<int:menu_id>/publish", methods=["POST"])
@blp.response(204)
@audience(Role.GRID_LEAD, Role.COORDINATOR)
def publish(menu_id: int) -> None:
    """Let residents see and order from a menu; a draw's seed is fixed here, and its hash published."""
    publishing.publish(asker(), menu_id)


@blp.route("/menus/<int:menu_id>/close", methods=["POST"])
@blp.response(204)
@audience(Role.GRID_LEAD, Role.COORDINATOR)
def close(menu_id: int) -> None:
    """Bring a menu's cut-off forward to now. Where orders still wait for their payment, it closes by itself after them."""
    commands.close_menu(asker(), menu_id)


@blp.route("/menus/<int:menu_id>/edits")
@blp.response(200, EditOut(many=True))
@audience(EVERYBODY)
def edits(menu_id: int) -> list[Any]:
    """List what was changed about a menu's items since it was published, newest first."""
    queries.menu_for(asker(), menu_id)
    return queries.edits_of(menu_id)


@blp.route("/menus/<int:menu_id>/items/<int:item_id>", methods=["PATCH"])
@blp.arguments(EditItemIn)
@blp.response(204)
@audience(Role.GRID_LEAD, Role.COORDINATOR)
def edit(payload: dict[str, Any], menu_id: int, item_id: int) -> None:
    """Change price, quantity or cap of a published menu's item, in public; all of it or nothing."""
    editing.edit_item(asker(), menu_id, item_id, **payload)


@blp.route("/menus/<int:menu_id>/items/<int:item_id>/late", methods=["PUT"])
@blp.arguments(OrderLaterIn)
@blp.response(204)
@audience(Role.GRID_LEAD, Role.COORDINATOR)
def order_later(payload: dict[str, Any], menu_id: int, item_id: int) -> None:
    """Give an item a later cut-off than the rest of its menu, in public, so that its case gets full."""
    late.order_later(asker(), menu_id, item_id, payload["until"])


@blp.route("/menus/<int:menu_id>/items/<int:item_id>/late", methods=["DELETE"])
@blp.response(204)
@audience(Role.GRID_LEAD, Role.COORDINATOR)
def order_no_later(menu_id: int, item_id: int) -> None:
    """Let an item end with the rest of its menu again."""
    late.order_later(asker(), menu_id, item_id, None)


@blp.route("/menus/<int:menu_id>/items/<int:item_id>", methods=["DELETE"])
@blp.response(200, WithdrawnOut)
@audience(Role.GRID_LEAD, Role.COORDINATOR)
def withdraw(menu_id: int, item_id: int) -> editing.Withdrawn:
    """Withdraw an item from a published menu for good; its lines are cancelled and their households told."""
    return editing.withdraw_item(asker(), menu_id, item_id)
