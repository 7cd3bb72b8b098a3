"""What captured browser profiles must tell (the corpus' own PROVENANCE.md)."""

from pathlib import Path

import pytest

from setapart_agent.collectors.browser.parse import chromium_extension, chromium_preferences, firefox_extensions
from setapart_agent.facts import Facts, FileSet

pytestmark = pytest.mark.needs("corpus")


@pytest.mark.parametrize("file", ["Preferences", "Secure Preferences"])
def test_a_fresh_chromium_has_no_extension_and_no_account(corpus: Path, file: str) -> None:
    content = (corpus / "browsers/debian12-chromium150" / file).read_bytes()
    assert chromium_preferences.recognise(file, content)
    assert chromium_preferences.parse(FileSet(files={"main": content})) == Facts()


@pytest.mark.parametrize(
    ("folder", "name", "version"),
    [
        ("aapbdbdomjkkjkaonfhkkikfgjllcleb/2.0.16_0", "Google Translate", "2.0.16"),
        ("caaadbdomjkkjkaonfhkkikfgjllcleb/1.2.85", "CryptoX Blockchain Wallet", "1.2.85"),
    ],
)
def test_extensions(corpus: Path, folder: str, name: str, version: str) -> None:
    path = corpus / "browsers/scalibr/extensions" / folder / "manifest.json"
    content = path.read_bytes()
    assert chromium_extension.recognise(path.name, content)
    files = {"main": content}
    for role, companion in chromium_extension.companions(str(path), content).items():
        if (path.parent / companion).is_file():
            files[role] = (path.parent / companion).read_bytes()
    (app,) = chromium_extension.parse(FileSet(files=files, path=str(path))).apps
    assert (app.identifier, app.name, app.version) == (folder.partition("/")[0], name, version)


def test_the_key_of_a_captured_extension_makes_its_folders_name(corpus: Path) -> None:
    folder = "aapbdbdomjkkjkaonfhkkikfgjllcleb"
    content = (corpus / "browsers/scalibr/extensions" / folder / "2.0.16_0/manifest.json").read_bytes()
    (app,) = chromium_extension.parse(FileSet(files={"main": content}, path="manifest.json")).apps
    assert app.identifier == folder


@pytest.mark.parametrize(
    "file", ["linux/debian12-desktop/thunderbird-fresh/extensions.json", "browsers/debian12-firefox140/prefs.js"]
)
def test_builtin_add_ons_are_not_the_users(corpus: Path, file: str) -> None:
    content = (corpus / file).read_bytes()
    assert firefox_extensions.recognise(Path(file).name, content)
    assert firefox_extensions.parse(FileSet(files={"main": content})).apps == ()
