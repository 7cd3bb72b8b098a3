import struct
from itertools import pairwise

import pytest

from registry_maker import BASE, hive, sealed
from setapart_agent.collectors.windows.hive import open_hive
from setapart_agent.collectors.windows.hive_log import marvin32, replayed

PAGE = 512


def entry(sequence: int, hive_size: int, pages: list[tuple[int, bytes]]) -> bytes:
    """An entry: head, references to pages, pages; its size is a multiple of a sector."""
    body = b"".join(struct.pack("<II", at, len(page)) for at, page in pages) + b"".join(page for _, page in pages)
    size = -(-(40 + len(body)) // 512) * 512
    body = body.ljust(size - 40, b"\0")
    head = struct.pack("<4sIIIIIQ", b"HvLE", size, 0, sequence, hive_size, len(pages), marvin32(body))
    return head + struct.pack("<Q", marvin32(head)) + body


def log(*entries: bytes, first: int = 1) -> bytes:
    """A log whose header has the number that the first of its entries had when it was begun."""
    head = bytearray(512)
    struct.pack_into("<4sII", head, 0, b"regf", first, first)
    struct.pack_into("<I", head, 28, 6)
    return bytes(sealed(head)) + b"".join(entries)


def pages(old: bytes, new: bytes) -> list[tuple[int, bytes]]:
    """The pages in which two hives differ."""
    return [
        (at - BASE, new[at : at + PAGE])
        for at in range(BASE, len(new), PAGE)
        if old[at : at + PAGE] != new[at : at + PAGE]
    ]


def versions(count: int, sequence: tuple[int, int] = (7, 6)) -> list[bytes]:
    return [hive({"v": f"version {number}"}, sequence=sequence) for number in range(count)]


def value(raw: bytes, *logs: bytes) -> tuple[str | None, str | None]:
    key, doubt = open_hive(raw, logs)
    return key.text("v"), doubt


def changes(states: list[bytes], first: int) -> list[bytes]:
    return [entry(first + at, len(new) - BASE, pages(old, new)) for at, (old, new) in enumerate(pairwise(states))]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        # dotnet/runtime, MarvinTests: seed 0x4FB61A001BDBCCLU.
        (b"", 0x30ED35C100CD3C7D),
        (bytes.fromhex("af"), 0x48E73FC77D75DDC1),
        (bytes.fromhex("e70f"), 0xB5F6E1FC485DBFF8),
        (bytes.fromhex("37f495"), 0xF0B07C789B8CF7E8),
        (bytes.fromhex("8642dc59"), 0x7008F2E87E9CF556),
        (bytes.fromhex("153fb79826"), 0xE6C08C6DA2AFA997),
        (bytes.fromhex("0932e6246c47"), 0x6F04BF1A5EA24060),
        (bytes.fromhex("ab427ea8d10fc7"), 0xE11847E4F0678C41),
    ],
)
def test_the_hash_is_the_one_of_its_published_vectors(data: bytes, expected: int) -> None:
    assert marvin32(data, 0x004FB61A001BDBCC) == expected


def test_a_clean_hive_needs_no_log() -> None:
    old, new = versions(2, (6, 6))
    assert value(old, log(*changes([old, new], 6))) == ("version 0", None)


def test_what_was_noted_is_written() -> None:
    states = versions(3)
    assert value(states[0], log(*changes(states, 6))) == ("version 2", None)


def test_two_logs_follow_one_another_in_any_order() -> None:
    states = versions(3)
    first, second = changes(states, 6)
    assert value(states[0], log(second), log(first)) == ("version 2", None)


def test_older_entries_that_the_hive_has_are_left() -> None:
    states = versions(3)
    old = entry(5, len(states[0]) - BASE, pages(states[0], states[2]))
    assert value(states[0], log(old)) == ("version 0", replayed(states[0], ())[1])
    (new,) = changes(states[:2], 6)
    assert value(states[0], log(old), log(new)) == ("version 1", None)


def test_what_is_left_of_older_entries_behind_newer_ones_does_not_end_the_replay() -> None:
    states = versions(3)
    remnant = entry(7, len(states[0]) - BASE, pages(states[0], states[1]))
    newer = entry(9, len(states[0]) - BASE, pages(states[0], states[2]))
    assert value(states[0], log(newer, remnant, first=9)) == ("version 2", None)


def test_a_hive_whose_header_has_a_wrong_sum_is_in_doubt() -> None:
    (whole,) = versions(1, (6, 6))
    broken = bytearray(whole)
    broken[12] ^= 1
    text, doubt = value(bytes(broken))
    assert text == "version 0"
    assert doubt is not None


def test_a_gap_ends_the_replay() -> None:
    states = versions(3)
    first, second = changes(states, 6)
    later = entry(9, len(states[0]) - BASE, pages(states[1], states[2]))
    assert value(states[0], log(first, later)) == ("version 1", None)
    assert value(states[0], log(first, second[:-1])) == ("version 1", None)


def test_a_hive_that_was_being_written_and_has_no_log_is_in_doubt() -> None:
    (only,) = versions(1)
    text, doubt = value(only)
    assert text == "version 0"
    assert doubt is not None
    assert value(only, b"", b"regf", log(b"HvLE")) == (text, doubt)


def test_an_entry_that_is_not_whole_counts_for_nothing() -> None:
    states = versions(2)
    (good,) = changes(states, 6)
    for at in range(len(good)):
        broken = bytearray(good)
        broken[at] ^= 0x10
        assert value(states[0], log(bytes(broken)))[0] == "version 0", at


def test_a_log_whose_header_is_broken_completes_nothing() -> None:
    states = versions(2)
    whole = log(*changes(states, 6))
    for broken in (whole[:12] + b"x" + whole[13:], log(*changes(states, 6), first=1)[:508] + bytes(4) + whole[512:]):
        text, doubt = value(states[0], broken)
        assert text == "version 0"
        assert doubt is not None


def test_a_page_out_of_the_hive_is_refused_even_with_good_hashes() -> None:
    states = versions(1)
    bad = entry(6, len(states[0]) - BASE, [(len(states[0]), b"x" * PAGE)])
    assert value(states[0], log(bad))[0] == "version 0"


def test_a_hive_may_have_grown() -> None:
    small = hive({"v": "small"}, sequence=(7, 6))
    large = hive({"v": "large", "x": bytes(9000)}, sequence=(7, 6))
    assert len(large) > len(small)
    assert value(small, log(entry(6, len(large) - BASE, pages(small, large)))) == ("large", None)


def test_an_older_log_holds_sectors() -> None:
    states = versions(2)
    changed = pages(states[0], states[1])
    bitmap = bytearray((len(states[0]) - BASE) // 512 // 8)
    for at, _ in changed:
        bitmap[at // 512 // 8] |= 1 << at // 512 % 8
    head = bytearray(512)
    struct.pack_into("<4sII", head, 0, b"regf", 7, 7)
    struct.pack_into("<I", head, 40, len(states[0]) - BASE)
    raw = bytes(sealed(head)) + (b"DIRT" + bytes(bitmap)).ljust(512, b"\0") + b"".join(page for _, page in changed)
    assert value(states[0], raw) == ("version 1", None)
    assert value(states[0], raw[:12] + b"x" + raw[13:])[0] == "version 0"  # the header's sum is wrong now
    for length in (len(raw) - 1, 520, 512, 3):
        assert value(states[0], raw[:length])[0] == "version 0"
