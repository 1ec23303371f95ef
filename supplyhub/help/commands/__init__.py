"""What people do about help requests: open, take, note, solve, merge, hand on."""

from supplyhub.help.commands.noting import note_step, read_request
from supplyhub.help.commands.opening import open_request
from supplyhub.help.commands.solving import give_up, reopen, solve, withdraw
from supplyhub.help.commands.taking import assign_request, go_on, hand_on, let_wait, take_request

__all__ = [
    "assign_request",
    "give_up",
    "go_on",
    "hand_on",
    "let_wait",
    "note_step",
    "open_request",
    "read_request",
    "reopen",
    "solve",
    "take_request",
    "withdraw",
]
