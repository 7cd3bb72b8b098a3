"""The policy bundle: what an authority tells its agents, signed. It decides what may leave a device.

Names and domains are folded before they are compared, and both lists travel sorted: their digests say which filter
was applied without repeating it in every report.
"""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from . import message
from .errors import KeyFormatError, SignatureError, StatementError
from .keys import PublicKey, Signer
from .limits import Limits
from .statement import POLICY_BUNDLE, Level, Moment, Sha256, ShortText, Statement, Subject, check_moment

BUNDLE_LIMITS = Limits(envelope=4 * 1024 * 1024)
_KEY_BYTES = 32
Item = Annotated[str, Meta(min_length=1, max_length=512, pattern=r"\A[^\x00-\x1f\x7f]+\Z")]
"""A line of a list: `list_digest` could not tell an item with a line feed from two items."""


class PackRef(Struct, frozen=True, kw_only=True):
    """The pack, and the overlay on it, that the bundle was made from."""

    id: ShortText
    version: Annotated[int, Meta(ge=1)]
    digest: Sha256
    overlay: Sha256 | None = None


class PolicyBundle(Struct, frozen=True, kw_only=True):
    """The predicate of a policy bundle.

    Attributes:
        version: increasing per authority; an agent never goes back.
        authority: the authority's public key, SubjectPublicKeyInfo in base64.
        identifiers: keys (see `identifiers`) of restricted apps: apps that answer to one are reported in clear.
        clients: keys of mail, calendar and contacts clients: likewise.
        own_store: the subset of clients whose accounts no collector can read.
        internal: `domain:…`, `host:…` and `tenant:…` of the authority: accounts there are reported in clear.
        addresses: whose addresses leave as keyed digests.
        id_key, address_key: base64 of 32 bytes each; for device ids and for address digests.
    """

    version: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    issued_at: Moment
    expires_at: Moment
    authority: str
    pack: PackRef
    level: Level = "scoped"
    identifiers: tuple[Item, ...]
    clients: tuple[Item, ...]
    own_store: tuple[Item, ...]
    internal: tuple[Item, ...]
    addresses: Literal["none", "internal", "all"] = "none"
    id_key: str
    address_key: str

    def __post_init__(self) -> None:
        """Refuses a moment that can't be compared in every time zone."""
        check_moment(self.issued_at, self.expires_at)

    def id_secret(self) -> bytes:
        """The key of device ids, 32 bytes."""
        return _secret(self.id_key, "id_key")

    def address_secret(self) -> bytes:
        """The key of address digests, 32 bytes."""
        return _secret(self.address_key, "address_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedBundle:
    """A bundle whose signature holds, its digest, and the id of the authority's key."""

    bundle: PolicyBundle
    digest: str
    keyid: str


_DECODER = msgspec.json.Decoder(Statement[PolicyBundle])


def list_digest(items: Iterable[str]) -> str:
    """`sha256:` of the sorted, distinct items, each followed by a line feed: what `LC_ALL=C sort -u | sha256sum` says.

    Raises:
        StatementError: an item holds a line feed, or is no text that can be encoded.
    """
    lines = sorted(set(items))
    try:
        raw = "".join(f"{line}\n" for line in lines).encode()
    except UnicodeEncodeError:
        raise StatementError("a list item with half of a surrogate pair", expected="characters") from None
    if raw.count(b"\n") != len(lines):
        raise StatementError("a list item with a line feed", expected="one line for each item")
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def make_bundle(bundle: PolicyBundle, subjects: tuple[Subject, ...], signer: Signer) -> bytes:
    """Signs a bundle; the subjects are the pack, overlay and catalog files that it was made from."""
    return message.make(POLICY_BUNDLE, subjects, bundle, (signer,))


def read_bundle(raw: bytes, pinned: str | None = None) -> SignedBundle:
    """Verifies a bundle with the key that it carries.

    Args:
        raw: the bundle file.
        pinned: the key id that the caller trusts. Without one the signature proves only that the file is whole, and
            the caller answers for where it came from.

    Raises:
        EvidenceError: not a bundle, altered, or signed by another authority.
    """
    claimed = message.unverified(raw, _DECODER, POLICY_BUNDLE, BUNDLE_LIMITS)
    try:
        key = PublicKey.from_spki(base64.b64decode(claimed.authority, validate=True))
    except ValueError:
        raise KeyFormatError("bundle: authority is not base64", expected="a public key in base64") from None
    if pinned is not None and key.keyid != pinned:
        raise SignatureError(
            f"a bundle of authority {key.keyid[:16]}…",
            expected=f"one of {pinned[:16]}…",
            cure="get the bundle from the authority that this agent belongs to",
        )
    verified = message.read(raw, _DECODER, POLICY_BUNDLE, (key,), limits=BUNDLE_LIMITS)
    verified.predicate.id_secret()
    verified.predicate.address_secret()
    return SignedBundle(bundle=verified.predicate, digest=verified.digest, keyid=key.keyid)


def _secret(text: str, name: str) -> bytes:
    try:
        found = base64.b64decode(text, validate=True)
    except ValueError:
        found = b""
    if len(found) != _KEY_BYTES:
        raise StatementError(f"bundle: {name} is not a key", expected="base64 of 32 bytes")
    return found
