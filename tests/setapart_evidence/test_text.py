"""Names from other people's devices on our terminals."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setapart_evidence.text import MAX_NAME, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Telegram", "Telegram"),
        ("Télégram 📱 Ж 漢", "Télégram 📱 Ж 漢"),
        ("a\x1b[31mb", r"a\u001b[31mb"),
        ("a\nb\r\tc\x00", r"a\u000ab\u000d\u0009c\u0000"),
        ("\x7f\x80\x9b", r"\u007f\u0080\u009b"),
        ("abc\u202egpj.exe", r"abc\u202egpj.exe"),
        ("\u2066x\u2069", r"\u2066x\u2069"),
        ("\u061c\u200e\u200f", r"\u061c\u200e\u200f"),
        ("a\u200bb\ufeff", r"a\u200bb\ufeff"),
        ("a\u2028b\u2029", r"a\u2028b\u2029"),
        ("\udcff", r"\udcff"),
        ("\U000e0041", r"\U000e0041"),
        ("\uffff\ufdd0", r"\uffff\ufdd0"),
        ("\ufffd", "\ufffd"),
        ("", ""),
    ],
)
def test_what_steers_a_terminal_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert printable(text) == shown


@settings(max_examples=400)
@given(text=st.text(alphabet=st.characters(), max_size=300) | st.text("\x1b\u202e\udcffa", max_size=300))
def test_any_text_can_be_encoded_shown_and_is_short(text: str) -> None:
    shown = printable(text)
    assert printable(shown) == shown
    assert len(shown) <= MAX_NAME
    shown.encode()
    for char in shown:
        assert unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp")
        assert unicodedata.bidirectional(char) not in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


def test_an_overlong_text_is_cut_and_says_so() -> None:
    assert printable("x" * 256) == "x" * 256
    assert printable("x" * 257) == "x" * 255 + "…"
    assert printable("abcdef", 4) == "abc…"
    assert printable("\x1b" * 100, 10) == r"\u001b\u0" + "…"
