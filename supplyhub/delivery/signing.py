"""A claimed ticket as a signed token, which is verified without signal: who may take which crates, until when.

The token is `base64url(payload).base64url(signature)`, without padding. The payload is compact JSON with exactly the fields
of FIELDS in their order; nothing but Ed25519 with one of the installation's keys, this version, this community and this use
is accepted, so a token can't be taken for another kind of secret, nor made to be verified in another way.
"""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplyhub.crypto import is_signed
from supplyhub.delivery.errors import ForgedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from supplyhub.crypto import SigningKey

VERSION = 1
USE = "ticket"
SIGNATURE_BYTES = 64
LONGEST_TOKEN = 600
FIELDS: dict[str, type] = {
    "v": int,
    "aud": str,
    "use": str,
    "k": str,
    "t": str,
    "g": int,
    "b": str,
    "n": int,
    "r": int,
    "iat": int,
    "exp": int,
}


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says: ticket, grid, badge, which claim of the ticket it is, version of the route; times in unix seconds."""

    ticket: str
    grid: int
    badge: str
    claim: int
    route: int
    issued_at: int
    expires_at: int


def audience_of(community_id: int) -> str:
    """Return for whose devices a community's tokens are."""
    return f"supplyhub/{community_id}"


def sign(key: SigningKey, audience: str, claims: Claims) -> str:
    """Return the token of a claim."""
    payload = json.dumps(
        {
            "v": VERSION,
            "aud": audience,
            "use": USE,
            "k": key.id,
            "t": claims.ticket,
            "g": claims.grid,
            "b": claims.badge,
            "n": claims.claim,
            "r": claims.route,
            "iat": claims.issued_at,
            "exp": claims.expires_at,
        },
        separators=(",", ":"),
    ).encode()
    return f"{in_base64(payload)}.{in_base64(key.sign(payload))}"


def is_token(text: str) -> bool:
    """Tell whether what was scanned is meant to be a token; a typed code has no dot."""
    return "." in text


def read(token: str, keys: Mapping[str, bytes], audience: str) -> Claims:
    """Return what a token of ours says; `keys`: public keys by their id. Raises ForgedError for everything else."""
    payload, _, signature = token.partition(".")
    if len(token) > LONGEST_TOKEN:
        raise ForgedError
    message = _from_base64(payload)
    said = _fields(message)
    if (said["v"], said["aud"], said["use"]) != (VERSION, audience, USE) or said["k"] not in keys:
        raise ForgedError
    signed = _from_base64(signature)
    if len(signed) != SIGNATURE_BYTES or not is_signed(message, signed, keys[str(said["k"])]):
        raise ForgedError
    return Claims(*(said[name] for name in ("t", "g", "b", "n", "r", "iat", "exp")))  # type: ignore[arg-type]


def _fields(message: bytes) -> dict[str, object]:
    """Return a payload's fields. Raises ForgedError unless they are those of FIELDS, written the one way we write them."""
    try:
        said = json.loads(message)
    except ValueError as error:
        raise ForgedError from error
    if not isinstance(said, dict) or {name: type(value) for name, value in said.items()} != FIELDS:
        raise ForgedError
    if json.dumps(said, separators=(",", ":")).encode() != message or list(said) != list(FIELDS):
        raise ForgedError
    return said


def in_base64(data: bytes) -> str:
    """Return bytes as text for an address or a QR, without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _from_base64(text: str) -> bytes:
    """Return the bytes of base64url. Raises ForgedError unless they are written the one way there is."""
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise ForgedError from error
    if in_base64(data) != text:
        raise ForgedError
    return data
