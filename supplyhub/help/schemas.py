"""What requests about help carry, and what is answered."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from supplyhub.help.rules import LONGEST_NAME, LONGEST_NOTE, LONGEST_PLACE, LONGEST_TEXT
from supplyhub.help.states import HelpChannel, HelpKind, HelpState, Holder
from supplyhub.help.wishes import LONGEST_PUBLIC
from supplyhub.schemas import LARGEST_FEN, CleanText, InSchema, OutSchema, QuerySchema, Whole, clean, ident, query_id

LONGEST_CODE = 20
MOST_FACTS = 12


class HelpIn(InSchema):
    """What somebody asks for; `key` is the sender's own number: sent twice, it is one request."""

    key = fields.UUID(required=True)
    kind = fields.Enum(HelpKind, by_value=True, required=True)
    channel = fields.Enum(HelpChannel, by_value=True, load_default=HelpChannel.WEB)
    text = CleanText(LONGEST_TEXT, load_default="")
    facts = fields.Dict(
        keys=fields.String(validate=validate.Length(max=40)),
        values=fields.Raw(),
        load_default=dict,
        validate=validate.Length(max=MOST_FACTS),
        metadata={
            "description": "The fields of the kind: medicine name, amount, pharmacy, kept_cool, needed_by; and so on"
        },
    )
    household_id = ident(load_default=None, allow_none=True, data_key="household")
    order_id = ident(load_default=None, allow_none=True, data_key="order")
    grid_number = ident(load_default=None, allow_none=True, data_key="grid")

    @validates_schema
    def _clean_facts(self, data: dict[str, Any], **_: Any) -> None:
        for name, value in data["facts"].items():
            if isinstance(value, str):
                _clean(name, value)
            elif not isinstance(value, (bool, int, list)) and value is not None:
                raise ValidationError({name: ["is no text, number or list"]}, "facts")


def _clean(name: str, value: str) -> None:
    try:
        clean(value)
    except ValidationError as error:
        raise ValidationError({name: error.messages}, "facts") from error


class HelpQuery(QuerySchema):
    """Which requests to list."""

    state = fields.Enum(HelpState, by_value=True, load_default=None)
    kind = fields.Enum(HelpKind, by_value=True, load_default=None)
    grid = query_id(load_default=None)
    mine = fields.Boolean(load_default=False)
    is_open = fields.Boolean(load_default=None, allow_none=True, data_key="open")


class HelpNoteIn(InSchema):
    """What was done, in words."""

    note = CleanText(LONGEST_NOTE, load_default="")


class HelpNeededNoteIn(InSchema):
    """What was done or is waited for; it must be said."""

    note = CleanText(LONGEST_NOTE, shortest=1, required=True)


class HelpCallIn(HelpNeededNoteIn):
    """A note, or what came of a call."""

    called = fields.Boolean(load_default=False)


class HelpGiveIn(InSchema):
    """Who is to have it; `instead_of`: who has it now, as far as the sender knows."""

    account_id = ident(required=True, data_key="account")
    instead_of = ident(load_default=None, allow_none=True)


class HelpPersonIn(InSchema):
    """Somebody who may open a restricted request, or may no longer."""

    account_id = ident(required=True, data_key="account")


class HelpHandOnIn(HelpNoteIn):
    """To which grid, and why."""

    grid_number = ident(required=True, data_key="grid")


class HelpMergeIn(InSchema):
    """The code of the request that stays."""

    into = CleanText(LONGEST_CODE, shortest=1, required=True)


class HelpPassIn(InSchema):
    """Who has the medicine now; `said` is the code on the bag as whoever took it read it out."""

    key = fields.UUID(required=True)
    said = CleanText(LONGEST_CODE, shortest=1, required=True)
    holder = fields.Enum(Holder, by_value=True, required=True)
    place = CleanText(LONGEST_PLACE, shortest=1, required=True)
    account_id = ident(load_default=None, allow_none=True, data_key="account")
    name = CleanText(LONGEST_NAME, load_default="")


class HelpPostIn(InSchema):
    """What stands on the wall."""

    public_text = CleanText(LONGEST_PUBLIC, shortest=1, required=True)


class HelpCreditIn(HelpNoteIn):
    """How much is taken off the order that a complaint is about."""

    amount_fen = Whole(1, LARGEST_FEN, required=True)


class WishOut(OutSchema):
    """A wish on the wall: never whose it is. `mine`: claimed by the asker; `own`: of the asker's household."""

    code = fields.String()
    topic = fields.String()
    public_text = fields.String()
    posted_at = fields.AwareDateTime()
    own = fields.Boolean()
    mine = fields.Boolean()
    free = fields.Function(lambda wish: wish.claimed_by is None and not wish.own, metadata={"type": "boolean"})


class HelpOpenedOut(OutSchema):
    """The code of a request."""

    code = fields.String()


class HelpOut(OutSchema):
    """A request as the asker sees it: without door and fields for who may only know that it is there."""

    code = fields.String()
    kind = fields.String()
    state = fields.String()
    channel = fields.String()
    grid = fields.Integer(attribute="grid_number")
    door = fields.String(allow_none=True)
    household = fields.Integer(attribute="household_id", allow_none=True)
    order = fields.Integer(attribute="order_id", allow_none=True)
    facts = fields.Dict()
    owner = fields.String(allow_none=True)
    opened_at = fields.AwareDateTime()
    due_at = fields.AwareDateTime()
    overdue = fields.Boolean()
    overdue_seen_at = fields.AwareDateTime(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)
    merged_into = fields.String(allow_none=True)
    may_open = fields.Boolean(attribute="opens")


class HelpStepOut(OutSchema):
    """What was done about a request; `note` is there for who opens it, a household reads those written for it."""

    step = fields.String()
    by = fields.String(allow_none=True)
    about = fields.String(allow_none=True)
    to_grid = fields.Integer(allow_none=True)
    note = fields.String()
    happened_at = fields.AwareDateTime()


class HelpWordsOut(OutSchema):
    """What a request says, opened."""

    text = fields.String()
    said = fields.Dict(keys=fields.String(), values=fields.String())
    destroyed = fields.Boolean()
    steps = fields.List(fields.Nested(HelpStepOut))
