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
    "readings": """
        SELECT r.read_at, a.display_name AS by, a.role, r.purpose
        FROM care_access AS r JOIN care_case AS c ON c.id = r.care_case_id JOIN account AS a ON a.id = r.account_id
        WHERE c.household_id = :home ORDER BY r.id
    """,
    "steps": """
        SELECT q.code, s.happened_at, s.step, a.display_name AS by
        FROM help_step AS s JOIN help_request AS q ON q.id = s.request_id LEFT JOIN account AS a ON a.id = s.account_id
        WHERE q.household_id = :home ORDER BY s.id
    """,
    "anchored": """
        SELECT appointed_at, ended_at FROM anchor_household WHERE household_id = :home ORDER BY id
    """,
    "messages": """
        SELECT m.matter, m.about, m.made_at, m.read_at
        FROM message AS m JOIN channel AS c ON c.id = m.channel_id WHERE c.account_id = :account ORDER BY m.id
    """,
    "erasures": """
        SELECT erased_at FROM erasure WHERE household_id = :home ORDER BY id
    """,
}
