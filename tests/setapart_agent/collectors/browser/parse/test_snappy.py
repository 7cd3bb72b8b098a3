"""Snappy's raw format."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leveldb_maker import snappy, varint
from setapart_agent.collectors.browser.parse.snappy import decompress
from setapart_agent.errors import ParseError


@pytest.mark.parametrize(
    ("packed", "expected"),
    [
        (b"\x00", b""),
        (b"\x03\x08abc", b"abc"),
        (b"\x09\x08abc\x09\x03", b"abcabcabc"),  # one byte of offset: 6 bytes from 3 back, into what it writes
        (b"\x08\x08abc\x12\x03\x00", b"abcabcab"),  # two bytes of offset: 5 bytes
        (b"\x05\x08abc\x07\x02\x00\x00\x00", b"abcbc"),  # four bytes of offset: 2 bytes
        (varint(70) + b"\xf0\x45" + b"x" * 70, b"x" * 70),  # a literal whose length takes a byte of its own
        (varint(300) + b"\xf4\x2b\x01" + b"y" * 300, b"y" * 300),
        (b"\x06\x00a\x01\x01\x00b", b"aaaaab"),
    ],
)
def test_elements(packed: bytes, expected: bytes) -> None:
    assert decompress(packed, 1000) == expected


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"\xff",
        b"\x03\x08ab",
        b"\x04\x08abc",
        b"\x02\x08abc",
        b"\x05\x00a\x01",
        b"\x05\x00a\x01\x00",
        b"\x05\x01\x01",
    ],
)
def test_broken_data_is_refused(packed: bytes) -> None:
    with pytest.raises(ParseError):
        decompress(packed, 1000)


def test_a_length_over_the_limit_is_refused_before_anything_is_unpacked() -> None:
    with pytest.raises(ParseError):
        decompress(varint(1001) + b"\x00a", 1000)


@settings(max_examples=60)
@given(st.binary(max_size=500))
def test_literals_come_back(data: bytes) -> None:
    assert decompress(snappy(data), 1000) == data


@settings(max_examples=200)
@given(st.binary(max_size=60))
def test_anything_ends_in_bytes_or_our_error(data: bytes) -> None:
    with suppress(ParseError):
        assert len(decompress(data, 1000)) <= 1000
