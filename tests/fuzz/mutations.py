"""Structure-aware mutations: what a file is made of decides what is broken in it.

Every function takes a `random.Random`, a good file and others of its kind, and gives a broken one; the same numbers
give the same file. A file that is not what its first bytes say is broken as plain bytes.
"""

import base64
import binascii
import copy
import io
import json
import plistlib
import random
import re
import struct
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

LARGEST = 128 * 1024
_MOST_NODES = 200_000
_SMALL = 8 * 1024
Mutation = Callable[[random.Random, bytes, Sequence[bytes]], bytes]

_ODD_NUMBERS = (0, 1, -1, 2, 127, 128, 255, 256, 1000, 32767, 32768, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1)
_ODD_TEXTS = (
    "", " ", "\x00", "0", "-1", "null", "true", "NaN", "1e999", "9" * 5000, "\u202e", "\ud800", "\udfff\ud800",
    "ﷺ" * 50, "İ", "ß.example", "@", "a@", "@b", "a@b@c", "://", "http://[", "[::1]:x", "%", "%zz", "..", "/",
    "../../etc/passwd",
    "a" * 3000, "a." * 800, "xn--", "xn--a", "{", "}", "[", "]", "\\", '"', "'", "$(x)", "${x}", "${a}${a}",
    "\r\n", "\t",
    "1.2.3.4", "0x7fffffff", "-9223372036854775809", "2026-02-30T25:61:61Z", "0000-00-00", "com.example.app", "\x1b[2J",
    "٣", "²", "１２", "\U0001f600", "\ufeff", "\x85", "\u2028", "\x0b", "\x1c",
)  # fmt: skip
_FIRST_DAY = datetime(1, 1, 1)  # noqa: DTZ001 - property lists have no time zones
_LAST_DAY = datetime(9999, 12, 31)  # noqa: DTZ001
_TOKEN = re.compile(rb"[A-Za-z0-9_.-]+|[^A-Za-z0-9_.\s-]")


def mutate(chance: random.Random, good: bytes, others: Sequence[bytes]) -> bytes:
    """A broken version of a good file."""
    ways = _ways_of(good)
    broken = good
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        way = chance.choice(ways)
        try:
            broken = way(chance, broken, others)
        except Exception:  # noqa: BLE001 - it is broken too much to be taken apart
            broken = havoc(chance, broken, others)
        if len(broken) > LARGEST:
            break
    return broken[:LARGEST]


def _ways_of(good: bytes) -> tuple[Mutation, ...]:
    head = good[:64].lstrip()
    if good.startswith(b"bplist0"):
        return (plist_binary, plist_tree, plist_tree, havoc)
    if good.startswith(b"SQLite format 3\x00"):
        return (sqlite_pages, sqlite_pages, havoc)
    if good.startswith(b"regf"):
        return (hive, hive, hive, havoc)
    if good.startswith(b"PK\x03\x04"):
        return (zip_members, zip_members, havoc)
    if head.startswith((b"<?xml", b"<!DOCTYPE", b"<plist", b"<")):
        return (
            (plist_tree, markup, markup, text_lines, havoc)
            if b"<plist" in good
            else (markup, markup, text_lines, havoc)
        )
    if good.startswith((b"\xff\xfe", b"\xfe\xff")):
        return (utf16, utf16, havoc)
    if head.startswith((b"{", b"[")) and _is_json(good):
        return (json_tree, json_tree, json_tree, json_text, havoc)
    if b"\x00" in good:
        return (havoc,)
    return (text_lines, text_lines, text_tokens, text_tokens, havoc)


