"""Property lists and archives that no honest program would write, and archives as Foundation writes them."""

import plistlib
import struct
from typing import Any


def binary(objects: list[bytes], top: int = 0, *, offsets: list[int] | None = None) -> bytes:
    """A binary property list of objects as they are, with references of two bytes.

    Args:
        objects: each object's bytes, marker first.
        top: which of them is on top.
        offsets: where the table says that the objects are, if not where they are.
    """
    body = b"bplist00"
    places = []
    for one in objects:
        places.append(len(body))
        body += one
    table = b"".join(struct.pack(">I", place) for place in (offsets or places))
    return body + table + struct.pack(">6xBBQQQ", 4, 2, len(offsets or places), top, len(body))


def ref(number: int) -> bytes:
    """A reference to an object."""
    return struct.pack(">H", number)


def array(*numbers: int) -> bytes:
    """An array of at most 14 objects."""
    return bytes([0xA0 | len(numbers)]) + b"".join(ref(number) for number in numbers)


def dictionary(*pairs: tuple[int, int]) -> bytes:
    """A dictionary of at most 14 pairs of objects."""
    keys, values = b"".join(ref(key) for key, _ in pairs), b"".join(ref(value) for _, value in pairs)
    return bytes([0xD0 | len(pairs)]) + keys + values


def ascii_text(text: str) -> bytes:
    """A text of at most 14 ASCII characters."""
    return bytes([0x50 | len(text)]) + text.encode("ascii")


def archive(value: Any) -> bytes:
    """What NSKeyedArchiver makes of lists, dictionaries, sets, text, numbers and data."""
    objects: list[Any] = ["$null"]
    root = _archived(value, objects)
    return _archive_of(objects, root)


def archive_of(objects: list[Any], root: int = 1) -> bytes:
    """An archive of these objects as they are; `plistlib.UID` refers to one."""
    return _archive_of(["$null", *objects], plistlib.UID(root))


def _archive_of(objects: list[Any], root: plistlib.UID) -> bytes:
    return plistlib.dumps(
        {"$version": 100_000, "$archiver": "NSKeyedArchiver", "$top": {"root": root}, "$objects": objects},
        fmt=plistlib.FMT_BINARY,
    )


def _archived(value: Any, objects: list[Any]) -> plistlib.UID:
    if value is None:
        return plistlib.UID(0)
    number = len(objects)
    objects.append(None)
    if isinstance(value, dict):
        objects[number] = {
            "NS.keys": [_archived(key, objects) for key in value],
            "NS.objects": [_archived(one, objects) for one in value.values()],
            "$class": _class("NSDictionary", objects),
        }
    elif isinstance(value, list | tuple | set):
        objects[number] = {
            "NS.objects": [_archived(one, objects) for one in value],
            "$class": _class("NSSet" if isinstance(value, set) else "NSArray", objects),
        }
    else:
        objects[number] = value
    return plistlib.UID(number)


def _class(name: str, objects: list[Any]) -> plistlib.UID:
    objects.append({"$classname": name, "$classes": [name, "NSObject"]})
    return plistlib.UID(len(objects) - 1)
