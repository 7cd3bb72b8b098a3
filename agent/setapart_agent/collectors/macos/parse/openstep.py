"""OpenStep's property lists, `{ key = value; list = (a, b); }`, as `system_profiler` prints payloads of profiles.

Source: Apple's "Old-Style ASCII Property Lists". Values are text, lists and dictionaries; data (`<0fbd…>`) and what a
printer shortened stay text. The braces around the whole may be missing.
"""

import re

from setapart_agent.errors import ParseError

_MAX_DEPTH = 32
_TOKEN = re.compile(r'\s*+(?:"((?:[^"\\]|\\.)*+)"|([{}()=;,])|(<[^>]*+>)|([^\s{}()=;,"<]++))', re.DOTALL)
_ESCAPE = re.compile(r"\\(U[0-9a-fA-F]{4}|[0-7]{3}|.)", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r"}


def read(content: str) -> dict[str, object]:
    """The dictionary.

    Raises:
        ParseError: broken, or nested too deep.
    """
    reader = _Reader(content)
    if reader.peek() == "{":
        reader.take()
        return reader.members("}", 0)
    return reader.members("", 0)


class _Reader:
    def __init__(self, content: str) -> None:
        self._tokens = list(_tokens(content))
        self._at = 0

    def peek(self) -> str:
        """The next sign, or the empty text for anything else."""
        return self._tokens[self._at][0] if self._at < len(self._tokens) else ""

    def take(self) -> tuple[str, str]:
        """The next token: the sign, or nothing, and the text."""
        if self._at >= len(self._tokens):
            raise _broken()
        self._at += 1
        return self._tokens[self._at - 1]

    def members(self, end: str, depth: int) -> dict[str, object]:
        """The members of a dictionary up to its closing brace."""
        found: dict[str, object] = {}
        while self._at < len(self._tokens):
            if end and self.peek() == end:
                self.take()
                return found
            sign, key = self.take()
            if sign or self.take()[0] != "=":
                raise _broken()
            found[key] = self._value(depth + 1)
            if self.peek() in {";", ","}:  # data is printed as {length = 9, bytes = 0x…}
                self.take()
        if end:
            raise _broken()
        return found

    def _value(self, depth: int) -> object:
        if depth > _MAX_DEPTH:
            raise ParseError("a property list that is nested too deep", expected=f"at most {_MAX_DEPTH} levels")
        sign, text = self.take()
        if sign == "{":
            return self.members("}", depth)
        if sign == "(":
            return self._list(depth)
        if sign:
            raise _broken()
        while not self.peek() and self._at < len(self._tokens):  # dates are printed bare: 2024-01-31 10:00:00 +0000
            text += f" {self.take()[1]}"
        return text

    def _list(self, depth: int) -> list[object]:
        found: list[object] = []
        while self.peek() != ")":
            found.append(self._value(depth + 1))
            if self.peek() == ",":
                self.take()
        self.take()
        return found


def _tokens(content: str) -> list[tuple[str, str]]:
    """Signs and texts."""
    found: list[tuple[str, str]] = []
    at = 0
    end = len(content.rstrip())
    while at < end:
        token = _TOKEN.match(content, at)
        if token is None:
            raise _broken()
        quoted, sign, data, bare = token.groups()
        found.append((sign or "", _unescaped(quoted) if quoted is not None else data or bare or ""))
        at = token.end()
    return found


def _unescaped(quoted: str) -> str:
    def meant(found: re.Match[str]) -> str:
        code = found[1]
        if code[0] == "U" and len(code) > 1:
            return chr(int(code[1:], 16))
        if code.isdigit() and len(code) > 1:
            return chr(int(code, 8))
        return _LETTERS.get(code, code)

    return _ESCAPE.sub(meant, quoted) if "\\" in quoted else quoted


def _broken() -> ParseError:
    return ParseError("a broken property list of OpenStep", expected="{ key = value; }")
