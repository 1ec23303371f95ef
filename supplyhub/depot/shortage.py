"""What is short before it is shared out, and what each policy would make of it: quantities, no names.

A dry run asks the same order of units as the share-out, without writing anything.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.catalog.queries import cycle_for
from supplyhub.catalog.states import CycleState
from supplyhub.db import row, rows
from supplyhub.depot.batching import seed_of
from supplyhub.depot.policies import fit_whole
from supplyhub.depot.shares import LINE, PRIMARY, SHELF_AND_DEMAND, TIE, WANTED_IN_PART, WHOLE_LINES
from supplyhub.depot.states import Policy
from supplyhub.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

# What every line of some products would get, each by its policy: a row a line and policy, with `units`.
GOT = f"""
    WITH line AS MATERIALIZED (
        SELECT *, {TIE} AS tie FROM ({LINE}) AS line
    ), unit AS (
        SELECT policy, order_id, item_id, supply, row_number() OVER (
                   PARTITION BY product_id, policy
                   ORDER BY nth > quantity, policy = 'care_first_equal_share' AND NOT care_first, {PRIMARY}, tie, order_id,
                            item_id, nth
               ) AS place
        FROM line CROSS JOIN LATERAL generate_series(1, ordered) AS nth WHERE supply > 0 AND NOT whole
    ), share AS (
        SELECT policy, order_id, item_id, count(*) AS units FROM unit WHERE place <= supply GROUP BY 1, 2, 3
        UNION ALL
        SELECT policy, order_id, item_id, units
        FROM unnest(CAST(:whole_policies AS text[]), CAST(:whole_orders AS bigint[]), CAST(:whole_items AS bigint[]),
                    CAST(:whole_units AS bigint[])) AS w(policy, order_id, item_id, units)
    ), got AS (
        SELECT line.*, coalesce(share.units, 0) AS units
        FROM line LEFT JOIN share USING (policy, order_id, item_id)
    )
"""

OUTCOMES = f"""
    {GOT}, home AS (
        SELECT got.policy, o.household_id, sum(got.units) AS units, sum(got.ordered) AS ordered,
               sum(got.units)::numeric / sum(got.ordered) AS part
        FROM got JOIN orders AS o ON o.id = got.order_id GROUP BY 1, 2
    ), ranked AS (
        SELECT *, row_number() OVER (PARTITION BY policy ORDER BY part, household_id) AS place FROM home
    ), homes AS (
        SELECT policy, count(*) AS homes, count(*) FILTER (WHERE units = ordered) AS full_homes,
               count(*) FILTER (WHERE units > 0 AND units < ordered) AS part_homes,
               count(*) FILTER (WHERE units = 0) AS empty_homes,
               CASE WHEN sum(part) > 0
                    THEN 2 * sum(place * part) / (count(*) * sum(part)) - (count(*) + 1)::numeric / count(*)
                    ELSE 0 END AS gini
        FROM ranked GROUP BY policy
    ), lines AS (
        SELECT policy, count(*) AS lines, count(*) FILTER (WHERE units = ordered) AS full_lines,
               count(*) FILTER (WHERE units > 0 AND units < ordered) AS part_lines,
               count(*) FILTER (WHERE units = 0) AS empty_lines, sum(units)::bigint AS allocated,
               sum(greatest(0, quantity - units) * unit_price_fen)::bigint AS not_charged_fen
        FROM got GROUP BY policy
    )
    SELECT * FROM lines JOIN homes USING (policy)
