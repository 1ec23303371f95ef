"""What goes by itself when nobody needs it any more: a statement each, on the application's own rights; safe to repeat.

Kept elsewhere: the care register (`residents.care_ending`), help requests (`help.overdue`), prints, files of the register.
Addresses of a ticket are shown no longer than a day after its shift (`delivery.queries`); they aren't copied to it.
"""

from __future__ import annotations

from supplyhub.db import rows, transaction
from supplyhub.photos.models import NOTHING_TO_SEE, SHOWN
from supplyhub.privacy.severing import NOBODYS_REQUEST, forget_cycles_care, forget_whose_cases

# Names and words on orders, after their cycle closed; what is left of a badge, an application, a message.
NAMES_DAYS = 30
OUTBOX_DAYS = 30
# A photo is evidence while its cycle can be asked about; then it is a grey point.
NOT_YET_GREY = f"p.{SHOWN}"
CLOSED = "c.state = 'closed' AND c.closed_at <= clock_timestamp() - make_interval(days => :days)"
OLD = {
    "order_notes": f"""
        UPDATE orders AS o SET note = '' FROM cycle AS c WHERE c.id = o.cycle_id AND {CLOSED} AND o.note <> ''
    """,
    "relay_entries": f"""
        DELETE FROM relay_entry AS r USING menu AS m JOIN cycle AS c ON c.id = m.cycle_id WHERE r.menu_id = m.id AND {CLOSED}
    """,
    "relay_baskets": f"""
        DELETE FROM relay_basket AS r USING menu AS m JOIN cycle AS c ON c.id = m.cycle_id WHERE r.menu_id = m.id AND {CLOSED}
    """,
    "inbox_notes": f"""
        UPDATE inbox_item AS i SET note = '' FROM cycle AS c WHERE c.id = i.cycle_id AND {CLOSED} AND i.note <> ''
    """,
    "arrival_notes": f"""
        UPDATE arrival_report AS r SET note = ''
        FROM stop AS s JOIN ticket AS t ON t.id = s.ticket_id JOIN cycle AS c ON c.id = t.cycle_id
        WHERE r.stop_id = s.id AND {CLOSED} AND r.note <> ''
    """,
    "door_photos": f"""
        UPDATE photo AS p SET content = :nothing, media_type = 'image/png'
        FROM door_photo AS f JOIN delivery_entry AS e ON e.id = f.entry_id JOIN stop AS s ON s.id = e.stop_id
        JOIN ticket AS t ON t.id = s.ticket_id JOIN cycle AS c ON c.id = t.cycle_id
        WHERE f.photo_id = p.id AND {CLOSED} AND {NOT_YET_GREY}
    """,
    "badge_photos": f"""
        UPDATE photo AS p SET content = :nothing, media_type = 'image/png' FROM badge AS b
        WHERE b.photo_id = p.id AND b.revoked_at <= clock_timestamp() - make_interval(days => :days) AND {NOT_YET_GREY}
          AND NOT EXISTS (SELECT FROM badge AS live WHERE live.photo_id = p.id AND live.state <> 'revoked')
    """,
    "applications": """
        DELETE FROM volunteer_application
        WHERE state = 'declined' AND decided_at <= clock_timestamp() - make_interval(days => :days)
    """,
    "devices": """
        DELETE FROM household_device
        WHERE least(expires_at, revoked_at) <= clock_timestamp() - make_interval(days => :days)
    """,
    "messages": """
        DELETE FROM message WHERE state <> 'due' AND made_at <= clock_timestamp() - make_interval(days => :days)
    """,
    "requests": f"""
        UPDATE help_request SET {NOBODYS_REQUEST}
        WHERE household_id IS NOT NULL AND wrapped_key IS NULL AND ended_at <= clock_timestamp() - make_interval(days => :days)
    """,
    "events": """
        DELETE FROM outbox WHERE finished_at <= clock_timestamp() - make_interval(days => :outbox_days)
    """,
    "import_copies": """
        DELETE FROM register_step AS s USING register_import AS i
        WHERE i.id = s.import_id AND s.before IS NOT NULL AND (
            EXISTS (SELECT FROM cycle AS c WHERE c.community_id = i.community_id AND c.created_at >= i.imported_at)
            OR EXISTS (SELECT FROM register_undo AS u WHERE u.import_id = i.id))
    """,
    "import_steps": """
        DELETE FROM register_step AS s USING register_import AS i
        WHERE i.id = s.import_id AND (i.imported_at <= clock_timestamp() - make_interval(days => :days) OR EXISTS (
            SELECT FROM cycle AS c WHERE c.community_id = i.community_id AND c.created_at >= i.imported_at
                                     AND c.created_at <= clock_timestamp() - interval '1 day'))
    """,
}


def forget_what_is_old() -> dict[str, int]:
    """Let go of what is older than it may be; return how many rows of what. For the scheduler.

    Each kind is a transaction of its own: one that waits for somebody keeps none of the others.
    """
    counts: dict[str, int] = {}
    for name, sql in OLD.items():
        values = {"days": NAMES_DAYS, "outbox_days": OUTBOX_DAYS, "nothing": NOTHING_TO_SEE}
        wanted = {key: value for key, value in values.items() if f":{key}" in sql}
        with transaction():
            counts[name] = len(rows(f"{sql} RETURNING 1", **wanted))
    return counts | {"cycles_care": forget_cycles_care(NAMES_DAYS), "whose_cases": forget_whose_cases(NAMES_DAYS)}
