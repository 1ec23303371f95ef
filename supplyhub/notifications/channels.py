"""Channels: chat robots of grids and of the community, mail boxes and pages of a person; made, changed, tried, ended."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from supplyhub import outbox
from supplyhub.db import as_dict, execute, row, rows, scalar, transaction
from supplyhub.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from supplyhub.notifications.addresses import mail_address, robot_address, service_of
from supplyhub.notifications.confirming import send_code, standing_of, take_turns
from supplyhub.notifications.events import MessageDue
from supplyhub.notifications.rules import GROUP_DEFAULT, GROUP_MATTERS, MATTERS
from supplyhub.notifications.sealing import ADDRESS
from supplyhub.notifications.states import ChannelKind, Matter
from supplyhub.notifications.writing import open_pages
from supplyhub.people.states import Role
from supplyhub.places.queries import grid_numbered

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import time

    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker

MOST_MAIL_BOXES = 3
MOST_ROBOTS_A_GROUP = 10
LONGEST_LABEL = 60
KEEPERS = frozenset({Role.COORDINATOR, Role.GRID_LEAD})

# A channel with what it is told of and how it does: sent_at is of its last message that arrived, trouble the reason of the
# newest one that doesn't arrive.
CHANNEL = """
    SELECT c.id, c.kind, c.label, c.grid_id, g.number AS grid_number, c.account_id, c.address_sealed, c.language,
           c.quiet_from, c.quiet_until, c.made_at, c.confirmed_at, c.code_until, c.code_tries,
           ARRAY(SELECT matter FROM subscription WHERE channel_id = c.id) AS matters, last.sent_at, t.*
    FROM channel AS c LEFT JOIN grid AS g ON g.id = c.grid_id
    CROSS JOIN LATERAL (SELECT max(m.sent_at) AS sent_at FROM message AS m WHERE m.channel_id = c.id) AS last
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE m.state = 'due') AS waiting, count(*) FILTER (WHERE m.state = 'failed') AS failed,
               (array_agg(m.last_error ORDER BY m.id DESC) FILTER (WHERE m.last_error IS NOT NULL))[1] AS trouble
        FROM message AS m
        WHERE m.channel_id = c.id AND m.state IN ('due', 'failed') AND m.made_at > coalesce(last.sent_at, '-infinity')
    ) AS t
"""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a channel is told of, in which language, and when it isn't."""

    matters: tuple[Matter, ...]
    language: str = "zh"
    quiet_from: time | None = None
    quiet_until: time | None = None


def robots_for(asker: Asker, *, vault: Vault) -> list[dict[str, Any]]:
    """Return the robots that the asker keeps: a coordinator all, the community's own first, a lead those of the own grid.

    Fields: those of CHANNEL but the address; service, and hint, the last letters of its key.
    """
    _only_keepers(asker)
    found = rows(
        f"{CHANNEL} WHERE c.kind = 'robot' AND c.community_id = :community AND c.ended_at IS NULL"
        " AND (CAST(:grid AS bigint) IS NULL OR c.grid_id = :grid) ORDER BY g.number NULLS FIRST, c.id",
        community=asker.community_id,
        grid=_own_grid(asker),
    )
    return [_shown(channel, vault) for channel in found]


def own_channels(asker: Asker, *, vault: Vault) -> list[dict[str, Any]]:
    """Return the asker's own channels, the pages first; of a mail box with its address, and how its confirming stands."""
    with transaction():
        open_pages([asker.account_id])
        found = rows(
            f"{CHANNEL} WHERE c.account_id = :account AND c.ended_at IS NULL ORDER BY c.kind DESC, c.id",
            account=asker.account_id,
        )
    return [_shown(channel, vault) for channel in found]


def matters_of(asker: Asker, kind: str) -> tuple[Matter, ...]:
    """Return what a channel of the asker's may be told of."""
    return GROUP_MATTERS if kind == ChannelKind.ROBOT else MATTERS[asker.role]


