import pytest

from setapart_agent.collectors.windows.parse.xml_texts import texts
from setapart_agent.errors import ParseError


def test_texts_of_elements_by_local_name_in_order() -> None:
    raw = b'<r xmlns:a="u"><a:x> one </a:x><y>no<z/></y><x>t<b/>wo</x><x/></r>'
    assert texts(raw, "r", ("x", "q"), "r") == {"x": ["one", "wo", ""], "q": []}


def test_long_and_many_texts_are_cut() -> None:
    found = texts(b"<r>" + b"<x>%s</x>" % (b"a" * 9000) * 300 + b"</r>", "r", ("x",), "r")
    assert {len(text) for text in found["x"]} == {4096}
    assert len(found["x"]) == 256


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<q/>",
        b"<r>",
        b'<!DOCTYPE r [<!ENTITY a "aaaa">]><r>&a;</r>',
        b'<?xml version="1.0" encoding="nonsense"?><r/>',
        b'<?xml version="1.0" encoding="idna"?><r/>',
        b"<r>" + b"<a>" * 100,
        b"<r>&nothing;</r>",
    ],
)
def test_what_is_no_plain_document_is_refused(raw: bytes) -> None:
    with pytest.raises(ParseError):
        texts(raw, "r", ("x",), "r")
