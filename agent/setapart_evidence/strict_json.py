"""Strict JSON for small signed things: no duplicate keys, no NaN, no integer that a double would change.

`json` of the standard library accepts all three (measured with CPython 3.11 to 3.13), and answers deep nesting with a
RecursionError; here each of them is an EvidenceError.
"""

import json
from collections.abc import Callable
from typing import Any, NoReturn

from .errors import EvidenceError
from .limits import MAX_SAFE_INTEGER
from .text import printable


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

    def refuse(got: str, expected: str) -> NoReturn:
        raise error(f"{what}: {got}", expected=expected, cure="make the report again with an unmodified agent")

    try:
        value = json.loads(
            raw.decode("utf-8", "strict"),
            object_pairs_hook=_unique(refuse),
            parse_int=_safe_int(refuse),
            parse_float=_finite(refuse),
            parse_constant=lambda name: refuse(name, "a finite number (RFC 8259, section 6)"),
        )
    except UnicodeDecodeError:
        refuse("bytes that are not UTF-8", "UTF-8 (RFC 8259, section 8.1)")
    except RecursionError:
        refuse("nesting beyond what can be read", f"at most {nesting} levels")
    except json.JSONDecodeError as exc:
        refuse(f"{exc.msg} at character {exc.pos}", "one JSON value")
    if _depth(value, nesting) > nesting:
        refuse(f"nesting beyond {nesting} levels", f"at most {nesting} levels")


def _unique(refuse: Callable[[str, str], NoReturn]) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) != len(items):
            names = [name for name, _ in items]
            twice = next(name for name in names if names.count(name) > 1)
            refuse(f"key {printable(twice)!r} stands twice in one object", "each key once")
        return found

    return pairs


def _safe_int(refuse: Callable[[str, str], NoReturn]) -> Callable[[str], int]:
    def parse(digits: str) -> int:
        if len(digits) > 17 or abs(int(digits)) > MAX_SAFE_INTEGER:  # noqa: PLR2004 - longer is larger than 2^53
            refuse(f"integer {digits[:20]}", "an integer below 2^53")
        return int(digits)

    return parse


def _finite(refuse: Callable[[str, str], NoReturn]) -> Callable[[str], float]:
    def parse(digits: str) -> float:
        value = float(digits)
        if value - value != 0:
            refuse(f"number {digits[:20]}", "a finite number")
        return value

    return parse


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
