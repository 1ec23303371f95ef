"""Which units of which lots go to which lines of some parcels: what expires first goes first."""

from __future__ import annotations

from supplyhub.depot.contents import CONTENTS

# A row a line of some parcels, by what was shared out; `units` are to be packed, `missing` can't be. What is `for_care` comes
# of the lots that were given for it, and costs nothing, so that nobody weighs it.
NEED = f"""
    SELECT p.id AS parcel_id, p.code, p.order_id, p.position, c.item_id, c.substitute, d.id AS product_id, d.sku,
           d.by_weight AND NOT i.for_care AS by_weight, i.for_care, c.units - coalesce(m.units, 0) AS units,
           coalesce(m.units, 0) AS missing, m.reason
    FROM parcel AS p
    JOIN ({CONTENTS}) AS c ON c.order_id = p.order_id AND c.units > 0
    JOIN menu_item AS i ON i.id = c.goods_item_id
    JOIN offer AS f ON f.id = i.offer_id
    JOIN product AS d ON d.id = f.product_id
    LEFT JOIN packing_short AS m ON m.parcel_id = p.id AND m.item_id = c.item_id AND m.substitute = c.substitute
    WHERE p.id = ANY (:parcels)
"""

# The lines' units and the lots' units laid side by side, parcels in walking order, lots by expiry; where the two
# overlap, that lot serves that line.
LAID = """
    WITH need AS (
        SELECT parcel_id, order_id, item_id, substitute, product_id, for_care, reason, units,
               sum(units) OVER (PARTITION BY product_id, for_care ORDER BY position, parcel_id, item_id, substitute) AS upto
        FROM ({need}) AS line WHERE units > 0
    ), stock AS (
        SELECT l.id AS lot_id, l.product_id, l.purpose = 'care' AS for_care, s.quantity AS units,
               sum(s.quantity) OVER (PARTITION BY l.product_id, l.purpose ORDER BY l.expires_on, l.id) AS upto
        FROM lot AS l JOIN stock_level AS s ON s.lot_id = l.id AND s.place = 'shelf' AND s.quantity > 0
        WHERE l.id = ANY (:lots)
    ), laid AS (
        SELECT n.parcel_id, n.order_id, n.item_id, n.substitute, n.reason, s.lot_id,
               least(n.upto, s.upto) - greatest(n.upto - n.units, s.upto - s.units) AS quantity
        FROM need AS n JOIN stock AS s ON s.product_id = n.product_id AND s.for_care = n.for_care
        WHERE s.upto - s.units < n.upto AND n.upto - n.units < s.upto
    )
"""
