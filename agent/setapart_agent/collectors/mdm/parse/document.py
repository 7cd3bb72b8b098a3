"""Reading an export piece by piece: the values of a JSON file, the members of an object, and one value as a `Node`.

Large lists are split without being decoded; only one device at a time becomes objects. An object that names a member
twice says two things, so nothing in it is believed.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec
from msgspec import Struct

from setapart_agent.errors import ParseError
from setapart_agent.facts import text

_WIDE = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")
_HEAD = 256 * 1024
_MOST_DIGITS = 18
_NEXT = re.compile(rb'"(?:@odata\.nextLink|nextPageToken)"\s*+:\s*+"[^"]')
"""Where a page says how to ask for the next one: Microsoft Graph, Google's APIs."""


class Node(Struct, frozen=True):
    """A value of a JSON document or plist whose types nobody has checked; what is of another type is not there."""

    value: object = None

    def get(self, *path: str) -> object:
        """The value at the end of a path of member names."""
        here = self.value
        for name in path:
            if not isinstance(here, dict):
                return None
            here = here.get(name)
        return here

    def node(self, *path: str) -> "Node":
        """The value at the end of a path, as a node."""
        return Node(self.get(*path))

    def has(self, *path: str) -> bool:
        """Whether there is a value other than null."""
        return self.get(*path) is not None

    def text(self, *path: str) -> str | None:
        """A string without surrounding space, if anything is left of it."""
        found = self.get(*path)
        return (found.strip() or None) if isinstance(found, str) else None

    def number(self, *path: str) -> int | None:
        """A whole number that is not negative, also one that is spelled as a string."""
        found = self.get(*path)
        if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) <= _MOST_DIGITS:
            found = int(found)
        if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found < 10**_MOST_DIGITS:
            return None
        return found

    def flag(self, *path: str) -> bool | None:
        """A truth value, also one that is spelled as a string or number."""
        found = self.get(*path)
        if isinstance(found, bool):
            return found
        return {"true": True, "1": True, "false": False, "0": False}.get(str(found).strip().lower())

    def texts(self, *path: str) -> tuple[str, ...]:
        """The strings of a list."""
        found = self.get(*path)
        return tuple(one for one in found if isinstance(one, str)) if isinstance(found, list) else ()

    def listing(self, *path: str) -> "Listing | None":
        """The objects of a list; None where there is no such member."""
        found = self.get(*path)
        if found is None:
            return None
        if not isinstance(found, list):
            return Listing(broken=1)
        items = tuple(Node(one) for one in found if isinstance(one, dict))
        return Listing(items=items, broken=len(found) - len(items))


class Listing(Struct, frozen=True, kw_only=True):
    """The objects of a list, and how many entries are none."""

    items: tuple[Node, ...] = ()
    broken: int = 0


class _Name(str):
    """A member's name; a type of its own makes the decoder show every one of them, repeated ones too."""

    __slots__ = ()


def head(content: bytes) -> str:
    """The beginning of a JSON file as text, empty if it does not begin as an object or array does."""
    begin = text(content[:_HEAD]).lstrip()
    return begin if begin[:1] in ("{", "[") else ""


def values(raw: bytes) -> Iterator[bytes]:
    """The values of a file of JSON or JSON Lines; an array at the top gives its elements.

    Raises:
        ParseError: not JSON.
    """
    content = _utf8(raw)
    try:
        msgspec.json.decode(content, type=msgspec.Raw)
        found: Iterable[bytes] = (content.strip(),)
    except (ValueError, RecursionError):  # a name in bad UTF-8 is no error of msgspec
        found = map(_bytes, _lines(content))
    for one in found:
        if one.startswith(b"["):
            yield from map(_bytes, elements(one))
        else:
            yield one


def goes_on(raw: bytes) -> bool:
    """Whether every page in a file names a further one, so that the last is missing; a file of no JSON does not."""
    content = _utf8(raw)
    if _NEXT.search(content) is None:
        return False
    try:
        return all(one.startswith(b"{") and _NEXT.search(one) for one in values(content))
    except ParseError:
        return False


def elements(raw: bytes) -> list[msgspec.Raw]:
    """The elements of an array, not decoded; of any other value, none.

    Raises:
        ParseError: not JSON.
    """
    try:
        return msgspec.json.decode(raw, type=list[msgspec.Raw])
    except msgspec.ValidationError:
        return []
    except (ValueError, RecursionError):  # a name in bad UTF-8 is no error of msgspec
        raise _not_json() from None


def members(raw: bytes) -> Mapping[str, bytes]:
    """The members of an object, not decoded; of any other value, none.

    Raises:
        ParseError: not JSON, or a member is there twice.
    """
    names: list[str] = []

    def name(_kind: type, value: str) -> _Name:
        names.append(value)
        return _Name(value)

    try:
        found = msgspec.json.decode(raw, type=dict[_Name, msgspec.Raw], dec_hook=name)
    except msgspec.ValidationError:
        return {}
    except (ValueError, RecursionError):  # a name in bad UTF-8 is no error of msgspec
        raise _not_json() from None
    if len(names) > len(found):
        raise _twice()
    return {str(key): _bytes(value) for key, value in found.items()}


def decoded(raw: bytes) -> Node:
    """One value.

    Raises:
        ParseError: not JSON, nested too deeply, or with a member that is there twice.
    """
    try:
        return Node(json.loads(bytes(raw).decode("utf-8", "replace"), object_pairs_hook=_pairs, parse_constant=_refuse))
    except (ValueError, RecursionError):
        raise _not_json() from None


def _utf8(raw: bytes) -> bytes:
    return text(raw).encode("utf-8", "replace") if raw.startswith(_WIDE) else raw


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _twice()
    return found


def _refuse(constant: str) -> object:
    raise ValueError(constant)


def _lines(content: bytes) -> list[msgspec.Raw]:
    try:
        found = msgspec.json.Decoder(msgspec.Raw).decode_lines(content)
    except (ValueError, RecursionError):  # a name in bad UTF-8 is no error of msgspec
        raise _not_json() from None
    if not found:
        raise _not_json()
    return found


def _bytes(raw: msgspec.Raw) -> bytes:
    return bytes(raw)


def _not_json() -> ParseError:
    return ParseError("not JSON", expected="an export in JSON, or one JSON object a line")


def _twice() -> ParseError:
    return ParseError("an object names a member twice", expected="JSON in which every member stands once")
