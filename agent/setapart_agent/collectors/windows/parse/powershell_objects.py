"""Objects as PowerShell writes them: as a list of `Name : value` lines, as JSON, or as comma-separated values.

Source: Microsoft, "Format-List" (blocks apart by a blank line; a value that is too long goes on below itself),
"ConvertTo-Json" (one object alone is no list), "Export-Csv" (may begin with a `#TYPE` line). Windows PowerShell writes
files in UTF-16.
"""

import re
from collections.abc import Iterator, Mapping

import msgspec

from setapart_agent.errors import ParseError
from setapart_agent.facts import text

Record = Mapping[str, str]
"""Values by lower-case name; what is no text is left out."""

_EXPECTED = "objects that PowerShell has written"
_LINE = re.compile(r"([A-Za-z][\w-]*) *: ?(.*)")
_MAX_RECORDS = 100_000
_HEAD = 256 * 1024


def records(content: bytes) -> tuple[Record, ...]:
    """The objects in order.

    Raises:
        ParseError: no such text, or JSON that is broken.
    """
    raw = text(content[: len(content) & ~1] if content[:2] in (b"\xff\xfe", b"\xfe\xff") else content)
    stripped = raw.lstrip("\ufeff\r\n\t ")
    found = _read(stripped)
    kept: list[Record] = []
    for record in found:
        if len(kept) >= _MAX_RECORDS:
            raise ParseError(f"more than {_MAX_RECORDS} objects", expected="fewer")
        kept.append(record)
    return tuple(kept)


def names(content: bytes) -> frozenset[str]:
    """The lower-case names of the first object's values; never raises. JSON is read to its end, lists are not."""
    as_json = text(content[:64]).lstrip("\ufeff\r\n\t ")[:1] in ("[", "{")
    try:
        return frozenset(next(iter(records(content if as_json else content[:_HEAD])), {}))
    except ParseError:
        return frozenset()


def _read(content: str) -> Iterator[Record]:
    if content[:1] in ("[", "{"):
        return _json(content)
    first = content.partition("\n")[0]
    if content.startswith("#TYPE ") or re.match(r'"[\w-]+"[,;\t]', first):
        return _separated(content)
    return _listed(content)


def _json(content: str) -> Iterator[Record]:
    try:
        value = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise ParseError("JSON that is broken", expected=_EXPECTED) from None
    for entry in value if isinstance(value, list) else [value]:
        if isinstance(entry, dict):
            yield {key.lower(): one for key, one in entry.items() if isinstance(one, str)}


def _separated(content: str) -> Iterator[Record]:
    import csv

    lines = [line for line in content.splitlines() if not line.startswith("#TYPE ")]
    delimiter = next((mark for mark in ",;\t" if f'"{mark}"' in (lines or [""])[0]), ",")
    try:
        for row in csv.DictReader(lines, delimiter=delimiter):
            yield {str(key).lower(): one for key, one in row.items() if key is not None and isinstance(one, str)}
    except csv.Error:
        raise ParseError("comma-separated values that are broken", expected=_EXPECTED) from None


def _listed(content: str) -> Iterator[Record]:
    record: dict[str, str] = {}
    last = ""
    for raw in content.split("\n"):
        line = raw.strip()
        found = _LINE.fullmatch(line)
        if not line:
            if record:
                yield record
            record, last = {}, ""
        elif found is not None and (found[1].lower() not in record or not raw.startswith(" ")):
            last = found[1].lower()
            if last in record:
                yield record
                record = {}
            record[last] = found[2].strip()
        elif last:
            record[last] += line
    if record:
        yield record
