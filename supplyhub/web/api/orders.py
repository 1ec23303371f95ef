"""A household's order in a menu: the heart of the API."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import current_app, request
from flask_smorest import Blueprint

from supplyhub.catalog.queries import cycle_for
from supplyhub.db import as_dict
from supplyhub.errors import NotFoundError
from supplyhub.ordering import commands, queries
from supplyhub.ordering.errors import NoPreconditionError
from supplyhub.ordering.schemas import (
    OrderInCycleOut,
    OrderOut,
    OrdersQuery,
    OrderWithBalanceOut,
    PlaceOrderForIn,
    PlaceOrderIn,
    SilentOut,
)
from supplyhub.ordering.states import Channel
from supplyhub.payments.balance import balance_of
from supplyhub.people.states import Role
from supplyhub.web import limits
from supplyhub.web.audience import asker, audience

if TYPE_CHECKING:
    from flask_smorest.pagination import PaginationParameters

    from supplyhub.ordering.putting import Put

Answer = tuple[dict[str, Any], int, dict[str, str]]
LARGEST_VERSION_DIGITS = 18

blp = Blueprint("orders", __name__, url_prefix="/api/v1", description="Orders of households, the own and for somebody")
LEADS = (Role.GRID_LEAD, Role.COORDINATOR)


@blp.route("/menus/<int:menu_id>/order", methods=["PUT"])
@blp.arguments(PlaceOrderIn())
@blp.response(200, OrderOut)
@limits.orders
@audience(Role.RESIDENT)
def place_own(payload: dict[str, Any], menu_id: int) -> Answer:
    """Make the own household's order this basket: all of it, or an error that names every shortage.

    Needs `If-Match: "<version>"` of the order it changes, or `If-None-Match: *` for a first one. Repeating it is harmless.
    """
    return _place(menu_id, asker().household(), payload)


@blp.route("/menus/<int:menu_id>/households/<int:household_id>/order", methods=["PUT"])
@blp.arguments(PlaceOrderForIn())
@blp.response(200, OrderOut)
@audience(*LEADS)
def place_for(payload: dict[str, Any], menu_id: int, household_id: int) -> Answer:
    """Make somebody's order this basket; the record says who entered it and how it was asked for."""
    return _place(menu_id, household_id, payload)


@blp.route("/menus/<int:menu_id>/order")
@blp.response(200, OrderWithBalanceOut)
@audience(Role.RESIDENT)
def own(menu_id: int) -> Answer:
    """Return the own household's order and what is owed for it; its ETag is the version for `If-Match`."""
    return _shown(menu_id, asker().household())


@blp.route("/menus/<int:menu_id>/households/<int:household_id>/order")
@blp.response(200, OrderWithBalanceOut)
@audience(*LEADS)
def somebodys(menu_id: int, household_id: int) -> Answer:
    """Return a household's order and what is owed for it; its ETag is the version for `If-Match`."""
    return _shown(menu_id, household_id)


@blp.route("/menus/<int:menu_id>/order", methods=["DELETE"])
@blp.response(200, OrderOut)
@limits.orders
@audience(Role.RESIDENT)
def cancel_own(menu_id: int) -> Answer:
    """Cancel the own household's order before the cut-off."""
    return _cancel(menu_id, asker().household(), Channel.WEB)


@blp.route("/menus/<int:menu_id>/households/<int:household_id>/order", methods=["DELETE"])
@blp.response(200, OrderOut)
@audience(*LEADS)
def cancel_for(menu_id: int, household_id: int) -> Answer:
    """Cancel somebody's order before the cut-off."""
    return _cancel(menu_id, household_id, Channel.DOORSTEP)


