"""HTTPS in a closed network: an authority of our own, which phones install once, and the certificate it gives this host.

The authority is bound to the names it was made for and to what is nobody's on the internet: whoever steals its key can't
be anybody's bank. All lies in `home/tls`, readable by the owner only: `ca.pem` (key and certificate of the authority),
`ca.crt` (its certificate alone, for phones) and `host.pem` (key and certificate of this host).
"""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from supplyhub.config import CLOSED_DOMAINS, OWN_AUTHORITY, OWN_CERTIFICATE
from supplyhub.errors import InvalidError, SettingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

AUTHORITY_FILE = "tls/ca.pem"
AUTHORITY_LIFE = timedelta(days=3652)
# Phones believe no certificate of a host for longer.
HOST_LIFE = timedelta(days=397)
RENEWED_BEFORE = timedelta(days=30)
# Their clocks may be behind.
EARLIER = timedelta(days=1)
# The machine itself, for what it asks of its own pages.
ITSELF = ("localhost", "127.0.0.1", "::1")
CLOSED_NETWORKS = (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8",
    "fc00::/7", "fe80::/10", "::1/128",
)  # fmt: skip
MOST_NAMES = 20
LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Authority:
    """What a phone installs: the certificate (DER), its SHA-256 (hexadecimal, in capitals), and its last moment."""

    der: bytes
    fingerprint: str
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Vouched:
    """For which names this host is vouched for, until when, and whether the certificate, or the authority, is new."""

    names: tuple[str, ...]
    ends_at: datetime
    is_new: bool
    authority_is_new: bool


@dataclass(frozen=True, slots=True)
class _Pair:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def ends_at(self) -> datetime:
        return self.certificate.not_valid_after_utc


def vouch(home: Path, names: Sequence[str] = (), *, now: datetime | None = None) -> Vouched:
    """Let `home` have a certificate for `names` (hosts and addresses), by default those of the one it has.

    Nothing is made while the one that is there names the same and has more than 30 days left; nor a second authority
    while the first has. Raises InvalidError for what is no name, or one the authority isn't for; SettingError for
    files that can't be read.
    """
    now = now or datetime.now(UTC)
    wanted = _names(names) or _names(names_of(home))
    if not wanted:
        raise InvalidError("say by which names and addresses people reach this host: `supplyhub certificate hub.lan`")
    authority, host = _read(home / AUTHORITY_FILE), _read(home / OWN_CERTIFICATE)
    if authority is None and host is not None:
        raise SettingError(f"{home / AUTHORITY_FILE} is missing: put it back, or move {home / OWN_CERTIFICATE} away")
    authority_is_new = authority is None or authority.ends_at < now + RENEWED_BEFORE
    if authority is None or authority_is_new:
        authority = _make_authority(wanted, now)
    _check_names(wanted, authority)
    is_new = host is None or not _still_fits(host, authority, wanted, now)
    if host is None or is_new:
        host = _make_host(wanted, authority, now)
    if authority_is_new:
        _write(home / AUTHORITY_FILE, _pem(authority))
    _write(home / OWN_AUTHORITY, authority.certificate.public_bytes(serialization.Encoding.PEM))
    if is_new:
        _write(home / OWN_CERTIFICATE, _pem(host))
    return Vouched(wanted, host.ends_at, is_new, authority_is_new)


def renew(home: Path) -> bool:
    """Make the next certificate for the same names when its time has come; tell whether it was made.

    Not without the authority's key, which may be kept elsewhere. Raises SettingError as `vouch` does.
    """
    return (home / AUTHORITY_FILE).exists() and vouch(home).is_new


def authority_of(home: Path) -> Authority | None:
    """Return what phones install to believe this host; None where it has no authority of its own."""
    try:
        certificate = x509.load_pem_x509_certificate((home / OWN_AUTHORITY).read_bytes())
    except FileNotFoundError:
        return None
    return Authority(
        certificate.public_bytes(serialization.Encoding.DER),
        certificate.fingerprint(hashes.SHA256()).hex().upper(),
        certificate.not_valid_after_utc,
    )


def names_of(home: Path) -> tuple[str, ...]:
    """Return the names and addresses that this host's certificate is for, but those that every machine has."""
    host = _read(home / OWN_CERTIFICATE)
    if host is None:
        return ()
    found = host.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    named = tuple(str(name.value) for name in found)
    return tuple(name for name in named if name not in ITSELF) or named