def havoc(chance: random.Random, good: bytes, others: Sequence[bytes]) -> bytes:
    """Bytes alone: flips, odd numbers in every width and order, blocks moved, doubled, lost or from another file."""
    broken = bytearray(good or b"\x00")
    for _ in range(1 << chance.randrange(5)):
        if not broken:
            break
        at = chance.randrange(len(broken))
        length = min(1 << chance.randrange(10), len(broken) - at)
        match chance.randrange(9):
            case 0:
                broken[at] ^= 1 << chance.randrange(8)
            case 1:
                broken[at] = chance.randrange(256)
            case 2 | 3:
                width = chance.choice((1, 2, 4, 4, 8))
                number = chance.choice(_ODD_NUMBERS) & ((1 << 8 * width) - 1)
                broken[at : at + width] = number.to_bytes(width, chance.choice(("little", "big")))
            case 4:
                del broken[at : at + length]
            case 5:
                broken[at:at] = broken[at : at + length] * _times(chance, (1, 1, 2, 50), length)
            case 6:
                other = chance.choice(others)
                start = chance.randrange(len(other) + 1)
                broken[at : at + chance.choice((0, length))] = other[start : start + length]
            case 7:
                to = chance.randrange(len(broken))
                broken[to : to + length] = broken[at : at + length]
            case _:
                broken[at:] = b"" if chance.random() < 0.3 else broken[at:]
        del broken[LARGEST:]
    return bytes(broken)


def text_lines(chance: random.Random, good: bytes, others: Sequence[bytes]) -> bytes:
    """Lines lost, doubled, moved, indented, joined, from another file; other line ends; many or long lines."""
    lines = good.splitlines(keepends=True) or [b"\n"]
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(lines))
        match chance.randrange(10):
            case 0:
                del lines[at : at + chance.randint(1, 4)]
            case 1:
                lines[at:at] = lines[at : at + chance.randint(1, 4)]
            case 2:
                lines.insert(chance.randrange(len(lines)), lines.pop(at))
            case 3:
                lines[at] = chance.choice((b" ", b"\t", b"    ", b"  - ", b"#", b"\x0c")) + lines[at]
            case 4:
                lines[at] = lines[at].rstrip(b"\r\n")
            case 5:
                other = chance.choice(others).splitlines(keepends=True) or [b""]
                lines.insert(at, chance.choice(other))
            case 6:
                lines[at:at] = [lines[at]] * _times(chance, (2, 300), len(lines[at]))
            case 7:
                line = lines[at].rstrip(b"\n")
                lines[at] = line * _times(chance, (2, 400), len(line)) + b"\n"
            case 8:
                lines[at] = _odd_text(chance) + b"\n"
            case _:
                lines = [line.rstrip(b"\r\n") + chance.choice((b"\n", b"\r\n", b"\r", b"\x00")) for line in lines]
        lines = lines or [b"\n"]
    broken = b"".join(lines)[:LARGEST]
    if chance.random() < 0.04:
        return broken.decode("utf-8", "replace").encode("utf-16", "surrogatepass")
    return b"\xef\xbb\xbf" + broken if chance.random() < 0.04 else broken


def text_tokens(chance: random.Random, good: bytes, others: Sequence[bytes]) -> bytes:
    """Words and signs replaced by odd ones, by each other, or by those of another file."""
    found = [match.span() for match in _TOKEN.finditer(good[:LARGEST])]
    if not found:
        return havoc(chance, good, others)
    broken = good
    for start, end in sorted(chance.sample(found, min(len(found), chance.randint(1, 5))), reverse=True):
        match chance.randrange(5):
            case 0:
                new = _odd_text(chance)
            case 1:
                one = chance.choice(found)
                new = good[one[0] : one[1]]
            case 2:
                tokens = _TOKEN.findall(chance.choice(others)[:8192]) or [b""]
                new = chance.choice(tokens)
            case 3:
                new = b""
            case _:
                new = str(chance.choice(_ODD_NUMBERS)).encode()
        broken = broken[:start] + new + broken[end:]
    return broken


