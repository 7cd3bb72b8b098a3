"""Keys in a PKCS#11 token, by way of python-pkcs11: Ed25519 or ECDSA P-256.

A key is named by a URI of RFC 7512: `pkcs11:token=NAME;object=LABEL?module-path=FILE&pin-source=file:FILE`. Attributes
known: token, serial, object, id; queries: module-path, pin-source, pin-value (others on the machine may see it: better
a file). Without pin-source the PIN is taken from SETAPART_PKCS11_PIN.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from setapart_evidence.keys import Algorithm, PublicKey, Signer, low_s

from . import KeystoreError, not_installed

PIN_VARIABLE = "SETAPART_PKCS11_PIN"
_PATH = frozenset({"token", "serial", "object", "id"})
_QUERY = frozenset({"module-path", "pin-source", "pin-value"})
_SPKI = bytes.fromhex("302a300506032b6570032100")
_RAW_KEY = 32
_FORM = "pkcs11:token=NAME;object=LABEL?module-path=FILE&pin-source=file:FILE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Uri:
    """The parts of a URI that name a key."""

    module: str
    token: str | None = None
    serial: str | None = None
    label: str | None = None
    id: bytes | None = None
    pin: str | None = field(default=None, repr=False)


def parse_uri(text: str) -> Uri:
    """Reads a URI.

    Raises:
        KeystoreError: an attribute that is not known, no module, no token or no object; a PIN file that can't be read.
    """
    path, _, query = text.removeprefix("pkcs11:").partition("?")
    names = _attributes(path, ";", _PATH)
    queries = _attributes(query, "&", _QUERY)
    module = queries.get("module-path")
    if module is None or not names.keys() & {"token", "serial"} or not names.keys() & {"object", "id"}:
        raise KeystoreError("a PKCS#11 URI that names no key", expected=_FORM)
    return Uri(
        module=module.decode("utf-8", "replace"),
        token=_text(names.get("token")),
        serial=_text(names.get("serial")),
        label=_text(names.get("object")),
        id=names.get("id"),
        pin=_pin(queries),
    )


class Pkcs11Signer:
    """A key that a token holds; it is opened for each signature, so that a process may fork in between."""

    hardware = True

    def __init__(self, uri: str) -> None:
        self._uri = parse_uri(uri)
        with _session(self._uri) as session:
            self.public = _public_of(_key(session, self._uri, "PUBLIC_KEY"))

    def sign(self, message: bytes) -> bytes:
        """64 bytes for Ed25519; for P-256, DER with the lower s.

        Raises:
            KeystoreError: the token is not there, or refused.
        """
        from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
        from pkcs11 import Mechanism

        with _session(self._uri) as session:
            key = _key(session, self._uri, "PRIVATE_KEY")
            if self.public.algorithm == "ed25519":
                return bytes(key.sign(message, mechanism=Mechanism.EDDSA))
            import hashlib

            pair = key.sign(hashlib.sha256(message).digest(), mechanism=Mechanism.ECDSA)
        half = len(pair) // 2
        r, s = int.from_bytes(pair[:half], "big"), int.from_bytes(pair[half:], "big")
        return low_s(encode_dss_signature(r, s))


def make_pkcs11_key(uri: str, algorithm: Algorithm) -> Signer:
    """Makes a key in a token, which never lets it out.

    Raises:
        KeystoreError: there is a key of this name already, or the token refused.
    """
    named = parse_uri(uri)
    with _session(named, write=True) as session:
        from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
        from pkcs11.util.ec import encode_named_curve_parameters

        wanted: dict[Any, Any] = {Attribute.CLASS: ObjectClass.PRIVATE_KEY}
        if named.label is not None:
            wanted[Attribute.LABEL] = named.label
        if named.id is not None:
            wanted[Attribute.ID] = named.id
        if next(iter(session.get_objects(wanted)), None) is not None:
            raise KeystoreError(
                "a key of this name is there already", expected="a new name", cure="choose another object"
            )
        ed25519 = algorithm == "ed25519"
        curve = "1.3.101.112" if ed25519 else "secp256r1"
        parameters = session.create_domain_parameters(
            KeyType.EC_EDWARDS if ed25519 else KeyType.EC,
            {Attribute.EC_PARAMS: encode_named_curve_parameters(curve)},
            local=True,
        )
        parameters.generate_keypair(
            mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN if ed25519 else Mechanism.EC_KEY_PAIR_GEN,
            id=named.id,
            label=named.label,
            store=True,
            private_template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
        )
    return Pkcs11Signer(uri)


@contextmanager
def _session(uri: Uri, *, write: bool = False) -> Iterator[Any]:
    try:
        import pkcs11
        from pkcs11.exceptions import PKCS11Error
    except ImportError:
        raise not_installed("python-pkcs11", "pkcs11") from None
    try:
        library = pkcs11.lib(uri.module)
        token = library.get_token(token_label=uri.token, token_serial=uri.serial.encode() if uri.serial else None)
        with token.open(user_pin=uri.pin, rw=write) as session:
            yield session
    except (PKCS11Error, RuntimeError) as exc:
        raise KeystoreError(
            f"the token refused: {type(exc).__name__} {str(exc)[:200]}".rstrip(),
            expected="a token that can be used",
            cure="check module-path, token and PIN of the URI",
        ) from None


def _key(session: Any, uri: Uri, kind: str) -> Any:  # noqa: ANN401 - python-pkcs11's
    from pkcs11 import Attribute, ObjectClass

    wanted: dict[Any, Any] = {Attribute.CLASS: ObjectClass[kind]}
    if uri.label is not None:
        wanted[Attribute.LABEL] = uri.label
    if uri.id is not None:
        wanted[Attribute.ID] = uri.id
    found = list(session.get_objects(wanted))
    if len(found) != 1:
        raise KeystoreError(f"{len(found)} keys of this name", expected="one", cure="name it by object and id")
    return found[0]


def _public_of(key: Any) -> PublicKey:  # noqa: ANN401
    from pkcs11 import Attribute, KeyType

    point = bytes(key[Attribute.EC_POINT])
    if key.key_type == KeyType.EC_EDWARDS:
        # A DER octet string around the key, or, with some tokens, the key alone.
        return PublicKey.from_spki(_SPKI + point[-_RAW_KEY:])
    from pkcs11.util.ec import encode_ec_public_key

    return PublicKey.from_spki(encode_ec_public_key(key))


def _attributes(text: str, between: str, known: frozenset[str]) -> Mapping[str, bytes]:
    found: dict[str, bytes] = {}
    for part in filter(None, text.split(between)):
        name, equals, value = part.partition("=")
        if not equals or name not in known or name in found:
            raise KeystoreError(f"`{name[:40]}` in a PKCS#11 URI", expected=f"one each of {', '.join(sorted(known))}")
        found[name] = unquote(value, errors="surrogateescape").encode("utf-8", "surrogateescape")
    return found


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "replace")


def _pin(queries: Mapping[str, bytes]) -> str | None:
    if "pin-value" in queries:
        return _text(queries["pin-value"])
    source = _text(queries.get("pin-source"))
    if source is None:
        return os.environ.get(PIN_VARIABLE)
    try:
        return Path(source.removeprefix("file:")).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise KeystoreError("a PIN file that can't be read", expected="pin-source=file:FILE") from None
