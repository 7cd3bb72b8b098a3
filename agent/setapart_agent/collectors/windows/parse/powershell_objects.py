"""Objects as PowerShell writes them: a list of `Name : value` lines, a table, JSON, or comma-separated values.

Source: Microsoft, "Format-List" (blocks apart by a blank line; a value that is too long goes on below itself),
"Format-Table" (a line of dashes below the names says where columns begin; a value that is too long is cut and ends in
dots), "ConvertTo-Json" (one object alone is no list), "Export-Csv" (may begin with a `#TYPE` line, and quotes all or
what needs it). Windows PowerShell writes files in UTF-16.
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
_SEPARATED = re.compile(r'"?[\w-]+"?(?:[,;\t]"?[\w-]+"?)+')
_DASHES = re.compile(r"-+(?: +-+)*")
_CUT = ("...", "\u2026")
_FIRST = 20
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
    """The lower-case names of the first objects' values; never raises. JSON is read to its end, other forms are not."""
    as_json = text(content[:64]).lstrip("\ufeff\r\n\t ")[:1] in ("[", "{")
    try:
        return frozenset(
            name for record in records(content if as_json else content[:_HEAD])[:_FIRST] for name in record
        )
    except ParseError:
        return frozenset()


def is_cut(value: str) -> bool:
    """Whether a value, or a list in it, was too long for PowerShell to write it whole."""
    return value.rstrip("}").endswith(_CUT)


def _read(content: str) -> Iterator[Record]:
    if content[:1] in ("[", "{"):
        return _json(content)
    if content.startswith("#TYPE ") or _SEPARATED.fullmatch(content.partition("\n")[0].rstrip()):
        return _separated(content)
    lines = content.split("\n", 2)
    if len(lines) > 1 and _DASHES.fullmatch(lines[1].strip()):
        return _table(lines[0], lines[1], lines[2:])
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
    delimiter = next((mark for mark in ",;\t" if mark in (lines or [""])[0]), ",")
    try:
        for row in csv.DictReader(lines, delimiter=delimiter):
            yield {str(key).lower(): one for key, one in row.items() if key is not None and isinstance(one, str)}
    except csv.Error:
        raise ParseError("comma-separated values that are broken", expected=_EXPECTED) from None


def _table(head: str, dashes: str, rest: list[str]) -> Iterator[Record]:
    starts = [at for at, char in enumerate(dashes) if char == "-" and dashes[at - 1 : at] != "-"]
    spans = list(zip(starts, [*starts[1:], None], strict=True))
    columns = [head[start:end].strip().lower() for start, end in spans]
    for line in "".join(rest).split("\n"):
        if line.strip():
            yield {column: line[start:end].strip() for column, (start, end) in zip(columns, spans, strict=True)}


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
