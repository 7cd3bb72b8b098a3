"""A value's line in a TOML file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setapart_auditor.toml_lines import line_of

DOCUMENT = '''title = "x"
a.b = 1
[table]
key = 1
"quoted key" = 2
text = """
[not-a-table]
key = 3
"""
after = 4
[[device]]
name = "one"
[[device]]
name = "two"
  [[device.port]]
  number = 1
  [device.owner]
  name = "x"
[table.below]
key = 5
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 1),
        (("a", "b"), 2),
        (("table",), 3),
        (("table", "key"), 4),
        (("table", "quoted key"), 5),
        (("table", "after"), 10),
        (("device", 0, "name"), 12),
        (("device", 1, "name"), 14),
        (("device", 1, "missing"), 13),
        (("device", 1, "port", 0, "number"), 16),
        (("device", 1, "owner", "name"), 18),
        (("table", "below", "key"), 20),
        (("device",), 11),
        (("a",), 2),
        (("not-a-table",), None),
        (("nothing",), None),
    ],
)
def test_the_line_is_the_value_s_or_its_table_s(path: tuple[str | int, ...], line: int | None) -> None:
    assert line_of(DOCUMENT, path) == line


@given(st.text(alphabet="ab.[]=\"'\n {}#"))
def test_no_text_makes_the_search_fail(text: str) -> None:
    found = line_of(text, ("a", 0, "b"))
    assert found is None or 1 <= found <= text.count("\n") + 1
