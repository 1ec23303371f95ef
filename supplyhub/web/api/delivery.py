"""Tickets: claimed, handed over, walked, handed back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_smorest import Blueprint

from supplyhub.delivery import chain, commands, queries
from supplyhub.delivery.entries import Entry
from supplyhub.delivery.schemas import (
    CashCountIn,
    CrateOut,
    CustodyOut,
    CutLateIn,
    EntriesIn,
    EntriesOut,
    HandBackIn,
    HandOverIn,
    NewTicketsOut,
    PassedOut,
    PassIn,
    ReassignIn,
    SuccessorOut,
    TicketOut,
    TicketsQuery,
    TicketViewOut,
)
from supplyhub.delivery.states import CrateStep
from supplyhub.payments.counting import Counted
from supplyhub.payments.rules import Taken
from supplyhub.people.states import Role
from supplyhub.web.audience import STAFF, asker, audience

if TYPE_CHECKING:
    from flask_smorest.pagination import PaginationParameters

    from supplyhub.delivery.commands.doors import Recorded
    from supplyhub.delivery.commands.passing import Passed
    from supplyhub.delivery.queries import TicketView

blp = Blueprint("delivery", __name__, url_prefix="/api/v1", description="Delivery tickets, bound to one grid")


@blp.route("/tickets")
@blp.arguments(TicketsQuery, location="query")
@blp.response(200, TicketOut(many=True))
@blp.paginate(max_page_size=500, page_size=100)
@audience(STAFF)
def tickets(query: dict[str, Any], pagination_parameters: PaginationParameters) -> list[Any]:
    """List tickets, newest cycle first: a lead's and a volunteer's own grid (and the volunteer's own ones), else all."""
    states = [query["state"]] if "state" in query else None
    chosen = {"cycle_id": query.get("cycle"), "states": states, "mine": query["mine"]}
    pagination_parameters.item_count = queries.count_tickets_for(asker(), **chosen)
    page = {"limit": pagination_parameters.page_size, "offset": pagination_parameters.first_item}
    return queries.tickets_for(asker(), **chosen, **page)


@blp.route("/tickets/<code>")
@blp.response(200, TicketViewOut)
@audience(STAFF)
def ticket(code: str) -> TicketView:
    """Return a ticket. Doors: for the volunteer who has it now, the grid's lead, and coordinators."""
    return queries.ticket_for(asker(), code)


@blp.route("/tickets/<code>/claim", methods=["POST"])
@blp.response(204)
@audience(Role.VOLUNTEER)
def claim(code: str) -> None:
    """Claim a free ticket of the own grid."""
    commands.claim_ticket(asker(), code)


@blp.route("/tickets/<code>/release", methods=["POST"])
@blp.response(204)
@audience(Role.VOLUNTEER, Role.DEPOT, Role.COORDINATOR)
def release(code: str) -> None:
    """Free a claimed ticket before the handover: the own one, or any as depot or coordinator."""
    commands.release_ticket(asker(), code)


@blp.route("/tickets/<code>/hand-over", methods=["POST"])
@blp.arguments(HandOverIn)
@blp.response(204)
@audience(Role.DEPOT)
def hand_over(payload: dict[str, Any], code: str) -> None:
    """Hand a ticket's crates to the badge that claimed it; `crates` says how many were counted."""
    commands.hand_over(asker(), ticket_code=code, badge_code=payload["badge"], crates=payload["crates"])


@blp.route("/tickets/<code>/reassign", methods=["POST"])
@blp.arguments(ReassignIn)
@blp.response(200, SuccessorOut)
@audience(Role.GRID_LEAD, Role.DEPOT, Role.COORDINATOR)
def reassign(payload: dict[str, Any], code: str) -> dict[str, str]:
    """Void a ticket; its doors without an outcome go to a successor, free or claimed by a named badge of the grid."""
    return {"code": commands.reassign_ticket(asker(), code, badge_code=payload["badge"])}


@blp.route("/tickets/<code>/take-over", methods=["POST"])
@blp.response(204)
@audience(Role.VOLUNTEER)
def take_over(code: str) -> None:
    """Write that the own claimed ticket's parcels came from the person who had it before."""
    commands.take_over(asker(), code)


@blp.route("/batches/<int:batch_id>/late-tickets", methods=["POST"])
@blp.arguments(CutLateIn)
@blp.response(200, NewTicketsOut)
@audience(Role.DEPOT, Role.COORDINATOR)
def cut_late(payload: dict[str, Any], batch_id: int) -> dict[str, list[str]]:
    """Cut parcels that came after the batch was cut into tickets of their own; again is harmless."""
    return {"codes": commands.cut_late(asker(), batch_id, with_free=payload["with_free"])}


@blp.route("/tickets/<code>/custody")
@blp.response(200, CustodyOut(many=True))
@audience(Role.DEPOT, Role.COORDINATOR)
def custody(code: str) -> list[Any]:
    """Return through whose hands a ticket's parcels went, the earliest step first."""
    return chain.chain_of(asker(), code)[1]


@blp.route("/batches/<int:batch_id>/crates")
@blp.response(200, CrateOut(many=True))
@audience(Role.DEPOT, Role.COORDINATOR)
def crates(batch_id: int) -> list[Any]:
    """List a batch's crates in walking order, each with the steps of its custody chain."""
    return chain.crates_for(asker(), batch_id)


@blp.route("/batches/<int:batch_id>/crates/left-depot", methods=["POST"])
@blp.arguments(PassIn)
@blp.response(200, PassedOut)
@audience(Role.DEPOT)
def crates_left(payload: dict[str, Any], batch_id: int) -> Passed:
    """Write that crates left the depot for the delivery point, scanned or counted; again is harmless."""
    return _pass(batch_id, CrateStep.LEFT_DEPOT, payload)


@blp.route("/batches/<int:batch_id>/crates/reached-point", methods=["POST"])
@blp.arguments(PassIn)
@blp.response(200, PassedOut)
@audience(Role.DEPOT)
def crates_reached(payload: dict[str, Any], batch_id: int) -> Passed:
    """Write that crates reached the delivery point, scanned or counted; again is harmless."""
    return _pass(batch_id, CrateStep.REACHED_POINT, payload)


@blp.route("/tickets/<code>/hand-back", methods=["POST"])
@blp.arguments(HandBackIn)
@blp.response(204)
@audience(Role.DEPOT)
def hand_back(payload: dict[str, Any], code: str) -> None:
    """Count back what was not delivered, and the cash, and finish the ticket."""
    commands.hand_back(
        asker(),
        ticket_code=code,
        parcel_codes=payload["parcels"],
        unvisited=payload["unvisited"],
        cash=Counted(**payload["cash"]) if payload["cash"] else None,
    )


@blp.route("/tickets/<code>/cash-counts", methods=["POST"])
@blp.arguments(CashCountIn)
@blp.response(204)
@audience(Role.DEPOT, Role.COORDINATOR)
def count_cash(payload: dict[str, Any], code: str) -> None:
    """Count the cash of a ticket that was not counted with the hand-back, or came after it."""
    commands.count_cash(asker(), ticket_code=code, cash=Counted(**payload))


@blp.route("/tickets/<code>/entries", methods=["POST"])
@blp.arguments(EntriesIn)
@blp.response(200, EntriesOut)
@audience(Role.VOLUNTEER)
def record(payload: dict[str, Any], code: str) -> Recorded:
    """Record what happened at doors, and the money taken there; each is answered, and sending it again changes nothing."""
    return commands.record_doors(
        asker(),
        ticket_code=code,
        entries=[Entry(**entry) for entry in payload["entries"]],
        takings=[Taken(**taking) for taking in payload["takings"]],
    )


def _pass(batch_id: int, step: CrateStep, payload: dict[str, Any]) -> Passed:
    codes, counted = payload.get("crates", ()), payload.get("counted")
    return commands.pass_crates(asker(), batch_id, step, codes=codes, counted=counted)
