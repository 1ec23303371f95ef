"""What belongs into the parcels: what was shared out, and what stands in for what was short."""

# A subquery, a row for each kind of goods of an order: order_id, cycle_id, item_id (the line they are for), goods_item_id
# (the item that they are), units (0 where nothing came), substitute. Ask for orders, and for units: it reaches over all
# cycles. It has no condition of its own, so that the planner looks orders up in both halves.
CONTENTS = """
    SELECT order_id, cycle_id, item_id, item_id AS goods_item_id, allocated AS units, false AS substitute
    FROM allocation
    UNION ALL
    SELECT order_id, cycle_id, item_id, substitute_item_id, units, true FROM substitution
"""
