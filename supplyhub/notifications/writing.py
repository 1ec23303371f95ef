"""Messages are written: once a channel and matter, for the channels that are to be told, in the caller's transaction."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub import outbox
from supplyhub.db import execute, rows
from supplyhub.notifications.events import MessageDue
from supplyhub.notifications.rules import MATTERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.engine import Row

    from supplyhub.notifications.states import Matter


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened, and who is concerned: accounts, the group of a grid, the groups of the whole community.

    `about` names it, once and for all: whoever was told of it isn't told again.
    """

    about: str
    facts: Mapping[str, Any]
    accounts: Sequence[int] = ()
    grid_id: int | None = None
    community_id: int | None = None


def tell(matter: Matter, news: Iterable[News]) -> int:
    """Write what the concerned channels that want the matter are to be told; return how many messages are new.

    What goes to pages is there at once; the rest is sent afterwards. Set-based: a statement each for pages, channels and
    messages, however much news there is.
    """
    each = list(news)
    accounts = sorted({account for one in each for account in one.accounts})
    open_pages(accounts)
    wanted = [
        (channel.id, one.about, json.dumps(dict(one.facts)), channel.kind == "page")
        for channel in _channels(matter, each, accounts)
        for one in each
        if _concerns(one, channel)
    ]
    if not wanted:
        return 0
    channels, abouts, facts, pages = zip(*wanted, strict=True)
    return _send_later(
        rows(
            """
            INSERT INTO message (channel_id, matter, about, facts, state, sent_at, due_at)
            SELECT w.channel, :matter, w.about, CAST(w.facts AS jsonb), CASE WHEN w.page THEN 'sent' ELSE 'due' END,
                   CASE WHEN w.page THEN clock_timestamp() END, clock_timestamp()
            FROM unnest(CAST(:channels AS bigint[]), CAST(:abouts AS text[]), CAST(:facts AS text[]), CAST(:pages AS bool[]))
                 AS w(channel, about, facts, page)
            ORDER BY w.channel, w.about
            ON CONFLICT (channel_id, matter, about) DO NOTHING RETURNING id, state
            """,
            matter=matter,
            channels=list(channels),
            abouts=list(abouts),
            facts=list(facts),
            pages=list(pages),
        )
    )


def _send_later(written: list[Row[Any]]) -> int:
    outbox.record_all(MessageDue(message.id) for message in written if message.state == "due")
    return len(written)


def open_pages(accounts: Sequence[int]) -> None:
    """Give each of these accounts a channel for its pages that has none yet, told of everything that its role may be."""
    if not accounts:
        return
    execute(
        """
        WITH new AS (
          INSERT INTO channel (community_id, kind, label, account_id, made_by)
          SELECT a.community_id, 'page', 'page', a.id, a.id FROM account AS a
          WHERE a.id = ANY (:accounts)
            AND NOT EXISTS (SELECT FROM channel AS c WHERE c.account_id = a.id AND c.kind = 'page')
          ORDER BY a.id
          ON CONFLICT (account_id) WHERE kind = 'page' DO NOTHING RETURNING id, account_id
        )
        INSERT INTO subscription (channel_id, matter)
        SELECT n.id, m.matter FROM new AS n JOIN account AS a ON a.id = n.account_id
        JOIN unnest(CAST(:roles AS text[]), CAST(:matters AS text[])) AS m(role, matter) ON m.role = a.role
        """,
        accounts=list(accounts),
        roles=[role for role, matters in MATTERS.items() for _ in matters],
        matters=[matter for matters in MATTERS.values() for matter in matters],
    )


def _channels(matter: Matter, news: list[News], accounts: list[int]) -> list[Row[Any]]:
    """Return the channels that want a matter, of all that the news may concern."""
    return rows(
        """
        SELECT c.id, c.kind, c.account_id, c.grid_id, c.community_id
        FROM channel AS c JOIN subscription AS s ON s.channel_id = c.id AND s.matter = :matter
        WHERE c.ended_at IS NULL AND (c.kind <> 'mail' OR c.confirmed_at IS NOT NULL)
          AND (c.account_id = ANY (:accounts)
               OR c.kind = 'robot' AND (c.grid_id = ANY (:grids) OR c.grid_id IS NULL AND c.community_id = ANY (:communities)))
        ORDER BY c.id
        """,
        matter=matter,
        accounts=accounts,
        grids=sorted({one.grid_id for one in news if one.grid_id}),
        communities=sorted({one.community_id for one in news if one.community_id}),
    )


def _concerns(news: News, channel: Row[Any]) -> bool:
    if channel.kind != "robot":
        return channel.account_id in news.accounts
    if channel.grid_id is not None:
        return bool(channel.grid_id == news.grid_id)
    return bool(channel.community_id == news.community_id)


def wants(matter: Matter, *, community_id: int) -> bool:
    """Tell whether any group of the whole community wants a matter."""
    found = rows(
        """
        SELECT FROM channel AS c JOIN subscription AS s ON s.channel_id = c.id AND s.matter = :matter
        WHERE c.community_id = :community AND c.kind = 'robot' AND c.grid_id IS NULL AND c.ended_at IS NULL LIMIT 1
        """,
        matter=matter,
        community=community_id,
    )
    return bool(found)


def leads_of(grid_ids: Sequence[int]) -> dict[int, list[int]]:
    """Return the accounts of the leads of some grids, by grid."""
    return _by_grid(
        "SELECT grid_id, id FROM account WHERE grid_id = ANY (:grids) AND role = 'grid_lead' AND active ORDER BY id",
        grid_ids,
    )


def volunteers_of(grid_ids: Sequence[int]) -> dict[int, list[int]]:
    """Return the accounts of the live volunteers of some grids, by grid."""
    return _by_grid(
        "SELECT b.grid_id, b.account_id AS id FROM badge AS b JOIN account AS a ON a.id = b.account_id AND a.active"
        " WHERE b.grid_id = ANY (:grids) AND b.state = 'live' AND b.valid_until > clock_timestamp() ORDER BY b.account_id",
        grid_ids,
    )


def coordinators_of(community_id: int) -> list[int]:
    """Return the accounts of a community's coordinators."""
    found = rows(
        "SELECT id FROM account WHERE community_id = :community AND role = 'coordinator' AND active ORDER BY id",
        community=community_id,
    )
    return [account.id for account in found]


def _by_grid(sql: str, grid_ids: Sequence[int]) -> dict[int, list[int]]:
    people: dict[int, list[int]] = {}
    for found in rows(sql, grids=list(grid_ids)):
        people.setdefault(found.grid_id, []).append(found.id)
    return people
