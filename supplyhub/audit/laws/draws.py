"""Law 1 for menus that are drawn: a draw gives what is on offer, by the published list, with the promised seed."""

from supplyhub.audit.law import Check

DRAWS = (
    Check(
        "a draw's totals fit its shares, its slips and what its orders were left with",
        """
        SELECT d.item_id AS item, d.menu_id AS menu, d.offered, d.asked, d.given_to_care, d.given_by_draw
        FROM draw_item AS d
        JOIN menu AS m ON m.id = d.menu_id
        JOIN cycle AS c ON c.id = m.cycle_id
        JOIN menu_item AS i ON i.id = d.item_id
        LEFT JOIN (
          SELECT s.item_id, sum(s.asked) AS asked, sum(s.got) AS got, sum(s.got_as_care) AS as_care,
                 bool_and(s.got = coalesce(l.quantity, 0)) AS kept
          FROM draw_share AS s LEFT JOIN order_line AS l ON l.order_id = s.order_id AND l.item_id = s.item_id
          GROUP BY s.item_id
        ) AS s ON s.item_id = d.item_id
        LEFT JOIN (
          SELECT item_id, count(*) AS slips, count(*) FILTER (WHERE won) AS won FROM draw_slip GROUP BY item_id
        ) AS p ON p.item_id = d.item_id
        WHERE d.asked <> coalesce(s.asked, 0) OR d.asked <> coalesce(p.slips, 0) OR NOT coalesce(s.kept, true)
           OR c.care_forgotten_at IS NULL AND d.given_to_care <> coalesce(s.as_care, 0) OR d.given_by_draw <> coalesce(p.won, 0)
           OR d.given_to_care + d.given_by_draw <> coalesce(s.got, 0)
           OR d.given_to_care + d.given_by_draw <> least(d.offered, d.asked)
           OR d.given_to_care + d.given_by_draw <> i.reserved
           OR d.set_aside <> d.offered * m.care_percent / 100
        ORDER BY d.item_id
        """,
        "SELECT count(*) FROM draw_item",
    ),
    Check(
        "a draw's winners are the foremost of its list, in the order that its seed gives",
        """
        SELECT listed.item_id AS item, listed.slip, listed.place, listed.belongs, listed.won
        FROM (
          SELECT s.item_id, s.slip, s.place, s.won, d.given_by_draw, row_number() OVER (
                   PARTITION BY s.item_id
                   ORDER BY s.round, sha256(convert_to(concat(w.seed, ':', s.item_id, ':', s.slip), 'UTF8'))) AS belongs
          FROM draw_slip AS s JOIN draw_item AS d ON d.item_id = s.item_id JOIN draw AS w ON w.menu_id = s.menu_id
        ) AS listed
        WHERE listed.place <> listed.belongs OR listed.won <> (listed.belongs <= listed.given_by_draw)
        ORDER BY listed.item_id, listed.place
        """,
        "SELECT count(*) FROM draw_slip",
    ),
    Check(
        "a menu that is drawn promised its seed, and was drawn with it",
        """
        SELECT m.id AS menu, m.state, d.drawn_at
        FROM menu AS m LEFT JOIN draw AS d ON d.menu_id = m.id
        WHERE m.mode = 'draw' AND m.state <> 'draft'
          AND (d.menu_id IS NULL OR d.seed_hash <> sha256(convert_to(d.seed, 'UTF8')))
        ORDER BY m.id
        """,
        "SELECT count(*) FROM menu WHERE mode = 'draw'",
    ),
)
