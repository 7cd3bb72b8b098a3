import pytest

from setapart_agent.collectors.windows.parse import shortcut
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.identifiers import keys_of
from windows_files import lnk

APP_ID = "abcdefghijklmnop" * 2


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


@pytest.mark.parametrize(
    "arguments",
    [
        '-d Ubuntu --cd "~" -- telegram-desktop -- %u',
        "-d Ubuntu-24.04 --cd ~ -- /usr/bin/telegram-desktop",
        "--distribution Debian -- telegram-desktop",
    ],
)
def test_a_program_inside_linux_is_known_by_its_name(arguments: str) -> None:
    (app,) = parse(lnk(arguments), "/x/Telegram (Ubuntu).lnk").apps
    assert "process:telegram-desktop" in keys_of("windows", app)


@pytest.mark.parametrize("arguments", ["-d Ubuntu", "-d Ubuntu --", "-- telegram-desktop"])
def test_a_distribution_alone_is_no_program(arguments: str) -> None:
    assert parse(lnk(arguments)) == Facts()