"""

SHORT_PRODUCT = """
    SELECT p.id AS product_id, p.sku, p.name_zh, p.name_en, p.unit, p.picture, p.category, s.supply, s.policy,
           c.product_id IS NOT NULL AS chosen, l.lines, l.homes, l.ordered, s.demand - s.supply AS short,
           l.less, l.substitute, l.refund, l.call, l.answered
    FROM unnest(CAST(:products AS bigint[]), CAST(:supplies AS bigint[]), CAST(:demands AS bigint[]),
                CAST(:policies AS text[])) AS s(product_id, supply, demand, policy)
    JOIN product AS p ON p.id = s.product_id
    LEFT JOIN shortage_choice AS c ON c.cycle_id = :cycle AND c.product_id = p.id
    CROSS JOIN LATERAL (
        SELECT count(*) AS lines, count(DISTINCT o.household_id) AS homes, sum(l.quantity)::bigint AS ordered,
               count(*) FILTER (WHERE l.consent = 'less') AS less,
               count(*) FILTER (WHERE l.consent = 'substitute') AS substitute,
               count(*) FILTER (WHERE l.consent = 'refund') AS refund,
               count(*) FILTER (WHERE l.consent = 'call') AS call, count(w.answer) AS answered
        FROM offer AS f
        JOIN menu_item AS i ON i.offer_id = f.id AND NOT i.for_care
        JOIN menu AS m ON m.id = i.menu_id AND m.cycle_id = :cycle
        JOIN order_line AS l ON l.item_id = i.id
        JOIN orders AS o ON o.id = l.order_id AND o.state = 'placed'
        LEFT JOIN consent_answer AS w ON w.order_id = l.order_id AND w.item_id = l.item_id AND l.consent = 'call'
        WHERE f.product_id = p.id
    ) AS l
    ORDER BY short DESC, p.sku
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the shortages of a cycle stand: counted, when everything that comes has come; decided; shared out."""

    counted: bool
    decided: bool
    shared: bool

    @property
    def open(self) -> bool:
        """Tell whether policies can be chosen now."""
        return self.counted and not self.decided and not self.shared


def short_products(cycle_id: int) -> list[Row[Any]]:
    """Return the products of which less is on the shelf than is wanted: id, supply, demand, policy (the one chosen)."""
    return [product for product in rows(SHELF_AND_DEMAND, cycle=cycle_id) if product.supply < product.demand]


def standing_of(cycle_id: int) -> Standing:
    """Return where the shortages of a cycle stand."""
    found = row(
        """
        SELECT c.state,
               EXISTS (SELECT FROM purchase_order WHERE cycle_id = c.id) AND NOT EXISTS (
                   SELECT FROM purchase_order WHERE cycle_id = c.id AND state NOT IN ('received', 'closed')
               ) AS counted,
               EXISTS (SELECT FROM share_decision WHERE cycle_id = c.id) AS decided,
               EXISTS (SELECT FROM allocation_run WHERE cycle_id = c.id) AS shared
        FROM cycle AS c WHERE c.id = :cycle
        """,
        cycle=cycle_id,
    )
    if found is None:
        raise NotFoundError("no such cycle", cycle=cycle_id)
    late = found.state in {CycleState.STAGING, CycleState.CLOSED}
    return Standing(counted=late or found.counted, decided=late or found.decided, shared=late or found.shared)


def shortages_ahead(asker: Asker, cycle_id: int) -> list[Row[Any]]:
    """Return what is short and not shared out yet, the largest gap first; empty before receiving is finished, and after.

    Fields: product_id, sku, name_zh, name_en, unit, picture, category, supply, policy, chosen (by somebody), lines,
    homes, ordered (units, without those that fill cases), short, and how many lines said less, substitute, refund, call,
    and of those who wanted a call, how many answered.
    """
    cycle_for(asker, cycle_id)
    standing = standing_of(cycle_id)
    if not standing.counted or standing.shared:
        return []
    short = short_products(cycle_id)
    return rows(SHORT_PRODUCT, cycle=cycle_id, demands=[product.demand for product in short], **as_arrays(short))


def outcomes_of(cycle_id: int, product_id: int) -> dict[Policy, Row[Any]]:
    """Return what each policy would make of a product that is short. Raises NotFoundError when it isn't.

    Fields: lines, full_lines, part_lines, empty_lines; homes, full_homes, part_homes, empty_homes; allocated, gini (of
    the part that each household gets of what it ordered: 0 when all get the same), not_charged_fen.
    """
    found = rows(OUTCOMES, **dry_run(cycle_id, by_every_policy(cycle_id, product_id)))
    return {Policy(outcome.policy): outcome for outcome in found}


def by_every_policy(cycle_id: int, product_id: int) -> list[tuple[int, int, str]]:
    """Return (product, supply, policy) of a short product for each policy. Raises NotFoundError when it isn't short."""
    product = next((product for product in short_products(cycle_id) if product.id == product_id), None)
    if product is None:
        raise NotFoundError("this product isn't short", cycle=cycle_id, product=product_id)
    return [(product.id, product.supply, policy.value) for policy in Policy]


def dry_run(cycle_id: int, wanted: Sequence[tuple[int, int, str]]) -> dict[str, Any]:
    """Return the values that GOT needs, given (product, supply, policy) of what is to be tried."""
    seed = seed_of(cycle_id)
    whole = [line for policy in Policy for line in _whole_of(cycle_id, seed, policy, wanted)]
    return {
        "cycle": cycle_id,
        "seed": seed,
        "products": [product for product, _, _ in wanted],
        "supplies": [supply for _, supply, _ in wanted],
        "policies": [policy for _, _, policy in wanted],
        "whole_policies": [policy for policy, *_ in whole],
        "whole_orders": [order for _, order, _, _ in whole],
        "whole_items": [item for _, _, item, _ in whole],
        "whole_units": [units for *_, units in whole],
    }


def as_arrays(products: Iterable[Row[Any]]) -> dict[str, list[Any]]:
    """Return id, supply and policy of products as the statements take them."""
    found = list(products)
    return {
        "products": [product.id for product in found],
        "supplies": [product.supply for product in found],
        "policies": [product.policy for product in found],
    }


def _whole_of(
    cycle_id: int, seed: str, policy: Policy, wanted: Sequence[tuple[int, int, str]]
) -> list[tuple[str, int, int, int]]:
    """Return (policy, order, item, units) of the lines that want all or nothing, of products that go by this policy."""
    tried = {product: supply for product, supply, by in wanted if by == policy}
    if not tried:
        return []
    arrays = {"products": list(tried), "supplies": list(tried.values()), "policies": [policy.value] * len(tried)}
    left = {
        product.id: max(0, product.supply - product.accepts_part)
        for product in rows(WANTED_IN_PART, cycle=cycle_id, **arrays)
    }
    waiting: dict[int, list[Row[Any]]] = defaultdict(list)
    for line in rows(WHOLE_LINES, cycle=cycle_id, seed=seed, **arrays):
        waiting[line.product_id].append(line)
    return [
        (policy.value, line.order_id, line.item_id, units)
        for product, lines in waiting.items()
        for line, units in zip(lines, fit_whole([line.ordered for line in lines], left[product]), strict=True)
    ]
