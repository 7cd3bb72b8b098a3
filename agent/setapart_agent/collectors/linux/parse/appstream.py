"""AppStream metainfo (freedesktop.org, "AppStream 1.0"): the id, name and newest version of one component.

Read with expat itself: no tree is built, and a document type or an entity ends the reading.
"""

from msgspec import Struct, field

from setapart_agent.errors import ParseError

_WANTED = {"component/id": "id", "component/name": "name", "component/bundle": "bundle", "application/id": "id"}
_MAX_TEXT = 512
_MAX_DEPTH = 64


class Component(Struct, kw_only=True):
    """What a metainfo file says; `bundle` is a Flatpak ref where it names one."""

    id: str = ""
    name: str = ""
    bundle: str = ""
    version: str = ""
    _path: list[str] = field(default_factory=list)
    _into: str = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self._path.append(tag)
        if len(self._path) > _MAX_DEPTH:
            raise ParseError("a metainfo file of endless depth", expected="AppStream XML")
        where = "/".join(self._path[:3]) if len(self._path) <= 3 else ""  # noqa: PLR2004 - nothing deeper counts
        translated = "xml:lang" in attributes
        self._into = "" if translated else _WANTED.get(where, "")
        if self._into and getattr(self, self._into):
            self._into = ""  # the first one counts
        if where == "component/releases/release" and not self.version:
            self.version = attributes.get("version", "")[:_MAX_TEXT]

    def end(self, _tag: str) -> None:
        """An element ends."""
        self._path.pop()
        self._into = ""

    def data(self, text: str) -> None:
        """Text of the current element."""
        if self._into:
            setattr(self, self._into, (getattr(self, self._into) + text)[:_MAX_TEXT])


def component(content: bytes) -> Component:
    """Reads a metainfo file.

    Raises:
        ParseError: not well-formed, with a document type, or no component with an id.
    """
    from pyexpat import ExpatError, ParserCreate

    def refuse(*_: object) -> None:
        raise ParseError("a document type in a metainfo file", expected="plain AppStream XML")

    found = Component()
    parser = ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = found.start
    parser.EndElementHandler = found.end
    parser.CharacterDataHandler = found.data
    try:
        parser.Parse(content, True)  # noqa: FBT003 - expat's own signature
    except (ExpatError, ValueError, LookupError) as exc:
        raise ParseError(f"metainfo: {exc}", expected="AppStream XML") from None
    found.id = found.id.strip()
    if not found.id:
        raise ParseError("metainfo: no component with an id", expected="AppStream XML")
    return found
