"""Wishes on the wall of their grid: posted by the lead, claimed by neighbours and volunteers, done or given back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from supplyhub.db import scalar
from supplyhub.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from supplyhub.help.commands import (
    ClaimedError,
    TooManyClaimsError,
    claim_wish,
    fulfil_wish,
    give_up,
    give_wish_back,
    hand_on,
    post_wish,
    read_request,
    reopen,
    withdraw,
)
from supplyhub.help.errors import EndedError
from supplyhub.help.queries import request_for, steps_of
from supplyhub.help.states import HelpKind
from supplyhub.help.wishes import MOST_CLAIMS, claim_of, count_free_wishes, wishes_for
from tests.factories import asking
from tests.factories_help import HelpWorld

if TYPE_CHECKING:
    from typing import Any

    from supplyhub.people.asker import Asker

pytestmark = pytest.mark.usefixtures("database")

PUBLIC = "想有人每天隔着门说几句话"


@pytest.fixture
def world() -> HelpWorld:
    return HelpWorld()


def posted(world: HelpWorld, **facts: Any) -> str:
    """Return a wish of the first household that stands on the wall."""
    code = world.request(HelpKind.WISH, facts={"topic": "company"} | facts, text="我一个人住，腿不好")
    post_wish(world.here.lead, code, public_text=PUBLIC)
    return code


def neighbour(world: HelpWorld) -> Asker:
    return asking(world.here.homes[1].account_id)


def wall(asker: Asker) -> list[tuple[str, bool]]:
    return [(wish.code, wish.mine) for wish in wishes_for(asker)]


def test_a_wish_stands_on_its_own_grids_wall_without_its_door(world):
    code = world.request(HelpKind.WISH)
    assert wall(neighbour(world)) == []
    post_wish(world.here.lead, code, public_text=PUBLIC)
    assert request_for(world.here.lead, code).state == "taken"
    for reader in (neighbour(world), world.here.volunteer):
        (wish,) = wishes_for(reader)
        assert (wish.public_text, wish.own, wish.claimed_by) == (PUBLIC, False, None)
        assert not {"household_id", "door", "home_id"} & set(wish._fields)
        assert count_free_wishes(reader) == 1
    assert wishes_for(world.here.resident)[0].own
    assert count_free_wishes(world.here.resident) == 0
    assert wall(world.there.volunteer) == wall(asking(world.there.homes[0].account_id)) == []
    with pytest.raises(NotFoundError):
        request_for(neighbour(world), code)


@pytest.mark.parametrize("agreed", [True, False])
def test_whoever_claims_it_sees_the_door_only_where_the_household_agreed(world, agreed):
    code = posted(world, show_door=agreed)
    for claimer in (neighbour(world), world.here.volunteer):
        claim_wish(claimer, code)
        claim_wish(claimer, code)
        seen = request_for(claimer, code)
        assert ((seen.door is not None), seen.opens, seen.facts) == (agreed, False, {})
        assert wall(claimer) == [(code, True)]
        give_wish_back(claimer, code)
        with pytest.raises(NotFoundError):
            request_for(claimer, code)
    assert scalar("SELECT count(*) FROM wish_claim") == 2


def test_a_claimed_wish_is_done_and_its_household_reads_so(world):
    code = posted(world)
    claim_wish(world.here.volunteer, code)
    found = claim_of(request_for(world.here.lead, code))
    assert found is not None
    assert found.badge
    fulfil_wish(world.here.volunteer, code, note="每天下午四点去敲门", vault=world.vault)
    request = request_for(world.here.resident, code)
    assert request.state == "solved"
    assert wall(neighbour(world)) == []
    assert "每天下午四点去敲门" in read_request(world.here.resident, code, vault=world.vault).notes.values()
    assert [step.step for step in steps_of(request)] == ["opened", "posted", "claimed", "solved"]
    reopen(world.here.resident, code, vault=world.vault)
    with pytest.raises(NotFoundError):
        fulfil_wish(neighbour(world), code, vault=world.vault)


def test_a_claimed_wish_is_nobody_elses_until_it_is_given_back(world):
    code = posted(world)
    claim_wish(neighbour(world), code)
    with pytest.raises(ClaimedError):
        claim_wish(world.here.volunteer, code)
    with pytest.raises(ClaimedError):
        post_wish(world.here.lead, code, public_text="换个说法")
    with pytest.raises(NotFoundError):
        give_wish_back(world.here.volunteer, code)
    give_wish_back(neighbour(world), code)
    claim_wish(world.here.volunteer, code)


def test_a_wish_that_is_handed_on_leaves_the_wall_and_whoever_had_claimed_it(world):
    code = posted(world)
    claim_wish(neighbour(world), code)
    hand_on(world.here.lead, code, world.there.grid.number, vault=world.vault)
    assert wall(neighbour(world)) == []
    assert wall(world.there.resident) == []
    with pytest.raises(NotFoundError):
        request_for(neighbour(world), code)
    post_wish(world.there.lead, code, public_text=PUBLIC)
    claim_wish(world.there.volunteer, code)
    assert claim_of(request_for(world.there.lead, code)) is not None


def test_nobody_claims_their_own_a_strangers_or_one_that_is_over(world):
    code = posted(world)
    with pytest.raises(ConflictError):
        claim_wish(world.here.resident, code)
    for stranger in (world.there.volunteer, asking(world.there.homes[0].account_id)):
        with pytest.raises(NotFoundError):
            claim_wish(stranger, code)
    for staff in (world.here.lead, world.depot, world.coordinator):
        with pytest.raises(NotAllowedError):
            claim_wish(staff, code)
    claim_wish(neighbour(world), code)
    withdraw(world.here.resident, code, vault=world.vault)
    assert wall(neighbour(world)) == []
    for claimer in (neighbour(world), world.here.volunteer):
        with pytest.raises(NotFoundError):
            claim_wish(claimer, code)


def test_nobody_has_more_wishes_than_they_can_see_to(world):
    me = neighbour(world)
    codes = [posted(world) for _ in range(MOST_CLAIMS + 1)]
    for code in codes[:-1]:
        claim_wish(me, code)
    with pytest.raises(TooManyClaimsError):
        claim_wish(me, codes[-1])
    fulfil_wish(me, codes[0], vault=world.vault)
    claim_wish(me, codes[-1])


def test_what_is_posted_says_something_short_and_only_a_lead_or_coordinator_posts_it(world):
    code = world.request(HelpKind.WISH)
    for text in ("", "  ", "长" * 201):
        with pytest.raises(InvalidError):
            post_wish(world.here.lead, code, public_text=text)
    for other in (world.here.volunteer, world.here.resident):
        with pytest.raises(NotAllowedError):
            post_wish(other, code, public_text=PUBLIC)
    with pytest.raises(NotFoundError):
        post_wish(world.there.lead, code, public_text=PUBLIC)
    with pytest.raises(ConflictError):
        post_wish(world.here.lead, world.request(HelpKind.ERRAND), public_text=PUBLIC)
    post_wish(world.coordinator, code, public_text=PUBLIC)
    post_wish(world.here.lead, code, public_text="换个说法")
    give_up(world.here.lead, code, note="没有人会修", vault=world.vault)
    with pytest.raises(EndedError):
        post_wish(world.here.lead, code, public_text=PUBLIC)
