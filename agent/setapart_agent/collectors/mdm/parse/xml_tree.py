"""The XML of an inventory as nested objects: names in lower case, elements that repeat as lists.

Through expat, with everything refused that can point elsewhere or grow: document types, entities, and trees that are
deeper or larger than any inventory.
"""

import pyexpat

from setapart_agent.collectors.mdm.parse.document import Node
from setapart_agent.errors import ParseError

_MAX_DEPTH = 16
_MAX_ELEMENTS = 2_000_000
_EXPECTED = "an inventory of GLPI Agent or FusionInventory in XML"


def read(raw: bytes) -> Node:
    """The root's content.

    Raises:
        ParseError: not well-formed, with a document type or entities, or over the limits.
    """
    tree = _Tree()
    parser = pyexpat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = tree.start
    parser.EndElementHandler = tree.end
    parser.CharacterDataHandler = tree.data
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(raw, True)  # noqa: FBT003 - expat's own signature
    except (pyexpat.ExpatError, LookupError, ValueError):
        raise ParseError("not well-formed XML", expected=_EXPECTED) from None
    return Node(tree.root)


def _refuse(*_: object) -> None:
    raise ParseError("XML with a document type or entities", expected=_EXPECTED)


class _Tree:
    """What was read so far: a stack of open elements, each with its children and text."""

    def __init__(self) -> None:
        self.root: object = None
        self._open: list[tuple[str, dict[str, object], list[str]]] = []
        self._elements = 0

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        """Opens an element."""
        self._elements += 1
        if len(self._open) >= _MAX_DEPTH or self._elements > _MAX_ELEMENTS:
            raise ParseError("XML that is deeper or larger than an inventory", expected=_EXPECTED)
        self._open.append((name.lower(), {}, []))

    def data(self, text: str) -> None:
        """Takes text."""
        self._open[-1][2].append(text)

    def end(self, _name: str) -> None:
        """Closes an element and hands it to the one around it."""
        name, children, texts = self._open.pop()
        value: object = children or "".join(texts)
        if not self._open:
            self.root = value
            return
        around = self._open[-1][1]
        before = around.get(name)
        if before is None:
            around[name] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            around[name] = [before, value]
