"""Events to commands: one handler a topic. A handler runs in the transaction that finishes its event, unless it asks others."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from flask import current_app

from supplyhub import outbox
from supplyhub.catalog.importing import lacks_spelling
from supplyhub.delivery.commands import (
    issue_tickets,
    plan_changed_routes,
    plan_undone_routes,
    replan_grid,
    shorten_route,
)
from supplyhub.depot.commands import cut_off_batch, share_out, share_part
from supplyhub.depot.valuing import book_ordered
from supplyhub.notifications import telling, telling_help
from supplyhub.notifications.events import LevelTold, SharedOut
from supplyhub.notifications.sending import send_message
from supplyhub.ordering.draw.commands import draw_menu, draw_menus_of
from supplyhub.ordering.numbering import number_orders
from supplyhub.outside.errors import GatewayAwayError
from supplyhub.outside.vroom_solver import solver_of
from supplyhub.payments.listening import hear_event, send_refund
from supplyhub.payments.reconciling import reconcile
from supplyhub.payments.settling import settle, settle_again, settle_part
from supplyhub.reports.daily import report_told
from supplyhub.reports.exporting import write_export
from supplyhub.reports.printing import print_file
from supplyhub.residents.register_jobs import run_job

if TYPE_CHECKING:
    from collections.abc import Callable

    from supplyhub.outside.ports import PaymentGateway

SPELLING_SECONDS = 120


def draw(menu_id: int) -> None:
    """Draw a menu that closed."""
    draw_menu(menu_id, vault=current_app.extensions["vault"])


def cut_off(cycle_id: int) -> None:
    """Buy for a cycle. What is not drawn yet is drawn first: the two events may come in either order."""
    draw_menus_of(cycle_id, vault=current_app.extensions["vault"])
    cut_off_batch(cycle_id)


def level_changed(grid_id: int) -> None:
    """Plan a grid's delivery by its new level; then its people are told."""
    replan_grid(grid_id)
    outbox.record(LevelTold(grid_id))


def share_part_out(cycle_id: int, first_grid: int, last_grid: int, short: list[int]) -> None:
    """Share out what came in some grids; then they are told how many get less."""
    share_part(cycle_id, first_grid, last_grid, short=short)
    outbox.record(SharedOut(cycle_id, first_grid, last_grid))


def day_reported(report_id: int) -> None:
    """Tell the groups and those above what a day was like."""
    telling_help.tell_day_report(*report_told(report_id))


def message(message_id: int) -> None:
    """Send a message to a chat group or a mail box."""
    send_message(
        message_id,
        messenger=current_app.extensions["messenger"],
        vault=current_app.extensions["vault"],
        public_url=current_app.extensions["settings"].public_url,
    )


def gateway_event(event_id: str) -> None:
    """Look at what the gateway said that happened."""
    hear_event(event_id, gateway=gateway())


def refund(refund_id: int) -> None:
    """Ask the gateway to give money back."""
    send_refund(refund_id, gateway=gateway())


def compare_books(reconciliation_id: int) -> None:
    """Read the gateway's books for a comparison with ours."""
    reconcile(reconciliation_id, gateway=current_app.extensions["gateway"])


def register_job(job_id: int) -> None:
    """Try or load files of the register."""
    run_job(job_id, vault=current_app.extensions["vault"])


def export(job_id: int) -> None:
    """Write a long table."""
    write_export(job_id, vault=current_app.extensions["vault"])


def spell(community_id: int) -> None:
    """Note how products' names sound, in a process of its own: the dictionaries it reads are larger than all else."""
    if lacks_spelling(community_id):
        command = [sys.executable, "-m", "supplyhub", "import", "names", str(community_id)]
        subprocess.run(command, check=True, timeout=SPELLING_SECONDS, stdin=subprocess.DEVNULL)


def shorten(grid_id: int, version: int) -> None:
    """Let a solver look for a shorter way through a grid of many buildings."""
    shorten_route(grid_id, version, solver=solver_of())


def gateway() -> PaymentGateway:
    """Return the payment gateway. Raises GatewayAwayError where its keys were taken out: what waits for it, waits."""
    found: PaymentGateway | None = current_app.extensions["gateway"]
    if found is None:
        raise GatewayAwayError("there are no keys of a payment gateway")
    return found


HANDLERS: dict[str, Callable[..., None]] = {
    "routes": plan_changed_routes,
    "register_undone": plan_undone_routes,
    "levels": level_changed,
    "draw": draw,
    "cut_off": cut_off,
    "book_ordered": book_ordered,
    "order_numbers": number_orders,
    "share_out": share_out,
    "parcels": share_part_out,
    "tickets": issue_tickets,
    "settle": settle,
    "settle_part": settle_part,
    "settle_again": settle_again,
    "menu_opened": telling.tell_menu_opened,
    "cut_off_nears": telling.tell_cut_off_soon,
    "item_withdrawn": telling.tell_withdrawn,
    "shared_out": telling.tell_shared_out,
    "level_told": telling.tell_level,
    "inbox_opened": telling.tell_inbox,
    "help_opened": telling_help.tell_help_opened,
    "help_assigned": telling_help.tell_help_assigned,
    "help_overdue": telling_help.tell_help_overdue,
    "help_ended": telling_help.tell_help_ended,
    "day_reported": day_reported,
}

# What takes its time, in transactions of its own: the event is finished afterwards, so it may come twice.
LONG_HANDLERS: dict[str, Callable[..., None]] = {
    "print": print_file,
    "register_job": register_job,
    "names": spell,
    "export": export,
}
# What asks others, outside of any transaction; asking again is harmless. The event is finished afterwards.
ASKING_HANDLERS: dict[str, Callable[..., None]] = {
    "gateway_event": gateway_event,
    "refund": refund,
    "reconcile": compare_books,
    "message": message,
    "route_computed": shorten,
}
# Their events are parts of one batch: as many are handled beside each other as the installation has `batch_workers`.
SIDE_BY_SIDE = frozenset({"order_numbers", "parcels", "tickets", "settle_part"})
