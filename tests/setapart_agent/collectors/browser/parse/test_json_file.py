"""JSON of foreign shape."""

import pytest

from setapart_agent.collectors.browser.parse.json_file import decoded, member, members, word
from setapart_agent.errors import ParseError


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{", b'{"a":' * 100_000, b"[" * 100_000, b"\x00", b'"x"', b"\xff\xfe\x00\xd8"]
)
def test_what_is_no_object_is_refused(raw: bytes) -> None:
    with pytest.raises(ParseError):
        decoded(raw, "an object")


def test_invalid_text_is_survived() -> None:
    assert decoded(b'{"a": "\xff", "b": "\\ud800"}', "x")["a"] == "\ufffd"


def test_paths_end_where_the_shape_does() -> None:
    value = {"a": {"b": [1], "c": " "}}
    assert member(value, "a", "b") == [1]
    assert member(value, "a", "b", "c") is None
    assert member(None, "a") is None
    assert list(members([1])) == []
    assert word(member(value, "a", "c")) is None
    assert word(7) is None
