"""Nonces that say when and for whom they were issued, so that none need be kept.

A nonce is URL-safe base64 of 8 bytes of time (microseconds), 16 random bytes, and 16 bytes of HMAC-SHA256 over both and
the device's id. Nobody else can make one; one device's says nothing for another. That a report is not shown twice is
the chain's to say, not the nonce's.
"""

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from setapart_auditor.errors import AuditorError
from setapart_auditor.whole_file import create_once

FILE = "nonce.key"
_KEY_BYTES = 32
_TIME_BYTES = 8
_RANDOM_BYTES = 16
_TAG_BYTES = 16
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class NonceKey:
    """The key that nonces are made and recognised with: 32 bytes, the auditor's alone."""

    secret: bytes = field(repr=False)

    @classmethod
    def load(cls, folder: Path) -> "NonceKey":
        """The key of an auditor's folder, made the first time.

        Raises:
            AuditorError: the file can't be read or made, or is none.
        """
        path = folder / FILE
        try:
            create_once(path, lambda: secrets.token_bytes(_KEY_BYTES))
            raw = path.read_bytes()
        except OSError as exc:
            raise AuditorError(exc.strerror or "input failed", where=str(path)) from None
        if len(raw) != _KEY_BYTES:
            raise AuditorError("no key", expected="32 bytes", cure="remove it: a new one is made", where=str(path))
        return cls(secret=raw)

    def issue(self, device: str, now: dt.datetime) -> str:
        """A new nonce for a device."""
        head = ((now - _EPOCH) // _MICROSECOND).to_bytes(_TIME_BYTES, "big") + secrets.token_bytes(_RANDOM_BYTES)
        return base64.urlsafe_b64encode(head + self._tag(head, device)).decode()

    def issued_at(self, device: str, nonce: str) -> dt.datetime | None:
        """When a nonce was issued to this device; None for anything that this auditor did not issue to it."""
        try:
            raw = base64.urlsafe_b64decode(nonce.encode("ascii"))
        except (binascii.Error, ValueError):
            return None
        if base64.urlsafe_b64encode(raw).decode() != nonce:  # the decoder skips what is not of its alphabet
            return None
        head = raw[: _TIME_BYTES + _RANDOM_BYTES]
        if not hmac.compare_digest(raw[len(head) :], self._tag(head, device)):
            return None
        return _EPOCH + int.from_bytes(head[:_TIME_BYTES], "big") * _MICROSECOND

    def _tag(self, head: bytes, device: str) -> bytes:
        return hmac.digest(self.secret, head + device.encode(), hashlib.sha256)[:_TAG_BYTES]
