"""Strict TOML: bytes of anybody in, one typed value out, or an error that names file, line, table and key."""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from setapart_evidence.text import printable

from .errors import AuditorError
from .toml_lines import Step, line_of

T = TypeVar("T", bound=Struct)

MAX_BYTES = 1024 * 1024
MAX_LINE = 4096
MAX_DOTS = 200
"""In one line: tomllib's time for one key grows with the cube of its dots (measured: 20,000 dots, 3 seconds)."""

_AT = re.compile(r" - at `(key in )?\$([^`]*)`$")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]|(\[\.\.\.\])")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*)`")
_TYPE = re.compile(r"Expected `(.*?)`(?:, got `(.*)`| (matching regex|>=|<=|of length) (.*))", re.DOTALL)
_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)\Z")
_ENTRY = "[...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class TomlFile:
    """A TOML document that was read: its name, its exact bytes and its tables.

    Attributes:
        name: the file, for messages.
        raw: the bytes as they came.
        data: the tables as tomllib made them.
        error: the family of errors that this kind of file raises.
    """

    name: str
    raw: bytes
    data: Mapping[str, Any]
    error: type[AuditorError]

    def convert(self, kind: type[T]) -> T:
        """The document as a value of the given type.

        Raises:
            AuditorError: of the file's family: an unknown key, a missing one, a value of another type.
        """
        try:
            return msgspec.convert(self.data, kind)
        except (msgspec.ValidationError, RecursionError) as exc:
            raise _explain(self, kind, str(exc)) from None

    def has(self, *path: Step) -> bool:
        """Whether the document itself says something at the path."""
        return _get(self.data, path) is not None

    def where(self, *path: Step) -> str:
        """`file, line 7: [table] key`, as far as it can be told."""
        text = self.raw.decode("utf-8-sig", "replace")
        line = line_of(text, path) if path else None
        place = f"{self.name}, line {line}" if line else self.name
        value = _get(self.data, path) if path else None
        if path and isinstance(path[-1], int) and not isinstance(value, dict):
            path = path[:-1]
        spelling = _spelling((*path, "")) if isinstance(value, dict) else _spelling(path)
        return f"{place}: {spelling}" if spelling else place

    def refuse(self, path: tuple[Step, ...], got: str, *, expected: str = "", cure: str = "") -> AuditorError:
        """The error of this file's family that points to `path`; for the caller to raise."""
        return self.error(got, expected=expected, cure=cure, where=self.where(*path))


def read_toml(raw: bytes, name: str, error: type[AuditorError], *, max_bytes: int = MAX_BYTES) -> TomlFile:
    """Reads a document, whatever its bytes are.

    Raises:
        AuditorError: of the given family: too large, not UTF-8, not TOML.
    """
    import tomllib

    def refuse(got: str, expected: str, cure: str = "", line: int | None = None) -> AuditorError:
        return error(got, expected=expected, cure=cure, where=f"{name}, line {line}" if line else name)

    if len(raw) > max_bytes:
        raise refuse(f"{len(raw)} bytes", f"at most {max_bytes}")
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")  # some editors begin every file with a byte order mark
    except UnicodeDecodeError as exc:
        line = raw.count(b"\n", 0, exc.start) + 1
        raise refuse("a byte that is not UTF-8", "UTF-8", "save the file as UTF-8", line) from None
    for number, one in enumerate(text.split("\n"), start=1):
        if len(one) > MAX_LINE or one.count(".") > MAX_DOTS:
            raise refuse("an overlong line", f"at most {MAX_LINE} characters", "write one value per line", number)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        place = _PLACE.search(str(exc))
        said = _PLACE.sub(r" at column \2", str(exc))
        raise refuse(printable(said), "TOML 1.0", line=int(place[1]) if place else None) from None
    except (ValueError, RecursionError):
        raise refuse("values nested too deep, or a number too long", "flat tables, numbers of 64 bits") from None
    return TomlFile(name=name, raw=raw, data=data, error=error)


