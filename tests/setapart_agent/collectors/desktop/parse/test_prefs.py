import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setapart_agent.collectors.desktop.parse.prefs import prefs_of
from setapart_agent.errors import ParseError


def test_values_of_every_type_and_the_last_one_wins() -> None:
    raw = b"""# comment user_pref("a.x", 9);
// user_pref("a.x", 8);
/* user_pref("a.x", 7);
   user_pref("a.x", 6); */
user_pref("a.s", "v");
user_pref( 'a.q' , 'it"s' ) ;
pref("a.i", -12); sticky_pref("a.t", true);
user_pref("a.f",
  false);
user_pref("a.s", "w");
user_pref("b.s", "other");
"""
    assert prefs_of(raw, ("a.",)) == ({"a.s": "w", "a.q": 'it"s', "a.i": -12, "a.t": True, "a.f": False}, True)


def test_escapes() -> None:
    raw = rb"""user_pref("a", "q\" s\' b\\ n\n r\r x\x41 u\u00e9 pair\ud83d\ude00 lone\ud83d end");"""
    assert prefs_of(raw, ("a",)) == (
        {"a": "q\" s' b\\ n\n r\r xA u\u00e9 pair\U0001f600 lone\ufffd end"},
        True,
    )


def test_an_escaped_key_is_the_same_key() -> None:
    assert prefs_of(rb'user_pref("mail\x2eserver", "x");', ("mail.",)) == ({"mail.server": "x"}, True)


def test_code_in_a_string_is_text() -> None:
    raw = b'user_pref("a", "x\\"); user_pref(\\"a.b\\", \\"y");\nuser_pref("a.c", "// /* not a comment");\n'
    assert prefs_of(raw, ("a",)) == ({"a": 'x"); user_pref("a.b", "y', "a.c": "// /* not a comment"}, True)


def test_a_comment_that_swallows_the_rest_is_an_error() -> None:
    with pytest.raises(ParseError):
        prefs_of(b'user_pref("a", 1);\n/* user_pref("b", 2);', ("a",))


def test_a_file_without_one_readable_preference_is_an_error() -> None:
    with pytest.raises(ParseError):
        prefs_of(b"user_pref(broken", ("a",))


@pytest.mark.parametrize(
    "stray",
    [
        b'x "/*"; user_pref("a.hidden", 1); // */',  # Mozilla's parser reads the preference: the /* is in a string
        b'user_pref("a.cut", "v',
        b"user_pref(a.b, 1);",
    ],
)
def test_what_is_no_preference_makes_the_file_doubtful(stray: bytes) -> None:
    assert prefs_of(b'user_pref("a", 1);\n' + stray, ("a",)) == ({"a": 1}, False)


def test_an_enormous_number_is_no_value() -> None:
    assert prefs_of(b'user_pref("a", ' + b"9" * 5000 + b");", ("a",)) == ({}, True)


@pytest.mark.parametrize(
    "unit",
    [b'user_pref("', b"user_pref('", b'user_pref("a', b'"\\', b"/", b"user_pref(", b"pref ", b'user_pref("a","', b"\\"],
)
def test_no_input_takes_more_than_linear_time(unit: bytes) -> None:
    start = time.monotonic()
    for raw in (unit * (400_000 // len(unit)), b'user_pref("x", 1);\n' + unit * (400_000 // len(unit))):
        with contextlib.suppress(ParseError):
            prefs_of(raw, ("a",))
    assert time.monotonic() - start < 10


@given(st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=40))
def test_what_is_written_as_a_string_is_read_back(value: str) -> None:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    assert prefs_of(f'user_pref("a", "{escaped}");'.encode(), ("a",)) == ({"a": value}, True)
