import pytest

from registry_maker import Expand, Qword, Raw, reg_text, utf16
from setapart_agent.collectors.windows.parse import reg_file
from setapart_agent.collectors.windows.parse.registry_key import Key
from setapart_agent.errors import ParseError

HEAD = "Windows Registry Editor Version 5.00\r\n\r\n"


def export(body: str, head: str = HEAD) -> bytes:
    return b"\xff\xfe" + utf16(head + body)


def key(body: str, path: str = r"HKEY_CURRENT_USER\a") -> Key:
    found = reg_file.read(export(body)).at(path)
    assert found is not None
    return found


def test_what_is_written_is_read() -> None:
    tree = {
        'quo"te\\d': 'C:\\x "y"',
        "": "default",
        "n": 0xFFFFFFFF,
        "q": Qword(1 << 63),
        "b": bytes(range(256)),
        "m": ("один", "two"),
        "e": Expand("%SystemRoot%"),
        "Key": {"x": 1},
    }
    found = reg_file.read(reg_text(tree)).at("HKEY_CURRENT_USER")
    assert found is not None
    assert dict(found.values()) == {
        'quo"te\\d': 'C:\\x "y"',
        "": "default",
        "n": 0xFFFFFFFF,
        "q": 1 << 63,
        "b": bytes(range(256)),
        "m": ("один", "two"),
        "e": "%SystemRoot%",
    }
    assert [child.name for child in found] == ["Key"]


def test_text_with_line_feeds_goes_on_to_its_quote() -> None:
    found = key('[HKEY_CURRENT_USER\\a]\r\n"x"="one\r\n[no key]\r\ntwo"\r\n"y"=dword:00000001\r\n')
    assert found.text("x") == "one\n[no key]\ntwo"
    assert found.number("y") == 1


def test_deletions_take_away_what_stood_before() -> None:
    root = reg_file.read(
        export(
            '[HKCU\\a\\b]\r\n"x"="1"\r\n"y"="2"\r\n[-HKEY_CURRENT_USER\\a\\b]\r\n"z"="3"\r\n[HKCU\\c]\r\n"x"="1"\r\n"X"=-\r\n'
        )
    )
    assert root.at(r"HKEY_CURRENT_USER\a\b") is None
    found = root.at(r"HKEY_CURRENT_USER\c")
    assert found is not None
    assert not found.values()


def test_comments_and_blank_lines_say_nothing() -> None:
    assert key('; remark\r\n[HKEY_CURRENT_USER\\a]\r\n\r\n ; more\r\n"x"="1"\r\n').values() == {"x": "1"}


def test_the_older_form_is_eight_bit_also_inside_hex() -> None:
    raw = (
        b'REGEDIT4\r\n\r\n[HKEY_CURRENT_USER\\a]\r\n"e"=hex(2):25,78,25,00\r\n"m"=hex(7):61,00,62,00,00\r\n"s"="x"\r\n'
    )
    found = reg_file.read(raw).at(r"HKEY_CURRENT_USER\a")
    assert found is not None
    assert found.values() == {"e": "%x%", "m": ("a", "b"), "s": "x"}


def test_half_a_surrogate_pair_does_no_harm() -> None:
    assert key('[HKEY_CURRENT_USER\\a]\r\n"x"="\ud83d"\r\n').text("x") == "\ufffd"


def test_types_of_wrong_length_stay_bytes() -> None:
    found = reg_file.read(reg_text({"n": Raw((4, b"\1")), "q": Raw((11, b""))})).at("HKEY_CURRENT_USER")
    assert found is not None
    assert found.values() == {"n": b"\1", "q": b""}


@pytest.mark.parametrize(
    "body",
    [
        '[HKEY_CURRENT_USER\\a]\r\n"x"=hex:01,02,\\\r\n',
        '[HKEY_CURRENT_USER\\a]\r\n"x"="never ends\r\n',
        '[HKEY_CURRENT_USER\\a]\r\n"x"=hex:zz\r\n',
        '[HKEY_CURRENT_USER\\a]\r\n"x"=dword:zz\r\n',
        "[HKEY_CURRENT_USER\\a]\r\nno value\r\n",
        "[HKEY_CURRENT_USER\\" + "a\\" * 600 + "]\r\n",
    ],
)
def test_what_is_cut_off_or_no_value_is_told(body: str) -> None:
    with pytest.raises(ParseError):
        reg_file.read(export(body))


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"\xff", b"regf", "Windows Registry".encode("utf-16")])
def test_another_file_is_no_export(raw: bytes) -> None:
    assert not reg_file.is_reg_file(raw)
    with pytest.raises(ParseError):
        reg_file.read(raw)


@pytest.mark.parametrize("unit", ['"a"="x', '"a"=hex:\\', "[HKCU\\a]", "\\", '"', '"a"="\\"', "[a\\"])
def test_a_long_file_of_one_thing_ends_soon(unit: str) -> None:
    raw = export(f"[HKCU\\a]\r\n{(unit + chr(10)) * 20_000}")
    try:
        reg_file.read(raw)
    except ParseError:
        return


def test_an_export_in_windows_own_code_page() -> None:
    raw = 'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\x]\r\n"a"="Télégram"\r\n'.encode("cp1252")
    key = reg_file.read(raw).at(r"HKEY_CURRENT_USER\x")
    assert key is not None
    assert key.value("a") == "Télégram"
