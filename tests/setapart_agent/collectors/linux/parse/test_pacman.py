"""pacman's folders and desc files."""

import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.linux.parse import pacman
from setapart_agent.errors import ParseError

SAMPLE = "%NAME%\ntelegram-desktop\n\n%VERSION%\n4.12.2-1\n\n%DESC%\n%NAME%\n\n"


def test_survives_hostile_files() -> None:
    assert_survives(pacman, "desc", SAMPLE.encode())


def test_a_desc_file() -> None:
    (app,) = parsed(pacman, SAMPLE).apps
    assert (app.identifier, app.version, app.source, app.profile) == ("telegram-desktop", "4.12.2-1", "pacman", "1000")


@pytest.mark.parametrize(
    ("folder", "name", "version"),
    [
        ("telegram-desktop-4.12.2-1", "telegram-desktop", "4.12.2-1"),
        ("gcc-libs-1:13.2.1-3", "gcc-libs", "1:13.2.1-3"),
        ("a-1-1", "a", "1-1"),
    ],
)
def test_a_folder_says_name_and_version(folder: str, name: str, version: str) -> None:
    app = pacman.package_of(folder, "system")
    assert app is not None
    assert (app.identifier, app.version, app.profile) == (name, version, "system")


@pytest.mark.parametrize("folder", ["ALPM_DB_VERSION", "a-1", "-1-1", "a--1"])
def test_a_folder_of_another_kind_is_no_package(folder: str) -> None:
    assert pacman.package_of(folder, "system") is None


def test_a_desc_without_version_is_an_error() -> None:
    with pytest.raises(ParseError):
        parsed(pacman, "%NAME%\nx\n\n%VERSION%\n\n")
