import struct

import pytest

from registry_maker import key_of, utf16
from setapart_agent.collectors.windows.parse.registry_key import Data, data_of
from setapart_agent.collectors.windows.parse.registry_key import utf16 as text_of


@pytest.mark.parametrize(
    ("kind", "raw", "expected"),
    [
        (1, utf16("Telegram\0"), "Telegram"),
        (1, utf16("no end"), "no end"),
        (2, utf16("%x%\0"), "%x%"),
        (7, utf16("one\0two\0\0"), ("one", "two")),
        (7, b"", ()),
        (4, struct.pack("<I", 7), 7),
        (5, struct.pack(">I", 7), 7),
        (11, struct.pack("<Q", 1 << 40), 1 << 40),
        (3, b"\0\1", b"\0\1"),
        (0xFFFF0012, b"x", b"x"),
    ],
)
def test_a_value_is_what_its_type_says(kind: int, raw: bytes, expected: Data) -> None:
    assert data_of(kind, raw) == expected


@pytest.mark.parametrize("kind", [4, 5, 11])
def test_a_number_of_a_wrong_length_stays_bytes(kind: int) -> None:
    assert data_of(kind, b"\1\2\3") == b"\1\2\3"


def test_text_ends_where_programs_stop_to_read_it() -> None:
    assert text_of(utf16("TikTok\0 and more\0")) == "TikTok"


def test_half_a_surrogate_pair_and_an_odd_byte_do_no_harm() -> None:
    assert text_of(utf16("a\ud83db\0")) == "a\ufffdb"
    assert text_of(utf16("ab") + b"\0") == "ab"


def test_names_are_found_in_any_case() -> None:
    key = key_of({"Software": {"Microsoft": {"DisplayName": " x "}}})
    found = key.at(r"SOFTWARE\microsoft")
    assert found is not None
    assert found.name == "Microsoft"
    assert found.text("displayNAME") == "x"
    assert key.at(r"Software\gone\deeper") is None


def test_text_may_be_kept_as_bytes_and_a_number_as_digits() -> None:
    key = key_of({"Email": utf16("ada@agency.example\0"), "n": "12", "huge": "9" * 30, "t": "", "d": 5})
    assert key.text("Email") == "ada@agency.example"
    assert (key.number("n"), key.number("d"), key.number("huge"), key.number("Email")) == (12, 5, None, None)
    assert key.text("t") is None
    assert key.text("d") is None
