"""Somebody asks for help, by whatever way it came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import row, rows, transaction
from supplyhub.errors import InvalidError, NotAllowedError, NotFoundError
from supplyhub.help.opening import Wanted, opened_with, place_of, write_request
from supplyhub.help.rules import MOST_PHOTOS, check_channel, check_text, read_facts, says_something
from supplyhub.help.states import HelpChannel, HelpKind
from supplyhub.people.states import Role
from supplyhub.photos.cleaning import cleaned

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker


def open_request(
    asker: Asker,
    *,
    key: UUID,
    kind: HelpKind,
    channel: HelpChannel,
    text: str = "",
    facts: Mapping[str, Any] | None = None,
    household_id: int | None = None,
    order_id: int | None = None,
    grid_number: int | None = None,
    photos: Sequence[bytes] = (),
    vault: Vault,
) -> str:
    """Open a help request and return its code (6 letters); the same key again returns the same code and changes nothing.

    A household asks for itself; a lead for the own grid's doors and people without one; a coordinator for all (without a
    household the `grid_number` says where); a volunteer for doors they have to do with. `facts`: the fields of the kind, as
    `rules.FACTS` names them. `order_id` for complaints, whose household is the order's. Photos as a camera made them.
    Raises InvalidError (`field` names what doesn't fit), NotFoundError, NotAllowedError for the depot.
    """
    if asker.role == Role.DEPOT:
        raise NotAllowedError("the depot opens no help requests", role=asker.role)
    check_channel(asker.role, channel)
    wanted = Wanted(
        kind=kind,
        channel=channel,
        text=check_text(text),
        facts=read_facts(kind, facts or {}),
        order_id=order_id,
        pictures=[cleaned(photo) for photo in photos],
    )
    _check_whole(wanted)
    with transaction():
        if code := opened_with(asker, key):
            return code
        home = household_id
        if wanted.order_id is not None:
            home = _home_of_order(asker, wanted, household_id)
        place = place_of(asker, home, grid_number=grid_number)
        return str(write_request(asker, key, place, wanted, vault=vault).code)


def _check_whole(wanted: Wanted) -> None:
    if not says_something(wanted.text, wanted.facts):
        raise InvalidError("a request says what is needed", field="text")
    if len(wanted.pictures) > MOST_PHOTOS:
        raise InvalidError("these are too many photos", field="photos", most=MOST_PHOTOS)
    if (wanted.kind == HelpKind.COMPLAINT) != (wanted.order_id is not None):
        raise InvalidError("a complaint is about an order, and nothing else is", field="order")


def _home_of_order(asker: Asker, wanted: Wanted, household_id: int | None) -> int:
    """Return the household of the order that a complaint is about; its lines must be that order's."""
    order = row(
        "SELECT o.household_id FROM orders AS o JOIN cycle AS c ON c.id = o.cycle_id"
        " WHERE o.id = :order AND c.community_id = :community",
        order=wanted.order_id,
        community=asker.community_id,
    )
    home = None if order is None else int(order.household_id)
    if home is None or household_id not in {None, home} or asker.household_id not in {None, home}:
        raise NotFoundError("no such order", order=wanted.order_id)
    items = set(wanted.facts.coded.get("items", []))
    known = {line.item_id for line in rows("SELECT item_id FROM order_line WHERE order_id = :o", o=wanted.order_id)}
    if items - known:
        raise InvalidError("these lines are not of this order", field="items")
    return home
