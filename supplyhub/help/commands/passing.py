"""Medicine passes from hand to hand, up to the district's border and from there to a door: who has it now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.codes import read_code
from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.errors import ConflictError, InvalidError
from supplyhub.help.queries import request_for_update
from supplyhub.help.rules import LONGEST_NAME, LONGEST_PLACE, check_text, next_hands
from supplyhub.help.sealing import NAME, own_key
from supplyhub.help.states import HelpKind, HelpStepKind, Holder
from supplyhub.help.steps import write_step

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker


def pass_medicine(
    asker: Asker,
    code: str,
    *,
    key: UUID,
    said: str,
    holder: Holder,
    place: str,
    account_id: int | None = None,
    name: str = "",
    vault: Vault,
) -> None:
    """Write who has the medicine now, and where it was passed. The same key again changes nothing.

    `said` is the code on the bag, as whoever took it read it out: the request's own, or it is another bag. A volunteer of
    ours is an account that has the request or is named for it; others' names are sealed. For those who handle it. Raises
    InvalidError (`field`), ConflictError for another kind, NotFoundError, EndedError, NotYoursError.
    """
    place, name = _text(place, "place", LONGEST_PLACE), _text(name, "name", LONGEST_NAME)
    if not place:
        raise InvalidError("say where it was passed", field="place")
    with transaction():
        request = request_for_update(asker, code)
        if request.kind != HelpKind.MEDICINE:
            raise ConflictError("only medicine passes from hand to hand", kind=request.kind)
        if scalar("SELECT count(*) FROM medicine_pass WHERE key = :key AND request_id = :id", key=key, id=request.id):
            return
        if read_code(said) != request.code:
            raise InvalidError("this is the code of another bag", field="said")
        _check_hands(request, holder, account_id)
        _write(request, asker, key, holder, place, account_id, name, vault)
        write_step(request, HelpStepKind.PASSED, asker, about=account_id)


def _text(text: str, field: str, longest: int) -> str:
    try:
        return check_text(text, longest=longest)
    except InvalidError as error:
        raise InvalidError("the text is too long", field=field, longest=longest) from error


def _check_hands(request: Row[Any], holder: Holder, account_id: int | None) -> None:
    if (holder == Holder.VOLUNTEER) != (account_id is not None):
        raise InvalidError("a volunteer is somebody with an account, others aren't", field="account")
    if account_id is not None and account_id != request.owner_id and not _is_named(request, account_id):
        raise InvalidError("name this person for the request first", field="account")
    next_hands([(each.holder, each.holder_account_id) for each in passes_of(request)], holder, account_id)


def _is_named(request: Row[Any], account_id: int) -> bool:
    found = scalar(
        "SELECT count(*) FROM help_person WHERE request_id = :id AND account_id = :account",
        id=request.id,
        account=account_id,
    )
    return bool(found)


def _write(
    request: Row[Any],
    asker: Asker,
    key: UUID,
    holder: Holder,
    place: str,
    account_id: int | None,
    name: str,
    vault: Vault,
) -> None:
    pass_id = int(scalar("SELECT nextval(pg_get_serial_sequence('medicine_pass', 'id'))"))
    sealed = own_key(vault, request).seal(name, *NAME, pass_id) if name and account_id is None else None
    execute(
        """
        INSERT INTO medicine_pass (id, key, request_id, sequence, holder, holder_account_id, holder_name_sealed, place,
                                   recorded_by, happened_at) OVERRIDING SYSTEM VALUE
        SELECT :id, :key, :request, coalesce(max(sequence), 0) + 1, :holder, :account, :name, :place, :by, clock_timestamp()
        FROM medicine_pass WHERE request_id = :request
        """,
        id=pass_id,
        key=key,
        request=request.id,
        holder=holder,
        account=account_id,
        name=sealed,
        place=place,
        by=asker.account_id,
    )


def passes_of(request: Row[Any]) -> list[Row[Any]]:
    """Return through whose hands medicine went, in order; the last has it. Ask whose it is first.

    Fields: id, sequence, holder, holder_account_id, holder_name (of an account), holder_name_sealed, place, recorded_by
    (a name), happened_at.
    """
    return rows(
        """
        SELECT m.id, m.sequence, m.holder, m.holder_account_id, a.display_name AS holder_name, m.holder_name_sealed, m.place,
               b.display_name AS recorded_by, m.happened_at
        FROM medicine_pass AS m JOIN account AS b ON b.id = m.recorded_by LEFT JOIN account AS a ON a.id = m.holder_account_id
        WHERE m.request_id = :id ORDER BY m.sequence
        """,
        id=request.id,
    )