def utf16(chance: random.Random, good: bytes, others: Sequence[bytes]) -> bytes:
    """The text inside broken as lines or words; half a pair, an odd byte, or no byte-order mark."""
    text = good.decode("utf-16", "replace").encode()
    decoded = [other.decode("utf-16", "replace").encode() for other in others]
    broken = chance.choice((text_lines, text_tokens))(chance, text, decoded).decode("utf-8", "replace")
    raw = broken.encode("utf-16", "surrogatepass")
    match chance.randrange(8):
        case 0:
            return raw[:-1]
        case 1:
            return raw[2:]
        case 2:
            at = 2 * chance.randrange(1, len(raw) // 2 + 1)
            return raw[:at] + b"\x00\xd8" + raw[at:]
        case _:
            return raw


def markup(chance: random.Random, good: bytes, others: Sequence[bytes]) -> bytes:
    """Tags and texts of XML replaced, doubled, nested or left open; entities; other encodings."""
    parts = [part for part in re.split(rb"(<[^>]*>)", good) if part] or [b"<a/>"]
    for _ in range(chance.randint(1, 5)):
        at = chance.randrange(len(parts))
        match chance.randrange(9):
            case 0:
                del parts[at]
            case 1:
                parts.insert(at, parts[at])
            case 2:
                parts[at] = chance.choice(parts)
            case 3:
                parts[at] = _odd_text(chance)
            case 4:
                other = re.split(rb"(<[^>]*>)", chance.choice(others))
                parts.insert(at, chance.choice(other))
            case 5:
                parts.insert(
                    at,
                    chance.choice(
                        (b"<!--", b"-->", b"<![CDATA[", b"]]>", b"&lt;", b"&#0;", b"&#xD800;", b"&a;", b"<?x?>")
                    ),
                )
            case 6:
                parts.insert(at, b"<dict>" * chance.choice((1, 3000)))
            case 7:
                entity = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
                parts = [entity, *parts, b"&b;&c;"]
            case _:
                parts[0] = parts[0].replace(b"UTF-8", chance.choice((b"UTF-16", b"latin-1", b"utf-7", b"x", b"")))
        parts = parts or [b""]
    return b"".join(parts)


def json_tree(chance: random.Random, good: bytes, others: Sequence[bytes]) -> bytes:
    """Values of JSON replaced by odd ones, moved, nested, lost; keys renamed or from another file."""
    tree = _broken_tree(chance, json.loads(good), _json_value, _loaded(others, json.loads))
    text = json.dumps(tree)
    return (json.dumps(tree, indent=1) if chance.random() < 0.3 and len(text) < _SMALL else text).encode()


def json_text(chance: random.Random, good: bytes, others: Sequence[bytes]) -> bytes:
    """What a tree can't say: doubled keys, NaN, huge numbers, deep nesting, text behind the end."""
    text = json.dumps(json.loads(good))
    strings = [match.span() for match in re.finditer(r'"(?:[^"\\]|\\.)*"', text)] or [(0, 0)]
    start, end = chance.choice(strings)
    new = chance.choice((
        "NaN", "-Infinity", "1e999", "9" * 5000, "[" * 3000, '{"a":' * 3000, '"\\ud800"', '"\\u0000"', "1.0", "-0",
        "[]", "{}", text[start:end] + ":1," + text[start:end], "'x'", "/**/", '"\x01"', "0x1", "true", text,
    ))  # fmt: skip
    return (text[:start] + new + text[end:]).encode("utf-8", "surrogatepass")


def plist_tree(chance: random.Random, good: bytes, others: Sequence[bytes]) -> bytes:
    """The same for property lists, with their own types; in either form. Data that is a property list is entered."""
    tree = _broken_tree(chance, plistlib.loads(good), _plist_value, _loaded(others, plistlib.loads))
    form = plistlib.FMT_XML if good.lstrip().startswith(b"<") else plistlib.FMT_BINARY
    if chance.random() < 0.2:
        form = plistlib.FMT_XML if form == plistlib.FMT_BINARY else plistlib.FMT_BINARY
    return plistlib.dumps(tree, fmt=form, skipkeys=True, sort_keys=False)


def plist_binary(chance: random.Random, good: bytes, others: Sequence[bytes]) -> bytes:
    """Objects, offsets, references and the trailer of a binary property list: loops, shared graphs, lying lengths."""
    size, reference, count, top, table = struct.unpack(">6xBBQQQ", good[-32:])
    broken = bytearray(good)
    for _ in range(chance.randint(1, 4)):
        match chance.randrange(5):
            case 0 if count and size:
                entry = table + size * chance.randrange(min(count, 10_000))
                other = table + size * chance.randrange(min(count, 10_000))
                broken[entry : entry + size] = broken[other : other + size]
            case 1 if count:
                at = chance.randrange(8, max(9, min(table, len(broken) - 32)))
                broken[at : at + max(reference, 1)] = chance.randrange(min(count, 1 << 16)).to_bytes(8, "big")[
                    -max(reference, 1) :
                ]
            case 2:
                at = len(broken) - 32 + chance.randrange(6, 32)
                broken[at] = chance.choice((0, 1, 2, 7, 8, 9, 16, 127, 128, 255))
            case 3:
                at = chance.randrange(8, max(9, min(table, len(broken) - 32)))
                broken[at] = chance.choice(
                    (
                        0x00,
                        0x08,
                        0x10,
                        0x13,
                        0x14,
                        0x22,
                        0x33,
                        0x4F,
                        0x5F,
                        0x6F,
                        0x7F,
                        0x80,
                        0x8F,
                        0xA1,
                        0xAF,
                        0xCF,
                        0xD1,
                        0xDF,
                    )
                )
            case _:
                broken[-8:] = struct.pack(">Q", chance.choice((0, 8, top, table, len(broken), 2**63)))
    return bytes(broken)


def sqlite_pages(chance: random.Random, good: bytes, others: Sequence[bytes]) -> bytes:
    """Header fields, page types, cell pointers, serial types and texts of an sqlite database."""
    broken = bytearray(good)
    size = int.from_bytes(good[16:18], "big") or 4096
    size = 65536 if size == 1 else size
    for _ in range(chance.randint(1, 4)):
        page = size * chance.randrange(max(1, len(broken) // size))
        head = page + (100 if page == 0 else 0)
        match chance.randrange(8):
            case 0:
                at = chance.choice((16, 18, 19, 20, 21, 28, 32, 36, 44, 47, 48, 52, 56, 59, 60))
                broken[at] = chance.choice((0, 1, 2, 3, 4, 16, 64, 127, 255))
            case 1:
                broken[head] = chance.choice((0, 2, 5, 10, 13, 255))
            case 2:
                broken[head + 3 : head + 5] = chance.choice(_ODD_NUMBERS[:12]).to_bytes(4, "big", signed=True)[2:]
            case 3:
                at = head + 8 + 2 * chance.randrange(6)
                other = head + 8 + 2 * chance.randrange(6)
                broken[at : at + 2] = broken[other : other + 2]
            case 4:
                at = head + 8 + chance.randrange(4)  # the right-most child of an inner page: cycles
                broken[head + 8 : head + 12] = chance.randrange(8).to_bytes(4, "big")
                broken[at] ^= 1 << chance.randrange(8)
            case 5:
                at = page + chance.randrange(max(1, min(size, len(broken) - page)))
                broken[at] = chance.choice((0, 1, 7, 8, 9, 10, 12, 13, 0x80, 0x81, 0xFF))
            case 6:
                words = [match.span() for match in re.finditer(rb"[A-Za-z_]{3,}", bytes(broken))]
                start, end = chance.choice(words)
                one = chance.choice(words)
                broken[start:end] = bytes(broken[one[0] : one[1]])[: end - start].ljust(end - start, b" ")
            case _:
                other_page = size * chance.randrange(max(1, len(broken) // size))
                broken[page : page + size] = broken[other_page : other_page + size]
    return bytes(broken) if chance.random() < 0.9 else bytes(broken[: chance.randrange(len(broken))])


def hive(chance: random.Random, good: bytes, others: Sequence[bytes]) -> bytes:
    """Cells of a registry hive: sizes, signatures, offsets that cross-link or lead in circles; a header that agrees."""
    broken = bytearray(good)
    cells = [match.start() for match in re.finditer(rb"nk|vk|lf|lh|li|ri|sk|db|hbin", good)] or [4096]
    for _ in range(chance.randint(1, 5)):
        at = chance.choice(cells)
        match chance.randrange(7):
            case 0:
                broken[at - 4 : at] = struct.pack("<i", chance.choice((0, -8, -4, 8, -(2**31), 2**31 - 1, -65536)))
            case 1:
                broken[at : at + 2] = chance.choice((b"nk", b"vk", b"lf", b"lh", b"li", b"ri", b"sk", b"db", b"\0\0"))
            case 2 | 3:
                field = at + 4 * chance.randrange(1, 20) + chance.choice((0, 0, 2))
                target = chance.choice(
                    (*(cell - 4096 - 4 for cell in chance.sample(cells, min(3, len(cells)))), 0, -1, 2**31)
                )
                broken[field : field + 4] = struct.pack("<I", target & 0xFFFFFFFF)
            case 4:
                field = at + 2 * chance.randrange(1, 40)
                broken[field : field + 2] = struct.pack("<H", chance.choice((0, 1, 2, 0x20, 0x7FFF, 0x8000, 0xFFFF)))
            case 5:
                other = chance.choice(cells)
                length = chance.choice((8, 32, 76))
                broken[at : at + length] = broken[other : other + length]
            case _:
                field = chance.choice((4, 8, 20, 24, 28, 36, 40))
                broken[field : field + 4] = struct.pack("<I", chance.choice((0, 1, 32, 4096, 2**31, 2**32 - 1)))
    if chance.random() < 0.8 and len(broken) >= 512:
        total = 0
        for (word,) in struct.iter_unpack("<I", broken[:508]):
            total ^= word
        broken[508:512] = struct.pack("<I", total)
    return bytes(broken)


def zip_members(chance: random.Random, good: bytes, others: Sequence[bytes]) -> bytes:
    """Members broken as what they are, renamed, doubled, lost, or packed otherwise."""
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    at = chance.randrange(len(members))
    name, content = members[at]
    match chance.randrange(7):
        case 0 | 1 | 2 | 3:
            members[at] = (name, mutate(chance, content, [content]))
        case 4:
            members[at] = (
                chance.choice(("", "/", "../x", "main_entry.txt", "a\\b", "ü.txt", "bugreport-x.txt")),
                content,
            )
        case 5:
            members.append((name, content))
        case _:
            del members[at]
    made = io.BytesIO()
    method = chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED))
    with zipfile.ZipFile(made, "w", method) as archive:
        for one, raw in members:
            info = zipfile.ZipInfo(one or "x")
            info.compress_type = method
            archive.writestr(info, raw)
    return made.getvalue()


def rows(chance: random.Random, good: tuple[tuple[Any, ...], ...]) -> tuple[tuple[Any, ...], ...]:
    """Rows of a query with values of other types, lost, doubled and mixed: sqlite keeps to no type."""
    broken = [list(row) for row in good]
    for _ in range(chance.randint(1, 5)):
        if not broken:
            return ()
        at = chance.randrange(len(broken))
        match chance.randrange(6):
            case 0:
                del broken[at]
            case 1:
                broken.append(list(chance.choice(broken)))
            case 2 if broken[at]:
                column = chance.randrange(len(broken[at]))
                broken[at][column] = chance.choice(broken)[column]
            case _ if broken[at]:
                column = chance.randrange(len(broken[at]))
                value = broken[at][column]
                if isinstance(value, bytes) and chance.random() < 0.7:
                    broken[at][column] = mutate(chance, value, [value])
                else:
                    broken[at][column] = chance.choice(
                        (
                            None,
                            0,
                            -1,
                            2**63 - 1,
                            -(2**63),
                            1.5,
                            float("inf"),
                            b"",
                            b"\xff\xfe",
                            "",
                            chance.choice(_ODD_TEXTS),
                        )
                    )
    # sqlite gives no half pairs: `read_rows` decodes with replacement.
    return tuple(tuple(_storable(value) for value in row) for row in broken)


def _storable(value: Any) -> Any:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _times(chance: random.Random, choices: Sequence[int], size: int) -> int:
    """How often something of a size is repeated: no broken file is much larger than the largest."""
    return min(chance.choice(choices), LARGEST // (size + 1) + 1)


def _odd_text(chance: random.Random) -> bytes:
    return chance.choice(_ODD_TEXTS).encode("utf-8", "surrogatepass")


def _is_json(good: bytes) -> bool:
    try:
        json.loads(good)
    except (ValueError, RecursionError):
        return False
    return True


def _loaded(others: Sequence[bytes], loads: Callable[[bytes], Any]) -> list[Any]:
    found = []
    for other in others[:3]:
        try:
            found.append(loads(other))
        except Exception:  # noqa: BLE001 - nothing to learn from it
            continue
    return found


def _broken_tree(chance: random.Random, tree: Any, value: Callable[[random.Random], Any], others: Sequence[Any]) -> Any:
    holder = [copy.deepcopy(tree)]
    for _ in range(chance.randint(1, 4)):
        place: Any = holder
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = chance.choice(keys)
            inner = place[key]
            if isinstance(inner, dict | list) and inner and chance.random() < 0.85:
                place = inner
                continue
            place[key] = _broken_value(chance, inner, value, holder, others)
            if isinstance(place, dict) and chance.random() < 0.15:
                place[chance.choice(_ODD_TEXTS[:40]) if chance.random() < 0.5 else chance.choice(keys)] = place.pop(key)
            elif place is not holder and chance.random() < 0.15:
                if isinstance(place, dict):
                    del place[key]
                else:
                    place[key:key] = [place[key]] * _times(chance, (1, 1, 200), len(repr(place[key])))
            break
    return holder[0] if _ends_soon(holder[0]) else tree


def _ends_soon(tree: Any) -> bool:
    """Whether it has few nodes, counted as often as it holds them: writing many would fill the memory."""
    pending, seen = [tree], 0
    while pending and seen < _MOST_NODES:
        node = pending.pop()
        seen += 1
        if isinstance(node, dict | list):
            pending.extend(node.values() if isinstance(node, dict) else node)
    return not pending


def _broken_value(
    chance: random.Random, inner: Any, value: Callable[[random.Random], Any], holder: list[Any], others: Sequence[Any]
) -> Any:
    match chance.randrange(8):
        case 0 if isinstance(inner, bytes) and inner:
            return mutate(chance, inner, [inner])
        case 1 if isinstance(inner, str) and inner:
            at = chance.randrange(len(inner))
            return inner[:at] + chance.choice(_ODD_TEXTS) + inner[at + 1 :]
        case 2:
            return copy.deepcopy(_some_node(chance, holder))
        case 3 if others:
            return copy.deepcopy(_some_node(chance, chance.choice(others)))
        case 4:
            return chance.choice(
                ([inner], {"a": inner}, [[inner]], [inner] * _times(chance, (2, 50), len(repr(inner))))
            )
        case 5 if isinstance(inner, str):
            return chance.choice(
                (inner.upper(), inner[:2000] * 20, inner[::-1], inner[:1], inner.encode()[:0].decode())
            )
        case _:
            return value(chance)


def _some_node(chance: random.Random, tree: Any) -> Any:
    node = tree
    while isinstance(node, dict | list) and node and chance.random() < 0.7:
        node = chance.choice(list(node.values()) if isinstance(node, dict) else node)
    return node


def _json_value(chance: random.Random) -> Any:
    deep: Any = []
    for _ in range(chance.choice((2, 200))):
        deep = [deep]
    return chance.choice((
        None, True, False, 0, -1, 1.5, 1e300, 2**53, 2**63, 2**64, 10**400, "", [], {}, [None], {"": None}, deep,
        chance.choice(_ODD_TEXTS), chance.choice(_ODD_TEXTS), chance.choice(_ODD_NUMBERS),
    ))  # fmt: skip


def _plist_value(chance: random.Random) -> Any:
    text = chance.choice(_ODD_TEXTS).encode("utf-8", "replace").decode().translate(_NOT_IN_XML)
    return chance.choice((
        True, False, 0, -1, 1.5, float("inf"), float("nan"), 2**63 - 1, -(2**63), 2**64 - 1, "", [], {}, [""], {"": ""},
        b"", b"\xff", b"bplist00", _FIRST_DAY, _LAST_DAY, plistlib.UID(0), plistlib.UID(2**32), text,
        text, text.encode(), base64.b64encode(text.encode()), binascii.hexlify(text.encode()).decode(),
    ))  # fmt: skip


_NOT_IN_XML = {number: None for number in range(32) if number not in (9, 10, 13)}
