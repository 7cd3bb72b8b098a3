"""The texts of a few elements of a small XML document, read without its types: no entities, no attributes."""

from collections.abc import Collection

from setapart_agent.errors import ParseError

_MAX_TEXT = 4096
_MAX_TEXTS = 256
_MAX_DEPTH = 64


def texts(content: bytes, root: str, names: Collection[str], expected: str) -> dict[str, list[str]]:
    """The texts by local name of the element, in order of appearance.

    Args:
        content: the document.
        root: the local name of its outermost element.
        names: the elements whose texts are wanted.
        expected: what the document should be, for errors.

    Raises:
        ParseError: no such document, or one with a document type, which could hold entities.
    """
    import pyexpat as expat

    found: dict[str, list[str]] = {name: [] for name in names}
    path: list[str] = []
    text: list[str] = []
    roots: list[str] = []

    def refuse(*_args: object) -> None:
        raise ParseError("XML with a document type", expected=expected)

    def start(name: str, _attributes: object) -> None:
        path.append(name.rpartition(" ")[2].rpartition(":")[2])
        if len(path) > _MAX_DEPTH:
            raise ParseError("XML nested too deep", expected=expected)
        roots.extend(path if len(path) == 1 else ())
        text.clear()

    def end(_name: str) -> None:
        name = path.pop()
        if name in found and len(found[name]) < _MAX_TEXTS:
            found[name].append("".join(text)[:_MAX_TEXT].strip())
        text.clear()

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text.append
    try:
        parser.Parse(content, True)  # noqa: FBT003 - the last part; the parameter has no name
    except expat.ExpatError as exc:
        raise ParseError(f"XML error {exc.code}", expected=expected) from None
    except (LookupError, ValueError):
        raise ParseError("XML in an unknown encoding", expected=expected) from None
    if roots != [root]:
        raise ParseError("another document", expected=expected)
    return found
