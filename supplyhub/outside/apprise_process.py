"""What `carrier` starts: a line comes in for each message, a line goes out saying how it went. Nobody imports this.

The first line says by which server mail is sent. An alarm ends it: where nothing comes for a while, and where somebody
answers so slowly that whoever waits for it would lose the turn.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from supplyhub.outside.apprise_messenger import AppriseMessenger
from supplyhub.outside.carrier import CARRYING_SECONDS, IDLE_SECONDS, WAYS
from supplyhub.outside.errors import MessengerAwayError, MessengerRefusedError

if TYPE_CHECKING:
    from typing import TextIO

# An answer without an end fills this, and nothing else.
MOST_BYTES = 512 * 1024 * 1024


def carry(messenger: AppriseMessenger, line: str) -> list[str]:
    """Carry a message; return how it went, and the reason."""
    way, address, title, text = json.loads(line)
    try:
        getattr(messenger, WAYS[way])(address, title, text)
    except MessengerRefusedError as refused:
        return ["refused", refused.reason]
    except MessengerAwayError as away:
        return ["away", away.reason]
    except Exception as error:  # noqa: BLE001  (its words may have the address in them, which is a secret)
        return ["away", type(error).__name__]
    return ["taken", ""]


def main(asked: TextIO, said: TextIO) -> None:
    """Carry what is asked for, until nothing more is."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # Sent to all processes of a worker, who finishes what it has in hand; this one ends with it.
        signal.signal(number, signal.SIG_IGN)
    messenger = AppriseMessenger(**json.loads(asked.readline()))
    signal.alarm(IDLE_SECONDS)
    for line in iter(asked.readline, ""):
        signal.alarm(CARRYING_SECONDS)
        said.write(json.dumps(carry(messenger, line)) + "\n")
        said.flush()
        signal.alarm(IDLE_SECONDS)


if __name__ == "__main__":
    # Whoever started it waits for it from the first line on.
    signal.alarm(CARRYING_SECONDS)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    answers = sys.stdout
    # What a service prints is no answer of ours.
    sys.stdout = sys.stderr
    main(sys.stdin, answers)
