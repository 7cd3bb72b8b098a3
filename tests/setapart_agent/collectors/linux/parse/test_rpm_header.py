"""rpm's header blob."""

import struct

import pytest

from rpm_maker import header
from setapart_agent.collectors.linux.parse.rpm_header import PREFIX, app_of
from setapart_agent.errors import ParseError


def test_name_version_release_and_epoch() -> None:
    blob = header("telegram-desktop", "4.8", "1.fc39", epoch=3)
    app = app_of(blob, len(blob), "system")
    assert (app.identifier, app.version, app.source) == ("telegram-desktop", "3:4.8-1.fc39", "rpm")


def test_an_epoch_of_zero_is_said_and_none_is_left_out() -> None:
    zero, none = header("a", epoch=0), header("a")
    assert app_of(zero, len(zero), "x").version == "0:1-2"
    assert app_of(none, len(none), "x").version == "1-2"


def test_the_first_bytes_are_enough() -> None:
    blob = header("big", filler=PREFIX * 4)
    assert app_of(blob[:PREFIX], len(blob), "x").identifier == "big"


def test_every_shorter_blob_is_refused() -> None:
    blob = header("a", epoch=1)
    for size in range(len(blob)):
        with pytest.raises(ParseError):
            app_of(blob[:size], size, "x")


@pytest.mark.parametrize("offset", [-1, 10_000, 2**31 - 1])
def test_a_string_outside_the_header_is_refused(offset: int) -> None:
    blob = bytearray(header("a"))
    struct.pack_into(">i", blob, 8 + 16 + 8, offset)
    with pytest.raises(ParseError):
        app_of(bytes(blob), len(blob), "x")


@pytest.mark.parametrize("counts", [(0, 10), (0xFFFFFFFF, 10), (3, 0xFFFFFFFF)])
def test_absurd_counts_are_refused(counts: tuple[int, int]) -> None:
    with pytest.raises(ParseError):
        app_of(struct.pack(">II", *counts) + bytes(100), 108, "x")
