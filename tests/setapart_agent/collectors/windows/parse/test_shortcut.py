import struct

import pytest

from setapart_agent.collectors.windows.parse import shortcut
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.identifiers import keys_of

CLASS = bytes.fromhex("0114020000000000c000000000000046")
APP_ID = "abcdefghijklmnop" * 2


def lnk(arguments: str | None, *, unicode: bool = True, items: bytes = b"\x04\0ab\0\0", info: bytes = b"") -> bytes:
    """[MS-SHLLINK]: header, item ids, link information, then name and arguments."""
    flags = 0x04 | (0x80 if unicode else 0) | (0x01 if items else 0) | (0x02 if info else 0)
    flags |= 0x20 if arguments is not None else 0
    texts = ["name"] + ([arguments] if arguments is not None else [])
    body = struct.pack("<I16sI", 0x4C, CLASS, flags).ljust(0x4C, b"\0")
    if items:
        body += struct.pack("<H", len(items)) + items
    if info:
        body += struct.pack("<I", len(info) + 4) + info
    for text in texts:
        body += struct.pack("<H", len(text)) + (text.encode("utf-16-le") if unicode else text.encode("latin-1"))
    return body + bytes(4)


def parse(raw: bytes, path: str = "/x/TikTok.lnk") -> Facts:
    assert shortcut.recognise(path, raw)
    return shortcut.parse(FileSet(files={"main": raw}, profile="S-1", path=path))


@pytest.mark.parametrize("unicode", [True, False])
def test_an_apps_address_is_its_origin(unicode: bool) -> None:
    (app,) = parse(
        lnk("--profile-directory=Default --app=https://www.tiktok.com/x", unicode=unicode, info=b"info")
    ).apps
    assert (app.kind, app.identifier, app.name) == ("web-app", "www.tiktok.com", "TikTok")
    assert "origin:tiktok.com" in keys_of("windows", app)


def test_an_app_known_by_its_id_is_named_by_the_shortcut() -> None:
    (app,) = parse(lnk(f"--app-id={APP_ID}", items=b"")).apps
    assert (app.kind, app.identifier) == ("web-app", "TikTok")


@pytest.mark.parametrize("arguments", ["", None, "/c x", "--appx=1"])
def test_another_shortcut_is_no_web_app(arguments: str | None) -> None:
    assert parse(lnk(arguments)) == Facts()


def test_a_shortcut_that_is_cut_off_is_told_at_every_length() -> None:
    whole = lnk('--app="https://www.tiktok.com"')[:-4]
    for length in range(0x4C, len(whole)):
        with pytest.raises(ParseError):
            shortcut.parse(FileSet(files={"main": whole[:length]}))


@pytest.mark.parametrize("raw", [b"", b"L\0\0\0", b"MZ" * 100])
def test_another_file_is_refused(raw: bytes) -> None:
    assert not shortcut.recognise("x.lnk", raw)
    with pytest.raises(ParseError):
        shortcut.parse(FileSet(files={"main": raw}))