def _explain(document: TomlFile, kind: type[Struct], message: str) -> AuditorError:
    """Turns msgspec's sentence into ours: the same facts, with a line, the choices, and the nearest known key."""
    found = _AT.search(message)
    path = _exact_path(document, kind, _steps(found[2] if found else ""), message)
    message = _AT.sub("", message)
    info = _type_at(kind, path)
    if unknown := _UNKNOWN.fullmatch(message):
        return _unknown_key(document, path, unknown[1], info)
    if missing := _MISSING.fullmatch(message):
        table = _spelling((*path, "")) or "the file"
        return document.refuse(path, f"{table} has no `{missing[1]}`", expected=f"`{missing[1]} = …`")
    value = printable(_shown(_get(document.data, path)), 60)
    if isinstance(info, msgspec.inspect.LiteralType):
        choices = [str(one) for one in info.values]
        near = difflib.get_close_matches(value.strip('"'), choices, 1)
        return document.refuse(
            path, value, expected=f"one of {', '.join(choices)}", cure=f"did you mean `{near[0]}`?" if near else ""
        )
    if kinds := _TYPE.fullmatch(message):
        expected = kinds[1] if kinds[3] is None else f"{kinds[1]} {kinds[3]} {kinds[4]}"
        return document.refuse(path, value, expected=_plain(expected))
    return document.refuse(path, printable(message))


def _unknown_key(document: TomlFile, path: tuple[Step, ...], name: str, info: Any) -> AuditorError:  # noqa: ANN401
    known = [field.encode_name for field in getattr(info, "fields", ())]
    near = difflib.get_close_matches(name, known, 1)
    table = _spelling((*path, "")) or "the file's top level"
    return document.refuse(
        (*path, name),
        f"unknown key `{printable(name, 60)}` in {table}",
        expected=f"one of {', '.join(known)}" if known else "",
        cure=f"did you mean `{near[0]}`?" if near else "",
    )


def _plain(expected: str) -> str:
    expected = expected.replace("\\\\", "\\").replace(r"\A", "^").replace(r"\Z", "$")
    if "^[a-z0-9][a-z0-9-]*$" in expected:
        return "lower-case letters, digits and hyphens"
    return {"array": "a list", "object": "a table", "str": "text", "int": "a whole number"}.get(expected, expected)


def _steps(text: str) -> tuple[Step, ...]:
    return tuple(name or (int(at) if at else entry) for name, at, entry in _STEP.findall(text))


def _exact_path(document: TomlFile, kind: type[Struct], path: tuple[Step, ...], message: str) -> tuple[Step, ...]:
    """A fault in "some entry of a table" (msgspec writes `[...]`): the one is found by trying each alone."""
    while _ENTRY in path:
        at = path.index(_ENTRY)
        table = _get(document.data, path[:at])
        for key in table if isinstance(table, dict) else ():
            alone = replace(document, data=_only(document.data, path[:at], key))
            try:
                msgspec.convert(alone.data, kind)
            except (msgspec.ValidationError, RecursionError) as exc:
                if str(exc) == message:
                    path = (*path[:at], key, *path[at + 1 :])
                    break
        else:
            return path[:at]
    return path


def _only(data: Mapping[str, Any], path: tuple[Step, ...], key: str) -> dict[str, Any]:
    """A copy of the tables in which the table at `path` has one key."""
    if not path:
        return {key: data[key]}
    name = str(path[0])
    return {**data, name: _only(data[name], path[1:], key)}


def _get(data: object, path: tuple[Step, ...]) -> Any:  # noqa: ANN401 - a TOML value
    def step(value: object, key: Step) -> object:
        if isinstance(value, dict):
            return value.get(key)
        if isinstance(value, list) and isinstance(key, int) and key < len(value):
            return value[key]
        return None

    return reduce(step, path, data)


def _type_at(kind: type[Struct], path: tuple[Step, ...]) -> Any:  # noqa: ANN401 - msgspec.inspect's own tree
    info: Any = msgspec.inspect.type_info(kind)
    for step in path:
        info = next(_below(info, step), None)
        if info is None:
            return None
    choices = getattr(info, "types", (info,))
    return next((one for one in choices if not isinstance(one, msgspec.inspect.NoneType)), None)


def _below(info: Any, step: Step) -> Iterator[Any]:  # noqa: ANN401
    for one in getattr(info, "types", (info,)):
        yield from (field.type for field in getattr(one, "fields", ()) if field.encode_name == step)
        for name in ("item_type", "value_type"):
            if hasattr(one, name):
                yield getattr(one, name)


def _spelling(path: tuple[Step, ...]) -> str:
    """`[table] key`, or `[[device]] 3 key`, as the reader finds it in the file; positions count from 1."""
    parts: list[str] = []
    names: list[str] = []
    for step in path:
        if isinstance(step, int):
            parts.append(f"[[{'.'.join(names)}]] {step + 1}")
            names = []
        else:
            names.append(printable(step, 60))
    if len(names) > 1:
        parts.append(f"[{'.'.join(names[:-1])}]")
    return " ".join((*parts, *names[-1:])).rstrip()


def _shown(value: object) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return str(value)
