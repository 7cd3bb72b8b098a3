"""Strict TOML: hostile bytes end in one error of ours, with a place and a cure."""

import datetime as dt
import time
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from setapart_auditor.errors import AuditorError, PolicyError, RegisterError
from setapart_auditor.toml_file import MAX_BYTES, read_toml


class Limit(Struct, forbid_unknown_fields=True):
    severity: Literal["info", "warning"]
    max_days: int | None = None


class Person(Struct, forbid_unknown_fields=True):
    name: str
    day: dt.date | None = None


class File(Struct, forbid_unknown_fields=True):
    title: str
    tags: tuple[str, ...] = ()
    limit: Limit | None = None
    limits: dict[str, Limit] = {}
    person: tuple[Person, ...] = ()
    tables: dict[str, dict[str, Limit]] = {}


def fault(text: str | bytes) -> AuditorError:
    with pytest.raises(PolicyError) as caught:
        read_toml(text.encode() if isinstance(text, str) else text, "f.toml", PolicyError).convert(File)
    return caught.value


def test_a_document_becomes_its_type() -> None:
    raw = b'title = "x"\r\n[[person]]\r\nname = "a"\r\nday = 2026-01-31\r\n'
    found = read_toml(raw, "f.toml", PolicyError)
    assert found.convert(File) == File(title="x", person=(Person(name="a", day=dt.date(2026, 1, 31)),))
    assert found.raw == raw
    assert found.has("person", 0, "day")
    assert not found.has("person", 1, "day")
    assert not found.has("title", "day")


def test_a_byte_order_mark_of_an_editor_changes_nothing() -> None:
    """Notepad writes one, and `Invalid statement at column 1` helps nobody."""
    assert read_toml(b'\xef\xbb\xbftitle = "x"', "f.toml", PolicyError).convert(File).title == "x"
    assert fault(b"\xef\xbb\xbftitel = 1").where == "f.toml, line 1: titel"


@pytest.mark.parametrize(
    ("text", "where", "got", "cure"),
    [
        ('title = "x"\ntitel = 1', "f.toml, line 2: titel", "unknown key `titel` in the file's top level",
         "did you mean `title`?"),
        ('title = "x"\n[limit]\nseverity = "info"\nmax_day = 2', "f.toml, line 4: [limit] max_day",
         "unknown key `max_day` in [limit]", "did you mean `max_days`?"),
        ('title = "x"\n[limit]\nseverity = "inf"', "f.toml, line 3: [limit] severity", '"inf"', "did you mean `info`?"),
        ('title = "x"\n[limits.a]\nseverity = "info"\n[limits.b]\nseverity = "zzz"',
         "f.toml, line 5: [limits.b] severity", '"zzz"', ""),
        ('title = "x"\n[limits.a]\nseverity = "info"\n[limits.b]', "f.toml, line 4: [limits.b]",
         "[limits.b] has no `severity`", ""),
        ('title = "x"\n[tables.a.b]\nseverity = 1', "f.toml, line 3: [tables.a.b] severity", "1", ""),
        ('title = "x"\n[[person]]\nname = "a"\n[[person]]\nnome = "b"', "f.toml, line 5: [[person]] 2 nome",
         "unknown key `nome` in [[person]] 2", "did you mean `name`?"),
        ('title = "x"\n[[person]]\nday = 2026-01-01', "f.toml, line 2: [[person]] 1", "[[person]] 1 has no `name`", ""),
        ('title = "x"\ntags = ["a", 1]', "f.toml, line 2: tags", "1", ""),
        ('title = "x"\ntags = "a"', "f.toml, line 2: tags", '"a"', ""),
        ('title = "x"\nlimit = 1', "f.toml, line 2: limit", "1", ""),
        ("tags = []", "f.toml", "the file has no `title`", ""),
        ('title = "x"\n[limit]\nseverity = "info"\nmax_days = true', "f.toml, line 4: [limit] max_days", "true", ""),
        ('title = "x"\n[limit]\nseverity = "info"\nmax_days = 1.5', "f.toml, line 4: [limit] max_days", "1.5", ""),
        ('title = "x"\n[[person]]\nname = "a"\nday = 2026-01-01T10:00:00Z', "f.toml, line 4: [[person]] 1 day",
         "2026-01-01 10:00:00+00:00", ""),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place(text: str, where: str, got: str, cure: str) -> None:
    found = fault(text)
    assert (found.where, found.got, found.cure) == (where, got, cure)


def test_choices_are_listed() -> None:
    assert fault('title = "x"\n[limit]\nseverity = "zzz"').expected == "one of info, warning"


@pytest.mark.parametrize(
    ("raw", "got"),
    [
        (b'title = "\xff"', "a byte that is not UTF-8"),
        (b"title = ", "Invalid value"),
        (b'title = "a"\ntitle = "b"', "Cannot overwrite a value"),
        (b"day = 2026-02-30", "Invalid date or datetime"),
        (b"a = " + b"[" * 3000, "values nested too deep, or"),
        (b"title = " + b"9" * 4000, "9999"),
        (b"a = [\n" + b"9" * 4400 + b"\n]", "an overlong line"),
        (b"a" + b".a" * 1000 + b" = 1", "an overlong line"),
        (b"#" * (MAX_BYTES + 1), f"{MAX_BYTES + 1} bytes"),
        (b"title = 'a\x00b'", "Found invalid character"),
    ],
)
def test_hostile_bytes_are_refused(raw: bytes, got: str) -> None:
    with pytest.raises(RegisterError) as caught:
        read_toml(raw, "f.toml", RegisterError).convert(File)
    assert got in caught.value.got


def test_the_worst_file_within_the_limits_is_read_in_seconds() -> None:
    line = b"k%d" + b".a" * 199 + b" = 1\n"
    raw = b"".join(line % at for at in range(MAX_BYTES // (len(line) + 8)))
    started = time.process_time()
    with pytest.raises(PolicyError):
        read_toml(raw, "f.toml", PolicyError).convert(File)
    assert time.process_time() - started < 30


@given(st.binary(max_size=200) | st.text(alphabet='ab=.[]{}"\n1,', max_size=60).map(str.encode))
def test_no_bytes_raise_anything_but_our_error(raw: bytes) -> None:
    try:
        read_toml(raw, "f.toml", PolicyError).convert(File)
    except PolicyError as exc:
        assert exc.where.startswith("f.toml")  # noqa: PT017
