"""NSKeyedArchiver archives: Foundation's object graphs, flattened into a property list.

`$objects` holds every object once, `$top` names the roots, and a `Uid` stands wherever one object holds another; an
object's `$class` leads to its `$classname`. Format: Foundation's NSKeyedArchiver as `plutil -p` shows it. What comes
out are plain values: text, data, numbers, lists (arrays and sets), dictionaries with text as keys; objects of other
classes become dictionaries of their fields. Graphs that hold themselves, or unfold without end, are refused.
"""

from collections.abc import Mapping

from setapart_agent.collectors.apple.parse.plist import Uid, dict_of, list_of, moment, read_plist, text_of
from setapart_agent.errors import ParseError

MAX_NODES = 200_000
MAX_DEPTH = 64

_EXPECTED = "an archive of NSKeyedArchiver"
_ARCHIVERS = frozenset({"NSKeyedArchiver", "NRKeyedArchiver"})
_NULL = "$null"
_PLAIN = ("NS.string", "NS.data", "NS.bytes", "NS.uuidbytes", "NS.relative")
"""Fields that are all there is to a string, data, UUID or URL."""


def is_keyed_archive(content: bytes) -> bool:
    """Whether this looks like an archive, by what every one of them says of itself."""
    return content.startswith(b"bplist0") and b"$archiver" in content


def unarchive(raw: bytes, expected: str = _EXPECTED) -> object:
    """The object that an archive holds; a dictionary by name where it holds several.

    Raises:
        ParseError: no archive, one without a root, broken, or a graph that holds itself or unfolds without end.
    """
    archive = read_plist(raw, expected)
    if text_of(archive, "$archiver") not in _ARCHIVERS:
        raise ParseError("no archive of NSKeyedArchiver", expected=expected)
    graph = _Graph(list_of(archive, "$objects"))
    top = dict_of(archive, "$top")
    if not top:
        raise ParseError("an archive without a root", expected=expected)
    if "root" in top:
        return graph.value(top["root"])
    found = {name: graph.value(value) for name, value in top.items()}
    return next(iter(found.values())) if len(found) == 1 else found


class _Graph:
    def __init__(self, objects: tuple[object, ...]) -> None:
        self._objects = objects
        self._left = MAX_NODES
        self._within: set[int] = set()

    def value(self, held: object, depth: int = 0) -> object:
        """A value as the archive holds it, with all references followed."""
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            raise ParseError("an archive that unfolds without end", expected=f"at most {MAX_NODES} values")
        if isinstance(held, Uid):
            return self._referenced(held.number, depth)
        if isinstance(held, list):
            return [self.value(one, depth + 1) for one in held]
        if isinstance(held, dict):
            return self._object(held, depth)
        return held

    def _referenced(self, number: int, depth: int) -> object:
        if number >= len(self._objects):
            raise ParseError("a reference to no object", expected=_EXPECTED)
        if number in self._within:
            raise ParseError("an archive whose objects hold themselves", expected=_EXPECTED)
        found = self._objects[number]
        if found == _NULL:
            return None
        self._within.add(number)
        value = self.value(found, depth + 1)
        self._within.discard(number)
        return value

    def _object(self, fields: Mapping[str, object], depth: int) -> object:
        """An instance, by the fields that its class is known for."""
        for name in _PLAIN:
            if name in fields:
                return self.value(fields[name], depth + 1)
        if isinstance(time := fields.get("NS.time"), int | float):
            return moment(time)
        if "NS.keys" in fields:
            keys = [self.value(one, depth + 1) for one in list_of(fields, "NS.keys")]
            values = [self.value(one, depth + 1) for one in list_of(fields, "NS.objects")]
            return {str(key): value for key, value in zip(keys, values, strict=False) if isinstance(key, str | int)}
        if "NS.objects" in fields:
            return [self.value(one, depth + 1) for one in list_of(fields, "NS.objects")]
        return {name: self.value(one, depth + 1) for name, one in fields.items() if name != "$class"}
