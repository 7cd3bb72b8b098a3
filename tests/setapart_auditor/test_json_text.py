"""JSON that steers no terminal."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setapart_auditor.json_text import json_text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("\u202egnp.exe", rb'"\u202egnp.exe"'),
        ("\x7f\x9b31m", rb'"\u007f\u009b31m"'),
        ("\U000e0041", rb'"\udb40\udc41"'),
        ("\ufeffa\u200b", rb'"\ufeffa\u200b"'),
        ("Ærlig 😀", '"Ærlig 😀"'.encode()),
        ("\x1b[31m", rb'"\u001b[31m"'),
    ],
)
def test_what_does_not_show_is_written_as_an_escape(text: str, written: bytes) -> None:
    assert json_text(text).encode() == written


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"]))
    )
)
def test_escapes_change_nothing_of_what_is_said(told: dict[str, str]) -> None:
    body = json_text(told)
    assert json.loads(body) == told
    assert body.isprintable()
