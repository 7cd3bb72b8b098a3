"""LevelDB's files."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leveldb_maker import log, table
from setapart_agent.collectors.browser.parse.leveldb import is_table, may_hold, values_below
from setapart_agent.errors import ParseError

WRITES = tuple((b"%s-dt-%02d" % (kind, n), b"v%d" % n) for kind in (b"aa", b"web", b"zz") for n in range(11))
WEB = {b"web-dt-%02d" % n: b"v%d" % n for n in range(11)}


@pytest.mark.parametrize("packed", [False, True])
def test_a_table(packed: bool) -> None:
    content = table(WRITES, packed=packed)
    assert is_table(content)
    assert values_below(b"web-dt-", [content]) == WEB


def test_a_log_over_several_blocks() -> None:
    writes = (*WRITES, (b"web-dt-big", b"x" * 100_000), (b"web-dt-last", b"y"))
    assert values_below(b"web-dt-", [log(writes)]) == {**WEB, b"web-dt-big": b"x" * 100_000, b"web-dt-last": b"y"}


def test_the_newest_write_counts_whatever_the_order_of_files() -> None:
    old = table([(b"web-1", b"old"), (b"web-2", b"kept")], sequence=5)
    new = log([(b"web-1", None), (b"web-3", b"new")], sequence=9)
    for contents in ([old, new], [new, old]):
        assert values_below(b"web-", contents) == {b"web-2": b"kept", b"web-3": b"new"}


@pytest.mark.parametrize("content", [table(WRITES), table(WRITES, packed=True), log(WRITES)])
def test_a_file_that_holds_nothing_of_a_kind_is_known_for_it(content: bytes) -> None:
    assert may_hold(b"web-dt-", content)
    assert not may_hold(b"web-md-", content)
    assert not may_hold(b"zzz", content)


def test_a_deletion_is_held_and_a_broken_table_may_hold_anything() -> None:
    assert may_hold(b"web-", log([(b"web-1", None)]))
    content = table(WRITES)
    assert may_hold(b"web-dt-", b"\xff" * 90 + content[90:])


def test_a_table_cut_anywhere_is_no_table_or_refused() -> None:
    content = table(WRITES)
    for cut in range(0, len(content), 7):
        assert not is_table(content[:cut])
    for at in range(0, len(content) - 60, 3):
        with pytest.raises(ParseError):
            values_below(b"", [content[:at] + content[-48:]])


def test_a_log_that_ends_inside_a_record_gives_what_came_before() -> None:
    first = log([(b"web-1", b"a")])
    assert values_below(b"web-", [first + log([(b"web-2", b"b")], sequence=2)[:-1]]) == {b"web-1": b"a"}


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_flipped_byte_ends_in_values_or_our_error(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from([table(WRITES), table(WRITES, packed=True), log(WRITES)])))
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(ParseError):
        assert len(values_below(b"web-dt-", [bytes(content)])) <= len(WEB)
