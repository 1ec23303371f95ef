"""What delivery's requests and responses carry."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from marshmallow import ValidationError, fields, validate, validates, validates_schema

from supplyhub.delivery.states import EntryAnswer, Problem, StopOutcome, TicketState
from supplyhub.payments.states import TakingAnswer, TakingWay
from supplyhub.schemas import LARGEST_FEN, CleanText, InSchema, OutSchema, QuerySchema, Whole, fen, ident, query_id

MOST_PARCELS = 500
MOST_CRATES = 500
MOST_ENTRIES = 500
LONGEST_CODE = 20
LONGEST_NOTE = 200
# A phone's clock may be hours off, not years.
EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)


def refuse_far_times(happened_at: datetime) -> None:
    """Raise ValidationError for a time that no phone of a volunteer can mean."""
    if not EARLIEST <= happened_at <= datetime.now(UTC) + AHEAD:
        raise ValidationError("not a time at which this can have happened")


class TicketsQuery(QuerySchema):
    """Which tickets."""

    cycle = query_id()
    state = fields.Enum(TicketState, by_value=True)
    mine = fields.Boolean(load_default=False)


class HandOverIn(InSchema):
    """The badge that was scanned, as it is said: 3-017; and how many crates were counted, where they were."""

    badge = CleanText(LONGEST_CODE, shortest=1, required=True)
    crates = Whole(0, MOST_CRATES, load_default=None, allow_none=True)


class ReassignIn(InSchema):
    """Who goes on with a ticket; nobody named: it is free for everybody of its grid."""

    badge = CleanText(LONGEST_CODE, shortest=1, load_default=None, allow_none=True)


class SuccessorOut(OutSchema):
    """The ticket that took another's place."""

    code = fields.String()


class CutLateIn(InSchema):
    """`with_free`: late parcels are cut together with the tickets that nobody claimed and that stand at the depot whole."""

    with_free = fields.Boolean(load_default=False)


class NewTicketsOut(OutSchema):
    """Tickets that were cut for parcels that came late."""

    codes = fields.List(fields.String())


class PassIn(InSchema):
    """The crates that were scanned; or how many were counted, which passes all that can."""

    crates = fields.List(CleanText(LONGEST_CODE, shortest=1), validate=validate.Length(min=1, max=MOST_CRATES))
    counted = Whole(1, MOST_CRATES)

    @validates_schema
    def scanned_or_counted(self, given: dict[str, Any], **_: object) -> None:
        """Refuse both, and neither."""
        if ("crates" in given) == ("counted" in given):
            raise ValidationError("either the crates that were scanned, or how many were counted")


class CountedBeforeOut(OutSchema):
    """A crate that somebody counted before."""

    code = fields.String()
    by = fields.String()
    at = fields.AwareDateTime()


class PassedOut(OutSchema):
    """What a count came to: the crates that passed now, those counted before, those that are still missing."""

    passed = fields.List(fields.String())
    before = fields.List(fields.Nested(CountedBeforeOut))
    missing = fields.List(fields.String())


class CrateOut(OutSchema):
    """A crate of a batch with the steps of its custody chain; `unpacked` counts its parcels that aren't packed."""

    code = fields.String()
    ticket = fields.String()
    number = fields.Integer()
    parcels = fields.Integer()
    unpacked = fields.Integer()
    left_at = fields.AwareDateTime(allow_none=True)
    left_by = fields.String(allow_none=True)
    reached_at = fields.AwareDateTime(allow_none=True)
    reached_by = fields.String(allow_none=True)
    handed_at = fields.AwareDateTime(allow_none=True)
    handed_by = fields.String(allow_none=True)
    badge = fields.String(allow_none=True)


class CustodyOut(OutSchema):
    """A step of a ticket's custody chain: who did it, and how many parcels, crates or doors (`counted`) it was about."""

    step = fields.String()
    at = fields.AwareDateTime()
    who = fields.List(fields.String(), allow_none=True)
    number = fields.Integer(allow_none=True)
    counted = fields.String(allow_none=True)
    place = fields.String(allow_none=True)


class CashCountIn(InSchema):
    """Cash as it was counted, beside what the counter saw that there should be; a difference is explained."""

    counted_fen = fen(required=True)
    expected_fen = Whole(-LARGEST_FEN, LARGEST_FEN, required=True)
    note = CleanText(LONGEST_NOTE, load_default="")


class HandBackIn(InSchema):
    """The parcels that came back, all of them; `unvisited`: doors without an outcome were not reached; the cash, counted."""

    parcels = fields.List(
        CleanText(LONGEST_CODE, shortest=1), required=True, validate=validate.Length(max=MOST_PARCELS)
    )
    unvisited = fields.Boolean(load_default=False)
    cash = fields.Nested(CashCountIn, load_default=None, allow_none=True)


class EntryIn(InSchema):
    """What happened at a door; `id` is the phone's own, so that sending it again is harmless."""

    id = fields.UUID(required=True)
    stop = ident(required=True)
    outcome = fields.Enum(StopOutcome, by_value=True, required=True)
    problem = fields.Enum(Problem, by_value=True, load_default=None, allow_none=True)
    happened_at = fields.AwareDateTime(required=True)

    @validates("happened_at")
    def about_now(self, happened_at: datetime, **_: object) -> None:
        """Refuse times that no phone of a volunteer can mean."""
        refuse_far_times(happened_at)

    @validates_schema
    def a_failure_has_a_problem(self, entry: dict[str, Any], **_: object) -> None:
        """Refuse a failure without a problem, and a problem without a failure."""
        if (entry["outcome"] == StopOutcome.FAILED) != (entry["problem"] is not None):
            raise ValidationError("a failure has a problem, and nothing else has one", "problem")


