"""Encryption of what is personal: AES-GCM bound to its place, look-up hashes, wrapped keys; and Ed25519 signatures.

A ciphertext is `key id | 12-byte nonce | sealed bytes`, and opens only with the associated data it was sealed
with: table, column and row. So a phone number moved to another row, or a note copied over another, doesn't open.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from supplyhub.errors import ConflictError, SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals and opens text with the data keys of the installation; the last key writes."""

    keys: Mapping[str, bytes]

    def seal(self, text: str, *place: object) -> bytes:
        """Return `text` encrypted for `place` (table, column, row)."""
        key_id, key = list(self.keys.items())[-1]
        nonce = os.urandom(NONCE_BYTES)
        return key_id.encode() + b"|" + nonce + AESGCM(key).encrypt(nonce, text.encode(), _bound(key_id, place))

    def open(self, sealed: bytes, *place: object) -> str:
        """Return the text sealed for `place`.

        Raises SettingError when the key isn't in this installation, InvalidTag when the bytes were altered or moved.
        """
        key_id, key = self._key_of(sealed)
        start = len(key_id) + 1
        nonce, body = sealed[start : start + NONCE_BYTES], sealed[start + NONCE_BYTES :]
        return AESGCM(key).decrypt(nonce, body, _bound(key_id, place)).decode()

    def wrap_new_key(self, *place: object) -> tuple[Vault, bytes]:
        """Return a vault with a key of its own and that key, wrapped for `place`: destroy it, and the text is gone."""
        key = os.urandom(32)
        return Vault({"own": key}), self.seal(key.hex(), *place)

    def unwrap_key(self, wrapped: bytes, *place: object) -> Vault:
        """Return the vault of a key wrapped for `place`."""
        return Vault({"own": bytes.fromhex(self.open(wrapped, *place))})

    def lookup_hash(self, text: str, purpose: str) -> bytes:
        """Return a keyed hash by which equal texts are found; the first key hashes, so that look-ups stay stable."""
        key = next(iter(self.keys.values()))
        return hmac.new(key, f"{purpose}\0{text}".encode(), hashlib.sha256).digest()

    def _key_of(self, sealed: bytes) -> tuple[str, bytes]:
        key_id = sealed.partition(b"|")[0].decode()
        if key_id not in self.keys:
            raise SettingError(f"the data key {key_id!r} isn't in this installation")
        return key_id, self.keys[key_id]


class DestroyedError(ConflictError):
    """What was written here was destroyed with its key."""

    code = "destroyed"


def own_vault(vault: Vault, wrapped: bytes | None, *place: object) -> Vault:
    """Return the vault of a row's own key, which was wrapped for `place`.

    Raises DestroyedError when the key is no longer there, ConflictError when it was altered or moved.
    """
    if wrapped is None:
        raise DestroyedError
    try:
        return vault.unwrap_key(wrapped, *place)
    except InvalidTag:
        raise ConflictError("this row's key was altered and can't be opened", table=place[0]) from None


def open_own(own: Vault, sealed: bytes | None, *place: object) -> str:
    """Return the text that a row's own key sealed for `place`, empty for none. Raises ConflictError when it was altered."""
    if sealed is None:
        return ""
    try:
        return own.open(sealed, *place)
    except (InvalidTag, SettingError):
        raise ConflictError("this text was altered and can't be opened", table=place[0]) from None


def _bound(key_id: str, place: tuple[object, ...]) -> bytes:
    return "\0".join([key_id, *map(str, place)]).encode()


class SigningKey:
    """An Ed25519 key of this installation, from a seed of 32 bytes; `id` names its public half."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    @cached_property
    def public(self) -> bytes:
        """Return the public half, 32 bytes."""
        return self._key.public_key().public_bytes_raw()

    @cached_property
    def id(self) -> str:
        """Return a short name of the public half."""
        return hashlib.sha256(self.public).hexdigest()[:8]

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message, 64 bytes."""
        return self._key.sign(message)


def is_signed(message: bytes, signature: bytes, public: bytes) -> bool:
    """Tell whether a signature of a message was made with the other half of an Ed25519 key."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def token_hash(token: str) -> bytes:
    """Return the SHA-256 under which a random token of 128 bits or more is stored."""
    return hashlib.sha256(token.encode()).digest()
