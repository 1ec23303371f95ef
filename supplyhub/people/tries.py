"""Wrong passwords of an account: a few are free, then each costs a longer pause. As statements, for the caller's transaction.

A try is paid for before the password is looked at, and all are forgotten when it was right: tries made at the same moment
can't pass together. The counts stand in the database: with the queue server down the page's own limits let everything
through. Whoever knows a login can make its owner wait, but no longer than LONGEST_PAUSE at a time; who is signed in stays
so, and a one-time link needs no password.
"""

from __future__ import annotations

from supplyhub.db import execute, scalar

FREE_TRIES = 5
FIRST_PAUSE_SECONDS = 15
LONGEST_PAUSE_SECONDS = 300


def pay_for_password(account_id: int) -> bool:
    """Count a try against an account; False while it has to pause: then nothing was counted.

    The last of the free tries begins the first pause; each one after it doubles it. At the longest that leaves 105,000
    tries a year.
    """
    return bool(
        scalar(
            """
            UPDATE account SET password_wrong = least(password_wrong + 1, 100),
                   password_paused_until = CASE WHEN password_wrong + 1 >= :free THEN clock_timestamp() + make_interval(
                       secs => least(:longest, :first * power(2, least(password_wrong + 1 - :free, 10)))) END
            WHERE id = :account AND (password_paused_until IS NULL OR password_paused_until <= clock_timestamp())
            RETURNING true
            """,
            account=account_id,
            free=FREE_TRIES,
            first=FIRST_PAUSE_SECONDS,
            longest=LONGEST_PAUSE_SECONDS,
        )
    )


def forgive_passwords(account_id: int) -> None:
    """Forget an account's wrong tries: the password was right, or is a new one."""
    execute(
        "UPDATE account SET password_wrong = 0, password_paused_until = NULL WHERE id = :account",
        account=account_id,
    )
