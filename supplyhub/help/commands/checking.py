"""A check-in call of the care register found that somebody needs something: the call is done, and a request is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import transaction
from supplyhub.errors import InvalidError
from supplyhub.help.opening import Wanted, opened_with, place_of, write_request
from supplyhub.help.rules import check_text, read_facts, says_something
from supplyhub.help.states import HelpChannel, HelpKind
from supplyhub.residents.care_checks import NEEDS_HELP, write_outcome

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker
    from supplyhub.residents.states import CheckOutcome

KINDS = {HelpKind.MEDICINE, HelpKind.ERRAND, HelpKind.TRANSPORT, HelpKind.OTHER}


def open_from_check(
    asker: Asker,
    check_id: int,
    outcome: CheckOutcome,
    *,
    key: UUID,
    kind: HelpKind,
    text: str,
    facts: Mapping[str, Any] | None = None,
    vault: Vault,
) -> str:
    """Note how a check-in call ended and open the request that it led to, in one transaction; return the request's code.

    The same key again returns the same code and changes nothing. For who makes the call: the grid's lead, a coordinator,
    the standing volunteer. Raises InvalidError (`field`), NotFoundError, CallDoneError.
    """
    if outcome not in NEEDS_HELP:
        raise InvalidError("a call that went well opens no request", field="outcome")
    if kind not in KINDS:
        raise InvalidError("a call opens no request of this kind", field="kind")
    wanted = Wanted(kind, HelpChannel.CHECK, check_text(text), read_facts(kind, facts or {}))
    if not says_something(wanted.text, wanted.facts):
        raise InvalidError("a request says what is needed", field="text")
    with transaction():
        if code := opened_with(asker, key):
            return code
        place = place_of(asker, write_outcome(asker, check_id, outcome))
        return str(write_request(asker, key, place, wanted, vault=vault).code)
