"""The database shares out as the pure policies do, and a dry run foretells it: whatever is asked for, and whatever came."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from supplyhub.audit.laws.shortage import SHORTAGE
from supplyhub.audit.queries import judge
from supplyhub.catalog.parts import Part
from supplyhub.db import db, execute, rows, scalar, transaction
from supplyhub.depot.batching import seed_of
from supplyhub.depot.commands import choose_policy, finish_receiving, share_out
from supplyhub.depot.commands.sharing import allocate_short, allocate_the_rest
from supplyhub.depot.policies import Ask, Wish, gini, reason_of, share, share_cycle
from supplyhub.depot.shortage import outcomes_of, short_products
from supplyhub.depot.states import Policy
from supplyhub.ordering.states import Consent
from tests.drill import DRILL
from tests.factories import a_household, in_care
from tests.factories_depot import Town, work

pytestmark = pytest.mark.usefixtures("database")

SKUS = ("V001", "V002", "V003")


@dataclass(frozen=True)
class Wanted:
    """A line of a household: of the SKU with this place, on such terms."""

    sku: int
    quantity: int
    more: int
    consent: Consent
    instead: int
    answer: str | None


LINES = st.builds(
    Wanted,
    sku=st.integers(0, 2),
    quantity=st.integers(1, 5),
    more=st.sampled_from((0, 0, 2)),
    consent=st.sampled_from(Consent),
    instead=st.integers(1, 2),
    answer=st.sampled_from((None, "less", "refund")),
)
# The priority in the care register; 0 of a household that isn't in it.
HOMES = st.tuples(st.integers(0, 2), st.lists(LINES, min_size=1, max_size=3, unique_by=lambda line: line.sku))
WORLDS = st.tuples(
    st.lists(HOMES, min_size=1, max_size=7),
    st.tuples(*(st.integers(0, 25) for _ in SKUS)),
    st.tuples(*(st.sampled_from(Policy) for _ in SKUS)),
)


def settle(town: Town, order_id: int, lines: list[Wanted]) -> None:
    """Give an order's lines their terms, as the household chose them."""
    for line in lines:
        sku, instead = SKUS[line.sku], SKUS[(line.sku + line.instead) % 3]
        here = {"order": order_id, "item": town.first.items[sku].id}
        by_name = line.consent == Consent.SUBSTITUTE
        execute(
            "UPDATE order_line SET consent = :consent, substitute_item_id = :instead, most = :most"
            " WHERE order_id = :order AND item_id = :item",
            consent=line.consent,
            instead=town.first.items[instead].id if by_name else None,
            most=line.quantity + line.more if line.more else None,
            **here,
        )
        if line.consent == Consent.CALL and line.answer:
            execute(
                "INSERT INTO consent_answer (order_id, item_id, answer, answered_by, answered_at)"
                " VALUES (:order, :item, :answer, :by, now())",
                answer=line.answer,
                by=town.coordinator.account_id,
                **here,
            )


def order_all(town: Town, homes) -> list[tuple[int, int, Wanted]]:
    """Order for every home and return (order, priority in the care register, line)."""
    found = []
    for place, (care, lines) in enumerate(homes, start=1):
        home = a_household(town.first.building, door=f"{place}01")
        if care:
            in_care(home).priority = care
            db.session.commit()
        order_id = town.order(town.first, home, **{SKUS[line.sku]: line.quantity for line in lines})
        work(settle, town, order_id, lines)
        found += [(order_id, care, line) for line in lines]
    return found


def asks_of(town: Town, ordered) -> list[Ask]:
    """Return the same as the pure policies take it."""
    fills = {
        (fill.order_id, fill.item_id): fill.units
        for fill in rows("SELECT order_id, item_id, units FROM case_fill WHERE cycle_id = :c", c=town.cycle_id)
    }
    placed = {order.id: order.placed_at for order in rows("SELECT id, placed_at FROM orders")}
    asks = []
    for order_id, care, line in ordered:
        sku, instead = SKUS[line.sku], SKUS[(line.sku + line.instead) % 3]
        item = town.first.items[sku].id
        refuses = line.consent == Consent.REFUND or (line.consent == Consent.CALL and line.answer == "refund")
        wish = Wish(
            order_id,
            item,
            line.quantity,
            fill=fills.get((order_id, item), 0),
            care=care > 0,
            priority=care or 2,
            whole=refuses,
            placed_at=placed[order_id],
        )
        by_name = line.consent == Consent.SUBSTITUTE
        asks.append(Ask(wish, town.offers[sku].product_id, town.offers[instead].product_id if by_name else None))
    return asks


