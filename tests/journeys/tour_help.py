"""The stops of the tour about help requests: the board, one of each kind as it stands, writing one down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from supplyhub.help.commands import (
    assign_request,
    let_wait,
    name_person,
    note_step,
    open_request,
    pass_medicine,
    read_request,
    solve,
    take_request,
)
from supplyhub.help.overdue import sweep_overdue
from supplyhub.help.states import HelpChannel, HelpKind, Holder
from tests.factories_help import FACTS, hours_pass
from tests.journeys.stops import ACTS, Stop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from supplyhub.people.asker import Asker
    from tests.journeys.scene import Scene

SAID = {
    HelpKind.MEDICINE: "母亲的降压药明天早上就吃完了，处方在家里，医院说可以在门口的药房取。",
    HelpKind.TRANSPORT: "明早要去做透析，家里没有车，人要坐轮椅下楼。",
    HelpKind.ERRAND: "燃气卡快没气了，卡放在门口的信箱里。",
    HelpKind.WISH: "孩子上网课，想借一本三年级的数学书。",
    HelpKind.OTHER: "厨房的水管漏水，楼下也湿了。",
}


def ask(scene: Scene, kind: HelpKind, place: int, *, by: Asker | None = None, **values: Any) -> str:
    """Open a request of a household of the third grid."""
    home = scene.homes(3)[place]
    given: dict[str, Any] = {
        "key": uuid4(),
        "kind": kind,
        "channel": HelpChannel.PHONE if by else HelpChannel.WEB,
        "text": SAID[kind],
        "facts": FACTS.get(kind, {}),
        "household_id": home if by else None,
        "vault": scene.vault,
    }
    return open_request(by or scene.resident(home), **(given | values))


def open_closed(page: Page) -> None:
    """Open what only those who handle it may read."""
    page.get_by_role("button", name="打开看").or_(page.get_by_role("button", name="Open it")).click()


def ask_nothing(page: Page) -> None:
    """Write a request down that says too little."""
    page.get_by_role("button", name="登记", exact=True).or_(page.get_by_role("button", name="Write down")).click()


ACTS["open-closed"] = open_closed
ACTS["ask-nothing"] = ask_nothing


def about_help(scene: Scene) -> Iterator[Stop]:
    """Requests of every kind, some past due, medicine on its way from another district."""
    lead, volunteer = scene.leads[3], scene.volunteers[3]
    yield Stop("help-board-empty", "gridlead:3", "/help")
    ask(scene, HelpKind.TRANSPORT, 2, by=lead)
    late = ask(scene, HelpKind.TRANSPORT, 5, channel=HelpChannel.WEB)
    take_request(lead, late)
    hours_pass(3)
    sweep_overdue()
    medicine, errand, other = (ask(scene, kind, 7) for kind in (HelpKind.MEDICINE, HelpKind.ERRAND, HelpKind.OTHER))
    twin = ask(scene, HelpKind.ERRAND, 7, by=lead, channel=HelpChannel.CHAT)
    ask(scene, HelpKind.MEDICINE, 9)
    ask(scene, HelpKind.WISH, 11)
    yield Stop("help-board-late", "gridlead:3", "/help")
    yield Stop("help-today", "gridlead:3", "/grid")
    yield Stop("help-closed", "gridlead:3", f"/help/{medicine}")
    take_request(lead, medicine)
    name_person(lead, medicine, volunteer.account_id)
    read_request(volunteer, medicine, vault=scene.vault)
    passing = [
        (Holder.OTHER_DISTRICT, "高速口", None),
        (Holder.BORDER, "区界卡口", None),
        (Holder.VOLUNTEER, "东门", volunteer),
    ]
    for holder, place, who in passing:
        pass_medicine(
            lead,
            medicine,
            key=uuid4(),
            said=medicine,
            holder=holder,
            place=place,
            account_id=who.account_id if who else None,
            name="" if who else "张师傅",
            vault=scene.vault,
        )
    note_step(lead, medicine, note="药房有两盒，已经请他们留着。", called=True, vault=scene.vault)
    yield Stop("help-medicine", "gridlead:3", f"/help/{medicine}", "open-closed")
    assign_request(lead, errand, volunteer.account_id)
    note_step(volunteer, errand, note="卡拿到了，营业厅十点开门。", vault=scene.vault)
    let_wait(volunteer, errand, note="等营业厅开门", vault=scene.vault)
    yield Stop("help-errand", "gridlead:3", f"/help/{errand}")
    yield Stop("help-twin", "gridlead:3", f"/help/{twin}")
    yield Stop("help-volunteer", "volunteer:3", "/help")
    yield Stop("help-volunteer-request", "volunteer:3", f"/help/{errand}")
    take_request(lead, other)
    solve(lead, other, note="物业换了水管，不漏了。", vault=scene.vault)
    yield Stop("help-solved", "gridlead:3", f"/help/{other}")
    yield Stop("help-board", "coordinator", "/help")
    yield Stop("help-list", "coordinator", "/help?state=ended")
    yield Stop("help-late", "coordinator", f"/help/{late}")
    yield Stop("help-kinds", "gridlead:3", "/help/new")
    yield Stop("help-new", "gridlead:3", "/help/new?kind=medicine")
    yield Stop("help-new-faulty", "coordinator", "/help/new?kind=transport", "ask-nothing")
