"""What requests about people and responses to them carry."""

from __future__ import annotations

from marshmallow import fields, validate

from supplyhub.people.accounts import LONGEST_LOGIN, LONGEST_NAME
from supplyhub.people.applications import LONGEST_PHONE
from supplyhub.people.states import Role
from supplyhub.people.training import LONGEST_TOPIC
from supplyhub.places.rules import LARGEST_NUMBER
from supplyhub.schemas import CleanText, InSchema, OutSchema, QuerySchema, count, day, query_id

STAFF_ROLES = [Role.COORDINATOR, Role.DEPOT, Role.GRID_LEAD]


class NewStaffIn(InSchema):
    """Somebody of the staff; a grid lead's grid is a number, the delivery point that depot staff keep to a name."""

    role = fields.Enum(Role, by_value=True, required=True, validate=validate.OneOf(STAFF_ROLES))
    name = CleanText(LONGEST_NAME, shortest=1, required=True)
    grid = count(LARGEST_NUMBER, least=1)
    login = CleanText(LONGEST_LOGIN, shortest=1)
    delivery_point = CleanText(LONGEST_NAME, shortest=1)


class NewStaffOut(OutSchema):
    """The account and the address of its one-time sign-in link, which is shown once."""

    account = fields.Integer()
    link = fields.String()


class TrainingIn(InSchema):
    """What a volunteer was trained in, and on which day; today without one."""

    topic = CleanText(LONGEST_TOPIC, shortest=1, required=True)
    trained_on = day()


class NewVolunteerIn(InSchema):
    """A volunteer, what the person was trained in, and the number of the grid that the badge is for."""

    name = CleanText(LONGEST_NAME, shortest=1, required=True)
    grid = count(LARGEST_NUMBER, least=1, required=True)
    training = fields.Nested(TrainingIn, required=True)
    login = CleanText(LONGEST_LOGIN, shortest=1)


class IssuedBadgeOut(OutSchema):
    """A badge just issued."""

    code = fields.String()
    grid = fields.Integer()
    valid_until = fields.AwareDateTime()


class NewVolunteerOut(OutSchema):
    """The volunteer's account, badge, and one-time sign-in link."""

    account = fields.Integer()
    badge = fields.Nested(IssuedBadgeOut)
    link = fields.String()


class GridIn(InSchema):
    """The grid that a badge is for, by number."""

    grid = count(LARGEST_NUMBER, least=1, required=True)


class NewApplicationIn(InSchema):
    """Somebody who wants to be a volunteer of a grid (by number)."""

    name = CleanText(LONGEST_NAME, shortest=1, required=True)
    phone = CleanText(LONGEST_PHONE, shortest=5, required=True)
    grid = count(LARGEST_NUMBER, least=1, required=True)


class ApplicationOut(OutSchema):
    """An application that waits."""

    id = fields.UUID()
    grid = fields.Integer()
    name = fields.String()
    phone = fields.String()
    applied_at = fields.AwareDateTime()


class AcceptedOut(OutSchema):
    """The account of a volunteer who applied."""

    account = fields.Integer()


class ShiftOut(OutSchema):
    """When the running shift ends; null when none runs."""

    ends_at = fields.AwareDateTime(allow_none=True)


class BadgesQuery(QuerySchema):
    """Which badges: of a grid, by its number."""

    grid = query_id()


class BadgeOut(OutSchema):
    """A badge and who wears it."""

    code = fields.String()
    number = fields.Integer()
    grid = fields.Integer()
    account = fields.Integer()
    name = fields.String()
    state = fields.String()
    valid_from = fields.AwareDateTime()
    valid_until = fields.AwareDateTime()
