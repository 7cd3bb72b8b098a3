"""JSON that people may look at as well: what does not show is written as an escape."""

import re

import msgspec

_NOT_ASCII = re.compile("[^\x20-\x7e]")


def json_text(value: object) -> str:
    """A value as JSON on one line, `escaped`."""
    return escaped(msgspec.json.encode(value).decode())


def escaped(text: str) -> str:
    r"""JSON in which what does not show is written as `\uXXXX`: it steers no terminal, and hides from nobody."""
    return text if text.isprintable() else _NOT_ASCII.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    found = match[0]
    if found.isprintable():
        return found
    raw = found.encode("utf-16-be")
    return "".join(f"\\u{raw[at : at + 2].hex()}" for at in range(0, len(raw), 2))
