"""The cycle under way: goods received with a shortage, some grids packed, some tickets out."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING
from uuid import NAMESPACE_OID, uuid5

from supplyhub.db import rows, scalar
from supplyhub.delivery.commands import claim_ticket, hand_back, hand_over, pass_crates, record_entries
from supplyhub.delivery.entries import Entry
from supplyhub.delivery.errors import WrongGridError
from supplyhub.delivery.states import CrateStep, Problem, StopOutcome
from supplyhub.demo.scales import weigh
from supplyhub.demo.settling import drain_until
from supplyhub.depot.commands import ReceivedLine, decide_shares, finish_receiving, pack, receive, send_purchase_order
from supplyhub.depot.packing_queries import parcels_of
from supplyhub.errors import NotFoundError
from supplyhub.residents.asking import asker_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from supplyhub.people.asker import Asker

# Eggs come short: the depot's shares and the households' reasons can be looked at.
SHORT_SKU, SHARE_THAT_CAME = "D001", 0.75
# How much of each grid's batch is packed; what isn't named isn't begun.
PACKED = {1: 1.0, 2: 1.0, 3: 1.0, 4: 0.4}
# The grids whose crates stand at their delivery point, and the one whose crates are on the truck.
ARRIVED, ON_THE_TRUCK = (1, 2), (3,)


@dataclass(frozen=True, slots=True)
class Way:
    """How far the demo takes a ticket (grid, sequence): by which of the grid's volunteers, and how many of its doors."""

    grid: int
    sequence: int
    volunteer: int
    handed_over: bool
    doors: float
    handed_back: bool = False


# The grid's first volunteer is the one of the demo's sign-in link: half way round, with a free ticket beside.
WAYS = (
    Way(1, 1, 0, handed_over=True, doors=0.5),
    Way(1, 2, 1, handed_over=True, doors=1.0, handed_back=True),
    Way(2, 1, 0, handed_over=True, doors=0.2),
    Way(2, 2, 1, handed_over=False, doors=0.0),
    Way(3, 1, 0, handed_over=False, doors=0.0),
)


def bring_to_the_doors(depot: Asker, community_id: int, cycle_id: int) -> None:
    """Take the cycle from its cut-off to where the demo shows it. Safe to repeat."""
    drain_until(lambda: _state(cycle_id) != "ordering")
    if _state(cycle_id) == "procuring":
        _receive(depot, cycle_id)
        decide_shares(depot, cycle_id)
        drain_until(lambda: _state(cycle_id) != "procuring")
    drain_until(lambda: bool(scalar("SELECT EXISTS (SELECT FROM ticket WHERE cycle_id = :cycle)", cycle=cycle_id)))
    _pack(depot, cycle_id)
    for step, grids in ((CrateStep.LEFT_DEPOT, ARRIVED + ON_THE_TRUCK), (CrateStep.REACHED_POINT, ARRIVED)):
        for grid in grids:
            _bring(depot, cycle_id, grid, step)
    volunteers = find_volunteers(community_id)
    for way in WAYS:
        _go(depot, volunteers[way.grid][way.volunteer], cycle_id, way)
    _stray(volunteers[2][0], cycle_id)


def find_volunteers(community_id: int) -> dict[int, list[Asker]]:
    """Return the volunteers with a live badge by grid number, in the order of their badges."""
    badges = rows(
        "SELECT g.number AS grid, b.account_id FROM badge AS b JOIN grid AS g ON g.id = b.grid_id"
        " WHERE g.community_id = :community AND b.state = 'live' ORDER BY g.number, b.number",
        community=community_id,
    )
    askers = [(badge.grid, asker_of(badge.account_id)) for badge in badges]
    return {
        grid: [asker for _, asker in group if asker is not None]
        for grid, group in groupby(askers, key=lambda found: found[0])
    }


def _state(cycle_id: int) -> str:
    return str(scalar("SELECT state FROM cycle WHERE id = :id", id=cycle_id))


def _receive(depot: Asker, cycle_id: int) -> None:
    """Send what isn't sent, enter one delivery note a platform, finish."""
    orders = rows("SELECT id, state FROM purchase_order WHERE cycle_id = :cycle ORDER BY id", cycle=cycle_id)
    for order in orders:
        if order.state == "draft":
            send_purchase_order(depot, order.id)
        bought = rows(
            "SELECT l.id, l.quantity, p.sku FROM purchase_order_line AS l JOIN offer AS o ON o.id = l.offer_id"
            " JOIN product AS p ON p.id = o.product_id WHERE l.purchase_order_id = :order ORDER BY l.id",
            order=order.id,
        )
        lines = [
            ReceivedLine(line.id, int(line.quantity * (SHARE_THAT_CAME if line.sku == SHORT_SKU else 1)))
            for line in bought
        ]
        receive(depot, purchase_order_id=order.id, delivery_note=f"SH-{order.id:04d}", lines=lines)
    finish_receiving(depot, cycle_id)


