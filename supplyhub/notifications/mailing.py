"""What the clock starts: mails to households, calls that are due today. `privacy.retention` removes old messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from supplyhub import outbox
from supplyhub.db import rows, scalar, transaction
from supplyhub.notifications.events import MessageDue
from supplyhub.notifications.happening import HAPPENED
from supplyhub.notifications.news import GRIDS_WITH_NEWS, HOMES_WITH_NEWS
from supplyhub.notifications.telling_help import tell_checks_due

if TYPE_CHECKING:
    from datetime import datetime

# Who has written something down is done with it by then.
OVERLAP = timedelta(minutes=3)
SWEEPS_EVERY = timedelta(hours=1)
MAIL_HOMES = """
    FROM channel AS c JOIN household AS h ON h.account_id = c.account_id
    WHERE c.kind = 'mail' AND c.ended_at IS NULL AND c.confirmed_at IS NOT NULL
"""


def tell_due_checks() -> int:
    """Tell everybody who makes check-in calls how many are due today, once a day; return how many are told."""
    with transaction():
        return tell_checks_due()


@dataclass
class Mails:
    """Writes the mails that households want; remembers how far it has looked, so that it reads what is new, and no more.

    At first, and once an hour, it looks at every mail box and at the last hours: what was written down late isn't lost, nor
    what happened while no clock ran. A mail is written once, however often it is looked for.
    """

    looked_at: datetime | None = None
    swept_at: datetime | None = None

    def look(self) -> int:
        """Write the mails about what happened since the last look; return how many are new."""
        with transaction():
            now = scalar("SELECT clock_timestamp()")
        if self.looked_at is None or self.swept_at is None or now - self.swept_at > SWEEPS_EVERY:
            written = write_mails()
            self.swept_at = now
        else:
            written = write_mails(since=self.looked_at - OVERLAP)
        self.looked_at = now
        return written


def write_mails(since: datetime | None = None) -> int:
    """Write the mails about what happened to households within the last hours.

    `since`: to those alone to whom something has happened from then on. Returns how many are new.
    """
    with transaction():
        homes = _mail_homes() if since is None else _mail_homes_with_news(since)
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
            WHERE e.at > greatest(c.confirmed_at, clock_timestamp() - interval '6 hours') AND c.confirmed_at IS NOT NULL
            ORDER BY c.id, e.about
            ON CONFLICT (channel_id, matter, about) DO NOTHING RETURNING id
            """,
            homes=homes,
            days=1,
        )
        outbox.record_all(MessageDue(message.id) for message in written)
        return len(written)


def _mail_homes() -> list[int]:
    return [home.id for home in rows(f"SELECT DISTINCT h.id {MAIL_HOMES}")]


def _mail_homes_with_news(since: datetime) -> list[int]:
    """Return the homes with a mail box that something has happened to: to their grid, or to themselves."""
    grids = [grid.grid_id for grid in rows(GRIDS_WITH_NEWS, since=since)]
    homes = [home.household_id for home in rows(HOMES_WITH_NEWS, since=since)]
    found = rows(f"SELECT DISTINCT h.id {MAIL_HOMES} AND h.id = ANY (:homes)", homes=homes) if homes else []
    if grids:
        houses = "SELECT id FROM building WHERE grid_id = ANY (:grids)"
        found = [*found, *rows(f"SELECT DISTINCT h.id {MAIL_HOMES} AND h.building_id IN ({houses})", grids=grids)]
    return sorted({home.id for home in found})
