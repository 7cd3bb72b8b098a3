import pytest

from setapart_agent.collectors.desktop.parse.sections import flag, plain, sections, words
from setapart_agent.errors import ParseError


def test_comments_case_and_blanks() -> None:
    found = sections(b"; c\n# c\n[A b] ; tail\r\n  Key = value = more \r\nempty=\nkey2:x\n")
    assert found.named("a B").get("KEY") == "value = more"
    assert found.named("A b").get("empty", "key") == "value = more"
    assert found.named("A b").get("key2") is None
    assert found.named("none").get("key") is None


def test_repeated_sections_stay_apart_and_unite_on_demand() -> None:
    found = sections(b"[Peer]\na=1\n[Peer]\na=2\nb=3\n")
    assert [section.get("a") for section in found] == ["1", "2"]
    assert [section.values for section in found.united()] == [{"a": "2", "b": "3"}]


def test_a_section_in_other_capitals_hides_nothing() -> None:
    found = sections(b"[Mail Account]\nBackendName=imapx\n[mail account]\nBackendName=none\n")
    assert found.named("Mail Account").get("BackendName") == "imapx"
    assert [section.get("backendname") for section in found.united()] == ["imapx", "none"]


@pytest.mark.parametrize(
    "raw", [b"[a]\nKey=1\nkey=2\n", b"[a]\nKey=1\n[a]\nkey=2\n", b"[a]\nk=1\n[ a ]\nk=2\n", b"[a]\nk=1\n[[a]]\nk=2\n"]
)
def test_two_spellings_of_which_a_program_knows_one_are_refused(raw: bytes) -> None:
    with pytest.raises(ParseError, match="two ways"):
        sections(raw)


def test_continued_values() -> None:
    found = sections(b'[pair x]\ncollections = [\n  ["a"],\n  "b"]\nb = c\n', continued=True)
    assert words(found.named("pair x").get("collections"), ",") == ("[", '["a"]', '"b"]')
    assert found.named("pair x").get("b") == "c"


@pytest.mark.parametrize("raw", [b"\x00\x01", b"just words\n", b"\xff\xff"])
def test_what_has_no_section_is_refused(raw: bytes) -> None:
    with pytest.raises(ParseError):
        sections(raw)


def test_an_empty_file_is_no_error() -> None:
    assert sections(b"").all == sections(b"# nothing\n\n").all == ()


def test_invalid_utf8_and_utf16_survive() -> None:
    assert sections(b"[a]\nk=\xff\n").named("a").get("k") == "\ufffd"
    assert sections("[a]\nk=v\n".encode("utf-16")).named("a").get("k") == "v"


def test_flags_and_quotes() -> None:
    assert [flag(word) for word in ("TRUE", "yes", "0", '"off"', "maybe", None)] == [
        True,
        True,
        False,
        False,
        None,
        None,
    ]
    assert [plain(word) for word in ('"a"', "'a'", '"', "a", None)] == ["a", "a", '"', "a", None]