def _pack(depot: Asker, cycle_id: int) -> None:
    parcels = rows(
        """
        SELECT g.number AS grid, p.batch_id, p.code, p.state, p.position, count(*) OVER (PARTITION BY p.batch_id) AS parcels
        FROM parcel AS p JOIN grid AS g ON g.id = p.grid_id WHERE p.cycle_id = :cycle ORDER BY p.batch_id, p.position
        """,
        cycle=cycle_id,
    )
    for batch_id, group in groupby(parcels, key=lambda parcel: parcel.batch_id):
        wanted = [parcel for parcel in group if parcel.position <= PACKED.get(parcel.grid, 0) * parcel.parcels]
        planned = [parcel.code for parcel in wanted if parcel.state == "planned"]
        if planned:
            todo = [parcel for parcel in parcels_of(depot, batch_id) if parcel.code in planned]
            pack(depot, batch_id, planned, weights=weigh(todo))


def _bring(depot: Asker, cycle_id: int, grid: int, step: CrateStep) -> None:
    """Scan all crates of a grid's batch out of the depot, or in at the delivery point."""
    crates = rows(
        "SELECT t.batch_id, c.code FROM crate AS c JOIN ticket AS t ON t.id = c.ticket_id"
        " JOIN grid AS g ON g.id = t.grid_id WHERE t.cycle_id = :cycle AND g.number = :grid ORDER BY c.id",
        cycle=cycle_id,
        grid=grid,
    )
    if crates:
        pass_crates(depot, crates[0].batch_id, step, codes=[crate.code for crate in crates])


def _count_crates(code: str) -> int:
    return int(
        scalar("SELECT count(*) FROM crate AS c JOIN ticket AS t ON t.id = c.ticket_id WHERE t.code = :c", c=code)
    )


def _go(depot: Asker, volunteer: Asker, cycle_id: int, way: Way) -> None:
    """Take a ticket on its way, as far as it isn't there yet."""
    steps: dict[str, Callable[[str], object]] = {
        "issued": lambda code: claim_ticket(volunteer, code),
        "claimed": lambda code: hand_over(
            depot, ticket_code=code, badge_code=_badge_code(volunteer), crates=_count_crates(code)
        ),
    }
    for state in ("issued", "claimed")[: 1 + way.handed_over]:
        code, stands = _ticket(cycle_id, way)
        if stands == state:
            steps[state](code)
    code, stands = _ticket(cycle_id, way)
    if stands == "handed_over":
        _walk(volunteer, code, way)
        if way.handed_back:
            hand_back(depot, ticket_code=code, parcel_codes=_undelivered(code))


def _ticket(cycle_id: int, way: Way) -> tuple[str, str]:
    found = rows(
        "SELECT t.code, t.state FROM ticket AS t JOIN grid AS g ON g.id = t.grid_id"
        " WHERE t.cycle_id = :cycle AND g.number = :grid AND t.sequence = :sequence",
        cycle=cycle_id,
        grid=way.grid,
        sequence=way.sequence,
    )
    if not found:
        raise NotFoundError("the demo's cycle has too few tickets", grid=way.grid, sequence=way.sequence)
    return found[0].code, found[0].state


def _badge_code(volunteer: Asker) -> str:
    return str(scalar("SELECT code FROM badge WHERE id = :id", id=volunteer.badge()))


def _walk(volunteer: Asker, code: str, way: Way) -> None:
    """Report the first doors of a ticket, the third of them as one where nobody opened."""
    stops = rows(
        "SELECT s.id, s.position, count(*) OVER () AS stops FROM stop AS s JOIN ticket AS t ON t.id = s.ticket_id"
        " WHERE t.code = :code ORDER BY s.position",
        code=code,
    )
    begun = datetime.now(UTC) - timedelta(minutes=3 * len(stops))
    entries = [
        Entry(
            id=uuid5(NAMESPACE_OID, f"demo/{code}/{stop.position}"),
            stop=stop.id,
            outcome=StopOutcome.FAILED if stop.position == 3 else StopOutcome.DELIVERED,
            problem=Problem.NOBODY_HOME if stop.position == 3 else None,
            happened_at=begun + timedelta(minutes=3 * stop.position),
        )
        for stop in stops
        if stop.position <= way.doors * stop.stops
    ]
    record_entries(volunteer, ticket_code=code, entries=entries)


def _undelivered(code: str) -> list[str]:
    found = rows(
        "SELECT p.code FROM ticket AS t JOIN stop AS s ON s.ticket_id = t.id JOIN parcel AS p ON p.id = s.parcel_id"
        " WHERE t.code = :code AND s.outcome = 'failed'",
        code=code,
    )
    return [parcel.code for parcel in found]


def _stray(volunteer: Asker, cycle_id: int) -> None:
    """Let a volunteer of grid 2 try a ticket of grid 1 once, so that a refusal can be looked at."""
    code, _ = _ticket(cycle_id, WAYS[0])
    tried = scalar(
        "SELECT count(*) FROM grid_refusal AS r JOIN ticket AS t ON t.id = r.ticket_id WHERE t.code = :code", code=code
    )
    if not tried:
        with suppress(WrongGridError):
            claim_ticket(volunteer, code)
