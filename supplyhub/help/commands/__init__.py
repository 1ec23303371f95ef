"""What people do about help requests: open, take, note, name, pass on, merge, hand on, solve."""

from supplyhub.help.commands.checking import open_from_check
from supplyhub.help.commands.complaining import CreditedError, credit_complaint, explain_complaint
from supplyhub.help.commands.merging import merge_requests
from supplyhub.help.commands.naming import name_person, unname_person
from supplyhub.help.commands.noting import note_step, read_request
from supplyhub.help.commands.opening import open_request
from supplyhub.help.commands.passing import pass_medicine
from supplyhub.help.commands.photos import add_photo, read_photo, take_photos_away
from supplyhub.help.commands.seeing import see_overdue
from supplyhub.help.commands.solving import give_up, reopen, solve, withdraw
from supplyhub.help.commands.taking import assign_request, go_on, hand_on, let_wait, take_request
from supplyhub.help.commands.wishing import (
    ClaimedError,
    TooManyClaimsError,
    claim_wish,
    fulfil_wish,
    give_wish_back,
    post_wish,
)

__all__ = [
    "ClaimedError",
    "CreditedError",
    "TooManyClaimsError",
    "add_photo",
    "assign_request",
    "claim_wish",
    "credit_complaint",
    "explain_complaint",
    "fulfil_wish",
    "give_up",
    "give_wish_back",
    "go_on",
    "hand_on",
    "let_wait",
    "merge_requests",
    "name_person",
    "note_step",
    "open_from_check",
    "open_request",
    "pass_medicine",
    "post_wish",
    "read_photo",
    "read_request",
    "reopen",
    "see_overdue",
    "solve",
    "take_photos_away",
    "take_request",
    "unname_person",
    "withdraw",
]
