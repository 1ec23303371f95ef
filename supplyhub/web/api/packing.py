"""Batches, their parcels and packing them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_smorest import Blueprint

from supplyhub.catalog.queries import cycle_for
from supplyhub.delivery.commands import unpack
from supplyhub.depot import commands, packing_queries
from supplyhub.depot.commands import Missing, Weighed
from supplyhub.depot.schemas_packing import BatchOut, PackedOut, PackIn, ParcelOut, UnpackedOut, UnpackIn
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience

if TYPE_CHECKING:
    from flask_smorest.pagination import PaginationParameters

    from supplyhub.depot.commands import Packed

blp = Blueprint("parcels", __name__, url_prefix="/api/v1", description="Packing parcels, grid by grid")


@blp.route("/cycles/<int:cycle_id>/batches")
@blp.response(200, BatchOut(many=True))
@audience(Role.DEPOT, Role.COORDINATOR)
def batches(cycle_id: int) -> list[Any]:
    """List a cycle's batches by grid."""
    return packing_queries.batches_for(asker(), cycle_for(asker(), cycle_id).id)


@blp.route("/batches/<int:batch_id>/parcels")
@blp.response(200, ParcelOut(many=True))
@blp.paginate(max_page_size=500, page_size=100)
@audience(Role.DEPOT, Role.COORDINATOR)
def parcels(batch_id: int, pagination_parameters: PaginationParameters) -> list[Any]:
    """List a batch's parcels in the one sort order, with what to put into them."""
    pagination_parameters.item_count = packing_queries.count_parcels_of(asker(), batch_id)
    page = {"limit": pagination_parameters.page_size, "offset": pagination_parameters.first_item}
    return packing_queries.parcels_of(asker(), batch_id, **page)


@blp.route("/batches/<int:batch_id>/pack", methods=["POST"])
@blp.arguments(PackIn)
@blp.response(200, PackedOut)
@audience(Role.DEPOT)
def pack(payload: dict[str, Any], batch_id: int) -> Packed:
    """Pack parcels, all or none; the last one seals the batch."""
    return commands.pack(
        asker(),
        batch_id,
        payload["parcels"],
        weights=[Weighed(**line) for line in payload["weights"]],
        missing=[Missing(**line) for line in payload["missing"]],
    )


@blp.route("/parcels/<code>/unpack", methods=["POST"])
@blp.arguments(UnpackIn)
@blp.response(200, UnpackedOut)
@audience(Role.DEPOT)
def take_apart(payload: dict[str, Any], code: str) -> dict[str, int]:
    """Take a packed parcel apart while it is at the depot: its units go back to the shelf."""
    return {"units": unpack(asker(), code, reason=payload["reason"], note=payload["note"])}