@blp.route("/cycles/<int:cycle_id>/orders")
@blp.arguments(OrdersQuery, location="query")
@blp.response(200, OrderInCycleOut(many=True))
@blp.paginate(max_page_size=500, page_size=100)
@audience(*LEADS, Role.DEPOT)
def in_cycle(query: dict[str, Any], cycle_id: int, pagination_parameters: PaginationParameters) -> list[Any]:
    """List a cycle's orders in walking order; a grid lead gets the own grid's."""
    who, grid = asker(), query.get("grid")
    cycle_for(who, cycle_id)
    pagination_parameters.item_count = queries.count_orders_for(who, cycle_id=cycle_id, grid_number=grid)
    return queries.orders_for(
        who,
        cycle_id=cycle_id,
        grid_number=grid,
        limit=pagination_parameters.page_size,
        offset=pagination_parameters.first_item,
    )


@blp.route("/cycles/<int:cycle_id>/silent")
@blp.response(200, SilentOut(many=True))
@blp.paginate(max_page_size=500, page_size=100)
@audience(*LEADS)
def silent(cycle_id: int, pagination_parameters: PaginationParameters) -> list[Any]:
    """List the households that neither ordered nor declined, those to be looked after first."""
    who = asker()
    cycle_for(who, cycle_id)
    pagination_parameters.item_count = queries.standing_counts(who, cycle_id=cycle_id)["silent"]
    return queries.households_standing(
        who, cycle_id=cycle_id, limit=pagination_parameters.page_size, offset=pagination_parameters.first_item
    )


@blp.route("/cycles/<int:cycle_id>/households/<int:household_id>/declined", methods=["PUT"])
@blp.response(204)
@audience(*LEADS, Role.RESIDENT)
def decline(cycle_id: int, household_id: int) -> None:
    """Note that a household needs nothing in this cycle."""
    commands.decline(asker(), cycle_id=cycle_id, household_id=household_id)


@blp.route("/cycles/<int:cycle_id>/households/<int:household_id>/declined", methods=["DELETE"])
@blp.response(204)
@audience(*LEADS, Role.RESIDENT)
def undecline(cycle_id: int, household_id: int) -> None:
    """Put a household back among the silent ones."""
    commands.undecline(asker(), cycle_id=cycle_id, household_id=household_id)


def expected_version() -> int | None:
    """Return the version a basket was made from, None for no order. Raises NoPreconditionError when unsaid."""
    matched = request.headers.get("If-Match", "").strip()
    if matched:
        version = matched.removeprefix("W/").strip('"')
        # A tag we never gave can't be current: it is stale, not malformed.
        return int(version) if version.isdecimal() and len(version) <= LARGEST_VERSION_DIGITS else 0
    if request.headers.get("If-None-Match", "").strip() == "*":
        return None
    raise NoPreconditionError('send If-Match: "<version>", or If-None-Match: * for a first order')


def _place(menu_id: int, household_id: int, payload: dict[str, Any]) -> Answer:
    desk = current_app.extensions["desk"]
    put = commands.place_order(
        asker(), menu_id=menu_id, household_id=household_id, expected=expected_version(), desk=desk, **payload
    )
    return _put(menu_id, household_id, put)


def _cancel(menu_id: int, household_id: int, channel: Channel) -> Answer:
    desk = current_app.extensions["desk"]
    put = commands.cancel_order(
        asker(), menu_id=menu_id, household_id=household_id, expected=expected_version(), channel=channel, desk=desk
    )
    return _put(menu_id, household_id, put)


def _put(menu_id: int, household_id: int, put: Put) -> Answer:
    if put.outcome == "unchanged":
        return _shown(menu_id, household_id)
    # Numbers come with the cut-off, outcomes with the close: an order that was just put has neither.
    order = {"menu_id": menu_id, "household_id": household_id, "number": None, "outcome": None, **put.data}
    for moment in ("placed_at", "changed_at", "hold_until"):
        order[moment] = order[moment] and datetime.fromisoformat(order[moment])
    return _answer(order, 201 if put.outcome == "placed" else 200)


def _shown(menu_id: int, household_id: int) -> Answer:
    order = queries.order_of(asker(), menu_id, household_id)
    if order is None:
        raise NotFoundError("no order yet", menu=menu_id)
    balance = balance_of(order["id"])
    return _answer(order | (as_dict(balance) if balance else {}))


def _answer(order: dict[str, Any], status: int = 200) -> Answer:
    return order, status, {"ETag": f'"{order["version"]}"'}
