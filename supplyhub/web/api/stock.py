"""The stock: lots, their movements, write-offs, what came back, stocktakes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_smorest import Blueprint

from supplyhub.catalog.queries import cycle_for
from supplyhub.db import as_dict
from supplyhub.depot import commands, return_queries, stock_queries, stocktake_queries
from supplyhub.depot.commands import Counted, Why
from supplyhub.depot.schemas_stock import (
    BookIn,
    CountsIn,
    DealIn,
    DealtOut,
    LotOut,
    MoveIn,
    MovementOut,
    ReturnedParcelOut,
    StockCountedOut,
    StockQuery,
    StocktakeIdOut,
    StocktakeIn,
    StocktakeOut,
    StocktakeViewOut,
    WriteOffIn,
)
from supplyhub.depot.states import MoveReason, Place
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience

if TYPE_CHECKING:
    from flask_smorest.pagination import PaginationParameters

    from supplyhub.depot.commands import Dealt
    from supplyhub.depot.return_queries import ReturnedParcel

blp = Blueprint("lots", __name__, url_prefix="/api/v1", description="Stock: lots, movements, stocktakes")


@blp.route("/stock")
@blp.arguments(StockQuery, location="query")
@blp.response(200, LotOut(many=True))
@blp.paginate(max_page_size=500, page_size=100)
@audience(Role.DEPOT, Role.COORDINATOR)
def stock(query: dict[str, Any], pagination_parameters: PaginationParameters) -> list[Any]:
    """List the lots of which something is here, expiring first."""
    places = [query["place"]] if query["place"] else stock_queries.HERE
    pagination_parameters.item_count = stock_queries.count_stock_for(asker(), places=places, words=query["q"])
    page = {"limit": pagination_parameters.page_size, "offset": pagination_parameters.first_item}
    return stock_queries.stock_for(asker(), places=places, words=query["q"], **page)


@blp.route("/lots/<int:lot_id>")
@blp.response(200, LotOut)
@audience(Role.DEPOT, Role.COORDINATOR)
def lot(lot_id: int) -> Any:
    """Return a lot and where its units are."""
    return stock_queries.lot_for(asker(), lot_id)


@blp.route("/lots/<int:lot_id>/movements")
@blp.response(200, MovementOut(many=True))
@audience(Role.DEPOT, Role.COORDINATOR)
def movements(lot_id: int) -> list[Any]:
    """List a lot's movements, newest first."""
    return stock_queries.movements_of(asker(), lot_id, limit=500)


@blp.route("/lots/<int:lot_id>/write-off", methods=["POST"])
@blp.arguments(WriteOffIn)
@blp.response(204)
@audience(Role.DEPOT)
def write_off(payload: dict[str, Any], lot_id: int) -> None:
    """Write units off."""
    payload |= {"place": Place(payload["place"]), "reason": MoveReason(payload["reason"])}
    commands.write_off(asker(), lot_id, **payload)


@blp.route("/lots/<int:lot_id>/put-back", methods=["POST"])
@blp.arguments(MoveIn)
@blp.response(204)
@audience(Role.DEPOT)
def put_back(payload: dict[str, Any], lot_id: int) -> None:
    """Put units that came back, and were looked at, on the shelf again."""
    commands.put_back(asker(), lot_id, **payload)


@blp.route("/lots/<int:lot_id>/set-aside", methods=["POST"])
@blp.arguments(MoveIn)
@blp.response(204)
@audience(Role.DEPOT)
def set_aside(payload: dict[str, Any], lot_id: int) -> None:
    """Set units that came back aside, into quarantine."""
    commands.set_aside(asker(), lot_id, **payload)


@blp.route("/lots/<int:lot_id>/release", methods=["POST"])
@blp.arguments(MoveIn)
@blp.response(204)
@audience(Role.DEPOT, Role.COORDINATOR)
def release(payload: dict[str, Any], lot_id: int) -> None:
    """Release units from quarantine to the shelf; not as whoever set them aside."""
    commands.release(asker(), lot_id, **payload)


