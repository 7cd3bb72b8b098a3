import pytest

from setapart_agent.collectors.windows.parse.powershell_objects import is_cut, names, records
from setapart_agent.errors import ParseError

ONE = "Name    : one\r\nVersion : 1.0\r\nPath    : C:\\a_very_lo\r\n          ng_one\r\n\r\n"
LIST = f"\r\n\r\n{ONE}Name    : two\r\nEmpty   :\r\n\r\n"
JSON = '[{"Name": "one", "Version": "1.0", "Flag": true, "Deep": {"x": 1}}, {"Name": "two"}, 7]'
CSV = '#TYPE Selected.Object\r\n"Name","Version"\r\n"one","1.0"\r\n"two, and ""more""",\r\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_list_with_a_value_that_goes_on_below_itself(encoding: str) -> None:
    first, second = records(LIST.encode(encoding))
    assert first == {"name": "one", "version": "1.0", "path": r"C:\a_very_long_one"}
    assert second == {"name": "two", "empty": ""}


def test_a_list_that_is_indented_as_a_whole() -> None:
    raw = "".join(f"    {line}\n" if line else "\n" for line in LIST.replace("\r", "").split("\n"))
    assert [record["name"] for record in records(raw.encode())] == ["one", "two"]


def test_json_of_many_and_of_one() -> None:
    assert records(JSON.encode()) == ({"name": "one", "version": "1.0"}, {"name": "two"})
    assert records(b'{"Name": "one"}') == ({"name": "one"},)


@pytest.mark.parametrize("mark", [",", ";"])
def test_separated_values(mark: str) -> None:
    raw = CSV.replace('","', f'"{mark}"').replace('",\r', f'"{mark}\r')
    assert [record["name"] for record in records(raw.encode())] == ["one", 'two, and "more"']


def test_separated_values_without_quotes() -> None:
    assert records(b"Name,Version\r\none,1.0\r\n") == ({"name": "one", "version": "1.0"},)


def test_a_table_by_its_line_of_dashes() -> None:
    raw = "\r\nName        Version\r\n----        -------\r\none two     1.0\r\nthree\r\n\r\n".encode("utf-16")
    assert records(raw) == ({"name": "one two", "version": "1.0"}, {"name": "three", "version": ""})


def test_names_of_any_of_the_first_objects() -> None:
    assert names(b"Version: 10.0\n\nDisplayName : x\nPackageName : y\n") == {"version", "displayname", "packagename"}


@pytest.mark.parametrize(
    ("value", "cut"), [("abc...", True), ("abc\u2026", True), ("{a, b...}", True), ("a...b", False)]
)
def test_a_value_that_was_cut(value: str, *, cut: bool) -> None:
    assert is_cut(value) is cut


@pytest.mark.parametrize("raw", [b"[1,", b"[" * 100_000, b"[NaN]", '[{"Name": "x'.encode("utf-16")])
def test_broken_json_is_refused_and_has_no_names(raw: bytes) -> None:
    with pytest.raises(ParseError):
        records(raw)
    assert names(raw) == frozenset()


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe\x00", b"\x00" * 100, b": :\n:", b'"a","b"\r\n"\r', b"\xff\xff"])
def test_anything_else_is_survived(raw: bytes) -> None:
    assert not any("name" in record for record in records(raw))
    assert "name" not in names(raw)
