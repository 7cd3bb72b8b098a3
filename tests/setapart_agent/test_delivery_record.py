"""How delivery goes: written whole, and a damaged file neither stops an agent nor silences it."""

import datetime as dt
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setapart_agent.delivery_record import FILE, Record, Trouble, read_record, write_record
from setapart_agent.errors import ChainError, NetworkError

MOMENTS = st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001
TROUBLES = st.builds(Trouble, got=st.text(), expected=st.text(), cure=st.text(), at=MOMENTS)
RECORDS = st.builds(
    Record,
    failures=st.integers(0, 10**6),
    next_at=st.none() | MOMENTS,
    tried_at=st.none() | MOMENTS,
    delivered_at=st.none() | MOMENTS,
    trouble=st.none() | TROUBLES,
    bundle_trouble=st.none() | TROUBLES,
)


def a_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder in which something came back before."""
    folder = tmp_path_factory.mktemp("d")
    (folder / FILE).parent.mkdir()
    return folder


@settings(max_examples=50, deadline=None)
@given(RECORDS)
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, record: Record) -> None:
    folder = tmp_path_factory.mktemp("d")
    write_record(folder, record)
    assert read_record(folder) == record


@settings(max_examples=50, deadline=None)
@given(RECORDS, st.data())
def test_half_a_file_is_as_good_as_none(
    tmp_path_factory: pytest.TempPathFactory, record: Record, data: st.DataObject
) -> None:
    folder = a_folder(tmp_path_factory)
    raw = msgspec.json.encode(record)
    (folder / FILE).write_bytes(raw[: data.draw(st.integers(0, len(raw) - 1))])
    assert read_record(folder) == Record()


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_record_or_none(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    folder = a_folder(tmp_path_factory)
    (folder / FILE).write_bytes(raw)
    assert isinstance(read_record(folder), Record)


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 100_000,
        b'{"next_at": "2026-11-26T12:00:00"}',
        b'{"failures": "many"}',
        b'{"failures": 18446744073709551615}',
        b"\xff\xfe",
    ],
)
def test_what_another_program_may_have_left_there_is_as_good_as_none(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / FILE).parent.mkdir()
    (tmp_path / FILE).write_bytes(raw)
    assert read_record(tmp_path) == Record()


def test_a_folder_in_its_place_is_read_as_none_and_said_when_it_is_written(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir(parents=True)
    assert read_record(tmp_path) == Record()
    with pytest.raises(ChainError) as told:
        write_record(tmp_path, Record())
    assert told.value.cure
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_trouble_keeps_what_its_error_says(tmp_path: Path) -> None:
    now = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)
    exc = NetworkError("no answer", expected="the auditor", cure="wait")
    write_record(tmp_path, Record(trouble=Trouble.of(exc, now)))
    assert read_record(tmp_path).trouble == Trouble(got="no answer", expected="the auditor", cure="wait", at=now)


def test_no_word_in_it_steers_a_terminal_whoever_wrote_it(tmp_path: Path) -> None:
    (tmp_path / FILE).parent.mkdir()
    (tmp_path / FILE).write_text(
        '{"trouble": {"got": "\\u001b[2Jall is well", "cure": "' + "x" * 9000 + '", "at": "2026-11-26T12:00:00Z"}}'
    )
    trouble = read_record(tmp_path).trouble
    assert trouble is not None
    assert trouble.got == "\\u001b[2Jall is well"
    assert len(trouble.cure) == 2000
