import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.macos.parse import brew
from setapart_agent.errors import ParseError

RECEIPT = '{"homebrew_version": "4.3.5", "source": {"versions": {"stable": "1.67.0"}, "tap": "homebrew/core"}}'
CASK = '{"homebrew_version": "4.4.1", "source": {"version": "130.0"}, "uninstall_artifacts": []}'


@pytest.mark.parametrize(
    ("path", "name", "version"),
    [
        ("/opt/homebrew/Cellar/rclone/1.67.0/INSTALL_RECEIPT.json", "rclone", "1.67.0"),
        ("rclone/1.67.0_2/INSTALL_RECEIPT.json", "rclone", "1.67.0_2"),
        ("/usr/local/Cellar/neovim/HEAD-12ab/INSTALL_RECEIPT.json", "neovim", "HEAD-12ab"),
        ("/usr/local/Cellar/odd/latest/INSTALL_RECEIPT.json", "odd", "1.67.0"),
    ],
)
def test_the_folders_name_a_formula(path: str, name: str, version: str) -> None:
    (app,) = parsed(brew, RECEIPT, path).apps
    assert (app.identifier, app.version, app.source) == (name, version, "package-manager")


def test_the_folder_names_a_cask_and_the_receipt_its_version() -> None:
    (app,) = parsed(brew, CASK, "/opt/homebrew/Caskroom/firefox/.metadata/INSTALL_RECEIPT.json").apps
    assert (app.identifier, app.version) == ("firefox", "130.0")


@pytest.mark.parametrize("path", ["", "INSTALL_RECEIPT.json", "macos/scalibr/INSTALL_RECEIPT.json"])
def test_a_receipt_without_its_folders_is_said(path: str) -> None:
    facts = parsed(brew, RECEIPT, path)
    assert facts.apps == ()
    assert [(row.section, row.status, row.reason) for row in facts.coverage] == [("apps", "failed", brew.NO_FOLDER)]


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(ParseError):
        parsed(brew, "{", "a/1/INSTALL_RECEIPT.json")


def test_broken_files_end_in_our_error() -> None:
    assert_survives(brew, "INSTALL_RECEIPT.json", RECEIPT.encode(), "/opt/homebrew/Cellar/a/1/INSTALL_RECEIPT.json")
