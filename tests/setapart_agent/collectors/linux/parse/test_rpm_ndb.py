"""The container Packages.db."""

import pytest

from rpm_maker import PAGE, header, ndb
from setapart_agent.collectors.linux.parse import rpm_ndb
from setapart_agent.errors import ParseError

BLOBS = (header("a"), header("b", filler=40_000))


def test_every_package_with_its_length() -> None:
    found = list(rpm_ndb.blobs(ndb(*BLOBS)))
    assert [size for _, size in found] == [len(blob) for blob in BLOBS]
    assert all(blob.startswith(prefix) for (prefix, _), blob in zip(found, BLOBS, strict=True))


def test_a_file_cut_anywhere_is_refused() -> None:
    content = ndb(*BLOBS)
    for cut in (10, 31, PAGE - 1, PAGE, PAGE + 20, len(content) - 1):
        with pytest.raises(ParseError):
            list(rpm_ndb.blobs(content[:cut]))


def test_two_slots_for_one_blob_are_refused() -> None:
    content = bytearray(ndb(*BLOBS))
    content[48:64] = content[32:48]
    with pytest.raises(ParseError):
        list(rpm_ndb.blobs(bytes(content)))


@pytest.mark.parametrize("at", [0, 32, 32 + 4, PAGE, PAGE + 4, PAGE + 12])
def test_a_flipped_bit_in_a_structure_is_refused(at: int) -> None:
    content = bytearray(ndb(*BLOBS))
    content[at] ^= 1
    with pytest.raises(ParseError):
        list(rpm_ndb.blobs(bytes(content)))
