"""Forgetting a household at its request, as far as the law allows: the books stay, without name, phone and words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from supplyhub.db import rows, scalar, transaction
from supplyhub.errors import ConflictError, NotAllowedError
from supplyhub.people.states import Role
from supplyhub.photos.models import NOTHING_TO_SEE, SHOWN
from supplyhub.privacy.household_file import household_of
from supplyhub.privacy.severing import NOBODYS_REQUEST, sever_household
from supplyhub.residents.care_ending import destroy_cases
from supplyhub.residents.care_writing import end_cases

if TYPE_CHECKING:
    from supplyhub.people.asker import Asker

# What isn't counted for good: that there was something would say why.
UNCOUNTED = {"care", "care_copies", "needs", "requests", "photos"}
# What goes, by the name under which it is counted. Values: home, account, nothing (left of a photo).
GONE = {
    "contact": """
        UPDATE household SET contact_name_sealed = NULL, phone_sealed = NULL, phone_hash = NULL
        WHERE id = :home AND num_nonnulls(contact_name_sealed, phone_sealed, phone_hash) > 0
    """,
    "needs": "DELETE FROM household_need WHERE household_id = :home",
    "order_notes": "UPDATE orders SET note = '' WHERE household_id = :home AND note <> ''",
    "relay_entries": "DELETE FROM relay_entry WHERE household_id = :home",
    "relay_baskets": "DELETE FROM relay_basket WHERE household_id = :home",
    "arrival_notes": """
        UPDATE arrival_report AS r SET note = '' FROM stop AS s JOIN orders AS o ON o.id = s.order_id
        WHERE r.stop_id = s.id AND o.household_id = :home AND r.note <> ''
    """,
    "inbox_notes": """
        UPDATE inbox_item AS i SET note = '' FROM stop AS s JOIN orders AS o ON o.id = s.order_id
        WHERE i.stop_id = s.id AND o.household_id = :home AND i.note <> ''
    """,
    "credit_notes": """
        UPDATE credit AS c SET note = '' FROM orders AS o WHERE o.id = c.order_id AND o.household_id = :home AND c.note <> ''
    """,
    "door_photos": f"""
        UPDATE photo AS p SET content = :nothing, media_type = 'image/png'
        FROM door_photo AS f JOIN delivery_entry AS e ON e.id = f.entry_id JOIN stop AS s ON s.id = e.stop_id
        JOIN orders AS o ON o.id = s.order_id
        WHERE f.photo_id = p.id AND o.household_id = :home AND p.{SHOWN}
    """,
    "photos": """
        DELETE FROM help_photo AS p USING help_request AS r WHERE r.id = p.request_id AND r.household_id = :home
    """,
    "requests": f"""
        UPDATE help_request SET wrapped_key = NULL, text_sealed = NULL, facts = '{{}}', public_text = NULL, posted_at = NULL,
                                {NOBODYS_REQUEST}
        WHERE household_id = :home
    """,
    "messages": """
        DELETE FROM message AS m USING channel AS c WHERE c.id = m.channel_id AND c.account_id = :account
    """,
    "subscriptions": """
        DELETE FROM subscription AS s USING channel AS c WHERE c.id = s.channel_id AND c.account_id = :account
    """,
    "channels": "DELETE FROM channel WHERE account_id = :account",
    "care_copies": """
        DELETE FROM register_step AS s USING care_case AS c
        WHERE c.household_id = :home AND s.place = 'care_case' AND s.row_id = c.id
    """,
    "register_copies": "DELETE FROM register_step WHERE place = 'household' AND row_id = :home",
    "cards": """
        UPDATE household_card SET revoked_at = clock_timestamp() WHERE household_id = :home AND revoked_at IS NULL
    """,
    "devices": """
        UPDATE household_device SET revoked_at = clock_timestamp() WHERE household_id = :home AND revoked_at IS NULL
    """,
    "pins": "DELETE FROM joining_pin WHERE household_id = :home",
    "sessions": "UPDATE account SET session_version = session_version + 1 WHERE id = :account",
}


class ErasureWaitsError(ConflictError):
    """Something still goes on that needs the data: `cycles` (numbers) with an order or a care pack, `requests` (codes) that
    are open.
    """

    code = "erasure_waits"


def erase_household(asker: Asker, household_id: int) -> dict[str, int]:
    """Forget a household: name, phone, needs, care register, what it asked for and said; return how many rows of what.

    Its phones are signed out and its card ends. What it ordered and paid stays in the books, for the door alone; that it
    was cared for, or asked for medicine, doesn't. Again changes nothing more. For a coordinator. Raises NotFoundError, and
    ErasureWaitsError while an order or a pack of a cycle that isn't closed or an open request needs it.
    """
    if asker.role != Role.COORDINATOR:
        raise NotAllowedError("only a coordinator erases", role=asker.role)
    with transaction():
        home = household_of(asker, household_id, "FOR NO KEY UPDATE OF h")
        _refuse_while_needed(home.id)
        counts = {"care": _forget_care(home.id)}
        values = {"home": home.id, "account": home.account_id, "nothing": NOTHING_TO_SEE}
        for name, sql in GONE.items():
            wanted = {key: value for key, value in values.items() if f":{key}" in sql}
            counts[name] = len(rows(f"{sql} RETURNING 1", **wanted))
        sever_household(home.id)
        scalar(
            "INSERT INTO erasure (household_id, account_id, counts) VALUES (:home, :by, CAST(:counts AS jsonb)) RETURNING id",
            home=home.id,
            by=asker.account_id,
            counts=json.dumps({name: count for name, count in counts.items() if name not in UNCOUNTED}),
        )
        return counts


def _refuse_while_needed(household_id: int) -> None:
    cycles = rows(
        """
        SELECT c.number FROM cycle AS c
        WHERE c.state <> 'closed' AND (
          EXISTS (SELECT FROM orders AS o WHERE o.cycle_id = c.id AND o.household_id = :home AND o.state = 'placed')
          OR EXISTS (SELECT FROM care_pack AS k JOIN care_pack_share AS s ON s.pack_id = k.id
                     WHERE k.cycle_id = c.id AND s.household_id = :home AND s.declined_at IS NULL AND s.dropped_at IS NULL))
        ORDER BY c.number
        """,
        home=household_id,
    )
    requests = rows(
        "SELECT code FROM help_request WHERE household_id = :home AND ended_at IS NULL ORDER BY id", home=household_id
    )
    if cycles or requests:
        raise ErasureWaitsError(
            cycles=[cycle.number for cycle in cycles], requests=[request.code for request in requests]
        )


def _forget_care(household_id: int) -> int:
    cases = [
        case.id
        for case in rows(
            "SELECT id FROM care_case WHERE household_id = :home AND destroyed_at IS NULL ORDER BY id FOR UPDATE",
            home=household_id,
        )
    ]
    end_cases(cases)
    destroy_cases(cases)
    return len(cases)
