"""The content of a signed message (CMS, RFC 5652, section 5): configuration profiles are signed this way.

Only the way to the content is read: ContentInfo, SignedData, encapContentInfo, an OCTET STRING that may come in pieces
(BER, indefinite lengths: what `openssl smime` and device managers stream). Nothing is verified here: whoever put a
profile on a device, what it sets up is what counts.
"""

from msgspec import Struct

from setapart_agent.errors import ParseError

_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_ENVELOPED_DATA = bytes.fromhex("2a864886f70d010703")
_SEQUENCE, _OCTETS, _OCTETS_IN_PIECES, _OBJECT_ID, _EXPLICIT = 0x30, 0x04, 0x24, 0x06, 0xA0
_END = b"\x00\x00"
_INDEFINITE = 0x80
_LONGEST_LENGTH = 8
_MOST_PIECES = 100_000
_DEEPEST = 16


class _Element(Struct, frozen=True):
    """One element: its tag, where its content starts and ends, and where the next one starts."""

    tag: int
    start: int
    end: int
    next: int


def is_signed(content: bytes) -> bool:
    """Whether this looks like a signed message, by its first bytes."""
    return content[:1] == b"\x30" and _SIGNED_DATA in content[:32]


def content_of(raw: bytes) -> bytes:
    """The bytes that were signed.

    Raises:
        ParseError: not a signed message, broken, or without its content.
    """
    try:
        return _content(raw)
    except IndexError:
        raise ParseError("a signed message that is cut off", expected="a whole one") from None


def _content(raw: bytes) -> bytes:
    info = _inside(raw, _element(raw, 0), _SEQUENCE)
    kind = raw[info[0].start : info[0].end]
    if info[0].tag != _OBJECT_ID or kind != _SIGNED_DATA:
        what = "an encrypted message" if kind == _ENVELOPED_DATA else "no signed message"
        raise ParseError(what, expected="a signed message")
    signed = _inside(raw, _only(_inside(raw, _member(info, 1), _EXPLICIT)), _SEQUENCE)
    encapsulated = _inside(raw, _member(signed, 2), _SEQUENCE)
    if len(encapsulated) < 2:  # noqa: PLR2004 - the content is optional: detached signatures
        raise ParseError("a signature without what it signs", expected="a signed message with its content")
    pieces: list[bytes] = []
    _octets(raw, _only(_inside(raw, encapsulated[1], _EXPLICIT)), pieces, 0)
    return b"".join(pieces)


def _octets(raw: bytes, element: _Element, pieces: list[bytes], depth: int) -> None:
    if element.tag == _OCTETS:
        pieces.append(raw[element.start : element.end])
        return
    if element.tag != _OCTETS_IN_PIECES or depth > _DEEPEST:
        raise ParseError("a signed message with another content than bytes", expected="a signed profile")
    for piece in _members(raw, element):
        _octets(raw, piece, pieces, depth + 1)


def _only(members: tuple[_Element, ...]) -> _Element:
    return _member(members, 0)


def _member(members: tuple[_Element, ...], at: int) -> _Element:
    if at >= len(members):
        raise ParseError("a broken signed message", expected="a whole one")
    return members[at]


def _inside(raw: bytes, element: _Element, tag: int) -> tuple[_Element, ...]:
    if element.tag != tag:
        raise ParseError("a broken signed message", expected="a whole one")
    members = _members(raw, element)
    if not members:
        raise ParseError("a broken signed message", expected="a whole one")
    return members


def _members(raw: bytes, element: _Element) -> tuple[_Element, ...]:
    found: list[_Element] = []
    at = element.start
    while at < element.end:
        if len(found) >= _MOST_PIECES:
            raise ParseError("a signed message in too many pieces", expected=f"at most {_MOST_PIECES}")
        member = _element(raw, at)
        found.append(member)
        at = member.next
    return tuple(found)


def _element(raw: bytes, at: int, depth: int = 0) -> _Element:
    """The element that starts at an offset.

    The end of one of indefinite length is found by walking through what is in it.
    """
    tag, first = raw[at], raw[at + 1]
    start = at + 2
    if first == _INDEFINITE:
        if depth > _DEEPEST:
            raise ParseError("a signed message that is nested too deeply", expected=f"at most {_DEEPEST} levels")
        end = start
        while raw[end : end + 2] != _END:
            end = _element(raw, end, depth + 1).next
        return _Element(tag, start, end, end + 2)
    length = first
    if first > _INDEFINITE:
        size = first - _INDEFINITE
        if size > _LONGEST_LENGTH:
            raise ParseError("a broken signed message", expected="a whole one")
        length = int.from_bytes(raw[start : start + size], "big")
        start += size
    if start + length > len(raw):
        raise ParseError("a signed message that is cut off", expected="a whole one")
    return _Element(tag, start, start + length, start + length)