def counted(homes, came) -> tuple[Town, list[Ask], dict[int, int]]:
    """Return a town of which everything that comes has come, its asks, and what is there of each product."""
    town = Town(homes=0, skus=SKUS)
    ordered = order_all(town, homes)
    town.cut_off()
    town.send()
    bought = {SKUS[line.sku] for _, _, line in ordered}
    supply = {sku: units for sku, units in zip(SKUS, came, strict=True) if sku in bought}
    town.receive(**supply)
    finish_receiving(town.depot, town.cycle_id)
    return town, asks_of(town, ordered), {town.offers[sku].product_id: units for sku, units in supply.items()}


@settings(
    max_examples=500 if DRILL else 25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(world=WORLDS, seed=st.text("ab/9-", max_size=4))
def test_the_database_shares_out_as_the_policies_do(world, seed):
    homes, came, policies = world
    town, asks, supplies = counted(homes, came)
    chosen = {town.offers[sku].product_id: policy for sku, policy in zip(SKUS, policies, strict=True)}
    for product in short_products(town.cycle_id):
        choose_policy(town.depot, town.cycle_id, product.id, chosen[product.id])
    with transaction():
        short = allocate_short(town.cycle_id, seed=seed)
        allocate_the_rest(town.cycle_id, Part(), short=short)
    shares, stand_ins = share_cycle(asks, supplies, seed, chosen)
    found = rows("SELECT * FROM allocation WHERE cycle_id = :c", c=town.cycle_id)
    assert {(line.order_id, line.item_id): line.allocated for line in found} == shares
    instead = rows("SELECT * FROM substitution WHERE cycle_id = :c", c=town.cycle_id)
    assert {(line.order_id, line.item_id): line.units for line in instead} == stand_ins
    by_line = {ask.wish.line: ask for ask in asks}
    for line in found:
        ask = by_line[line.order_id, line.item_id]
        supply, policy = supplies[ask.product_id], chosen[ask.product_id]
        assert line.ordered == ask.wish.most
        assert line.reason == reason_of(ask.wish, line.allocated, supply, policy)
    assert judge(SHORTAGE).first_rows == []


@settings(
    max_examples=200 if DRILL else 10,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(world=WORLDS)
def test_a_dry_run_foretells_every_policy(world):
    homes, came, _ = world
    town, asks, supplies = counted(homes, came)
    seed = seed_of(town.cycle_id)
    for product in short_products(town.cycle_id):
        wishes = [ask.wish for ask in asks if ask.product_id == product.id]
        told = outcomes_of(town.cycle_id, product.id)
        for policy in Policy:
            shares = share(wishes, supplies[product.id], seed, policy)
            parts = [shares[wish.line] / wish.most for wish in wishes]
            outcome = told[policy]
            assert outcome.homes == outcome.lines == len(wishes)
            assert outcome.allocated == sum(shares.values())
            assert outcome.full_homes == outcome.full_lines == sum(part == 1 for part in parts)
            assert outcome.empty_homes == outcome.empty_lines == sum(part == 0 for part in parts)
            assert outcome.part_homes == outcome.part_lines == sum(0 < part < 1 for part in parts)
            assert float(outcome.gini) == pytest.approx(gini(parts), abs=1e-9)


def test_what_was_foretold_is_what_is_done():
    homes = [(2 * (place == 3), [Wanted(0, 3, 0, Consent.LESS, 1, None)]) for place in range(6)]
    town, _, _ = counted(homes, (10, 0, 0))
    (product,) = short_products(town.cycle_id)
    told = outcomes_of(town.cycle_id, product.id)[Policy.CARE_FIRST]
    work(share_out, town.cycle_id)
    full = scalar("SELECT count(*) FROM allocation WHERE cycle_id = :c AND allocated = ordered", c=town.cycle_id)
    assert (told.full_homes, told.part_homes, told.empty_homes) == (1, 5, 0) == (full, 5, 0)
