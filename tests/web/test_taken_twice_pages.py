"""What households, leads and coordinators read of cash that was taken though the order was paid otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.db import row
from supplyhub.delivery.commands import record_doors
from supplyhub.payments.commands.covers import cover_order
from supplyhub.payments.states import CoverSource
from supplyhub.people.states import Role
from tests.factories import an_account
from tests.factories_depot import Walk, a_walk
from tests.factories_money import a_paid_charge, orders_of, settled, taken, taken_back
from tests.web.test_pages import sign_in

if TYPE_CHECKING:
    from flask.testing import FlaskClient

OWED = 480


@pytest.fixture
def walk(database: Any) -> Walk:
    """Return a ticket whose first door paid online, and in cash to a volunteer without signal."""
    walk = a_walk()
    a_paid_charge(orders_of(walk.ticket)[0], OWED)
    settled()
    return walk


def test_the_lead_and_the_household_read_where_the_surplus_goes(client: FlaskClient, walk: Walk):
    cash = taken(walk.stops[0].id, OWED)
    record_doors(walk.volunteer.asker, ticket_code=walk.ticket, takings=[cash])
    settled()
    lead = an_account(walk.town.community, Role.GRID_LEAD, grid=walk.town.first.grid).id
    page = sign_in(client, lead).get("/settlement", follow_redirects=True).text
    assert "门口多收的" in page
    assert "安排退了" in page
    order = row(
        "SELECT o.menu_id, h.account_id FROM orders AS o JOIN household AS h ON h.id = o.household_id WHERE o.id = :order",
        order=orders_of(walk.ticket)[0],
    )
    assert order is not None
    page = sign_in(client, order.account_id).get(f"/order?menu_id={order.menu_id}").text
    assert "当面付的现金" in page
    assert "多付的退给您" in page


def test_cash_that_was_never_there_is_said_not_to_go_back(client: FlaskClient, walk: Walk):
    cash = taken(walk.stops[1].id, OWED)
    cover_order(walk.town.coordinator, orders_of(walk.ticket)[1], CoverSource.HARDSHIP)
    record_doors(walk.volunteer.asker, ticket_code=walk.ticket, takings=[cash])
    record_doors(walk.volunteer.asker, ticket_code=walk.ticket, takings=[taken_back(cash)])
    office = sign_in(client, walk.town.coordinator.account_id)
    for address in ("/coordinator/money/refunds", f"/coordinator/money/orders/{orders_of(walk.ticket)[1]}"):
        page = office.get(address).text
        assert "门口的收款改过了，不退" in page
        assert "taken_back" not in page
