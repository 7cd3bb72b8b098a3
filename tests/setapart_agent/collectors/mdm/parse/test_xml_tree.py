import pytest

from setapart_agent.collectors.mdm.parse import xml_tree
from setapart_agent.errors import ParseError


def test_elements_that_repeat_are_lists_and_names_are_lower_case() -> None:
    node = xml_tree.read(b"<REQUEST><A>1</A><A><B>x &amp; y</B></A><C/></REQUEST>")
    assert node.value == {"a": ["1", {"b": "x & y"}], "c": ""}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_the_declared_encoding_counts(encoding: str) -> None:
    raw = f'<?xml version="1.0" encoding="{encoding}"?><R><N>Ås</N></R>'.encode(encoding)
    assert xml_tree.read(raw).text("n") == "Ås"


@pytest.mark.parametrize(
    "raw",
    [
        b'<!DOCTYPE r [<!ENTITY a "x">]><r>&a;</r>',
        b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><r>&a;</r>',
        b'<!DOCTYPE r SYSTEM "http://host.example/x.dtd"><r/>',
        b'<!DOCTYPE r [<!ENTITY % p "x">%p;]><r/>',
        b"<!DOCTYPE r><r/>",
    ],
)
def test_document_types_and_entities_are_refused(raw: bytes) -> None:
    with pytest.raises(ParseError, match="document type"):
        xml_tree.read(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"<r>", b"<r></s>", b"<r/><r/>", b"text", b"\xff\xfe\x00", b"<r>\x00</r>", b"<r>&unknown;</r>",
        b'<?xml version="1.0" encoding="no-such-thing"?><r/>', b'<r a="1" a="2"/>',
    ],
)  # fmt: skip
def test_what_is_not_well_formed_is_refused(raw: bytes) -> None:
    with pytest.raises(ParseError):
        xml_tree.read(raw)


def test_depth_and_size_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ParseError, match="deeper or larger"):
        xml_tree.read(b"<a>" * 100_000)
    monkeypatch.setattr(xml_tree, "_MAX_ELEMENTS", 1000)
    with pytest.raises(ParseError, match="deeper or larger"):
        xml_tree.read(b"<r>" + b"<a/>" * 2000 + b"</r>")
