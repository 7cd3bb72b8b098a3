"""JSON as browsers write it, read without trusting its shape."""

from collections.abc import Iterator, Mapping

import msgspec

from setapart_agent.errors import ParseError
from setapart_agent.facts import text


def decoded(raw: bytes, expected: str) -> Mapping[str, object]:
    """The object that a file holds.

    Raises:
        ParseError: not JSON, nested too deep, or not an object.
    """
    content = text(raw)
    try:
        value = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError, ValueError):
        value = _decoded_slowly(content, expected)
    if not isinstance(value, dict):
        raise ParseError("JSON that is no object", expected=expected)
    return value


def _decoded_slowly(content: str, expected: str) -> object:
    """What the fast decoder refuses may still be JSON: Firefox writes halves of surrogate pairs as they come."""
    import json

    try:
        return json.loads(content)
    except (RecursionError, ValueError) as exc:
        raise ParseError(f"JSON: {exc}", expected=expected) from None


def member(value: object, *names: str) -> object:
    """The value at a path of object members, or `None`."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def members(value: object) -> Iterator[tuple[str, object]]:
    """The members of an object; none of anything else."""
    return iter(value.items()) if isinstance(value, dict) else iter(())


def word(value: object) -> str | None:
    """A text that is not blank, or `None`."""
    return value if isinstance(value, str) and value.strip() else None
