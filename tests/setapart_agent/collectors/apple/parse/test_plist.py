import datetime as dt
import plistlib
import struct
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plist_maker import array, ascii_text, binary, dictionary
from setapart_agent.collectors.apple.parse import plist
from setapart_agent.collectors.apple.parse.plist import Uid, read_plist, read_value
from setapart_agent.errors import ParseError

XML = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" '
    '"http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n<plist version="1.0">{}</plist>\n'
)
DATE = dt.datetime.fromisoformat("2020-01-01")
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.booleans() | st.floats(allow_nan=False)
# XML can't carry control characters, and turns a carriage return into a line feed.
TEXT = st.text(st.characters(min_codepoint=0x20, exclude_categories=("Cs",), exclude_characters="\ufffe\uffff"))
DATES = st.datetimes(dt.datetime.fromisoformat("1970-01-01"), dt.datetime.fromisoformat("2100-01-01")).map(
    lambda moment: moment.replace(microsecond=0)
)
VALUES = st.recursive(
    NUMBERS | TEXT | DATES | st.binary(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=25,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(TEXT, VALUES, max_size=5))
def test_what_others_write_is_read_as_it_was(value: dict[str, object]) -> None:
    for form in (plistlib.FMT_BINARY, plistlib.FMT_XML):
        assert read_plist(plistlib.dumps(value, fmt=form)) == value


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.booleans())
def test_nonsense_ends_in_our_error(raw: bytes, as_binary: bool) -> None:
    try:
        read_value(b"bplist00" + raw if as_binary else b"<plist>" + raw + b"</plist>")
    except ParseError:
        return


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_damaged_file_ends_in_our_error(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from((plistlib.FMT_BINARY, plistlib.FMT_XML)))
    raw = bytearray(plistlib.dumps({"a": [1, 2.5, b"x", "y", {"z": True}]}, fmt=form))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        read_value(bytes(raw))
    except ParseError:
        return


def test_references_of_archives_are_kept_apart_from_numbers() -> None:
    assert read_plist(plistlib.dumps({"a": plistlib.UID(7)}, fmt=plistlib.FMT_BINARY)) == {"a": Uid(7)}


@pytest.mark.parametrize(
    "raw",
    [
        binary([array(0)]),
        binary([array(1), array(0)]),
        binary([dictionary((1, 0)), ascii_text("k")]),
    ],
    ids=["array in itself", "two arrays in each other", "dictionary in itself"],
)
def test_a_list_that_holds_itself_is_refused(raw: bytes) -> None:
    with pytest.raises(ParseError, match="holds itself"):
        read_value(raw)


def test_shared_lists_that_unfold_without_end_are_refused_soon() -> None:
    levels = [array(*[number + 1] * 10) for number in range(20)] + [ascii_text("x")]
    begun = time.monotonic()
    with pytest.raises(ParseError, match="unfolds"):
        read_value(binary(levels))
    assert time.monotonic() - begun < 10


def test_many_objects_at_the_same_bytes_cost_what_the_bytes_cost() -> None:
    text = b"\x5f\x12" + struct.pack(">I", 200_000) + b"a" * 200_000
    overlapping = [array(*range(1, 15)), text]
    places = [8, *range(8 + len(overlapping[0]), 8 + len(overlapping[0]) + 14)]
    with pytest.raises(ParseError):
        read_value(binary(overlapping, offsets=places))
    same = binary(overlapping, offsets=[8, *[8 + len(overlapping[0])] * 14])
    assert read_value(same) == ["a" * 200_000] * 14


@pytest.mark.parametrize("depth", [plist.MAX_DEPTH + 1, 50_000])
def test_nesting_ends_at_a_limit_in_both_forms(depth: int) -> None:
    with pytest.raises(ParseError):
        read_value(XML.format("<array>" * depth + "</array>" * depth).encode())
    with pytest.raises(ParseError):
        read_value(binary([array(number + 1) for number in range(depth)] + [array()]))


