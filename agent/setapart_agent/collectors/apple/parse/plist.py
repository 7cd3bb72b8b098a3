"""Property lists, binary and XML, from devices that nobody vouches for.

Formats: Apple's CFBinaryPList.c (`bplist00`) and PropertyList-1.0.dtd. `plistlib` is not used on them: it gives graphs
that hold themselves or share without end, reads the same bytes once per object that points at them, recurses as deep as
the file says, and refuses a whole file over one date before the year 1. Here the answer is always a tree with at most
`MAX_NODES` values, `MAX_DEPTH` deep, and no more text than the file has bytes. XML with entities is refused.

Values are `dict[str, object]`, `list[object]`, `str`, `bytes`, `int`, `float`, `bool`, `datetime` (UTC, naive as in
plistlib), `Uid` and `None`, which also stands for a date that no calendar of Python has.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from setapart_agent.errors import ParseError

MAX_BYTES = 64 * 1024 * 1024
MAX_NODES = 1_000_000
_FREE_NODES = 20_000
_NODES_PER_BYTE = 4  # a reference is a byte at least; only shared containers hold more values than that
MAX_DEPTH = 64

Dict = Mapping[str, object]
"""A dictionary of a property list, whose values may be of any type."""

_BINARY = b"bplist0"
_BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_EPOCH = datetime(2001, 1, 1)  # noqa: DTZ001 - as plistlib: UTC, naive


class Uid(Struct, frozen=True):
    """A reference of a keyed archive to one of its objects."""

    number: int


class Budget:
    """What one file may still cost: values, and bytes of text and data."""

    def __init__(self, size: int) -> None:
        self.nodes = min(MAX_NODES, _FREE_NODES + _NODES_PER_BYTE * size)
        self.bytes = size

    def spend(self, nodes: int, size: int = 0) -> None:
        """Takes from the budget.

        Raises:
            ParseError: there is not that much left.
        """
        self.nodes -= nodes
        self.bytes -= size
        if self.nodes < 0 or self.bytes < 0:
            raise ParseError("a property list that unfolds without end", expected=f"at most {MAX_NODES} values")


def read_plist(raw: bytes, expected: str = "a property list") -> dict[str, object]:
    """The dictionary that a property list holds.

    Args:
        raw: the file; a byte-order mark and blanks around XML are left out.
        expected: what the file should be, for the error.

    Raises:
        ParseError: not a property list, not with a dictionary on top, over the limits, or with entities.
    """
    value = read_value(raw, expected)
    if not isinstance(value, dict):
        raise ParseError("a property list without a dictionary on top", expected=expected)
    return value


def read_value(raw: bytes, expected: str = "a property list") -> object:
    """The value that a property list holds, of whatever type.

    Raises:
        ParseError: as `read_plist`, but for the dictionary.
    """
    if len(raw) > MAX_BYTES:
        raise ParseError(f"a property list of more than {MAX_BYTES} bytes", expected=expected)
    try:
        if raw.startswith(_BINARY):
            from setapart_agent.collectors.apple.parse import plist_binary

            return plist_binary.read(raw, Budget(len(raw)))
        if is_xml(raw):
            from setapart_agent.collectors.apple.parse import plist_xml

            return plist_xml.read(raw, Budget(len(raw)))
    except ParseError as exc:
        raise ParseError(exc.got, expected=expected) from None
    raise ParseError("neither a binary nor an XML property list", expected=expected)


def is_plist(content: bytes) -> bool:
    """Whether this looks like a property list, by its first bytes."""
    return content.startswith(_BINARY) or is_xml(content)


def is_xml(content: bytes) -> bool:
    """Whether this is XML with a property list in it, by its first bytes."""
    head = content[:1024]
    if head[:2] in _BOMS:
        head = head.decode("utf-16", "replace").encode()
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return head.startswith((b"<?xml", b"<!DOCTYPE", b"<!--", b"<plist")) and b"plist" in head


def moment(seconds: float) -> datetime | None:
    """The moment so many seconds after 2001, or `None` where Python has none (Apple's distant past and future)."""
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        return None


def text_of(value: Dict, *keys: str) -> str | None:
    """The first of these keys that holds text which is not empty."""
    return next((found for key in keys if isinstance(found := value.get(key), str) and found), None)


def bool_of(value: Dict, key: str) -> bool | None:
    """A boolean; numbers count as C has it, anything else is unknown."""
    found = value.get(key)
    return bool(found) if isinstance(found, bool | int) else None


def int_of(value: Dict, key: str) -> int | None:
    """An integer that is no boolean."""
    found = value.get(key)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def data_of(value: Dict, key: str) -> bytes | None:
    """Binary data."""
    found = value.get(key)
    return found if isinstance(found, bytes) else None


def date_of(value: Dict, key: str) -> datetime | None:
    """A date, UTC and naive."""
    found = value.get(key)
    return found if isinstance(found, datetime) else None


def dict_of(value: Dict, *keys: str) -> dict[str, object]:
    """The first of these keys that holds a dictionary; an empty one if none does."""
    return next((found for key in keys if isinstance(found := value.get(key), dict)), {})


def list_of(value: Dict, key: str) -> tuple[object, ...]:
    """The members of an array; none where there is no array."""
    found = value.get(key)
    return tuple(found) if isinstance(found, list) else ()


def texts_of(value: Dict, key: str) -> tuple[str, ...]:
    """The texts in an array, or the one text that stands in its place."""
    found = value.get(key)
    if isinstance(found, str):
        return (found,)
    return tuple(one for one in list_of(value, key) if isinstance(one, str))


def dicts_of(value: Dict, key: str) -> tuple[dict[str, object], ...]:
    """The dictionaries in an array, or the one dictionary that stands in its place."""
    found = value.get(key)
    if isinstance(found, dict):
        return (found,)
    return tuple(one for one in list_of(value, key) if isinstance(one, dict))