class TakingIn(InSchema):
    """Money taken at a door, in cash or by the shown code (收款码); `id` is the phone's own, as that of an entry.

    `less` confirms that it is less than what is owed. One that `corrects` another takes that one back, and says no way and
    no amount; what was really paid is a third one.
    """

    id = fields.UUID(required=True)
    stop = ident(required=True)
    way = fields.Enum(TakingWay, by_value=True)
    amount_fen = Whole(1, LARGEST_FEN)
    corrects = fields.UUID()
    less = fields.Boolean(load_default=False)
    happened_at = fields.AwareDateTime(required=True)

    @validates("happened_at")
    def about_now(self, happened_at: datetime, **_: object) -> None:
        """Refuse times that no phone of a volunteer can mean."""
        refuse_far_times(happened_at)

    @validates_schema
    def money_or_a_correction(self, taking: dict[str, Any], **_: object) -> None:
        """Refuse half an amount, and a correction with one."""
        named = {"way", "amount_fen"} & taking.keys()
        if len(named) != (0 if "corrects" in taking else 2):
            raise ValidationError("money has a way and an amount, and a correction neither", "amount_fen")


class EntriesIn(InSchema):
    """Entries of a phone and the money taken at the doors, in any order."""

    entries = fields.List(fields.Nested(EntryIn), load_default=list, validate=validate.Length(max=MOST_ENTRIES))
    takings = fields.List(fields.Nested(TakingIn), load_default=list, validate=validate.Length(max=MOST_ENTRIES))

    @validates_schema
    def something_happened(self, given: dict[str, Any], **_: object) -> None:
        """Refuse a call that says nothing."""
        if not given["entries"] and not given["takings"]:
            raise ValidationError("neither an entry nor money", "entries")


class AnswerOut(OutSchema):
    """What became of an entry: applied, duplicate or conflict."""

    id = fields.UUID(attribute="entry.id")
    answer = fields.Enum(EntryAnswer, by_value=True)


class TakingAnswerOut(OutSchema):
    """What became of money: applied, duplicate, conflict, more_than_owed, less_than_owed (unconfirmed), or not_yet.

    `owed_fen` is what was to be collected before, `surplus_fen` what of the money goes back: it was paid otherwise, or came
    to be less, while the phone was out of reach. What is not_yet takes back something that has not come: send it again
    with that.
    """

    id = fields.UUID(attribute="taking.id")
    answer = fields.Enum(TakingAnswer, by_value=True)
    owed_fen = fields.Integer()
    surplus_fen = fields.Integer()


class EntriesOut(OutSchema):
    """An answer for each entry and for each taking, in the order they were sent."""

    entries = fields.List(fields.Nested(AnswerOut))
    takings = fields.List(fields.Nested(TakingAnswerOut))


class TicketOut(OutSchema):
    """A ticket without doors; `ready` counts packed parcels, `first_building` tells where it begins."""

    code = fields.String()
    cycle = fields.Integer(attribute="cycle_id")
    grid = fields.Integer(attribute="grid_number")
    delivery_point = fields.String(allow_none=True)
    sequence = fields.Integer()
    state = fields.String()
    badge = fields.String(allow_none=True)
    mine = fields.Boolean()
    claimed_at = fields.AwareDateTime(allow_none=True)
    handed_over_at = fields.AwareDateTime(allow_none=True)
    finished_at = fields.AwareDateTime(allow_none=True)
    stop_count = fields.Integer(attribute="stops")
    crates = fields.Integer()
    bags = fields.Integer()
    weight_grams = fields.Integer()
    ready = fields.Integer()
    delivered = fields.Integer()
    failed = fields.Integer()
    first_building = fields.String()


class StopOut(OutSchema):
    """A door, for those who may see it."""

    id = fields.Integer()
    position = fields.Integer()
    parcel = fields.String(attribute="parcel_code")
    order_number = fields.String()
    door = fields.String()
    building = fields.String()
    unit_number = fields.Integer()
    floor = fields.Integer()
    people_count = fields.Integer()
    bags = fields.Integer()
    weight_grams = fields.Integer()
    heavy = fields.Boolean()
    outcome = fields.String(allow_none=True)
    problem = fields.String(allow_none=True)
    happened_at = fields.AwareDateTime(allow_none=True)
    collect_fen = fields.Integer()
    taken_fen = fields.Integer()


class TicketParcelOut(OutSchema):
    """A parcel of a ticket, without its door."""

    code = fields.String()
    bags = fields.Integer()
    weight_grams = fields.Integer()
    state = fields.String()
    outcome = fields.String(allow_none=True)
    problem = fields.String(allow_none=True)


class TicketViewOut(OutSchema):
    """A ticket with what the asker may see of it."""

    ticket = fields.Nested(TicketOut)
    stops = fields.List(fields.Nested(StopOut))
    parcels = fields.List(fields.Nested(TicketParcelOut))
