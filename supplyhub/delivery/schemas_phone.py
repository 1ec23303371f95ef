"""What a volunteer's phone takes along for the day, and what it sends when it has signal."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from supplyhub.delivery.entries import Entry, Kept, RefusedTaking, SentEntry, SentTaking, Settled
from supplyhub.delivery.states import EntryOutcome, Problem
from supplyhub.payments.rules import SettledTaking, Taken
from supplyhub.payments.states import TakingWay
from supplyhub.schemas import LARGEST_FEN, CleanText, InSchema, OutSchema, Whole, count, ident

MOST_SENT = 500
MOST_LINES = 200
MOST_UNITS = 10_000
LONGEST_CODE = 20
REFUSED = "refused"


class KeptBackIn(InSchema):
    """Units of a line that were not left at the door with the rest, and why."""

    item = ident(required=True)
    substitute = fields.Boolean(load_default=False)
    units = count(MOST_UNITS, least=1, required=True)
    problem = fields.Enum(Problem, by_value=True, required=True)


class SyncEntryIn(InSchema):
    """What happened at a door by the phone's clock, or that an earlier entry wasn't so; `id` is the phone's own."""

    id = fields.UUID(required=True)
    ticket = CleanText(LONGEST_CODE, shortest=1, required=True)
    stop = ident(required=True)
    outcome = fields.Enum(EntryOutcome, by_value=True, required=True)
    problem = fields.Enum(Problem, by_value=True, load_default=None, allow_none=True)
    happened_at = fields.AwareDateTime(required=True)
    undoes = fields.UUID(load_default=None, allow_none=True)
    left_with = ident(load_default=None, allow_none=True)
    kept_back = fields.List(fields.Nested(KeptBackIn), load_default=list, validate=validate.Length(max=MOST_LINES))

    @validates_schema
    def makes_sense(self, entry: dict[str, Any], **_: object) -> None:
        """Refuse a failure without a problem, an undoing of nothing, and goods left where nothing was delivered."""
        outcome = entry["outcome"]
        if (outcome == EntryOutcome.FAILED) != (entry["problem"] is not None):
            raise ValidationError("a failure has a problem, and nothing else has one", "problem")
        if (outcome == EntryOutcome.UNDONE) != (entry["undoes"] is not None):
            raise ValidationError("what undoes names an entry, and nothing else does", "undoes")
        if outcome != EntryOutcome.DELIVERED and (entry["left_with"] or entry["kept_back"]):
            raise ValidationError("only what is delivered is left with somebody, or kept back in part", "outcome")

    @post_load
    def sent(self, given: dict[str, Any], **_: object) -> SentEntry:
        """Return it as the command takes it."""
        ticket, lines = given.pop("ticket"), given.pop("kept_back")
        kept = frozenset(Kept(**line) for line in lines)
        return SentEntry(ticket, Entry(**given, kept_back=kept, phone_at=given["happened_at"]))


class SyncTakingIn(InSchema):
    """Money taken at a door by the phone's clock, or what takes some back; see `schemas.TakingIn`."""

    id = fields.UUID(required=True)
    ticket = CleanText(LONGEST_CODE, shortest=1, required=True)
    stop = ident(required=True)
    way = fields.Enum(TakingWay, by_value=True)
    amount_fen = Whole(1, LARGEST_FEN)
    corrects = fields.UUID()
    less = fields.Boolean(load_default=False)
    happened_at = fields.AwareDateTime(required=True)

    @validates_schema
    def money_or_a_correction(self, taking: dict[str, Any], **_: object) -> None:
        """Refuse half an amount, and a correction with one."""
        named = {"way", "amount_fen"} & taking.keys()
        if len(named) != (0 if "corrects" in taking else 2):
            raise ValidationError("money has a way and an amount, and a correction neither", "amount_fen")

    @post_load
    def sent(self, given: dict[str, Any], **_: object) -> SentTaking:
        """Return it as the command takes it."""
        return SentTaking(given.pop("ticket"), Taken(**given))


class SyncIn(InSchema):
    """All that a phone has not sent yet, in any order; `sent_at` is its clock at this moment."""

    sent_at = fields.AwareDateTime(required=True)
    device = fields.UUID(required=True)
    entries = fields.List(fields.Nested(SyncEntryIn), load_default=list, validate=validate.Length(max=MOST_SENT))
    takings = fields.List(fields.Nested(SyncTakingIn), load_default=list, validate=validate.Length(max=MOST_SENT))