def _names(given: Iterable[str]) -> tuple[str, ...]:
    """Return names as certificates have them, each once, in the order given. Raises InvalidError."""
    found = tuple(dict.fromkeys(_name(name.strip()) for name in given))
    if len(found) > MOST_NAMES:
        raise InvalidError(f"these are {len(found)} names; at most {MOST_NAMES} go into a certificate")
    return found


def _name(given: str) -> str:
    address = _address(given.strip("[]"))
    if address is not None:
        if address.is_unspecified or address.is_multicast:
            raise InvalidError(f"{given} is no address of one machine; name the one by which others reach it")
        return str(address)
    try:
        name = given.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        name = ""
    if len(name) > 253 or not all(LABEL.fullmatch(label) for label in name.split(".")):
        raise InvalidError(f"{given!r} is neither a host's name nor an address")
    return name


def _address(name: str) -> Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _general(name: str) -> x509.GeneralName:
    address = _address(name)
    return x509.DNSName(name) if address is None else x509.IPAddress(address)


def _make_authority(names: Sequence[str], now: datetime) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    own = [name for name in names if _address(name) is None]
    addresses = [address for name in names if (address := _address(name)) is not None]
    networks = [ipaddress.ip_network(network) for network in (*CLOSED_NETWORKS, *addresses)]
    permitted: list[x509.GeneralName] = [x509.DNSName(name) for name in dict.fromkeys((*own, *CLOSED_DOMAINS))]
    permitted += [x509.IPAddress(network) for network in dict.fromkeys(networks)]
    name = _subject(f"supplyhub {names[0]}"[:57] + f" {now:%Y-%m}")
    builder = (
        _builder(name, name, key, begins=now - EARLIER, ends=now + AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None), critical=True)
    )
    return _Pair(key, builder.sign(key, hashes.SHA256()))


def _make_host(names: Sequence[str], authority: _Pair, now: datetime) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    begins = now - EARLIER
    # Both ends count.
    ends = min(begins + HOST_LIFE - timedelta(seconds=1), authority.ends_at)
    every = [_general(name) for name in dict.fromkeys((*names, *ITSELF))]
    issuer = authority.key.public_key()
    builder = (
        _builder(_subject(names[0][:64]), authority.certificate.subject, key, begins=begins, ends=ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(every), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), critical=False)
    )
    return _Pair(key, builder.sign(authority.key, hashes.SHA256()))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, *, begins: datetime, ends: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _subject(name: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "supplyhub"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _check_names(names: Sequence[str], authority: _Pair) -> None:
    """Raise InvalidError for the first name that the authority isn't for: phones would believe it for none of them."""
    constraints = authority.certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    permitted = [subtree.value for subtree in constraints.permitted_subtrees or ()]
    for name in names:
        if not any(_is_below(name, subtree) for subtree in permitted):
            raise InvalidError(
                f"the authority of this home isn't for {name}; move its folder `tls` away to make another one, which every"
                " phone has to install anew"
            )


def _is_below(name: str, subtree: object) -> bool:
    address = _address(name)
    if isinstance(subtree, ipaddress.IPv4Network | ipaddress.IPv6Network):
        return address is not None and address in subtree
    return address is None and f".{name}".endswith(f".{subtree}")


def _still_fits(host: _Pair, authority: _Pair, names: Sequence[str], now: datetime) -> bool:
    found = host.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    same = list(found) == [_general(name) for name in dict.fromkeys((*names, *ITSELF))]
    return same and host.ends_at >= now + RENEWED_BEFORE and _signed_by(host, authority)


def _signed_by(host: _Pair, authority: _Pair) -> bool:
    try:
        host.certificate.verify_directly_issued_by(authority.certificate)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _pem(pair: _Pair) -> bytes:
    key = pair.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return key + pair.certificate.public_bytes(serialization.Encoding.PEM)


def _read(path: Path) -> _Pair | None:
    try:
        pem = path.read_bytes()
        key = serialization.load_pem_private_key(pem, password=None)
        certificate = x509.load_pem_x509_certificate(pem)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise SettingError(f"{path} can't be read as a key and its certificate: {error}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise SettingError(f"{path} holds a key that `supplyhub certificate` didn't make")
    return _Pair(key, certificate)


def _write(path: Path, pem: bytes) -> None:
    """Write a private file; who reads it meanwhile, or after a crash, finds the old or the new one whole."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(pem)
    fresh.replace(path)
