"""What is kept of a household and needs no opening: a statement a subject. Values: home (its id), account."""

SUBJECTS = {
    "cards": """
        SELECT issued_at, revoked_at FROM household_card WHERE household_id = :home ORDER BY id
    """,
    "devices": """
        SELECT joined_at, expires_at, revoked_at FROM household_device WHERE household_id = :home ORDER BY id
    """,
    "orders": """
        SELECT n.number, c.delivery_on, o.state, o.channel, o.placed_at, o.changed_at, o.total_fen, o.note,
               a.display_name AS placed_by, u.outcome
        FROM orders AS o JOIN cycle AS c ON c.id = o.cycle_id JOIN account AS a ON a.id = o.placed_by
        LEFT JOIN order_number AS n ON n.order_id = o.id LEFT JOIN order_outcome AS u ON u.order_id = o.id
        WHERE o.household_id = :home ORDER BY o.id
    """,
    "lines": """
        SELECT c.delivery_on, p.name_zh AS product, l.quantity, l.unit_price_fen, l.consent
        FROM orders AS o JOIN cycle AS c ON c.id = o.cycle_id JOIN order_line AS l ON l.order_id = o.id
        JOIN menu_item AS i ON i.id = l.item_id JOIN offer AS f ON f.id = i.offer_id JOIN product AS p ON p.id = f.product_id
        WHERE o.household_id = :home ORDER BY o.id, i.position
    """,
    "entered": """
        SELECT c.delivery_on, x.entered_at, x.channel, a.display_name AS by
        FROM orders AS o JOIN cycle AS c ON c.id = o.cycle_id JOIN proxy_order AS x ON x.order_id = o.id
        JOIN account AS a ON a.id = x.account_id
        WHERE o.household_id = :home ORDER BY o.id, x.version
    """,
    "relays": """
        SELECT c.delivery_on, r.kind, r.applied_at
        FROM relay_entry AS r JOIN menu AS m ON m.id = r.menu_id JOIN cycle AS c ON c.id = m.cycle_id
        WHERE r.household_id = :home ORDER BY r.id
    """,
    "declined": """
        SELECT c.delivery_on, d.recorded_at, a.display_name AS by
        FROM declined AS d JOIN cycle AS c ON c.id = d.cycle_id JOIN account AS a ON a.id = d.recorded_by
        WHERE d.household_id = :home ORDER BY c.id
    """,
    "withdrawn": """
        SELECT c.delivery_on, p.name_zh AS product, w.quantity, w.unit_price_fen, w.withdrawn_at
        FROM orders AS o JOIN cycle AS c ON c.id = o.cycle_id JOIN withdrawn_line AS w ON w.order_id = o.id
        JOIN menu_item AS i ON i.id = w.item_id JOIN offer AS f ON f.id = i.offer_id JOIN product AS p ON p.id = f.product_id
        WHERE o.household_id = :home ORDER BY o.id, i.position
    """,
    "lapses": """
        SELECT c.delivery_on, l.total_fen, l.lapsed_at
        FROM orders AS o JOIN cycle AS c ON c.id = o.cycle_id JOIN lapse AS l ON l.order_id = o.id
        WHERE o.household_id = :home ORDER BY o.id, l.version
    """,
    "shares": """
        SELECT c.delivery_on, p.name_zh AS product, l.ordered, l.allocated, l.reason
        FROM orders AS o JOIN cycle AS c ON c.id = o.cycle_id JOIN allocation AS l ON l.order_id = o.id
        JOIN menu_item AS i ON i.id = l.item_id JOIN offer AS f ON f.id = i.offer_id JOIN product AS p ON p.id = f.product_id
        WHERE o.household_id = :home ORDER BY o.id, i.position
    """,
    "draws": """
        SELECT c.delivery_on, p.name_zh AS product, d.asked, d.got
        FROM orders AS o JOIN cycle AS c ON c.id = o.cycle_id JOIN draw_share AS d ON d.order_id = o.id
        JOIN menu_item AS i ON i.id = d.item_id JOIN offer AS f ON f.id = i.offer_id JOIN product AS p ON p.id = f.product_id
        WHERE o.household_id = :home ORDER BY o.id, i.position
    """,
    "payments": """
        SELECT n.number, y.made_at, y.what, y.way, y.amount_fen, y.state, y.reason, y.note
        FROM orders AS o LEFT JOIN order_number AS n ON n.order_id = o.id
        JOIN LATERAL (
            SELECT made_at, 'charge' AS what, paid_way AS way, amount_fen, state, NULL AS reason, NULL AS note
            FROM charge WHERE order_id = o.id
            UNION ALL SELECT happened_at, 'taking', way, amount_fen, NULL, NULL, NULL FROM taking WHERE order_id = o.id
            UNION ALL SELECT made_at, 'refund', way, amount_fen, state, reason, NULL FROM refund WHERE order_id = o.id
            UNION ALL SELECT asked_at, 'credit', NULL, amount_fen, state, reason, note FROM credit WHERE order_id = o.id
            UNION ALL SELECT decided_at, 'cover', source, NULL, NULL, NULL, NULL FROM cover WHERE order_id = o.id
        ) AS y ON true
        WHERE o.household_id = :home ORDER BY o.id, y.made_at, y.what
    """,
    "money": """
        SELECT n.number, e.kind, p.amount_fen, e.booked_at
        FROM orders AS o JOIN posting AS p ON p.order_id = o.id AND p.account = 'household'
        JOIN journal_entry AS e ON e.id = p.entry_id LEFT JOIN order_number AS n ON n.order_id = o.id
        WHERE o.household_id = :home ORDER BY p.id
    """,
    "deliveries": """
        SELECT n.number, s.outcome, s.problem, s.happened_at
        FROM orders AS o JOIN stop AS s ON s.order_id = o.id LEFT JOIN order_number AS n ON n.order_id = o.id
        WHERE o.household_id = :home ORDER BY s.id
    """,
    "parcels": """
        SELECT n.number, p.code, p.state, p.bags, p.weight_grams
        FROM orders AS o JOIN parcel AS p ON p.order_id = o.id LEFT JOIN order_number AS n ON n.order_id = o.id
        WHERE o.household_id = :home ORDER BY p.id
    """,
    "kept_back": """
        SELECT n.number, p.name_zh AS product, k.units AS quantity, k.problem
        FROM orders AS o JOIN kept_back AS k ON k.order_id = o.id LEFT JOIN order_number AS n ON n.order_id = o.id
        JOIN menu_item AS i ON i.id = k.item_id JOIN offer AS f ON f.id = i.offer_id JOIN product AS p ON p.id = f.product_id
        WHERE o.household_id = :home ORDER BY o.id, i.position
    """,
    "custody": """
        SELECT n.number, u.left_at, u.passed_at
        FROM orders AS o JOIN stop AS s ON s.order_id = o.id JOIN anchor_custody AS u ON u.stop_id = s.id
        LEFT JOIN order_number AS n ON n.order_id = o.id
        WHERE o.household_id = :home ORDER BY s.id, u.left_at
    """,
    "notes": """
        SELECT n.number, i.opened_at, i.kind, i.note
        FROM orders AS o JOIN stop AS s ON s.order_id = o.id JOIN inbox_item AS i ON i.stop_id = s.id
        LEFT JOIN order_number AS n ON n.order_id = o.id
        WHERE o.household_id = :home ORDER BY i.id
    """,
    "arrivals": """
        SELECT n.number, r.reported_at, r.note
        FROM orders AS o JOIN stop AS s ON s.order_id = o.id JOIN arrival_report AS r ON r.stop_id = s.id
        LEFT JOIN order_number AS n ON n.order_id = o.id
        WHERE o.household_id = :home ORDER BY s.id
    """,
    "door_photos": """
        SELECT n.number, p.taken_at, a.display_name AS by
        FROM orders AS o JOIN stop AS s ON s.order_id = o.id JOIN delivery_entry AS e ON e.stop_id = s.id
        JOIN door_photo AS f ON f.entry_id = e.id JOIN photo AS p ON p.id = f.photo_id JOIN account AS a ON a.id = p.taken_by
        LEFT JOIN order_number AS n ON n.order_id = o.id
        WHERE o.household_id = :home ORDER BY p.id
    """,
    "calls": """
        SELECT c.delivery_on, k.called_at, k.outcome, a.display_name AS by
        FROM call_attempt AS k JOIN cycle AS c ON c.id = k.cycle_id JOIN account AS a ON a.id = k.account_id
        WHERE k.household_id = :home ORDER BY k.id
    """,
    "packs": """
        SELECT p.name AS product, p.given_at, s.declined_at
        FROM care_pack_share AS s JOIN care_pack AS p ON p.id = s.pack_id WHERE s.household_id = :home ORDER BY p.id
    """,
    "consents": """
        SELECT s.purpose, s.given_on, s.withdrawn_on
        FROM care_consent AS s JOIN care_case AS c ON c.id = s.case_id WHERE c.household_id = :home ORDER BY s.id
    """,
    "checks": """
        SELECT k.due_on, k.done_at, k.outcome, a.display_name AS by
        FROM care_check AS k JOIN care_case AS c ON c.id = k.case_id LEFT JOIN account AS a ON a.id = k.done_by
        WHERE c.household_id = :home ORDER BY k.id
    """,
    "volunteers": """
        SELECT b.code, a.display_name AS by, v.appointed_at, v.ended_at
        FROM standing_volunteer AS v JOIN care_case AS c ON c.id = v.case_id JOIN badge AS b ON b.id = v.badge_id
        JOIN account AS a ON a.id = b.account_id WHERE c.household_id = :home ORDER BY v.id
    """,
    "readings": """
        SELECT r.read_at, a.display_name AS by, a.role, r.purpose
        FROM care_access AS r JOIN care_case AS c ON c.id = r.care_case_id JOIN account AS a ON a.id = r.account_id
        WHERE c.household_id = :home ORDER BY r.id
    """,
    "passes": """
        SELECT q.code, p.happened_at, p.holder, p.place
        FROM medicine_pass AS p JOIN help_request AS q ON q.id = p.request_id
        WHERE q.household_id = :home ORDER BY q.id, p.sequence
    """,
    "help_photos": """
        SELECT q.code, f.added_at, a.display_name AS by
        FROM help_photo AS f JOIN help_request AS q ON q.id = f.request_id JOIN account AS a ON a.id = f.added_by
        WHERE q.household_id = :home ORDER BY f.id
    """,
    "claimed": """
        SELECT q.code, w.claimed_at, w.given_up_at
        FROM wish_claim AS w JOIN help_request AS q ON q.id = w.request_id WHERE w.account_id = :account ORDER BY w.id
    """,
    "anchored": """
        SELECT appointed_at, ended_at FROM anchor_household WHERE household_id = :home ORDER BY id
    """,
    "messages": """
        SELECT m.matter, m.about, CAST(m.facts AS text) AS facts, m.state, m.made_at, m.sent_at, m.read_at
        FROM message AS m JOIN channel AS c ON c.id = m.channel_id WHERE c.account_id = :account ORDER BY m.id
    """,
    "erasures": """
        SELECT erased_at FROM erasure WHERE household_id = :home ORDER BY id
    """,
}