def add_robot(
    asker: Asker, typed: str, *, label: str, grid: int | None, language: str, vault: Vault, hosts: Collection[str]
) -> int:
    """Keep the robot of a grid's chat group (the grid by number), or of the community's; return its id.

    For a coordinator; a lead keeps those of the own grid. Raises AddressError, InvalidError, NotFoundError, ConflictError
    for too many.
    """
    _only_keepers(asker)
    address = robot_address(typed, hosts=hosts)
    grid_id = _grid_of(asker, grid)
    if not 0 < len(label) <= LONGEST_LABEL:
        raise InvalidError("a channel has a short name", longest=LONGEST_LABEL)
    with transaction():
        kept = scalar(
            "SELECT count(*) FROM channel WHERE community_id = :community AND kind = 'robot' AND ended_at IS NULL"
            " AND grid_id IS NOT DISTINCT FROM :grid",
            community=asker.community_id,
            grid=grid_id,
        )
        if kept >= MOST_ROBOTS_A_GROUP:
            raise ConflictError("there are too many robots", most=MOST_ROBOTS_A_GROUP)
        return _add(asker, ChannelKind.ROBOT, label, address, Wishes(GROUP_DEFAULT, language), vault, grid_id=grid_id)


def add_mail_box(asker: Asker, typed: str, *, language: str, vault: Vault) -> int:
    """Keep a mail box of the asker's, told of everything that the role may be; return its id.

    Nothing is told there before it is confirmed; a code is sent. Raises AddressError, ConflictError for too many,
    TooManyCodesError.
    """
    address = mail_address(typed)
    with transaction():
        take_turns(asker)
        kept = scalar(
            "SELECT count(*) FROM channel WHERE account_id = :account AND kind = 'mail' AND ended_at IS NULL",
            account=asker.account_id,
        )
        if kept >= MOST_MAIL_BOXES:
            raise ConflictError("there are too many mail boxes", most=MOST_MAIL_BOXES)
        channel_id = _add(asker, ChannelKind.MAIL, "mail", address, Wishes(MATTERS[asker.role], language), vault)
        send_code(asker, channel_id)
        return channel_id


def change_channel(asker: Asker, channel_id: int, wishes: Wishes) -> None:
    """Change what a channel is told of, in which language and when not. Raises NotFoundError, InvalidError."""
    if wishes.language not in {"zh", "en"} or (wishes.quiet_from is None) != (wishes.quiet_until is None):
        raise InvalidError("a channel has a language, and quiet hours have two ends")
    if wishes.quiet_from is not None and wishes.quiet_from == wishes.quiet_until:
        raise InvalidError("quiet hours last for some time")
    with transaction():
        channel = _channel(asker, channel_id)
        if not set(wishes.matters) <= set(matters_of(asker, channel.kind)):
            raise InvalidError("a channel isn't told of this", matters=sorted(wishes.matters))
        execute(
            "UPDATE channel SET language = :language, quiet_from = :since, quiet_until = :until WHERE id = :id",
            id=channel_id,
            language=wishes.language,
            since=wishes.quiet_from,
            until=wishes.quiet_until,
        )
        execute("DELETE FROM subscription WHERE channel_id = :id", id=channel_id)
        _subscribe(channel_id, wishes.matters)


def end_channel(asker: Asker, channel_id: int) -> None:
    """Tell a channel nothing more, and forget its address. A person's pages stay. Raises NotFoundError."""
    with transaction():
        if _channel(asker, channel_id).kind == ChannelKind.PAGE:
            raise InvalidError("pages don't end")
        execute(
            "UPDATE channel SET ended_at = clock_timestamp(), address_sealed = NULL, code_hash = NULL, code_until = NULL"
            " WHERE id = :id",
            id=channel_id,
        )
        execute("UPDATE message SET state = 'dropped' WHERE channel_id = :id AND state = 'due'", id=channel_id)


