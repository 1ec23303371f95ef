"""Everything that is kept of a household, in its own words, for itself or for the coordinator that it asked.

Opening what is sealed is written down as every other reading is, in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag

from supplyhub.db import as_dict, execute, row, rows, transaction
from supplyhub.errors import ConflictError, NotAllowedError, NotFoundError
from supplyhub.help.rules import RESTRICTED
from supplyhub.help.sealing import NOTE, open_content, open_text, own_key
from supplyhub.help.states import HelpStepKind
from supplyhub.help.steps import write_step
from supplyhub.notifications.sealing import ADDRESS
from supplyhub.people.states import Role
from supplyhub.privacy.subjects import SUBJECTS
from supplyhub.residents.care_sealing import open_contents
from supplyhub.residents.register import CONTACT, PHONE
from supplyhub.residents.states import AccessPurpose

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker


@dataclass(frozen=True, slots=True)
class HouseholdFile:
    """All that is kept of a household: `door` as it is said, and the rows of each subject by its key."""

    door: str
    subjects: dict[str, list[dict[str, Any]]]


def household_file(asker: Asker, household_id: int, *, vault: Vault) -> HouseholdFile:
    """Return everything that is kept of a household. For itself, and for a coordinator of its community.

    Raises NotFoundError for another's, NotAllowedError for other roles.
    """
    with transaction():
        home = household_of(asker, household_id)
        subjects: dict[str, list[dict[str, Any]]] = {"household": [_opened_home(home, vault)]}
        subjects |= {
            name: [as_dict(each) for each in rows(sql, home=home.id, account=home.account_id)]
            for name, sql in SUBJECTS.items()
        }
        subjects["care"] = [_opened_case(asker, case, vault) for case in _cases(home.id)]
        subjects["requests"] = [_opened_request(asker, request, vault) for request in _requests(home.id)]
        subjects["steps"] = [_opened_step(step, vault) for step in _steps(home.id)]
        subjects["channels"] = [_opened_channel(channel, vault) for channel in _channels(home.account_id)]
        return HouseholdFile(home.door, subjects)


def household_of(asker: Asker, household_id: int, locked: str = "") -> Row[Any]:
    """Return a household that the asker may ask everything about: id, account_id, door, sealed columns, and more."""
    if asker.role not in {Role.RESIDENT, Role.COORDINATOR}:
        raise NotAllowedError("only the household and a coordinator do this", role=asker.role)
    if asker.role == Role.RESIDENT and asker.household() != household_id:
        raise NotFoundError("there is no such household", household=household_id)
    found = row(
        f"""
        SELECT h.id, h.account_id, h.people_count, h.active, h.contact_name_sealed, h.phone_sealed,
               coalesce(nullif(b.number, 0)::text, b.name) || '-' || h.unit_number || '-' || h.door AS door,
               ARRAY(SELECT n.need FROM household_need AS n WHERE n.household_id = h.id ORDER BY n.need) AS needs
        FROM household AS h JOIN building AS b ON b.id = h.building_id
        WHERE h.id = :home AND h.community_id = :community {locked}
        """,
        home=household_id,
        community=asker.community_id,
    )
    if found is None:
        raise NotFoundError("there is no such household", household=household_id)
    return found


def _opened_home(home: Row[Any], vault: Vault) -> dict[str, Any]:
    return {
        "door": home.door,
        "people": home.people_count,
        "contact": _open(vault, home.contact_name_sealed, CONTACT, home.id),
        "phone": _open(vault, home.phone_sealed, PHONE, home.id),
        "needs": ", ".join(home.needs),
        "active": home.active,
    }


def _open(vault: Vault, sealed: bytes | None, place: tuple[str, str], row_id: int) -> str:
    if sealed is None:
        return ""
    try:
        return vault.open(sealed, *place, row_id)
    except InvalidTag:
        # Altered or moved in the database: nobody can read it.
        return "?"


def _cases(household_id: int) -> list[Row[Any]]:
    return rows(
        """
        SELECT c.*, k.display_name AS keeper FROM care_case AS c LEFT JOIN account AS k ON k.id = c.keeper_id
        WHERE c.household_id = :home ORDER BY c.id
        """,
        home=household_id,
    )


def _opened_case(asker: Asker, case: Row[Any], vault: Vault) -> dict[str, Any]:
    told = {
        "since": case.created_at,
        "ends_on": case.ends_on,
        "ended_at": case.ended_at,
        "destroyed_at": case.destroyed_at,
        "keeper": case.keeper or "",
        "categories": "",
        "note": "",
    }
    try:
        said = open_contents(case, vault=vault)
    except ConflictError:
        return told
    execute(
        "INSERT INTO care_access (care_case_id, account_id, purpose) VALUES (:case, :by, :purpose)",
        case=case.id,
        by=asker.account_id,
        purpose=AccessPurpose.EXPORT,
    )
    return told | {"categories": ", ".join([*sorted(said.categories), *said.words]), "note": said.note}


def _requests(household_id: int) -> list[Row[Any]]:
    return rows("SELECT * FROM help_request WHERE household_id = :home ORDER BY id", home=household_id)


def _opened_request(asker: Asker, request: Row[Any], vault: Vault) -> dict[str, Any]:
    told = {
        "code": request.code,
        "kind": request.kind,
        "state": request.state,
        "channel": request.channel,
        "opened_at": request.opened_at,
        "ended_at": request.ended_at,
        "text": "",
        "said": "",
    }
    if request.wrapped_key is None or request.text_sealed is None:
        return told
    content = open_content(own_key(vault, request), request.id, request.text_sealed)
    if request.kind in RESTRICTED:
        write_step(request, HelpStepKind.READ, asker)
    said = ", ".join(f"{name}: {value}" for name, value in content.said.items())
    return told | {"text": content.text, "said": said}


def _steps(household_id: int) -> list[Row[Any]]:
    return rows(
        """
        SELECT q.code, s.happened_at, s.step, a.display_name AS by, s.id AS step_id, s.note_sealed, q.id, q.wrapped_key
        FROM help_step AS s JOIN help_request AS q ON q.id = s.request_id LEFT JOIN account AS a ON a.id = s.account_id
        WHERE q.household_id = :home ORDER BY s.id
        """,
        home=household_id,
    )


def _opened_step(step: Row[Any], vault: Vault) -> dict[str, Any]:
    sealed = step.note_sealed is not None and step.wrapped_key is not None
    return {
        "code": step.code,
        "happened_at": step.happened_at,
        "step": step.step,
        "by": step.by,
        "note": open_text(own_key(vault, step), step.note_sealed, NOTE, step.step_id) if sealed else "",
    }


def _channels(account_id: int) -> list[Row[Any]]:
    return rows(
        """
        SELECT c.id, c.kind, c.label, c.address_sealed, c.language, c.made_at, c.ended_at,
               ARRAY(SELECT s.matter FROM subscription AS s WHERE s.channel_id = c.id ORDER BY s.matter) AS matters
        FROM channel AS c WHERE c.account_id = :account ORDER BY c.id
        """,
        account=account_id,
    )


def _opened_channel(channel: Row[Any], vault: Vault) -> dict[str, Any]:
    return {
        "kind": channel.kind,
        "label": channel.label,
        "address": _open(vault, channel.address_sealed, ADDRESS, channel.id),
        "language": channel.language,
        "matters": ", ".join(channel.matters),
        "made_at": channel.made_at,
        "ended_at": channel.ended_at,
    }
