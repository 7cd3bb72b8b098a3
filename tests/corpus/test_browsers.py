"""What captured browser profiles must tell (the corpus' own PROVENANCE.md)."""

from pathlib import Path

import pytest

from setapart_agent.collectors import registry
from setapart_agent.collectors.browser.parse import chromium_extension, chromium_preferences, firefox_extensions
from setapart_agent.collectors.desktop.browsers import BrowserFolder, gather_browsers
from setapart_agent.collectors.desktop.gathering import Gathering
from setapart_agent.collectors.desktop.tree import PlainTree, Tree
from setapart_agent.facts import Facts, FileSet, unite

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


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("debian12-chromium150/Preferences", "browser.chromium-preferences"),
        ("debian12-chromium150/Secure Preferences", "browser.chromium-preferences"),
        ("debian12-firefox140/prefs.js", "browser.firefox-extensions"),
        ("scalibr/extensions/aapbdbdomjkkjkaonfhkkikfgjllcleb/2.0.16_0/manifest.json", "browser.chromium-extension"),
        ("scalibr/extensions/aapbdbdomjkkjkaonfhkkikfgjllcleb/2.0.16_0/_locales/en/messages.json", None),
        ("scalibr/extensions/caaadbdomjkkjkaonfhkkikfgjllcleb/1.2.85/manifest.json", "browser.chromium-extension"),
    ],
)
def test_every_file_is_recognised_as_what_it_is(corpus: Path, file: str, kind: str | None) -> None:
    path = corpus / "browsers" / file
    assert registry.recognise(path, path.read_bytes()) == kind


@pytest.mark.parametrize("kind", [Tree, PlainTree])
def test_captured_profiles_where_a_browser_would_have_them(corpus: Path, kind: type[Tree]) -> None:
    """The captured folder of extensions is written small, as only a tree of macOS or Windows may have it."""
    one = Gathering(tree=kind(str(corpus / "browsers"), ignore_case=True), profile="501")
    folders = [BrowserFolder(browser=name, path=f"/{name}") for name in ("debian12-chromium150", "scalibr")]
    gather_browsers(one, folders, [BrowserFolder(browser="firefox", path="/debian12-firefox140")])
    assert {(app.profile, app.name, app.version) for app in unite(one.parts).apps} == {
        ("501/scalibr/scalibr", "Google Translate", "2.0.16"),
        ("501/scalibr/scalibr", "CryptoX Blockchain Wallet", "1.2.85"),
    }
    assert one.failures == []
