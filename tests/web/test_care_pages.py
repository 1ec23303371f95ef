"""The care register on pages: what leads, coordinators, volunteers and households see of it, and what nobody else does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.db import db, rows, scalar
from supplyhub.people.states import Role
from supplyhub.residents.care_standing import appoint_volunteer
from supplyhub.residents.register import PHONE
from supplyhub.residents.states import ConsentPurpose
from supplyhub.web.audience import audience_of
from tests.commands.test_care import NOTE, Care
from tests.factories import a_badge, a_community, a_household, an_account, bearer
from tests.web.test_pages import sign_in, token_of

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

WORDS_OF_WHY = ("慢性病", "胰岛素", "chronic_illness")


@pytest.fixture
def care(database: Any, app: Flask) -> Care:
    return Care(app.extensions["vault"])


class Hand:
    """A browser of somebody who is signed in, without script."""

    def __init__(self, client: FlaskClient, account_id: int) -> None:
        self.client = client
        sign_in(client, account_id)
        self.token = token_of(client.get("/badge").text)

    def get(self, path: str) -> Any:
        return self.client.get(path, follow_redirects=True)

    def post(self, path: str, **form: Any) -> Any:
        return self.client.post(path, data={"csrf_token": self.token, **form}, follow_redirects=True)


@pytest.fixture
def lead(client: FlaskClient, care: Care) -> Hand:
    return Hand(client, care.lead.account_id)


def test_a_lead_puts_a_household_in_and_the_pages_do_not_say_why(care: Care, lead: Hand) -> None:
    assert "登一户" in lead.get("/care").text
    found = lead.post("/care/new", door=f"{care.building.number}-1")
    assert f"/care/new/{care.home.id}" in found.text
    page = lead.post(
        f"/care/new/{care.home.id}",
        category="chronic_illness",
        note=NOTE,
        priority="1",
        every="7",
        consent=["register", "check_calls"],
        given_on=care.today.isoformat(),
    )
    case = scalar("SELECT id FROM care_case")
    assert page.request.path == f"/care/{case}"
    assert "先照顾" in lead.get("/care").text
    for path in ("/care", f"/care/{case}", "/care/calls", "/grid", "/grid/households", f"/cards/{care.home.id}"):
        text = lead.get(path).text
        assert not [word for word in WORDS_OF_WHY if word in text], path
    assert scalar("SELECT count(*) FROM care_access") == 0
    # The door leads to the entry that is there.
    assert lead.get(f"/care/new/{care.home.id}").request.path == f"/care/{case}"


def test_a_form_that_says_too_little_is_shown_again_with_what_was_typed(care: Care, lead: Hand) -> None:
    page = lead.post(f"/care/new/{care.home.id}", note="住二楼", every="99")
    assert page.status_code == 422
    assert "请至少选一类" in page.text
    assert "住二楼" in page.text
    tomorrow = {"consent": "register", "given_on": "2090-01-01", "category": "disabled", "priority": "2"}
    assert "这一天不行" in lead.post(f"/care/new/{care.home.id}", **tomorrow).text
    assert scalar("SELECT count(*) FROM care_case") == 0


def test_opening_an_entry_shows_a_note_as_text_and_is_written_down(care: Care, lead: Hand) -> None:
    case = care.open()
    assert "请先选" in lead.post(f"/care/{case}/open", purpose="curiosity").text
    page = lead.post(f"/care/{case}/open", purpose="medicine")
    assert "胰岛素放冰箱，&lt;script&gt;alert(1)&lt;/script&gt;，=1+1" in page.text
    assert "<script>alert" not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert rows("SELECT purpose FROM care_access") == [("medicine",)]
    assert "配药送药" in lead.get(f"/care/{case}").text


def test_a_keeper_writes_an_entry_anew(care: Care, lead: Hand) -> None:
    case = care.open()
    assert lead.post(f"/care/{case}/write", note="x").status_code == 422
    lead.post(f"/care/{case}/write", category=["disabled", "hardship"], note="轮椅")
    said = care.read(care.coordinator, case)
    assert ({str(one) for one in said.categories}, said.note) == ({"disabled", "hardship"}, "轮椅")


def test_everything_of_an_entry_is_arranged_on_its_page(care: Care, lead: Hand) -> None:
    case = care.open()
    page = f"/care/{case}"
    assert "还没问过住户" in lead.get(page).text
    assert "还没同意" in lead.post(f"{page}/plan", due_on=care.today.isoformat()).text
    for purpose in ConsentPurpose:
        assert "同意记下了" in lead.post(f"{page}/consents/{purpose}").text
    assert "不能在以后" in lead.post(f"{page}/consents/medicine", given_on="2090-01-01").text
    assert "记下了" in lead.post(f"{page}/arrange", priority="1", every="3").text
    assert "没有改动" in lead.post(f"{page}/arrange", priority="1", every="0").text
    assert "下次" in lead.post(f"{page}/plan", due_on=care.today.isoformat()).text
    assert "没有改动" in lead.post(f"{page}/plan", due_on="soon").text
    assert "定好了" in lead.post(f"{page}/volunteer", badge=care.badge.code).text
    assert "已经有人照看" in lead.post(f"{page}/volunteer", badge=a_badge(care.grid).code).text
    assert "一张有效的证" in lead.post(f"{page}/volunteer", badge="9-999").text
    assert "不再由他照看" in lead.post(f"{page}/volunteer/end").text
    assert "续到" in lead.post(f"{page}/renew").text
    assert "不再同意" in lead.post(f"{page}/consents/care_packs/back").text
    assert "拿下来了" in lead.post(f"{page}/end").text
    assert lead.post(f"{page}/arrange", priority="1").status_code == 409


def test_a_coordinator_names_keepers_one_by_one_and_for_a_grid(care: Care, client: FlaskClient) -> None:
    case = care.open()
    hand = Hand(client, care.coordinator.account_id)
    assert "换好了" in hand.post(f"/care/{case}/keeper", account="").text
    page = hand.get("/care?grid=3").text
    assert "1 户没人管台账" in page
    assert "1 户有了管台账的人" in hand.post("/care/keepers", grid="3", account=care.lead.account_id).text
    assert "没有改动" in hand.post("/care/keepers", grid="3", account=care.elsewhere().account_id).text
    assert "没有改动" in hand.post(f"/care/{case}/keeper", account=care.household.account_id).text


def test_a_lead_who_does_not_keep_an_entry_sees_how_it_stands_and_cannot_open_it(
    care: Care, client: FlaskClient
) -> None:
    case = care.open()
    hand = Hand(client, care.another_lead().account_id)
    page = hand.get(f"/care/{case}")
    assert "打开看" not in page.text
    assert "到哪天为止" not in page.text
    for act in ("open", "write", "renew", "end"):
        assert hand.post(f"/care/{case}/{act}", purpose="review", category="disabled").status_code == 403
    assert scalar("SELECT count(*) FROM care_access") == 0


def test_a_call_is_made_from_the_list(care: Care, lead: Hand) -> None:
    care.home.phone_sealed = care.vault.seal("19900000000", *PHONE, care.home.id)
    db.session.commit()
    care.call()
    assert "1 户该打" in lead.get("/grid").text
    page = lead.get("/care/calls").text
    assert "tel:19900000000" in page
    check = care.check()
    assert "记下了：都好" in lead.post(f"/care/calls/{check}", outcome="fine").text
    assert "别人刚刚打过" in lead.post(f"/care/calls/{check}", outcome="fine").text
    assert "这几天要打的" in lead.get("/care/calls").text
    assert lead.post(f"/care/calls/{check}", outcome="rude").status_code == 422


def test_a_call_that_finds_something_opens_a_request(care: Care, lead: Hand) -> None:
    care.call()
    check = care.check()
    asked = lead.post(f"/care/calls/{check}", outcome="needs_something")
    assert asked.request.path == f"/care/calls/{check}/needs_something"
    assert lead.post(f"/care/calls/{check}/needs_something", kind="other").status_code == 422
    done = lead.post(f"/care/calls/{check}/needs_something", kind="other", text="米没有了")
    assert "登记了" in done.text
    assert rows("SELECT kind, channel, household_id FROM help_request") == [("other", "check", care.home.id)]
    assert scalar("SELECT outcome FROM care_check WHERE id = :id", id=check) == "needs_something"


def test_a_volunteer_sees_the_own_people_and_calls_them(care: Care, client: FlaskClient) -> None:
    case = care.call()
    hand = Hand(client, care.volunteer.account_id)
    assert "还没有请您照看的人家" in hand.get("/care/mine").text
    appoint_volunteer(care.lead, case, care.badge.code)
    assert "我照看的人家" in hand.get("/tickets").text
    page = hand.get("/care/mine").text
    assert "没同意让志愿者看电话" in page
    assert not [word for word in WORDS_OF_WHY if word in page]
    assert "记下了：没接电话" in hand.post(f"/care/calls/{care.check()}", outcome="no_answer").text
    other = Hand(client, a_badge(care.grid).account_id)
    assert other.post(f"/care/calls/{care.check()}", outcome="fine").status_code == 404


def test_a_household_reads_its_entry_and_takes_it_back(care: Care, client: FlaskClient) -> None:
    hand = Hand(client, care.household.account_id)
    assert "您家没有登记" in hand.get("/household/care").text
    case = care.open()
    care.read(care.coordinator, case)
    page = hand.get("/household/care").text
    assert care.coordinator.display_name in page
    assert "核对台账" in page
    assert not [word for word in WORDS_OF_WHY if word in page]
    assert "特殊照顾登记" in hand.get("/household").text
    hand.post("/household/care/care_packs")
    assert "不再同意" in hand.post("/household/care/care_packs/back").text
    assert "拿下来了" in hand.post("/household/care/register/back").text
    assert hand.post("/household/care/care_packs").status_code == 404
    assert care.coordinator.display_name in hand.get("/household/care").text


OF_THE_REGISTER = {"care", "care_case", "care_calls", "care_own", "care_api"}


def care_addresses(app: Flask, case: int, check: int, home: int) -> list[tuple[str, str, str, frozenset[Role]]]:
    """Return every page and operation of the care register: endpoint, a method, an address that fits, its audience."""
    fitting = {"case_id": case, "check_id": check, "household_id": home, "purpose": "care_packs", "outcome": "worrying"}
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.partition(".")[0] not in OF_THE_REGISTER:
            continue
        values = {name: fitting[name] for name in rule.arguments}
        address = app.url_map.bind("localhost").build(rule.endpoint, values, method=None)
        audience = audience_of(app, rule.endpoint)
        assert audience, rule.rule
        found += [(rule.endpoint, method, address, audience) for method in sorted(rule.methods - {"HEAD", "OPTIONS"})]
    return found


FORM = {
    "purpose": "review", "category": "disabled", "note": "x", "priority": "1", "every": "3", "outcome": "fine", "text": "x",
    "kind": "other", "door": "1-1-101",
}  # fmt: skip
PAYLOADS: dict[str, dict[str, Any]] = {
    "enter": {"categories": ["disabled"]},
    "read": {"purpose": "review"},
    "write": {"categories": ["disabled"]},
    "arrange": {"priority": 1},
    "keeper": {"account": None},
    "renew": {},
    "agree": {},
    "appoint": {},
    "plan": {},
    "finish": {"outcome": "fine"},
}


@pytest.mark.parametrize("who", ["volunteer", "neighbour", "depot", "elsewhere", "far"])
def test_nobody_else_learns_or_changes_anything_at_any_address(
    care: Care, app: Flask, client: FlaskClient, who: str
) -> None:
    """Whoever has nothing to do with an entry, at every route of the register: 403 by role, else as if it weren't there."""
    case = care.call()
    check, before, today = care.check(), _everything(), care.today.isoformat()
    account = {
        "volunteer": care.volunteer.account_id,
        "neighbour": a_household(care.building).account_id,
        "depot": an_account(care.community, Role.DEPOT).id,
        "elsewhere": care.elsewhere().account_id,
        "far": an_account(a_community(), Role.COORDINATOR).id,
    }[who]
    hand, token = Hand(client, account), bearer(account)
    role = Role(scalar("SELECT role FROM account WHERE id = :id", id=account))
    form = {**FORM, "csrf_token": hand.token, "badge": care.badge.code, "account": str(account), "due_on": today}
    more: dict[str, dict[str, Any]] = {
        "enter": {"household": care.home.id},
        "appoint": {"badge": care.badge.code},
        "plan": {"due_on": today},
    }
    addresses = care_addresses(app, case, check, care.home.id)
    assert len(addresses) > 45
    for endpoint, method, address, audience in addresses:
        name = endpoint.rpartition(".")[2]
        payload = {**PAYLOADS[name], **more.get(name, {})} if name in PAYLOADS else None
        sent: dict[str, Any] = {"headers": token, "json": payload} if address.startswith("/api/") else {"data": form}
        answer = client.open(address, method=method, **({"headers": token} if method == "GET" else sent))
        text = answer.get_data(as_text=True)
        assert not [word for word in (*WORDS_OF_WHY, f"-1-{care.home.door}<") if word in text], (method, address)
        if role not in audience:
            assert answer.status_code == 403, (method, address)
        elif {str(case), str(check), str(care.home.id)} & set(address.split("/")):
            assert answer.status_code == 404, (method, address, answer.status_code)
    assert _everything() == before


def _everything() -> list[Any]:
    tables = ("care_case", "care_check", "care_consent", "standing_volunteer", "care_access", "help_request")
    return [rows(f"SELECT t::text FROM {table} AS t ORDER BY 1") for table in tables]
