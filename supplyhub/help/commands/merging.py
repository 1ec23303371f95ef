"""The same thing asked for twice becomes one request: the household sees one, what was done about the other stays readable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, rows, transaction
from supplyhub.errors import ConflictError, InvalidError
from supplyhub.help.queries import REQUEST, locked_for_update, request_for
from supplyhub.help.sealing import open_photo, own_key, seal_photo
from supplyhub.help.sight import scope
from supplyhub.help.states import HELP_MOVES, OPEN, OPEN_SQL, HelpState, HelpStepKind
from supplyhub.help.steps import write_state, write_step
from supplyhub.moves import move

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker


def merge_requests(asker: Asker, code: str, *, into: str, vault: Vault) -> None:
    """Merge a request into another open one of the same household and kind; again changes nothing.

    The other one takes over who has it, where nobody had, its photos, and the sooner of both times. For those who handle
    both. Raises InvalidError (`field`: into) when they aren't about the same, EndedError, NotFoundError, NotYoursError.
    """
    with transaction():
        gone = request_for(asker, code)
        if gone.state == HelpState.MERGED and gone.merged_into == into:
            return
        gone, stays = locked_for_update(asker, [code, into])
        if not _are_about_the_same(gone, stays):
            raise InvalidError("these two are not about the same", field="into", into=stays.code)
        _merge(gone, stays, move(HELP_MOVES, gone.state, "merge"))
        _move_photos(gone, stays, vault)
        if stays.owner_id is None and gone.owner_id is not None:
            execute("UPDATE help_request SET owner_id = :owner WHERE id = :id", owner=gone.owner_id, id=stays.id)
            write_state(stays, move(HELP_MOVES, stays.state, "take"))
            write_step(stays, HelpStepKind.ASSIGNED, asker, about=gone.owner_id)
        write_step(gone, HelpStepKind.MERGED_IN, asker)
        write_step(stays, HelpStepKind.MERGED_IN, asker)


def _are_about_the_same(gone: Row[Any], stays: Row[Any]) -> bool:
    return (
        gone.id != stays.id
        and gone.kind == stays.kind
        and gone.order_id == stays.order_id
        and gone.home_id in {None, stays.home_id}
    )


def _merge(gone: Row[Any], stays: Row[Any], state: str) -> None:
    if gone.posted_at is not None:
        raise ConflictError("a wish that neighbours read isn't merged", request=gone.code)
    execute(
        "UPDATE help_request SET state = :state, merged_into_id = :into, ended_at = clock_timestamp() WHERE id = :id",
        state=state,
        into=stays.id,
        id=gone.id,
    )
    # What was merged into it before is found from the one that stays.
    execute("UPDATE help_request SET merged_into_id = :into WHERE merged_into_id = :id", into=stays.id, id=gone.id)
    execute(
        "UPDATE help_request SET due_at = least(due_at, :due) WHERE id = :id AND :due > opened_at",
        due=gone.due_at,
        id=stays.id,
    )


def _move_photos(gone: Row[Any], stays: Row[Any], vault: Vault) -> None:
    """Give the photos to the one that stays, sealed with its key: they go when that one ends."""
    photos = rows("SELECT id, content_sealed FROM help_photo WHERE request_id = :id ORDER BY id", id=gone.id)
    if not photos:
        return
    own, others = own_key(vault, gone), own_key(vault, stays)
    for photo in photos:
        execute(
            "UPDATE help_photo SET request_id = :into, content_sealed = :content WHERE id = :id",
            into=stays.id,
            content=seal_photo(others, photo.id, open_photo(own, photo.id, photo.content_sealed)),
            id=photo.id,
        )


def duplicates_of(asker: Asker, request: Row[Any]) -> list[Row[Any]]:
    """Return other open requests of the same household and kind that the asker opens, the oldest first: what may be merged."""
    if request.home_id is None or request.state not in OPEN or not request.opens:
        return []
    return rows(
        f"{REQUEST} WHERE r.home_id = :of_home AND r.kind = :kind AND r.id <> :id AND r.state IN {OPEN_SQL} AND r.opens"
        " AND r.order_id IS NOT DISTINCT FROM :order ORDER BY r.id",
        of_home=request.home_id,
        kind=request.kind,
        id=request.id,
        order=request.order_id,
        **scope(asker),
    )


def merged_into(asker: Asker, request: Row[Any]) -> list[Row[Any]]:
    """Return the requests that were merged into one, as the asker sees them."""
    return rows(f"{REQUEST} WHERE r.merged_into_id = :id ORDER BY r.id", id=request.id, **scope(asker))