def answer_of(settled: Settled | SettledTaking | RefusedTaking) -> str:
    """Return in a word what became of an entry or of money."""
    answer = None if isinstance(settled, RefusedTaking) else settled.answer
    return REFUSED if answer is None else answer.value


class SyncAnswerOut(OutSchema):
    """What became of an entry: applied, duplicate, conflict (kept, for the lead) or refused; `reason` says why.

    What is refused as not_yet undoes an entry that has not come: send it again with that one.
    """

    id = fields.UUID(attribute="entry.id")
    answer = fields.Function(answer_of)
    reason = fields.Function(lambda settled: settled.reason and settled.reason.value)


class SyncTakingOut(OutSchema):
    """What became of money, as `schemas.TakingAnswerOut` says; or refused, and `reason` says why."""

    id = fields.UUID(attribute="taking.id")
    answer = fields.Function(answer_of)
    reason = fields.Function(lambda settled: settled.reason.value if isinstance(settled, RefusedTaking) else None)
    owed_fen = fields.Integer(dump_default=0)
    surplus_fen = fields.Integer(dump_default=0)


class SyncOut(OutSchema):
    """An answer for each entry and for each taking, in the order they were sent."""

    server_now = fields.AwareDateTime()
    entries = fields.List(fields.Nested(SyncAnswerOut))
    takings = fields.List(fields.Nested(SyncTakingOut))


class DayBadgeOut(OutSchema):
    """The volunteer's badge; `grid` is the number."""

    code = fields.String()
    grid = fields.Integer()
    grid_name = fields.String()
    valid_until = fields.AwareDateTime()


class DayLineOut(OutSchema):
    """Goods in a parcel; `worth_fen` is what all its units cost; `kept` of them were not left at the door with the rest."""

    item = fields.Integer()
    substitute = fields.Boolean()
    name = fields.String()
    units = fields.Integer()
    worth_fen = fields.Integer()
    kept = fields.Integer()


class DaySlotOut(OutSchema):
    """When the people of a building fetch their parcels at its entrance."""

    begins = fields.AwareDateTime(data_key="from", attribute="from")
    to = fields.AwareDateTime()


class DayAnchorOut(OutSchema):
    """The anchor household of a door's building."""

    id = fields.Integer()
    door = fields.String()


class DayStopOut(OutSchema):
    """A door as a phone keeps it; the telephone only where somebody calls before coming, and until it has an outcome."""

    id = fields.Integer()
    position = fields.Integer()
    parcel = fields.String(attribute="parcel_code")
    door = fields.String()
    building = fields.String()
    unit = fields.Integer(attribute="unit_number")
    floor = fields.Integer()
    floors = fields.Integer(allow_none=True)
    people = fields.Integer(attribute="people_count")
    bags = fields.Integer()
    weight_grams = fields.Integer()
    heavy = fields.Boolean()
    call_first = fields.Boolean()
    phone = fields.String(allow_none=True)
    needs = fields.List(fields.String())
    mode = fields.String()
    slot = fields.Nested(DaySlotOut, allow_none=True)
    collect_fen = fields.Integer()
    taken_fen = fields.Integer()
    anchor = fields.Nested(DayAnchorOut, allow_none=True)
    lines = fields.List(fields.Nested(DayLineOut))
    outcome = fields.String(allow_none=True)
    problem = fields.String(allow_none=True)
    happened_at = fields.AwareDateTime(allow_none=True)


class DayCashOut(OutSchema):
    """What is still to be collected at a ticket's doors, what was taken there, and the cash that nobody counted yet."""

    collect_fen = fields.Integer()
    taken_fen = fields.Integer()
    in_cash_fen = fields.Integer()


class DayTicketOut(OutSchema):
    """A ticket of the day; `token` is what the delivery point scans, for one that is claimed and not handed over yet."""

    code = fields.String()
    state = fields.String()
    claims = fields.Integer()
    token = fields.String(dump_default=None, allow_none=True)
    delivery_point = fields.String(allow_none=True)
    handed_over_at = fields.AwareDateTime(allow_none=True)
    cash = fields.Nested(DayCashOut)
    stops = fields.List(fields.Nested(DayStopOut))


class DayOut(OutSchema):
    """What a volunteer's phone takes along; `csrf` is for the pages, which send it back."""

    server_now = fields.AwareDateTime()
    badge = fields.Nested(DayBadgeOut, allow_none=True)
    shift_ends = fields.AwareDateTime(allow_none=True)
    csrf = fields.String(allow_none=True)
    tickets = fields.List(fields.Nested(DayTicketOut))
