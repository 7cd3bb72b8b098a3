"""XML property lists (PropertyList-1.0.dtd), read with expat in one piece.

Entities of the file's own are refused, and nothing outside it is ever loaded.
"""

import base64
import binascii
import pyexpat  # expat itself; what is dangerous about it, entities, is refused below
import re
from datetime import datetime

from setapart_agent.collectors.apple.parse.plist import MAX_DEPTH, Budget
from setapart_agent.errors import ParseError

_CONTAINERS = frozenset({"dict", "array"})
_TEXTS = frozenset({"key", "string", "integer", "real", "date", "data", "true", "false"})
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z", re.ASCII)
_INTEGER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]{1,32}|\d{1,40})", re.ASCII)
_LONGEST_REAL = 400


def read(raw: bytes, budget: Budget) -> object:
    """The value on top.

    Raises:
        ParseError: broken, with entities, or more than the budget allows.
    """
    reader = _Reader(budget)
    parser = pyexpat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.EntityDeclHandler = _refuse
    parser.SetParamEntityParsing(pyexpat.XML_PARAM_ENTITY_PARSING_NEVER)
    try:
        parser.Parse(_bare(raw), True)  # noqa: FBT003 - expat's own signature
    except (pyexpat.ExpatError, LookupError, UnicodeError):
        raise ParseError("broken XML", expected="a property list") from None
    except ValueError:
        raise ParseError("XML in an encoding that can't be read", expected="a property list") from None
    if not reader.done:
        raise ParseError("XML without a property list", expected="a property list")
    return reader.value


def _bare(raw: bytes) -> bytes:
    """The document without what editors and transports leave around it."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw
    return raw.removeprefix(b"\xef\xbb\xbf").strip(b" \t\r\n\x00")


def _refuse(*_declaration: object) -> None:
    raise ParseError("XML with entities", expected="a property list")


class _Reader:
    """Builds the value from the events of the parser."""

    def __init__(self, budget: Budget) -> None:
        self.value: object = None
        self.done = False
        self._budget = budget
        self._open: list[dict[str, object] | list[object]] = []
        self._keys: list[str | None] = []
        self._element: str | None = None
        self._text: list[str] = []

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        if name == "plist" and not self._open and not self.done and self._element is None:
            return
        if self._element is not None or (name not in _CONTAINERS and name not in _TEXTS):
            raise ParseError("an element that property lists don't have", expected="a property list")
        self._budget.spend(1)
        if name not in _CONTAINERS:
            self._element, self._text = name, []
            return
        if len(self._open) >= MAX_DEPTH:
            raise ParseError("a property list that is too deep", expected=f"at most {MAX_DEPTH} levels")
        made: dict[str, object] | list[object] = {} if name == "dict" else []
        self._put(made)
        self._open.append(made)
        self._keys.append(None)

    def end(self, name: str) -> None:
        if name == "plist":
            return
        if name in _CONTAINERS:
            self._open.pop()
            if self._keys.pop() is not None:
                raise ParseError("a key without a value", expected="a property list")
            return
        text, self._element = "".join(self._text), None
        if name != "key":
            self._put(_scalar(name, text))
        elif not self._open or isinstance(self._open[-1], list) or self._keys[-1] is not None:
            raise ParseError("a key where none can be", expected="a property list")
        else:
            self._keys[-1] = text

    def text(self, text: str) -> None:
        if self._element is not None:
            self._text.append(text)

    def _put(self, value: object) -> None:
        if not self._open:
            if self.done:
                raise ParseError("more than one value on top", expected="a property list")
            self.value, self.done = value, True
            return
        holder = self._open[-1]
        if isinstance(holder, list):
            holder.append(value)
            return
        key = self._keys[-1]
        if key is None:
            raise ParseError("a value without a key", expected="a property list")
        holder[key] = value
        self._keys[-1] = None


def _scalar(name: str, text: str) -> object:
    if name in ("true", "false"):
        return name == "true"
    if name == "string":
        return text
    try:
        if name == "data":
            return base64.b64decode(text.encode("ascii", "replace"))
        if name == "integer" and _INTEGER.fullmatch(text.strip()):
            return int(text.strip(), 16 if "x" in text.lower() else 10)
        if name == "real" and len(text) <= _LONGEST_REAL:
            return float(text)
    except (ValueError, binascii.Error):
        raise ParseError(f"a broken <{name}>", expected="a property list") from None
    if name == "date":
        return _date(text.strip())
    raise ParseError(f"a broken <{name}>", expected="a property list")


def _date(text: str) -> datetime | None:
    """The moment, or `None` for one that Python's calendar lacks; anything else is no date at all."""
    found = _DATE.fullmatch(text)
    if found is None:
        raise ParseError("a broken <date>", expected="a property list")
    try:
        return datetime(*(int(part) for part in found.groups()))  # type: ignore[arg-type] # noqa: DTZ001
    except ValueError:
        return None
