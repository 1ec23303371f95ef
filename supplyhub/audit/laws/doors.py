"""Laws 3 and 8 at the doors: parcels are where their doors say, and doors stand by what was reported."""

from supplyhub.audit.law import Check

KEPT_WITHIN_ITS_PARCEL = Check(
    "a parcel is where its door says, and what was kept back of it at the door is some of it",
    """
    SELECT s.id AS stop, s.outcome, p.state AS parcel, NULL::bigint AS item, NULL::numeric AS kept, NULL::numeric AS packed
    FROM stop AS s JOIN parcel AS p ON p.id = s.parcel_id
    WHERE NOT CASE s.outcome WHEN 'delivered' THEN p.state = 'delivered' WHEN 'failed' THEN p.state IN ('handed_over', 'returned')
              ELSE p.state IN ('planned', 'packed', 'handed_over') END
    UNION ALL
    SELECT s.id, s.outcome, p.state, k.item_id, k.units, coalesce(l.units, 0)
    FROM kept_back AS k
    JOIN stop AS s ON s.entry_id = k.entry_id
    JOIN parcel AS p ON p.id = s.parcel_id
    LEFT JOIN (
      SELECT parcel_id, item_id, substitute, sum(quantity) AS units FROM parcel_line GROUP BY 1, 2, 3
    ) AS l ON l.parcel_id = p.id AND l.item_id = k.item_id AND l.substitute = k.substitute
    WHERE k.units > coalesce(l.units, 0) OR s.outcome <> 'delivered' OR k.order_id <> s.order_id
    ORDER BY 1, 4
    """,
    "SELECT (SELECT count(*) FROM stop) + (SELECT count(*) FROM kept_back)",
)

STANDS_BY_ITS_ENTRY = Check(
    "a door stands by an entry that nobody took back or set aside, and none that was applied is lost",
    """
    SELECT s.id AS stop, s.outcome, concat('stands by ', s.entry_id) AS entry
    FROM stop AS s
    LEFT JOIN delivery_entry AS e ON e.id = s.entry_id AND e.stop_id = s.id
    WHERE s.entry_id IS NOT NULL AND (
      e.id IS NULL OR (e.outcome, e.problem) IS DISTINCT FROM (s.outcome, s.problem)
      OR EXISTS (SELECT FROM delivery_entry AS u WHERE u.undoes = e.id AND u.answer = 'applied')
      OR EXISTS (SELECT FROM entry_set_aside AS a WHERE a.entry_id = e.id))
    UNION ALL
    SELECT s.id, s.outcome, concat('lost ', e.id)
    FROM delivery_entry AS e JOIN stop AS s ON s.id = e.stop_id
    WHERE e.answer = 'applied' AND e.undoes IS NULL AND s.entry_id IS DISTINCT FROM e.id
      AND NOT EXISTS (SELECT FROM delivery_entry AS u WHERE u.undoes = e.id AND u.answer = 'applied')
      AND NOT EXISTS (SELECT FROM entry_set_aside AS a WHERE a.entry_id = e.id)
    ORDER BY 1, 3
    """,
    "SELECT count(*) FROM delivery_entry WHERE answer IS NOT NULL",
)

WITH_AN_ANCHOR_ONCE = Check(
    "a parcel that was left with an anchor household is there once, with the one that its door's entry names",
    """
    SELECT coalesce(e.stop_id, c.stop_id) AS stop, e.left_with, c.anchor_id AS anchor
    FROM (
      SELECT s.id AS stop_id, s.entry_id, e.left_with
      FROM stop AS s JOIN delivery_entry AS e ON e.id = s.entry_id WHERE e.left_with IS NOT NULL
    ) AS e
    FULL JOIN anchor_custody AS c ON c.entry_id = e.entry_id
    WHERE e.left_with IS DISTINCT FROM c.anchor_id OR e.stop_id IS DISTINCT FROM c.stop_id OR c.passed_at < c.left_at
    ORDER BY 1
    """,
    "SELECT count(*) FROM anchor_custody",
)
