r"""Mozilla's preference files: `user_pref("name", value);`, comments, and nothing else.

Format: modules/libpref/parser (Rust) and its escapes: `\"`, `\'`, `\\`, `\n`, `\r`, `\xHH`, `\uHHHH`.
"""

import re

from setapart_agent.errors import ParseError
from setapart_agent.facts import text

Pref = str | int | bool

# Possessive quantifiers: a string or comment is consumed once, whatever follows it.
_STRING = r""""(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+'"""
_ITEM = re.compile(
    rf"""//[^\n]*+ | \#[^\n]*+ | /\*(?P<open>.*?)(?:\*/|\Z)
    | (?:user_|sticky_)?pref\s*+\(
      \s*+(?P<key>{_STRING})\s*+, \s*+(?P<value>{_STRING}|[+-]?[0-9]++|true|false)
      (?:\s*+,\s*+(?:sticky|locked))*+\s*+\)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_SIMPLE = {"n": "\n", "r": "\r"}
_DIGITS = 11
_BETWEEN = " \t\r\n;"


def prefs_of(raw: bytes, prefixes: tuple[str, ...]) -> tuple[dict[str, Pref], bool]:
    """The preferences whose names start with one of the prefixes; the last value of a name wins.

    Returns:
        The preferences, and whether nothing else stands in the file. Mozilla's parser starts again after the next
        semicolon behind what it does not understand, so what stands around such a place may mean something else to it.

    Raises:
        ParseError: a comment that never ends, or not one preference in a file that is not empty.
    """
    found: dict[str, Pref] = {}
    content = text(raw)
    some, whole, at = False, True, 0
    for item in _ITEM.finditer(content):
        whole = whole and not content[at : item.start()].strip(_BETWEEN)
        at = item.end()
        key = item["key"]
        if key is None:
            if item["open"] is not None and not item[0].endswith("*/"):
                raise ParseError("a comment without an end", expected="a preference file")
            continue
        some = True
        name = _string(key)
        if name.startswith(prefixes):
            value = _value(item["value"])
            if value is not None:
                found[name] = value
    if not some and "user_pref" in content:
        raise ParseError("no preference that can be read", expected='user_pref("name", value);')
    return found, whole and not content[at:].strip(_BETWEEN)


def _value(raw: str) -> Pref | None:
    if raw[0] in "\"'":
        return _string(raw)
    if raw in ("true", "false"):
        return raw == "true"
    return int(raw) if len(raw) <= _DIGITS else None


def _string(raw: str) -> str:
    inner = raw[1:-1]
    if "\\" not in inner:
        return inner
    plain = _ESCAPE.sub(_character, inner)
    # Pairs of \u escapes are one character; a lone half is nobody's text.
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _character(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    return chr(int(code, 16)) if code else _SIMPLE.get(match[3], match[3])
