"""What the clock starts: mails to households, calls that are due today. `privacy.retention` removes old messages."""

from __future__ import annotations

from supplyhub import outbox
from supplyhub.db import rows, transaction
from supplyhub.notifications.events import MessageDue
from supplyhub.notifications.happening import HAPPENED
from supplyhub.notifications.telling_help import tell_checks_due


def tell_due_checks() -> int:
    """Tell everybody who makes check-in calls how many are due today, once a day; return how many are told."""
    with transaction():
        return tell_checks_due()


def write_mails() -> int:
    """Write the mails that households want about what happened to them within the last hours; return how many are new."""
    with transaction():
        homes = rows(
            "SELECT DISTINCT h.id FROM channel AS c JOIN household AS h ON h.account_id = c.account_id"
            " WHERE c.kind = 'mail' AND c.ended_at IS NULL AND c.confirmed_at IS NOT NULL"
        )
        if not homes:
            return 0
        written = rows(
            f"""
            INSERT INTO message (channel_id, matter, about, facts)
            SELECT c.id, e.matter, e.about, e.facts
            FROM ({HAPPENED}) AS e
            JOIN household AS h ON h.id = e.household_id
            JOIN channel AS c ON c.account_id = h.account_id AND c.kind = 'mail' AND c.ended_at IS NULL
            JOIN subscription AS s ON s.channel_id = c.id AND s.matter = e.matter
            WHERE e.at > greatest(c.confirmed_at, clock_timestamp() - interval '6 hours')
            ORDER BY c.id, e.about
            ON CONFLICT (channel_id, matter, about) DO NOTHING RETURNING id
            """,
            homes=[home.id for home in homes],
            days=1,
        )
        outbox.record_all(MessageDue(message.id) for message in written)
        return len(written)