def test_entities_are_refused() -> None:
    bomb = '<!DOCTYPE plist [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><plist><string>&b;</string></plist>'
    with pytest.raises(ParseError, match="entities"):
        read_value(bomb.encode())


def test_a_file_outside_is_not_loaded() -> None:
    outside = '<!DOCTYPE plist SYSTEM "file:///etc/passwd"><plist><dict><key>a</key><string>b</string></dict></plist>'
    assert read_plist(outside.encode()) == {"a": "b"}


@pytest.mark.parametrize("around", [b"\xef\xbb\xbf%s", b"\n \t%s", b"%s\n\n", b"%s\x00\x00"])
def test_blanks_and_marks_around_xml_are_left_out(around: bytes) -> None:
    raw = XML.format("<dict><key>a</key><integer>1</integer></dict>").encode()
    assert read_plist(around % raw) == {"a": 1}


def test_utf_16_is_read() -> None:
    raw = XML.format("<dict><key>a</key><string>ä</string></dict>").replace("UTF-8", "UTF-16").encode("utf-16")
    assert read_plist(raw) == {"a": "ä"}


def test_dates_of_apples_distant_past_do_not_cost_the_file() -> None:
    past = struct.pack(">d", -63114076800.0)
    raw = binary([dictionary((1, 2), (3, 4)), ascii_text("a"), b"\x33" + past, ascii_text("b"), b"\x11\x01\x02"])
    assert read_plist(raw) == {"a": None, "b": 0x102}
    assert read_plist(XML.format("<dict><key>a</key><date>0000-12-30T00:00:00Z</date></dict>").encode()) == {"a": None}


@pytest.mark.parametrize(
    "body",
    [
        "<dict><key>a</key></dict>",
        "<dict><string>a</string></dict>",
        "<dict><key>a</key><key>b</key></dict>",
        "<key>a</key>",
        "<array/><array/>",
        "<dict><key>a</key><integer>x</integer></dict>",
        "<dict><key>a</key><integer>" + "9" * 5000 + "</integer></dict>",
        "<dict><key>a</key><real>x</real></dict>",
        "<dict><key>a</key><date>yesterday</date></dict>",
        "<dict><key>a</key><data>abcde</data></dict>",
        "<string><string/></string>",
        "<other/>",
        "",
    ],
)
def test_xml_that_is_no_property_list_is_refused(body: str) -> None:
    with pytest.raises(ParseError):
        read_value(XML.format(body).encode())


@pytest.mark.parametrize("raw", [b"", b"{ a = 1; }", b"bplist00", b"bplist00" + b"\x00" * 40, b"<html/>"])
def test_what_is_no_property_list_is_refused(raw: bytes) -> None:
    with pytest.raises(ParseError):
        read_value(raw)


def test_a_list_on_top_is_not_a_dictionary() -> None:
    with pytest.raises(ParseError, match="dictionary on top"):
        read_plist(plistlib.dumps([1]))


@pytest.mark.parametrize("value", ["text", 1, 1.5, True, b"data", [], {}, None, DATE, Uid(1)])
def test_getters_give_the_wrong_type_to_nobody(value: object) -> None:
    holder = {"k": value}
    assert plist.text_of(holder, "k") in (value, None)
    assert plist.bool_of(holder, "k") in (True, False, None)
    assert isinstance(plist.int_of(holder, "k"), int | None)
    assert isinstance(plist.data_of(holder, "k"), bytes | None)
    assert isinstance(plist.date_of(holder, "k"), dt.datetime | None)
    assert isinstance(plist.dict_of(holder, "k"), dict)
    assert isinstance(plist.list_of(holder, "k"), tuple)
    assert all(isinstance(one, str) for one in plist.texts_of(holder, "k"))
    assert all(isinstance(one, dict) for one in plist.dicts_of(holder, "k"))


def test_a_boolean_is_no_number_and_a_number_can_be_a_boolean() -> None:
    assert plist.int_of({"k": True}, "k") is None
    assert plist.bool_of({"k": 0}, "k") is False
