"""The container Packages, a Berkeley DB hash."""

import struct

import pytest

from rpm_maker import PAGE, bdb, header
from setapart_agent.collectors.linux.parse import rpm_bdb
from setapart_agent.errors import ParseError

BLOBS = (header("a"), header("b", filler=40_000))


@pytest.mark.parametrize("order", ["<", ">"])
def test_every_package_of_either_byte_order(order: str) -> None:
    content = bdb(*BLOBS, order=order)
    assert rpm_bdb.is_bdb(content)
    found = list(rpm_bdb.blobs(content))
    assert [size for _, size in found] == [len(blob) for blob in BLOBS]
    assert all(blob.startswith(prefix) for (prefix, _), blob in zip(found, BLOBS, strict=True))


def test_small_headers_stand_in_the_page_itself() -> None:
    assert list(rpm_bdb.blobs(bdb(BLOBS[0], inline=True))) == [(BLOBS[0], len(BLOBS[0]))]


def test_a_file_cut_anywhere_is_refused() -> None:
    content = bdb(*BLOBS)
    for cut in (0, 71, PAGE, 2 * PAGE, len(content) - 1):
        with pytest.raises(ParseError):
            list(rpm_bdb.blobs(content[:cut]))


def test_a_chain_in_a_circle_ends() -> None:
    content = bytearray(bdb(header("a", filler=12_000)))
    struct.pack_into("<I", content, 2 * PAGE + 16, 2)
    struct.pack_into("<H", content, 2 * PAGE + 22, 1)
    with pytest.raises(ParseError):
        list(rpm_bdb.blobs(bytes(content)))


def test_a_chain_into_another_kind_of_page_is_refused() -> None:
    content = bytearray(bdb(header("a", filler=12_000)))
    struct.pack_into("<I", content, 2 * PAGE + 16, 1)
    with pytest.raises(ParseError):
        list(rpm_bdb.blobs(bytes(content)))


@pytest.mark.parametrize(("at", "value"), [(16, 3), (20, 1000), (20, 1 << 20), (32, 0xFFFFFFFF)])
def test_an_absurd_meta_page_is_refused(at: int, value: int) -> None:
    content = bytearray(bdb(*BLOBS))
    struct.pack_into("<I", content, at, value)
    with pytest.raises(ParseError):
        list(rpm_bdb.blobs(bytes(content)))
