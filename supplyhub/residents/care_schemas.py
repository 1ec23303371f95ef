"""What requests about the care register and responses to them carry. Why somebody is in it stands in one response alone."""

from __future__ import annotations

from marshmallow import fields, validate

from supplyhub.residents.care import LONGEST_INTERVAL_DAYS
from supplyhub.residents.care_queries import PARTS
from supplyhub.residents.care_rules import LONGEST_NOTE
from supplyhub.residents.states import AccessPurpose, CareCategory, CheckOutcome, ConsentPurpose
from supplyhub.schemas import CleanText, InSchema, OutSchema, QuerySchema, Whole, day, ident, query_id


def _categories() -> fields.List[CareCategory]:
    return fields.List(
        fields.Enum(CareCategory, by_value=True), required=True, validate=validate.Length(min=1, max=len(CareCategory))
    )


class CareQuery(QuerySchema):
    """Which entries: a part of the register; for a coordinator, those of a grid (by number)."""

    part = fields.String(load_default="all", validate=validate.OneOf(list(PARTS)))
    grid = query_id()


class CareContentsIn(InSchema):
    """What an entry is to say."""

    categories = _categories()
    note = CleanText(LONGEST_NOTE, load_default="")


class CareArrangementIn(InSchema):
    """How urgent an entry is, 1 before 2, and how often somebody calls; null for never."""

    priority = Whole(1, 2, load_default=2)
    check_every_days = Whole(1, LONGEST_INTERVAL_DAYS, load_default=None, allow_none=True)


class CareConsentIn(InSchema):
    """When the household agreed; without it, today."""

    given_on = day(load_default=None, allow_none=True)


class CareCaseIn(CareContentsIn, CareArrangementIn):
    """What the entry of a household begins with; `consents`: what it agreed to today."""

    household = ident(required=True)
    ends_on = day(load_default=None, allow_none=True)
    consents = fields.List(
        fields.Enum(ConsentPurpose, by_value=True), load_default=list, validate=validate.Length(max=len(ConsentPurpose))
    )


class CareReadIn(InSchema):
    """What an entry is opened for."""

    purpose = fields.Enum(AccessPurpose, by_value=True, required=True)


class CareEndIn(InSchema):
    """The last day that an entry is to hold; without it, as long as its categories say from today."""

    ends_on = day(load_default=None, allow_none=True)


class CareKeeperIn(InSchema):
    """Who keeps an entry: an account; null for nobody."""

    account = ident(required=True, allow_none=True)


class CareBadgeIn(InSchema):
    """Who looks after a household: the code of a live badge of its grid."""

    badge = CleanText(20, required=True, shortest=1)


class CarePlanIn(InSchema):
    """When to call next."""

    due_on = day(required=True)


class CareOutcomeIn(InSchema):
    """How a check-in call ended."""

    outcome = fields.Enum(CheckOutcome, by_value=True, required=True)


class CareOut(OutSchema):
    """An entry of the care register as its grid's lead sees it; `ends_on` for those who may open it."""

    id = fields.Integer()
    household = fields.Integer(attribute="household_id")
    building = fields.String(attribute="building_name")
    unit = fields.String()
    door = fields.String()
    grid = fields.Integer(attribute="grid_number", allow_none=True)
    since = fields.AwareDateTime(attribute="created_at")
    ends_on = fields.Date(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)
    priority = fields.Integer()
    check_every_days = fields.Integer(allow_none=True)
    agreed = fields.Boolean()
    keeper = fields.String(allow_none=True)
    volunteer = fields.String(allow_none=True)
    check = fields.Integer(attribute="check_id", allow_none=True)
    due_on = fields.Date(allow_none=True)
    needs = fields.List(fields.String())


class CareOpenedOut(OutSchema):
    """What an entry says. That it was read is written down."""

    categories = fields.List(fields.Enum(CareCategory, by_value=True))
    words = fields.List(fields.String())
    note = fields.String()


class CareCheckOut(OutSchema):
    """A check-in call that is due."""

    id = fields.Integer(attribute="check_id")
    case = fields.Integer(attribute="case_id")
    household = fields.Integer(attribute="household_id")
    building = fields.String(attribute="building_name")
    unit = fields.String()
    door = fields.String()
    due_on = fields.Date()
    priority = fields.Integer()
    volunteer = fields.String(allow_none=True)
    needs = fields.List(fields.String())


class CarePersonOut(OutSchema):
    """A household that a volunteer looks after; name and phone are empty unless it agreed to that."""

    door = fields.String(attribute="said")
    needs = fields.List(fields.String())
    check = fields.Integer(attribute="check_id", allow_none=True)
    due_on = fields.Date(allow_none=True)
    is_due = fields.Boolean()
    name = fields.String()
    phone = fields.String()


class CareReadOut(OutSchema):
    """Who read an entry, when and what for."""

    name = fields.String()
    role = fields.String()
    purpose = fields.String()
    read_at = fields.AwareDateTime()


class CareConsentOut(OutSchema):
    """What a household agreed to and when; `withdrawn_on` when it took that back."""

    purpose = fields.String()
    given_on = fields.Date()
    withdrawn_on = fields.Date(allow_none=True)


class OwnCareOut(OutSchema):
    """What the register has of a household, for itself; `since` is null when there is no entry."""

    since = fields.AwareDateTime(allow_none=True)
    ends_on = fields.Date(allow_none=True)
    keeper = fields.String(allow_none=True)
    volunteer = fields.String(allow_none=True)
    next_call_on = fields.Date(allow_none=True)
    consents = fields.List(fields.Nested(CareConsentOut))
    reads = fields.List(fields.Nested(CareReadOut))
