"""Help requests of the demo: asked for and followed up by the people whose it is, each as far as it is to be seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_OID, uuid5

from supplyhub.db import row
from supplyhub.demo.helping import let_hours_pass
from supplyhub.demo.requests import AGAIN, COMPLAINT, REQUESTS, TWICE, Asked, Course
from supplyhub.help.commands.merging import merge_requests
from supplyhub.help.commands.naming import name_person
from supplyhub.help.commands.noting import note_step
from supplyhub.help.commands.opening import open_request
from supplyhub.help.commands.passing import pass_medicine
from supplyhub.help.commands.solving import solve
from supplyhub.help.commands.taking import hand_on, let_wait, take_request
from supplyhub.help.commands.wishing import claim_wish, post_wish
from supplyhub.help.overdue import sweep_overdue
from supplyhub.help.queries import request_for, steps_of
from supplyhub.help.states import HelpChannel, HelpKind, HelpStepKind, Holder

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from supplyhub.crypto import Vault
    from supplyhub.demo.cycles import Actors, Home
    from supplyhub.people.asker import Asker

# Longer than transport is due in.
HOURS_FORGOTTEN = 3
# Where a request of another grid goes.
OTHER_GRID = 3


@dataclass(frozen=True, slots=True)
class Cast:
    """Who has to do with the demo's requests: homes and volunteers by grid."""

    actors: Actors
    homes: dict[int, list[Home]]
    volunteers: dict[int, list[Asker]]
    vault: Vault
    today: date


def load(cast: Cast, *, cycle_id: int) -> None:
    """Bring the demo's requests to where they are shown; the complaint is about an order of a cycle. Safe to repeat."""
    for asked in REQUESTS:
        _follow(cast, asked, _open(cast, asked))
    first = _open(cast, TWICE)
    _follow(cast, TWICE, first)
    merge_requests(cast.actors.leads[TWICE.grid], _open(cast, AGAIN), into=first, vault=cast.vault)
    order = _delivered(cycle_id, COMPLAINT.grid)
    if order is not None:
        home = next(home for home in cast.homes[COMPLAINT.grid] if home.household_id == order.household_id)
        code = _open(cast, COMPLAINT, home=home, order=order)
        _follow(cast, COMPLAINT, code)
    sweep_overdue()


def _open(cast: Cast, asked: Asked, *, home: Home | None = None, order: Any = None) -> str:
    asks = home or cast.homes[asked.grid][asked.home]
    facts = dict(asked.facts)
    if asked.kind == HelpKind.MEDICINE:
        facts["needed_by"] = (cast.today + timedelta(days=1)).isoformat()
    if order is not None:
        facts["items"] = [order.item_id]
    return open_request(
        asks.asker if asked.channel == HelpChannel.WEB else cast.actors.leads[asked.grid],
        key=_key(asked, "opened"),
        kind=asked.kind,
        channel=asked.channel,
        text=asked.text,
        facts=facts,
        household_id=asks.household_id if order is None else None,
        order_id=order.id if order is not None else None,
        vault=cast.vault,
    )


def _follow(cast: Cast, asked: Asked, code: str) -> None:
    """Do what its course has, as far as it isn't done."""
    done = {step.step for step in steps_of(request_for(cast.actors.coordinator, code))}
    for step, act in _acts(cast, asked, code):
        if step not in done:
            act()


def _acts(cast: Cast, asked: Asked, code: str) -> list[tuple[HelpStepKind, Callable[[], object]]]:
    lead, vault, note = cast.actors.leads[asked.grid], cast.vault, asked.note
    take = (HelpStepKind.ASSIGNED, lambda: take_request(lead, code))
    acts: dict[Course, list[tuple[HelpStepKind, Callable[[], object]]]] = {
        Course.NOTHING: [],
        Course.FORGOTTEN: [
            (HelpStepKind.OVERDUE, lambda: let_hours_pass(lead.community_id, [code], HOURS_FORGOTTEN)),
        ],
        Course.TAKEN: [take],
        Course.WAITS: [take, (HelpStepKind.WAITS, lambda: let_wait(lead, code, note=note, vault=vault))],
        Course.GOES_BY_HANDS: [take, *_hands(cast, asked, code)],
        Course.SOLVED: [
            take,
            (HelpStepKind.CALLED, lambda: note_step(lead, code, note="问清楚了时间。", called=True, vault=vault)),
            (HelpStepKind.SOLVED, lambda: solve(lead, code, note=note, vault=vault)),
        ],
        Course.POSTED: [(HelpStepKind.POSTED, lambda: post_wish(lead, code, public_text=note))],
        Course.CLAIMED: [
            (HelpStepKind.POSTED, lambda: post_wish(lead, code, public_text=note)),
            (HelpStepKind.CLAIMED, lambda: claim_wish(cast.homes[asked.grid][asked.home + 5].asker, code)),
        ],
        Course.HANDED_ON: [
            take,
            (HelpStepKind.HANDED_ON, lambda: hand_on(lead, code, OTHER_GRID, note=note, vault=vault)),
        ],
    }
    return acts[asked.course]


def _hands(cast: Cast, asked: Asked, code: str) -> list[tuple[HelpStepKind, Callable[[], object]]]:
    """Return how medicine goes: from the pharmacy to a volunteer of ours, and up to the district's border."""
    lead, carrier = cast.actors.leads[asked.grid], cast.volunteers[asked.grid][0].account_id
    hands = (
        (Holder.PHARMACY, "示例大药房柜台", None, "药师甲"),
        (Holder.VOLUNTEER, "药房门口", carrier, ""),
        (Holder.BORDER, "示例路卡口", None, "卡口值班员乙"),
    )

    def passes() -> None:
        for holder, place, account, name in hands:
            key = _key(asked, holder)
            pass_medicine(
                lead,
                code,
                key=key,
                said=code,
                holder=holder,
                place=place,
                account_id=account,
                name=name,
                vault=cast.vault,
            )

    return [(HelpStepKind.NAMED, lambda: name_person(lead, code, carrier)), (HelpStepKind.PASSED, passes)]


def _delivered(cycle_id: int, grid: int) -> Any:
    """Return the first order of a grid that reached its door, with one of its items: id, household_id, item_id."""
    return row(
        """
        SELECT o.id, o.household_id, l.item_id
        FROM stop AS s JOIN orders AS o ON o.id = s.order_id JOIN grid AS g ON g.id = s.grid_id
        JOIN order_line AS l ON l.order_id = o.id
        WHERE o.cycle_id = :cycle AND g.number = :grid AND s.outcome = 'delivered'
        ORDER BY s.ticket_id, s.position, l.item_id LIMIT 1
        """,
        cycle=cycle_id,
        grid=grid,
    )


def _key(asked: Asked, what: str) -> UUID:
    return uuid5(NAMESPACE_OID, f"demo/help/{asked.grid}/{asked.home}/{asked.kind}/{asked.channel}/{what}")
