"""Frames: what is written is read, whatever it holds; what nobody wrote is no value and no error."""

import io
import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as some

from setapart_agent.collectors import worker_frames
from setapart_agent.collectors.base import Collected
from setapart_agent.collectors.worker_frames import (
    Answer,
    Broken,
    End,
    Question,
    Refusal,
    Value,
    read_values,
    write_value,
)
from setapart_agent.facts import AccountFact, DeviceFacts, Facts
from setapart_evidence.model import App, Link

TEXT = some.text(max_size=20) | some.text(some.characters(categories=["Cs"]), max_size=3)
OPTIONAL = some.none() | TEXT
APPS = some.builds(
    App, identifier=TEXT, name=OPTIONAL, version=OPTIONAL, profile=TEXT, source=some.just("mdm"), publisher=OPTIONAL
)
ACCOUNTS = some.builds(
    AccountFact, profile=TEXT, type=TEXT, address=OPTIONAL, domain=OPTIONAL, enabled=some.none() | some.booleans()
)
FACTS = some.builds(
    Facts,
    device=some.builds(DeviceFacts, model=OPTIONAL, os_api_level=some.none() | some.integers(-(2**63), 2**63 - 1)),
    apps=some.lists(APPS, max_size=3).map(tuple),
    accounts=some.lists(ACCOUNTS, max_size=3).map(tuple),
    links=some.lists(some.builds(Link, kind=some.just("vpn"), target=OPTIONAL, profile=TEXT), max_size=2).map(tuple),
)
MOMENTS = some.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=some.just(UTC))  # noqa: DTZ001
VALUES: some.SearchStrategy[Value] = (
    some.builds(Collected, facts=FACTS, collectors=some.just(()), taken_at=some.none() | MOMENTS)
    | some.builds(Refusal, TEXT, TEXT, TEXT, TEXT, TEXT)
    | some.builds(Broken, TEXT)
    | some.builds(Answer, OPTIONAL)
    | some.just(Question())
    | some.just(End())
)


def sent(values: Iterable[Value]) -> bytes:
    """The bytes of frames."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as pipe:
        for value in values:
            write_value(writing, value)
        os.close(writing)
        return pipe.read()


@given(some.lists(VALUES, max_size=3))
def test_what_is_written_is_read(values: list[Value]) -> None:
    read = list(read_values(io.BytesIO(sent(values))))
    assert [type(value) for value in read] == [type(value) for value in values]
    for before, after in zip(values, read, strict=True):
        if any(
            category in repr(before)
            for category in ("\\ud8", "\\ud9", "\\uda", "\\udb", "\\udc", "\\udd", "\\ude", "\\udf")
        ):
            assert "\\\\ud" in repr(after), "half a pair got lost"
        else:
            assert before == after


@given(some.binary(max_size=200))
def test_bytes_that_nobody_wrote_are_no_error(raw: bytes) -> None:
    list(read_values(io.BytesIO(raw)))


@given(VALUES, some.integers(0, 2**16), some.integers(0, 255))
def test_a_frame_that_was_changed_is_no_error(value: Value, at: int, byte: int) -> None:
    broken = bytearray(sent([value]))
    broken[at % len(broken)] = byte
    list(read_values(io.BytesIO(bytes(broken))))
    list(read_values(io.BytesIO(bytes(broken[: at % len(broken)]))))


def test_a_moment_of_another_time_zone_is_the_same_moment() -> None:
    moment = datetime(2026, 11, 25, 1, 2, 3, tzinfo=timezone(timedelta(hours=5)))
    (read,) = read_values(io.BytesIO(sent([Collected(facts=Facts(), collectors=(), taken_at=moment)])))
    assert isinstance(read, Collected)
    assert read.taken_at == moment


def test_a_value_that_is_too_large_for_a_frame_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_frames, "MAX_FRAME", 100)
    with pytest.raises(MemoryError):
        sent([Broken("x" * 200)])
