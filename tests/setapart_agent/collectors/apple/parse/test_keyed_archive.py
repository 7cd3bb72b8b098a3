import plistlib
from plistlib import UID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plist_maker import archive, archive_of
from setapart_agent.collectors.apple.parse.keyed_archive import is_keyed_archive, unarchive
from setapart_agent.errors import ParseError

VALUES = st.recursive(
    st.text(st.characters(exclude_categories=("Cs",))).filter(lambda text: text != "$null")
    | st.integers(-(2**62), 2**62)
    | st.booleans()
    | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5).filter(bool), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=100, deadline=None)
@given(VALUES)
def test_what_was_archived_comes_out(value: object) -> None:
    raw = archive(value)
    assert is_keyed_archive(raw)
    assert unarchive(raw) == value


def test_sets_null_and_dates() -> None:
    assert unarchive(archive({"only"})) == ["only"]
    assert unarchive(archive([None, "a"])) == [None, "a"]
    found = unarchive(archive_of([{"NS.time": 0.0, "$class": UID(2)}, {"$classname": "NSDate"}]))
    assert str(found) == "2001-01-01 00:00:00"


def test_strings_data_and_urls_of_foundation_are_what_they_hold() -> None:
    assert unarchive(archive_of([{"NS.string": "text", "$class": UID(2)}, {"$classname": "NSMutableString"}])) == "text"
    assert unarchive(archive_of([{"NS.data": b"\x01", "$class": UID(2)}, {"$classname": "NSMutableData"}])) == b"\x01"
    url = {"NS.base": UID(0), "NS.relative": UID(2), "$class": UID(3)}
    assert unarchive(archive_of([url, "https://a.example/", {"$classname": "NSURL"}])) == "https://a.example/"


def test_objects_of_other_classes_are_their_fields() -> None:
    made = archive_of([{"server": UID(2), "port": 443, "$class": UID(3)}, "vpn.a.example", {"$classname": "NEVPN"}])
    assert unarchive(made) == {"server": "vpn.a.example", "port": 443}


@pytest.mark.parametrize(
    "objects",
    [
        [{"NS.objects": [UID(1)], "$class": UID(2)}, {"$classname": "NSArray"}],
        [{"NS.objects": [UID(2)]}, {"NS.objects": [UID(1)]}],
        [UID(1)],
        [{"NS.string": UID(1)}],
        [{"a": UID(2)}, {"b": UID(1)}],
    ],
)
def test_objects_that_hold_themselves_are_refused(objects: list[object]) -> None:
    with pytest.raises(ParseError, match="hold themselves"):
        unarchive(archive_of(objects))


def test_sharing_that_unfolds_without_end_is_refused() -> None:
    levels: list[object] = [{"NS.objects": [UID(number + 2)] * 10} for number in range(12)]
    with pytest.raises(ParseError, match="unfolds"):
        unarchive(archive_of([*levels, "x"]))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        plistlib.dumps({}),
        plistlib.dumps({"$archiver": "Other", "$objects": []}),
        plistlib.dumps({"$archiver": ["NSKeyedArchiver"], "$objects": []}),
        plistlib.dumps(
            {"$archiver": "NSKeyedArchiver", "$top": {"root": UID(9)}, "$objects": []}, fmt=plistlib.FMT_BINARY
        ),
    ],
)
def test_what_is_no_archive_is_refused(raw: bytes) -> None:
    with pytest.raises(ParseError):
        unarchive(raw)


def test_wrong_types_in_the_place_of_lists_give_nothing() -> None:
    assert unarchive(archive_of([{"NS.keys": 1, "NS.objects": "x"}])) == {}
    assert unarchive(archive_of([{"NS.objects": 5}])) == []


def test_an_archive_without_a_root_is_not_an_empty_one() -> None:
    raw = plistlib.dumps(
        {"$archiver": "NSKeyedArchiver", "$objects": ["$null", {"ServerAddress": "a.example"}], "$top": {}},
        fmt=plistlib.FMT_BINARY,
    )
    with pytest.raises(ParseError):
        unarchive(raw)