def send_test(asker: Asker, channel_id: int) -> None:
    """Send a message to try a channel.

    Raises NotFoundError, InvalidError for pages, which need none, ConflictError for a mail box that isn't confirmed.
    """
    with transaction():
        channel = _channel(asker, channel_id)
        if channel.kind == ChannelKind.PAGE:
            raise InvalidError("pages need no trial")
        if channel.kind == ChannelKind.MAIL and channel.confirmed_at is None:
            raise ConflictError("this mail box isn't confirmed yet", channel=channel_id)
        message_id = scalar(
            "INSERT INTO message (channel_id, matter, about) VALUES (:channel, 'test', :about) RETURNING id",
            channel=channel_id,
            about=f"test:{uuid.uuid4()}",
        )
        outbox.record(MessageDue(message_id))


def _add(
    asker: Asker,
    kind: ChannelKind,
    label: str,
    address: str,
    wishes: Wishes,
    vault: Vault,
    *,
    grid_id: int | None = None,
) -> int:
    channel_id = int(scalar("SELECT nextval(pg_get_serial_sequence('channel', 'id'))"))
    execute(
        """
        INSERT INTO channel (id, community_id, kind, label, grid_id, account_id, address_sealed, language, made_by)
        OVERRIDING SYSTEM VALUE VALUES (:id, :community, :kind, :label, :grid, :account, :address, :language, :by)
        """,
        id=channel_id,
        community=asker.community_id,
        kind=kind,
        label=label,
        grid=grid_id,
        account=None if kind == ChannelKind.ROBOT else asker.account_id,
        address=vault.seal(address, *ADDRESS, channel_id),
        language=wishes.language,
        by=asker.account_id,
    )
    _subscribe(channel_id, wishes.matters)
    return channel_id


def _subscribe(channel_id: int, matters: Iterable[Matter]) -> None:
    execute(
        "INSERT INTO subscription (channel_id, matter) SELECT :channel, unnest(CAST(:matters AS text[]))",
        channel=channel_id,
        matters=sorted(set(matters)),
    )


def _channel(asker: Asker, channel_id: int) -> Row[Any]:
    """Lock a channel of the asker's own, or a robot that the asker keeps. Raises NotFoundError."""
    found = row(
        """
        SELECT id, kind, confirmed_at FROM channel WHERE id = :id AND community_id = :community AND ended_at IS NULL
          AND (account_id = :account OR :keeps AND kind = 'robot' AND (CAST(:grid AS bigint) IS NULL OR grid_id = :grid))
        FOR NO KEY UPDATE
        """,
        id=channel_id,
        community=asker.community_id,
        account=asker.account_id,
        keeps=asker.role in KEEPERS,
        grid=_own_grid(asker),
    )
    if found is None:
        raise NotFoundError("no such channel", channel=channel_id)
    return found


def _only_keepers(asker: Asker) -> None:
    if asker.role not in KEEPERS:
        raise NotAllowedError("chat groups are the coordinator's and the grid leads'", role=asker.role)


def _own_grid(asker: Asker) -> int | None:
    return asker.grid() if asker.role == Role.GRID_LEAD else None


def _grid_of(asker: Asker, number: int | None) -> int | None:
    own = _own_grid(asker)
    if own is not None:
        return own
    return None if number is None else grid_numbered(asker.community_id, number)


def _shown(channel: Row[Any], vault: Vault) -> dict[str, Any]:
    """Return a channel for its keeper: which service, and of the address no more than is needed to know it again."""
    shown = as_dict(channel)
    sealed = shown.pop("address_sealed")
    address = vault.open(sealed, *ADDRESS, channel.id) if sealed else ""
    key = address.rstrip("/")
    hint = {ChannelKind.ROBOT: f"…{key[-4:]}", ChannelKind.MAIL: address}.get(ChannelKind(channel.kind), "")
    standing = standing_of(channel, datetime.now(UTC)) if channel.kind == ChannelKind.MAIL else None
    return {**shown, "service": service_of(address), "hint": hint, "standing": standing}
