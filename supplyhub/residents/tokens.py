"""Who stands behind a bearer token: asked one at a time, or for those that come together in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from supplyhub.crypto import token_hash
from supplyhub.gathering import Gatherer
from supplyhub.kept import KeptConnection
from supplyhub.people.asker import Asker
from supplyhub.people.states import Role
from supplyhub.residents.asking import ASKER, OF_BEARER, asker_by_token

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_TOKENS = 256
ASKERS = f"{ASKER.replace('SELECT', 'SELECT t.token_hash,', 1)} {OF_BEARER} AND t.token_hash = ANY(%(hashes)s)"


class Doorkeeper(Protocol):
    """Knows who stands behind a token."""

    def asker(self, token: str) -> Asker | None:
        """Return the asker behind a live API token, or None."""


class SingleDoorkeeper:
    """Asks the database for each token by itself."""

    def asker(self, token: str) -> Asker | None:
        """Return the asker behind a live API token, or None."""
        return asker_by_token(token)


class GatheringDoorkeeper:
    """Asks for all tokens that wait at the same time. Nothing is remembered: a token that is revoked is out at once."""

    def __init__(self, url: str) -> None:
        self.connection = KeptConnection(url)
        self._gatherer = Gatherer(self._askers, most=MOST_TOKENS, everybodys=(Exception,))

    def asker(self, token: str) -> Asker | None:
        """Return the asker behind a live API token, or None."""
        return self._gatherer.submit(token_hash(token))

    def _askers(self, hashes: Sequence[bytes]) -> list[Asker | None]:
        found = {
            bytes(hashed): Asker(account, community, Role(role), name, version, grid, household, badge, point)
            for hashed, account, community, role, name, version, grid, household, badge, point in self.connection.rows(
                ASKERS, {"hashes": list(hashes)}
            )
        }
        return [found.get(hashed) for hashed in hashes]
