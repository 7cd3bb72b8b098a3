import time

import pytest

from setapart_agent.collectors.macos.parse.openstep import read
from setapart_agent.errors import ParseError


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ("{ a = 1; }", {"a": "1"}),
        ("a = b; c = d", {"a": "b", "c": "d"}),
        ("{}", {}),
        ("", {}),
        ('{ "a b" = "c;\\"d\\"\\n"; }', {"a b": 'c;"d"\n'}),
        ('{ a = "\\U00e9\\303"; }', {"a": "\u00e9\u00c3"}),
        ("{ a = ( 1, { b = c; }, (x) ); }", {"a": ["1", {"b": "c"}, ["x"]]}),
        ("{ a = (); b = {}; }", {"a": [], "b": {}}),
        ("{ a = <0fbd 77>; b = x; }", {"a": "<0fbd 77>", "b": "x"}),
        ("{ a = {length = 9, bytes = 0x12}; }", {"a": {"length": "9", "bytes": "0x12"}}),
        ("{ d = 2024-01-31 10:00:00 +0000; }", {"d": "2024-01-31 10:00:00 +0000"}),
        ("{ u = https://x.example/y?z; }", {"u": "https://x.example/y?z"}),
    ],
)
def test_what_is_printed_is_read(content: str, value: object) -> None:
    assert read(content) == value


@pytest.mark.parametrize(
    "content", ["{", "{ a", "{ a = ", "{ a = ; }", "a = (", 'a = "', "{ = x; }", "( a )", "}", "a = <", "a = {b};"]
)
def test_what_is_broken_is_refused(content: str) -> None:
    with pytest.raises(ParseError):
        read(content)


@pytest.mark.parametrize("content", ["{a=" * 50_000, "a=" + "(" * 50_000, '"' * 50_001, "\\" * 50_001, "a " * 50_000])
def test_depth_and_length_have_an_end(content: str) -> None:
    begun = time.monotonic()
    with pytest.raises(ParseError):
        read(content)
    assert time.monotonic() - begun < 5
