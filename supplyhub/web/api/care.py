"""The care register: entries, consents, keepers, standing volunteers, check-in calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import current_app
from flask_smorest import Blueprint

from supplyhub.errors import NotFoundError
from supplyhub.people.states import Role
from supplyhub.residents import care, care_checks, care_consents, care_queries, care_reading, care_standing
from supplyhub.residents.care_reach import today_in
from supplyhub.residents.care_schemas import (
    CareArrangementIn,
    CareBadgeIn,
    CareCaseIn,
    CareCheckOut,
    CareConsentIn,
    CareContentsIn,
    CareEndIn,
    CareKeeperIn,
    CareOpenedOut,
    CareOut,
    CareOutcomeIn,
    CarePersonOut,
    CarePlanIn,
    CareQuery,
    CareReadIn,
    OwnCareOut,
)
from supplyhub.residents.states import ConsentPurpose
from supplyhub.web.audience import asker, audience

if TYPE_CHECKING:
    from flask_smorest.pagination import PaginationParameters

    from supplyhub.crypto import Vault

blp = Blueprint("care_api", __name__, url_prefix="/api/v1/care", description="The care register and check-in calls")
KEEPERS = (Role.GRID_LEAD, Role.COORDINATOR)
PURPOSE = f"<any({', '.join(ConsentPurpose)}):purpose>"


@blp.route("/cases")
@blp.arguments(CareQuery, location="query")
@blp.response(200, CareOut(many=True))
@blp.paginate(max_page_size=500, page_size=100)
@audience(*KEEPERS)
def cases(query: dict[str, Any], pagination_parameters: PaginationParameters) -> list[Any]:
    """List entries in walking order, a grid lead's own grid's; never why a household is in the register."""
    pagination_parameters.item_count = care_queries.case_counts(asker(), grid=query.get("grid"))[query["part"]]
    page = {"limit": pagination_parameters.page_size, "offset": pagination_parameters.first_item}
    return care_queries.cases_for(asker(), **query, **page)


@blp.route("/cases", methods=["POST"])
@blp.arguments(CareCaseIn)
@blp.response(201, CareOut)
@audience(*KEEPERS)
def enter(payload: dict[str, Any]) -> Any:
    """Put a household into the register; a lead becomes the keeper of the entry."""
    today = today_in(asker().community_id)
    new = care.NewCase(
        payload["categories"],
        payload["note"],
        payload["priority"],
        payload["check_every_days"],
        payload["ends_on"],
        dict.fromkeys(payload["consents"], today),
    )
    case_id = care.open_case(asker(), payload["household"], new, vault=_vault())
    return care_queries.case_for(asker(), case_id)


@blp.route("/cases/<int:case_id>")
@blp.response(200, CareOut)
@audience(*KEEPERS)
def case(case_id: int) -> Any:
    """Return an entry, without what it says."""
    return care_queries.case_for(asker(), case_id)


@blp.route("/cases/<int:case_id>/readings", methods=["POST"])
@blp.arguments(CareReadIn)
@blp.response(200, CareOpenedOut)
@audience(*KEEPERS)
def read(payload: dict[str, Any], case_id: int) -> Any:
    """Open an entry and write down who did and what for; for its keeper and a coordinator."""
    return care_reading.read_case(asker(), case_id, purpose=payload["purpose"], vault=_vault())


@blp.route("/cases/<int:case_id>/contents", methods=["PUT"])
@blp.arguments(CareContentsIn)
@blp.response(204)
@audience(*KEEPERS)
def write(payload: dict[str, Any], case_id: int) -> None:
    """Write what an entry says anew, under a fresh key; for its keeper and a coordinator."""
    care.write_case(asker(), case_id, **payload, vault=_vault())


@blp.route("/cases/<int:case_id>/arrangement", methods=["PUT"])
@blp.arguments(CareArrangementIn)
@blp.response(204)
@audience(*KEEPERS)
def arrange(payload: dict[str, Any], case_id: int) -> None:
    """Say how urgent an entry is and how often somebody calls."""
    care.arrange_case(asker(), case_id, **payload)


@blp.route("/cases/<int:case_id>/keeper", methods=["PUT"])
@blp.arguments(CareKeeperIn)
@blp.response(204)
@audience(Role.COORDINATOR)
def keeper(payload: dict[str, Any], case_id: int) -> None:
    """Name who keeps an entry: a lead of its grid or a coordinator."""
    care.name_keeper(asker(), case_id, payload["account"])


@blp.route("/cases/<int:case_id>/renew", methods=["POST"])
@blp.arguments(CareEndIn)
@blp.response(200, CareOut)
@audience(*KEEPERS)
def renew(payload: dict[str, Any], case_id: int) -> Any:
    """Let an entry hold longer; for its keeper and a coordinator."""
    care.renew_case(asker(), case_id, vault=_vault(), ends_on=payload["ends_on"])
    return care_queries.case_for(asker(), case_id)


@blp.route("/cases/<int:case_id>/end", methods=["POST"])
@blp.response(204)
@audience(*KEEPERS)
def end(case_id: int) -> None:
    """End an entry; it is destroyed seven days later. For its keeper and a coordinator."""
    care.end_case(asker(), case_id)


@blp.route(f"/cases/<int:case_id>/consents/{PURPOSE}", methods=["PUT"])
@blp.arguments(CareConsentIn)
@blp.response(204)
@audience(*KEEPERS)
def agree(payload: dict[str, Any], case_id: int, purpose: str) -> None:
    """Note that the household agreed to a purpose."""
    care_consents.give_consent(asker(), case_id, ConsentPurpose(purpose), given_on=payload["given_on"])


@blp.route(f"/cases/<int:case_id>/consents/{PURPOSE}", methods=["DELETE"])
@blp.response(204)
@audience(*KEEPERS)
def disagree(case_id: int, purpose: str) -> None:
    """Note that the household took its consent back; that to the register ends the entry."""
    care_consents.take_consent_back(asker(), case_id, ConsentPurpose(purpose))


@blp.route("/cases/<int:case_id>/volunteer", methods=["PUT"])
@blp.arguments(CareBadgeIn)
@blp.response(204)
@audience(*KEEPERS)
def appoint(payload: dict[str, Any], case_id: int) -> None:
    """Let the volunteer of a live badge of the grid look after the household."""
    care_standing.appoint_volunteer(asker(), case_id, payload["badge"])


@blp.route("/cases/<int:case_id>/volunteer", methods=["DELETE"])
@blp.response(204)
@audience(*KEEPERS)
def end_appointment(case_id: int) -> None:
    """End the task of who looks after the household."""
    care_standing.end_volunteer(asker(), case_id)


@blp.route("/cases/<int:case_id>/next-call", methods=["PUT"])
@blp.arguments(CarePlanIn)
@blp.response(204)
@audience(*KEEPERS)
def plan(payload: dict[str, Any], case_id: int) -> None:
    """Plan the next check-in call, in place of the one that was planned."""
    care_checks.plan_check(asker(), case_id, payload["due_on"])


@blp.route("/calls")
@blp.response(200, CareCheckOut(many=True))
@blp.paginate(max_page_size=500, page_size=100)
@audience(*KEEPERS)
def calls(pagination_parameters: PaginationParameters) -> list[Any]:
    """List the check-in calls that are due: urgent first, then the longest due."""
    pagination_parameters.item_count = care_checks.count_due_checks(asker())
    page = {"limit": pagination_parameters.page_size, "offset": pagination_parameters.first_item}
    return care_checks.due_checks(asker(), **page)


@blp.route("/calls/<int:check_id>", methods=["POST"])
@blp.arguments(CareOutcomeIn)
@blp.response(204)
@audience(*KEEPERS, Role.VOLUNTEER)
def finish(payload: dict[str, Any], check_id: int) -> None:
    """Note how a call ended and plan the next; for the lead, a coordinator and the standing volunteer."""
    care_checks.finish_check(asker(), check_id, payload["outcome"])


@blp.route("/mine")
@blp.response(200, CarePersonOut(many=True))
@audience(Role.VOLUNTEER)
def mine() -> list[dict[str, Any]]:
    """List the households that the asker looks after."""
    return care_standing.people_of(asker(), vault=_vault())


@blp.route("/own")
@blp.response(200, OwnCareOut)
@audience(Role.RESIDENT)
def own() -> dict[str, Any]:
    """Return what the register has of the asker's household: since when, what was agreed, who read it."""
    entry = care_queries.own_case_for(asker())
    consents = care_queries.consents_of(asker(), entry.id) if entry else {}
    return {
        "since": entry.created_at if entry else None,
        "ends_on": entry.ends_on if entry else None,
        "keeper": entry.keeper if entry else None,
        "volunteer": entry.volunteer if entry else None,
        "next_call_on": entry.due_on if entry else None,
        "consents": list(consents.values()),
        "reads": care_reading.reads_of_own(asker()),
    }


@blp.route(f"/own/consents/{PURPOSE}", methods=["PUT"])
@blp.response(204)
@audience(Role.RESIDENT)
def agree_for_us(purpose: str) -> None:
    """Agree to a purpose for the own household."""
    care_consents.give_consent(asker(), _own_id(), ConsentPurpose(purpose))


@blp.route(f"/own/consents/{PURPOSE}", methods=["DELETE"])
@blp.response(204)
@audience(Role.RESIDENT)
def disagree_for_us(purpose: str) -> None:
    """Take a consent of the own household back; that to the register ends the entry."""
    care_consents.take_consent_back(asker(), _own_id(), ConsentPurpose(purpose))


def _own_id() -> int:
    entry = care_queries.own_case_for(asker())
    if entry is None:
        raise NotFoundError("this household isn't in the care register")
    return int(entry.id)


def _vault() -> Vault:
    vault: Vault = current_app.extensions["vault"]
    return vault
