"""Somebody wants to be a volunteer: an application, and what a coordinator makes of it."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, row, scalar, transaction
from supplyhub.errors import HubError, InvalidError, NotFoundError
from supplyhub.moves import move
from supplyhub.people.accounts import add_account, shown_name
from supplyhub.people.applications import APPLICATION_MOVES, LONGEST_PHONE, PLACE_NAME, PLACE_PHONE
from supplyhub.people.staff import only_coordinator
from supplyhub.people.states import ApplicationState, Role
from supplyhub.places.queries import grid_numbered

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker

# A flood of strangers fills so many and no more; a coordinator still writes down whoever comes by.
MOST_OPEN = 300
FEWEST_DIGITS, MOST_DIGITS = 5, 20
PHONE = re.compile(r"\+?[0-9 ()-]+")


class TooManyApplicationsError(HubError):
    """Too many applications wait to be read."""

    code = "too_many_applications"


def apply_to_volunteer(
    community_id: int, *, grid: int, name: str, phone: str, vault: Vault, by: Asker | None = None
) -> None:
    """Write down that somebody wants to be a volunteer of a grid (by number): a stranger, or a coordinator for somebody.

    The same telephone once more, while the first waits, has no effect and is answered alike: nobody learns who applied.
    Raises InvalidError (`field`), NotFoundError, TooManyApplicationsError for strangers.
    """
    if by is not None:
        only_coordinator(by)
    name, digits = _shown(name), _digits(phone)
    number = uuid.uuid4()
    with transaction():
        grid_id = grid_numbered(community_id, grid)
        waiting = scalar(
            "SELECT count(*) FROM volunteer_application WHERE community_id = :community AND state = 'applied'",
            community=community_id,
        )
        if by is None and waiting >= MOST_OPEN:
            raise TooManyApplicationsError
        execute(
            """
            INSERT INTO volunteer_application (id, community_id, grid_id, name_sealed, phone_sealed, phone_mark)
            VALUES (:id, :community, :grid, :name, :phone, :mark)
            ON CONFLICT (community_id, phone_mark) WHERE state = 'applied' DO NOTHING
            """,
            id=number,
            community=community_id,
            grid=grid_id,
            name=vault.seal(name, *PLACE_NAME, number),
            phone=vault.seal(phone.strip(), *PLACE_PHONE, number),
            mark=vault.lookup_hash(digits, "volunteer_application.phone"),
        )


def accept_application(asker: Asker, application: uuid.UUID, *, vault: Vault) -> int:
    """Open the account of a volunteer who applied and return it; a training and a badge come after. For a coordinator.

    Raises NotFoundError, ConflictError when somebody decided already.
    """
    only_coordinator(asker)
    with transaction():
        found = _waiting(asker, application)
        state = move(APPLICATION_MOVES, ApplicationState(found.state), "accept")
        name = vault.open(found.name_sealed, *PLACE_NAME, application)
        account = add_account(asker.community_id, Role.VOLUNTEER, name)
        execute(
            "UPDATE volunteer_application SET state = :state, decided_at = clock_timestamp(), decided_by = :by,"
            " account_id = :account WHERE id = :id",
            state=state,
            by=asker.account_id,
            account=account,
            id=application,
        )
        return account


def decline_application(asker: Asker, application: uuid.UUID, *, vault: Vault) -> None:
    """Decline an application; name and telephone are forgotten. For a coordinator. Raises as `accept_application`."""
    only_coordinator(asker)
    with transaction():
        found = _waiting(asker, application)
        execute(
            "UPDATE volunteer_application SET state = :state, decided_at = clock_timestamp(), decided_by = :by,"
            " name_sealed = :name, phone_sealed = :phone, phone_mark = '' WHERE id = :id",
            state=move(APPLICATION_MOVES, ApplicationState(found.state), "decline"),
            by=asker.account_id,
            name=vault.seal("", *PLACE_NAME, application),
            phone=vault.seal("", *PLACE_PHONE, application),
            id=application,
        )


def _waiting(asker: Asker, application: uuid.UUID) -> Row[Any]:
    found = row(
        "SELECT state, name_sealed FROM volunteer_application WHERE id = :id AND community_id = :community"
        " FOR NO KEY UPDATE",
        id=application,
        community=asker.community_id,
    )
    if found is None:
        raise NotFoundError("there is no such application", application=str(application))
    return found


def _shown(name: str) -> str:
    try:
        return shown_name(name)
    except InvalidError as error:
        raise InvalidError(error.message, field="name") from error


def _digits(phone: str) -> str:
    """Return the digits by which a telephone is known again. Raises InvalidError."""
    digits = "".join(re.findall(r"[0-9]", phone))
    right = PHONE.fullmatch(phone.strip()) and len(phone) <= LONGEST_PHONE
    if not right or not FEWEST_DIGITS <= len(digits) <= MOST_DIGITS:
        raise InvalidError("a telephone number has 5 to 20 digits", field="phone")
    return digits[2:] if len(digits) == 13 and digits.startswith("861") else digits
