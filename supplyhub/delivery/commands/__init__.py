"""What people do on the last metre: routes, tickets, handing over, doors, handing back."""

from supplyhub.delivery.commands.anchoring import pass_on
from supplyhub.delivery.commands.clearing import clear_item
from supplyhub.delivery.commands.custody import count_cash, hand_back
from supplyhub.delivery.commands.doors import record_doors, record_entries
from supplyhub.delivery.commands.entering_paper import enter_paper
from supplyhub.delivery.commands.fetching import Paid, check_off, close_point_ticket, take_at_desk
from supplyhub.delivery.commands.handing_over import hand_over
from supplyhub.delivery.commands.leveling import replan_grid
from supplyhub.delivery.commands.passing import pass_crates
from supplyhub.delivery.commands.photographing import attach_photo
from supplyhub.delivery.commands.reassigning import reassign_ticket, take_over
from supplyhub.delivery.commands.recutting import cut_late
from supplyhub.delivery.commands.reporting_arrival import report_not_arrived
from supplyhub.delivery.commands.routing import (
    arrange_route,
    compute_route,
    plan_changed_routes,
    plan_route,
    plan_routes,
    plan_undone_routes,
)
from supplyhub.delivery.commands.scanning import hand_over_all, keep_refusals
from supplyhub.delivery.commands.setting_right import take_this_instead
from supplyhub.delivery.commands.solving_routes import shorten_route
from supplyhub.delivery.commands.syncing import sync
from supplyhub.delivery.commands.ticketing import claim_ticket, issue_tickets, release_ticket
from supplyhub.delivery.commands.unpacking import unpack

__all__ = [
    "Paid",
    "arrange_route",
    "attach_photo",
    "check_off",
    "claim_ticket",
    "clear_item",
    "close_point_ticket",
    "compute_route",
    "count_cash",
    "cut_late",
    "enter_paper",
    "hand_back",
    "hand_over",
    "hand_over_all",
    "issue_tickets",
    "keep_refusals",
    "pass_crates",
    "pass_on",
    "plan_changed_routes",
    "plan_route",
    "plan_routes",
    "plan_undone_routes",
    "reassign_ticket",
    "record_doors",
    "record_entries",
    "release_ticket",
    "replan_grid",
    "report_not_arrived",
    "shorten_route",
    "sync",
    "take_at_desk",
    "take_over",
    "take_this_instead",
    "unpack",
]