@blp.route("/cycles/<int:cycle_id>/returned-parcels")
@blp.response(200, ReturnedParcelOut(many=True))
@audience(Role.DEPOT, Role.COORDINATOR)
def returned(cycle_id: int) -> list[ReturnedParcel]:
    """List a cycle's parcels that came back, with what is left of them to deal with."""
    return return_queries.returned_parcels(asker(), cycle_for(asker(), cycle_id).id)


@blp.route("/parcels/<code>/deal", methods=["POST"])
@blp.arguments(DealIn)
@blp.response(200, DealtOut)
@audience(Role.DEPOT)
def deal(payload: dict[str, Any], code: str) -> Dealt:
    """Deal with all that is left of a parcel that came back; from quarantine not as whoever set it aside."""
    return commands.deal_with_parcel(asker(), code, payload["fate"], reason=payload["reason"], note=payload["note"])


@blp.route("/stocktakes")
@blp.response(200, StocktakeOut(many=True))
@audience(Role.DEPOT, Role.COORDINATOR)
def stocktakes() -> list[Any]:
    """List stocktakes, open ones first."""
    return stocktake_queries.stocktakes_for(asker())


@blp.route("/stocktakes", methods=["POST"])
@blp.arguments(StocktakeIn)
@blp.response(200, StocktakeIdOut)
@audience(Role.DEPOT)
def start(payload: dict[str, Any]) -> dict[str, int]:
    """Start a stocktake of a place, or find the one that is open there."""
    return {"id": commands.start_stocktake(asker(), Place(payload["place"]))}


@blp.route("/stocktakes/<int:stocktake_id>")
@blp.response(200, StocktakeViewOut)
@audience(Role.DEPOT, Role.COORDINATOR)
def stocktake(stocktake_id: int) -> dict[str, Any]:
    """Return a stocktake; while the counting goes on, without the book."""
    view = stocktake_queries.stocktake_for(asker(), stocktake_id)
    return as_dict(view.head) | {"lines": view.lines}


@blp.route("/stocktakes/<int:stocktake_id>/counts", methods=["PUT"])
@blp.arguments(CountsIn)
@blp.response(200, StockCountedOut)
@audience(Role.DEPOT)
def counts(payload: dict[str, Any], stocktake_id: int) -> dict[str, list[int]]:
    """Note what was counted; a lot counted again replaces its line."""
    counted = [Counted(line["lot"], line["units"], line["moves"]) for line in payload["counts"]]
    return {"moved": commands.count_lots(asker(), stocktake_id, counted)}


@blp.route("/stocktakes/<int:stocktake_id>/finish", methods=["POST"])
@blp.response(204)
@audience(Role.DEPOT)
def finish(stocktake_id: int) -> None:
    """End the counting."""
    commands.finish_count(asker(), stocktake_id)


@blp.route("/stocktakes/<int:stocktake_id>/recount", methods=["POST"])
@blp.response(204)
@audience(Role.DEPOT, Role.COORDINATOR)
def recount(stocktake_id: int) -> None:
    """Open the counting again."""
    commands.recount(asker(), stocktake_id)


@blp.route("/stocktakes/<int:stocktake_id>/book", methods=["POST"])
@blp.arguments(BookIn)
@blp.response(204)
@audience(Role.DEPOT, Role.COORDINATOR)
def book(payload: dict[str, Any], stocktake_id: int) -> None:
    """Book the differences, as somebody who didn't count."""
    reasons = {why["lot"]: Why(MoveReason(why["reason"]), why["note"]) for why in payload["reasons"]}
    commands.book_stocktake(asker(), stocktake_id, reasons)


@blp.route("/stocktakes/<int:stocktake_id>/drop", methods=["POST"])
@blp.response(204)
@audience(Role.DEPOT, Role.COORDINATOR)
def drop(stocktake_id: int) -> None:
    """Give a stocktake up; nothing is booked."""
    commands.drop_stocktake(asker(), stocktake_id)
