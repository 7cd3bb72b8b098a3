import json
from datetime import UTC, datetime

import pytest

from setapart_agent.collectors.android.parse import androidqf_acquisition as parser
from setapart_agent.errors import ParseError


def record(started: object) -> bytes:
    return json.dumps({"uuid": "u", "androidqf_version": "v1.8.3", "started": started, "sdcard": "/sdcard/"}).encode()


@pytest.mark.parametrize("started", ["2026-06-19T10:00:00.123456789Z", "2026-06-19T12:00:00.123456+02:00"])
def test_the_beginning_is_a_moment_in_utc(started: str) -> None:
    assert parser.read(record(started)) == datetime(2026, 6, 19, 10, 0, 0, 123456, UTC)


@pytest.mark.parametrize(
    "started", ["", "0001-01-01T00:00:00Z", "2026-06-19T10:00:00", "9999-12-31T23:59:59-14:00", 1, None, [], "x" * 1000]
)
def test_a_time_that_can_not_be_is_none(started: object) -> None:
    with pytest.raises(ParseError):
        parser.read(record(started))


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b"[" * 100_000, b"\xff"])
def test_what_is_no_record_is_an_error_of_ours(raw: bytes) -> None:
    with pytest.raises(ParseError):
        parser.read(raw)


def test_the_first_androidqf_of_2021_tells_it_too() -> None:
    raw = (
        b'{"uuid": "u", "storage_path": "x", "started": "2021-08-03T10:00:00.5Z", "completed": "2021-08-03T10:20:00Z"}'
    )
    assert parser.read(raw) == datetime(2021, 8, 3, 10, 0, 0, 500_000, UTC)
