"""A ticket on paper: its doors as a sheet, and what was written on it, typed back in as parcel codes with a letter each."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.codes import read_code
from supplyhub.db import rows
from supplyhub.delivery.loads import COMMUNITY, HEAVY
from supplyhub.delivery.queries import DOORS_STAY
from supplyhub.delivery.states import Problem, StopOutcome
from supplyhub.payments.collecting import TO_COLLECT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.engine import Row

# Delivered, and why not: the first letter is the English word's, and no other is near it on a keyboard.
LETTERS: dict[str, Problem | None] = {
    "D": None,
    "N": Problem.NOBODY_HOME,
    "W": Problem.WRONG_DOOR,
    "R": Problem.REFUSED,
    "B": Problem.DAMAGED,
    "O": Problem.OTHER,
}
CODE_LENGTH = 6
MOST_LINES = 300
APART = re.compile(r"[\s,，、;；:：=|]+")
AMOUNT = re.compile(r"[¥￥]?([0-9]{1,5})(?:\.([0-9]{1,2}))?")


@dataclass(frozen=True, slots=True)
class Typed:
    """A parcel code with a letter, as typed in a line that counts from 1.

    outcome, problem: what the letter says, None without one that is known
    fen: cash that was taken there; `cash`: an amount was typed, be it none
    stray: what else was typed and isn't understood
    """

    line: int
    text: str
    code: str
    outcome: StopOutcome | None
    problem: Problem | None = None
    fen: int = 0
    stray: str = ""
    cash: bool = False

    def says(self) -> tuple[object, ...]:
        """Return what it claims."""
        return self.outcome, self.problem, self.fen


@dataclass(frozen=True, slots=True)
class Read:
    """What was typed, and how it stands beside the ticket; `fault` says why it can't be recorded, "" when it can.

    fault: no_code, no_letter, stray (not understood), unknown (no such parcel), other_ticket (`ticket` has it), twice (said
    otherwise in another line), cash_without_delivery
    stands: for what can be recorded: new, same (is so already), otherwise (goes to the lead, or a lead corrects what was
    typed wrong), amount (the letter stands, and beside it another amount that was typed: it stays, or a lead corrects it)
    """

    typed: Typed
    fault: str = ""
    stop: Any = None
    ticket: str = ""
    stands: str = ""


def type_in(text: str) -> list[Typed]:
    """Read lines such as `K7M2PQ d`, `X9R4TB n` or `K7M2PQ d 12.50`, several of them in a line too; whatever case and width.

    Never fails: what isn't understood comes back as it was typed, with its line.
    """
    found: list[Typed] = []
    for number, line in enumerate(text.splitlines(), start=1):
        found += _line(number, [word for word in APART.split(unicodedata.normalize("NFKC", line)) if word])
    return found


def _line(number: int, words: list[str]) -> list[Typed]:
    groups: list[list[str]] = []
    for word in (part for each in words for part in _parts(each)):
        if not groups or _is_code(word):
            groups.append([word])
        else:
            groups[-1].append(word)
    return [_typed(number, group) for group in groups]


def _parts(word: str) -> list[str]:
    """Return a word, or its code and letter that were typed in one."""
    code = read_code(word)
    return [code[:CODE_LENGTH], code[-1]] if len(code) == CODE_LENGTH + 1 and code[-1] in LETTERS else [word]


def _is_code(word: str) -> bool:
    # Six figures are one too: money has five at most, or a point.
    return len(read_code(word)) == CODE_LENGTH and not AMOUNT.fullmatch(word)


def _typed(number: int, words: list[str]) -> Typed:
    first, *others = words
    code = read_code(first)
    outcome, problem, fen, cash, stray = None, None, 0, False, []
    for word in others:
        amount = AMOUNT.fullmatch(word)
        if outcome is None and word.upper() in LETTERS:
            problem = LETTERS[word.upper()]
            outcome = StopOutcome.FAILED if problem else StopOutcome.DELIVERED
        elif amount and outcome and not cash:
            cash, fen = True, int(amount[1]) * 100 + int((amount[2] or "").ljust(2, "0"))
        else:
            stray.append(word)
    return Typed(number, " ".join(words), code, outcome, problem, fen, " ".join(stray), cash)


def check(typed: Iterable[Typed], ticket_code: str, stops: Mapping[str, Row[Any]]) -> list[Read]:
    """Say of each what would become of it. `stops`: by parcel code, as `stops_of_parcels` finds them."""
    read: list[Read] = []
    said: dict[str, Typed] = {}
    for each in typed:
        stop = stops.get(each.code)
        fault = _fault(each, stop, ticket_code, said.get(each.code))
        if not fault:
            said.setdefault(each.code, each)
        other = stop.ticket if stop is not None and fault == "other_ticket" else ""
        read.append(Read(each, fault, stop, other, "" if fault or stop is None else _stands(each, stop)))
    return read


def _fault(each: Typed, stop: Row[Any] | None, ticket_code: str, before: Typed | None) -> str:
    found = [
        ("no_code", len(each.code) != CODE_LENGTH),
        ("unknown", stop is None),
        ("other_ticket", stop is not None and stop.ticket != ticket_code),
        ("stray", bool(each.stray)),
        ("no_letter", each.outcome is None),
        ("cash_without_delivery", bool(each.fen and each.problem)),
        ("twice", before is not None and before.says() != each.says()),
    ]
    return next((name for name, holds in found if holds), "")


def _stands(each: Typed, stop: Row[Any]) -> str:
    if stop.outcome is None:
        return "new"
    if (each.outcome, each.problem) != (stop.outcome, stop.problem):
        return "otherwise"
    return "amount" if each.cash and stop.typed_fen not in {None, each.fen} else "same"


def stops_of_parcels(community_id: int, codes: Iterable[str]) -> dict[str, Row[Any]]:
    """Return the stops of some parcels of a community, by the parcels' codes.

    Fields: id, code, ticket (its code), door, outcome, problem, typed_wrong (its outcome was typed, and may be corrected),
    typed_fen (cash that was typed, not by who has the ticket, less what was taken back; None where none ever was), typed_times
    (how often), counted (the ticket's cash was).
    """
    found = rows(
        """
        SELECT s.id, p.code, t.code AS ticket, coalesce(nullif(b.number, 0)::text, b.name) || '-' || h.unit_number || '-'
               || h.door AS door, s.outcome, s.problem,
               e.entered_by IS NOT NULL AND t.state IN ('handed_over', 'under_way') AS typed_wrong,
               CASE WHEN k.times > 0 THEN coalesce(k.fen, 0)::bigint END AS typed_fen, k.times AS typed_times,
               EXISTS (SELECT FROM cash_count AS n WHERE n.ticket_id = t.id) AS counted
        FROM parcel AS p
        JOIN stop AS s ON s.parcel_id = p.id
        JOIN ticket AS t ON t.id = s.ticket_id
        LEFT JOIN badge AS v ON v.id = t.badge_id
        JOIN grid AS g ON g.id = s.grid_id
        JOIN orders AS o ON o.id = s.order_id
        JOIN household AS h ON h.id = o.household_id
        JOIN building AS b ON b.id = o.building_id
        LEFT JOIN delivery_entry AS e ON e.id = s.entry_id
        CROSS JOIN LATERAL (
            SELECT count(*) AS times, sum(m.amount_fen) FILTER (WHERE c.id IS NULL) AS fen
            FROM taking AS m
            JOIN journal_entry AS j ON j.taking_id = m.id AND j.booked_by IS DISTINCT FROM v.account_id
            LEFT JOIN taking AS c ON c.corrects = m.id
            WHERE m.order_id = s.order_id AND m.ticket_id = t.id AND m.corrects IS NULL
        ) AS k
        WHERE p.code = ANY (:codes) AND g.community_id = :community
        """,
        codes=sorted({code for code in codes if len(code) == CODE_LENGTH}),
        community=community_id,
    )
    return {stop.code: stop for stop in found}


def corrected_cash_of(ticket_id: int) -> list[Row[Any]]:
    """Return the money of a ticket that was taken back, by its time; none a day after its end. Ask `queries.ticket_for` first.

    Fields: door, fen (what was taken back), stands_fen (what is booked there now), by (a name), at.
    """
    return rows(
        """
        SELECT coalesce(nullif(b.number, 0)::text, b.name) || '-' || h.unit_number || '-' || h.door AS door, k.amount_fen AS fen,
               (SELECT sum(x.amount_fen) FROM taking AS x WHERE x.order_id = k.order_id AND x.ticket_id = k.ticket_id)::bigint
               AS stands_fen, a.display_name AS by, c.received_at AS at
        FROM taking AS c
        JOIN taking AS k ON k.id = c.corrects
        JOIN ticket AS t ON t.id = c.ticket_id
             AND (t.finished_at IS NULL OR t.finished_at > clock_timestamp() - CAST(:stay AS interval))
        JOIN journal_entry AS j ON j.taking_id = c.id
        JOIN account AS a ON a.id = j.booked_by
        JOIN orders AS o ON o.id = k.order_id
        JOIN household AS h ON h.id = o.household_id
        JOIN building AS b ON b.id = o.building_id
        WHERE c.ticket_id = :ticket ORDER BY c.received_at, c.id
        """,
        ticket=ticket_id,
        stay=DOORS_STAY,
    )


def doors_of(ticket_id: int) -> list[Row[Any]]:
    """Return a ticket's doors in walking order, for its sheet; none a day after its end. Ask `queries.ticket_for` first.

    Fields: position, code (the parcel's), door, building, unit_number, floor, bags, heavy, needs, mode, collect_fen, outcome,
    problem.
    """
    return rows(
        f"""
        SELECT s.position, p.code, coalesce(nullif(b.number, 0)::text, b.name) || '-' || h.unit_number || '-' || h.door AS door,
               b.name AS building, h.unit_number, h.floor, p.bags, {HEAVY} AS heavy, s.mode, s.outcome,
               s.problem, CASE WHEN s.outcome IS NULL THEN c.fen ELSE 0 END AS collect_fen,
               ARRAY(SELECT n.need FROM household_need AS n WHERE n.household_id = h.id ORDER BY 1) AS needs
        FROM stop AS s
        JOIN ticket AS t ON t.id = s.ticket_id
             AND (t.finished_at IS NULL OR t.finished_at > clock_timestamp() - CAST(:stay AS interval))
        JOIN parcel AS p ON p.id = s.parcel_id
        {COMMUNITY}
        JOIN orders AS o ON o.id = s.order_id
        JOIN household AS h ON h.id = o.household_id
        JOIN building AS b ON b.id = o.building_id
        CROSS JOIN LATERAL ({TO_COLLECT.format(orders="o.id = s.order_id")}) AS c
        WHERE s.ticket_id = :ticket ORDER BY s.position
        """,
        ticket=ticket_id,
        stay=DOORS_STAY,
    )
