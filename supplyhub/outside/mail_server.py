"""The mail server: which of its refusals are for good. Apprise says no more than that it didn't take a mail."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import closing, suppress
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from supplyhub.outside.errors import MessengerAwayError, MessengerRefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

SECONDS = 8.0
PORTS = {"smtps": 465, "smtp": 587, "smtp+plain": 25}
# What an SMTP server never takes, whenever it is sent.
FOR_GOOD = 500


class MailServer:
    """A server by its `MAIL_URL`; without one, none."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self.sender = parse_qs(self._url.query).get("from", [""])[0]

    def __bool__(self) -> bool:
        """Tell whether there is one."""
        return bool(self._url.hostname)

    @property
    def host(self) -> str:
        """Return its name."""
        return self._url.hostname or ""

    def post(self, to: Sequence[str], letter: str) -> None:
        """Hand a letter over. Raises MessengerAwayError, MessengerRefusedError."""
        try:
            with closing(self._reached()) as smtp:
                self._sign_in(smtp)
                smtp.sendmail(self.sender, to, letter)
                # It is taken: whatever is said to a farewell doesn't send it again.
                with suppress(OSError, smtplib.SMTPException):
                    smtp.quit()
        # Their words have addresses in them.
        except smtplib.SMTPRecipientsRefused as refused:
            raise _trouble(max(code for code, _words in refused.recipients.values())) from None
        except smtplib.SMTPDataError as error:
            raise _trouble(error.smtp_code) from None
        except smtplib.SMTPResponseException as error:
            # It is about us, not about who is to get it: a password, a sender. Somebody may set it right.
            raise MessengerAwayError(f"smtp_{error.smtp_code}") from None
        except (OSError, smtplib.SMTPException) as error:
            raise MessengerAwayError(type(error).__name__) from None

    def _reached(self) -> smtplib.SMTP:
        port = self._url.port or PORTS[self._url.scheme]
        if self._url.scheme == "smtps":
            return smtplib.SMTP_SSL(self.host, port, timeout=SECONDS, context=ssl.create_default_context())
        return smtplib.SMTP(self.host, port, timeout=SECONDS)

    def _sign_in(self, smtp: smtplib.SMTP) -> None:
        if self._url.scheme == "smtp":
            smtp.starttls(context=ssl.create_default_context())
        if self._url.username:
            smtp.login(unquote(self._url.username), unquote(self._url.password or ""))


def _trouble(code: int) -> MessengerAwayError | MessengerRefusedError:
    return MessengerRefusedError(f"smtp_{code}") if code >= FOR_GOOD else MessengerAwayError(f"smtp_{code}")
