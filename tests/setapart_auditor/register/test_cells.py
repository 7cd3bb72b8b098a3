"""Cells: no formula goes out, and what went out comes back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setapart_auditor.register.cells import neutral, plain


@given(st.text(alphabet=st.sampled_from("'=+-@\t\r\n\uff1dab ")) | st.text())
def test_a_cell_comes_back_as_it_went(text: str) -> None:
    assert plain(neutral(text)) == text
    assert not neutral(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"))


@pytest.mark.parametrize("text", ["", "phone", "O'Hara", "'quoted'", "a=b", "1-2"])
def test_a_plain_cell_stays_as_it_is(text: str) -> None:
    assert neutral(text) == text
    assert plain(text) == text
