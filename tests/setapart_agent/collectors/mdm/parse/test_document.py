import time

import pytest

from setapart_agent.collectors.mdm.parse import document
from setapart_agent.collectors.mdm.parse.document import Node
from setapart_agent.errors import ParseError


def texts(raw: bytes) -> list[bytes]:
    return list(document.values(raw))


def test_an_array_gives_its_elements_and_anything_else_itself() -> None:
    assert texts(b' [ {"a": 1}, {"b": [2]} ]') == [b'{"a": 1}', b'{"b": [2]}']
    assert texts(b'{"a": 1}') == [b'{"a": 1}']


def test_every_line_of_json_lines_is_a_value_and_blank_lines_are_none() -> None:
    assert texts(b'{"a": 1}\n\n{"b": 2}\n') == [b'{"a": 1}', b'{"b": 2}']


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_does_not_keep_an_export_from_being_read(encoding: str) -> None:
    raw = '{"name": "Ås"}'.encode(encoding)
    assert document.head(raw) == '{"name": "Ås"}'
    assert document.decoded(texts(raw)[0]).text("name") == "Ås"


@pytest.mark.parametrize("token", ["@odata.nextLink", "nextPageToken"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_file_whose_every_page_names_another_one_is_not_the_whole_list(token: str, encoding: str) -> None:
    page, last = f'{{"{token}" : "more", "value": []}}', '{"value": []}'
    assert document.goes_on(page.encode(encoding))
    assert document.goes_on(f"{page}\n{page}".encode(encoding))
    assert not document.goes_on(f"{page}\n{last}".encode(encoding))
    assert not document.goes_on(last.encode(encoding))


@pytest.mark.parametrize(
    "raw",
    [
        b'{"nextPageToken": ""}',
        b'{"nextPageToken": null}',
        b'{"value": [{"detectedApps@odata.nextLink": "more"}]}',
        rb'{"name": "\"nextPageToken\": \"more\""}',
        b'"nextPageToken": "more"',
    ],
)
def test_what_only_looks_like_a_token_is_no_further_page(raw: bytes) -> None:
    assert not document.goes_on(raw)


@pytest.mark.parametrize("raw", [b"", b"x", b'{"a": 1', b'{"a": 1} x', b'{"a": 1}\nnot json\n', b"[1, 2", b"<a/>"])
def test_what_is_no_json_is_refused(raw: bytes) -> None:
    with pytest.raises(ParseError, match="not JSON"):
        texts(raw)


def test_a_member_that_stands_twice_is_refused_at_every_depth() -> None:
    with pytest.raises(ParseError, match="twice"):
        document.members(b'{"apps": [1], "apps": []}')
    with pytest.raises(ParseError, match="twice"):
        document.decoded(b'{"a": [{"b": 1, "c": {"d": 1, "d": 2}}]}')


def test_members_are_not_decoded_and_other_values_have_none() -> None:
    assert document.members(b'{"a": {"b": [ 1 ]}, "c": null}') == {"a": b'{"b": [ 1 ]}', "c": b"null"}
    assert document.members(b"[1]") == {}
    assert document.elements(b'{"a": 1}') == []


@pytest.mark.parametrize("raw", [b"NaN", b'{"a": Infinity}', b'{"a": ' + b"9" * 10_000 + b"}", b'{"a": "\\x"}'])
def test_numbers_and_escapes_that_json_does_not_know_are_refused(raw: bytes) -> None:
    with pytest.raises(ParseError, match="not JSON"):
        document.decoded(raw)


@pytest.mark.parametrize("raw", [b"[" * 200_000, b'{"a":' * 200_000, b"[" * 5000 + b"]" * 5000])
def test_deep_nesting_is_refused(raw: bytes) -> None:
    for read in (texts, document.decoded):
        with pytest.raises(ParseError, match="not JSON"):
            read(raw)


def test_deep_nesting_below_a_member_is_refused() -> None:
    with pytest.raises(ParseError, match="not JSON"):
        document.members(b'{"a":' + b"[" * 200_000)


def test_values_of_other_types_are_not_there() -> None:
    node = Node({"a": {"b": 5}, "n": None, "list": [1, {"x": 1}, "y"], "blank": "  ", "text": " t "})
    assert (node.text("a", "b"), node.text("a", "b", "c"), node.text("blank"), node.text("text")) == (
        None,
        None,
        None,
        "t",
    )
    assert (node.has("n"), node.has("a", "b"), node.has("z")) == (False, True, False)
    assert node.texts("list") == ("y",)
    listed = node.listing("list")
    assert listed is not None
    assert [one.value for one in listed.items] == [{"x": 1}]
    assert listed.broken == 2
    assert node.listing("z") is None
    assert node.listing("text") == document.Listing(broken=1)
    assert Node([1]).text("a") is None


def test_numbers_and_truth_values_may_be_spelled_as_strings() -> None:
    node = Node({"n": "34", "m": -1, "t": True, "f": "false", "one": 1, "big": 10**30, "odd": "²", "w": "what"})
    assert node.number("n") == 34
    assert [node.number(name) for name in ("m", "t", "big", "odd", "w", "z")] == [None] * 6
    assert [node.flag(name) for name in ("t", "f", "one", "w", "z")] == [True, False, True, None, None]


def test_a_large_list_is_split_without_becoming_objects() -> None:
    raw = b"[" + b",".join([b'{"a": "' + b"x" * 1000 + b'"}'] * 50_000) + b"]"
    begun = time.monotonic()
    assert sum(1 for _ in document.values(raw)) == 50_000
    assert time.monotonic() - begun < 3


def test_half_a_surrogate_pair_is_a_character_like_any_other() -> None:
    assert document.decoded(b'{"name": "a\\ud800"}').text("name") == "a\ud800"
