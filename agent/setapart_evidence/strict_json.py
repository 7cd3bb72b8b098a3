"""Strict JSON for signed things: no duplicate keys, no NaN, no integer that a double would change.

`json` of the standard library accepts all three (measured with CPython 3.11 to 3.13) and half of a surrogate pair as
well; msgspec does not look into what it skips. Here each of them is an EvidenceError, and so is deep nesting.
"""

import json
from collections import Counter
from typing import Any, NoReturn, TypeVar

import msgspec

from .errors import EvidenceError
from .limits import MAX_SAFE_INTEGER
from .text import printable

T = TypeVar("T")

_CURE = "make it again with an unmodified agent, and copy it in binary mode"
_ENCODER = msgspec.json.Encoder()
_INTEGER_LENGTH = len(str(-MAX_SAFE_INTEGER))
_MAX_STRUCTURE = 500_000
"""Objects, arrays and members that are read: each of them takes up to 30 times its text in memory."""


def decode(
    raw: bytes,
    decoder: "msgspec.json.Decoder[T]",
    *,
    nesting: int,
    error: type[EvidenceError],
    what: str,
    expected: str,
) -> T:
    """Decodes into the decoder's type, strictly.

    What our own encoder would have written is known by encoding it again: the same bytes can hold no unknown field,
    duplicate key or deep nesting. Everything else is read once more by `check`, which is slower by far.

    Args:
        raw: the exact bytes.
        decoder: of the type.
        nesting: how deep objects and arrays may stand in each other.
        error: the EvidenceError to raise.
        what: the thing's name, for the message.
        expected: what is expected instead of bytes that do not decode, for the message.

    Raises:
        EvidenceError: of the given type.
    """
    try:
        value = decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise error(f"{what}: {printable(str(exc))}", expected=expected, cure=_CURE) from None
    if _ENCODER.encode(value) != raw:
        check(raw, nesting=nesting, error=error, what=what)
    return value


def check(raw: bytes, *, nesting: int, error: type[EvidenceError], what: str) -> None:
    """Refuses JSON that two readers could understand differently.

    Args:
        raw: the exact bytes.
        nesting: how deep objects and arrays may stand in each other.
        error: the EvidenceError to raise.
        what: the thing's name, for the message.

    Raises:
        EvidenceError: of the given type.
    """
    try:
        _read(raw, nesting)
    except _RefusedError as refused:
        raise error(f"{what}: {refused.got}", expected=refused.expected, cure=_CURE) from None


class _RefusedError(Exception):
    """What the hooks of the reader raise; it never leaves this module."""

    def __init__(self, got: str, expected: str) -> None:
        super().__init__(got)
        self.got = got
        self.expected = expected


def _read(raw: bytes, nesting: int) -> None:
    if raw.count(b"{") + raw.count(b"[") + raw.count(b":") > _MAX_STRUCTURE:
        raise _RefusedError("too many objects, arrays and members", f"at most {_MAX_STRUCTURE}")
    try:
        text = raw.decode()
        value = _READER.decode(text)
    except UnicodeDecodeError:
        raise _RefusedError("bytes that are not UTF-8", "UTF-8 (RFC 8259, section 8.1)") from None
    except RecursionError:
        raise _RefusedError("nesting beyond what can be read", f"at most {nesting} levels") from None
    except json.JSONDecodeError as exc:
        raise _RefusedError(f"{exc.msg} at character {exc.pos}", "one JSON value") from None
    if _depth(value, nesting) > nesting:
        raise _RefusedError(f"nesting beyond {nesting} levels", f"at most {nesting} levels")
    if "\\u" in text:
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise _RefusedError("half of a surrogate pair", "characters (RFC 8259, section 8.2)") from None


def _unique(items: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(items)
    if len(found) != len(items):
        twice = Counter(name for name, _ in items).most_common(1)[0][0]
        raise _RefusedError(f"key {printable(twice, 80)!r} stands twice in one object", "each key once")
    return found


def _safe_int(digits: str) -> int:
    if len(digits) > _INTEGER_LENGTH or abs(value := int(digits)) > MAX_SAFE_INTEGER:
        raise _RefusedError(f"integer {digits[:20]}", "an integer below 2^53")
    return value


def _finite(digits: str) -> float:
    value = float(digits)
    if value - value != 0:
        raise _RefusedError(f"number {digits[:20]}", "a finite number")
    return value


def _no_constant(name: str) -> NoReturn:
    raise _RefusedError(name, "a finite number (RFC 8259, section 6)")


_READER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_safe_int, parse_float=_finite, parse_constant=_no_constant
)


def _depth(value: object, limit: int) -> int:
    """The nesting of a decoded value, counted no further than one past the limit and without recursion."""
    level: list[object] = [value]
    depth = 0
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        if depth > limit:
            break
        level = [child for item in level for child in (item.values() if isinstance(item, dict) else item)]
    return depth
