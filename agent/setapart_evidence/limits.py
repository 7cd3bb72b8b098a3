"""How much of an outsider's input is read at all."""

from msgspec import Struct

MAX_SAFE_INTEGER = 2**53 - 1
"""Integers above this do not survive JSON readers that use doubles (RFC 8259, section 6)."""


class Limits(Struct, frozen=True, kw_only=True):
    """Sizes in bytes, counts and depths; a value at the limit is accepted."""

    envelope: int = 64 * 1024
    inventory: int = 8 * 1024 * 1024
    nesting: int = 32
    apps: int = 20_000
    accounts: int = 2_000
    signatures: int = 8


DEFAULT_LIMITS = Limits()
