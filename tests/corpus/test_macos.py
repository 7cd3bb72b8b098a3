"""What PROVENANCE.md says must be read from the captures of macOS."""

from pathlib import Path

import pytest

from setapart_agent.collectors.macos.parse import brew, system_profiler
from setapart_agent.collectors.registry import parse_file, recognise
from setapart_agent.facts import Facts, FileSet

pytestmark = pytest.mark.needs("corpus")

GLPI = "macos/glpi-agent"
SNOW_LEOPARD = (
    f"{GLPI}/10.8-system_profiler_SPApplicationsDataType.example.txt",
    f"{GLPI}/10.8-system_profiler_SPApplicationsDataType_-xml.example.xml",
)
PARALLELS = f"{GLPI}/sample2.SPApplicationsDataType"
SONOMA = (f"{GLPI}/sample4.SPApplicationsDataType", f"{GLPI}/sample5.SPApplicationsDataType-xml")
KINDS = {
    **dict.fromkeys((*SNOW_LEOPARD, PARALLELS, *SONOMA), "macos.system-profiler"),
    "macos/scalibr/MissingData.plist": "macos.info-plist",
    "macos/scalibr/ValidXML.plist": "macos.info-plist",
    "macos/scalibr/homebrew/INSTALL_RECEIPT.json": "macos.brew",
}


def facts_of(corpus: Path, name: str) -> Facts:
    path = corpus / name
    content = path.read_bytes()
    kind = recognise(path, content)
    assert kind == KINDS[name]
    return parse_file(kind, path, content)


def apps(facts: Facts) -> list[tuple[str, str | None, str | None, str | None]]:
    """Path, name, version and publisher, in order; `_name` of XML and the text's may differ in nothing."""
    return sorted((app.identifier, app.name, app.version, app.publisher) for app in facts.apps)


def test_every_capture_is_here() -> None:
    assert len(KINDS) == 8


def test_every_capture_is_recognised_as_what_it_is(corpus: Path) -> None:
    files = [path for path in (corpus / "macos").rglob("*") if path.is_file()]
    assert {str(path.relative_to(corpus)): recognise(path, path.read_bytes()) for path in files} == KINDS


def test_both_forms_of_a_french_mac_hold_the_same_291_apps(corpus: Path) -> None:
    text, tree = (facts_of(corpus, name) for name in SNOW_LEOPARD)
    assert len(text.apps) == len(tree.apps) == 291
    assert apps(text) == apps(tree)
    assert {"Skype", "Google Chrome", "Firefox", "Mail", "Programme d’installation"} <= {app.name for app in text.apps}
    assert {app.version for app in text.apps if app.name == "Skype"} == {"6.15"}


def test_a_mac_of_2011_with_windows_in_a_virtual_machine(corpus: Path) -> None:
    facts = facts_of(corpus, PARALLELS)
    assert len(facts.apps) == 491
    names = {app.name for app in facts.apps}
    assert {"Microsoft Office Outlook", "Thunderbird", "Microsoft Entourage", "Skype", "Exposé"} <= names
    assert not [app.identifier for app in facts.apps if "/Users/" in app.identifier]


def test_both_forms_of_a_mac_of_2024_hold_the_same_367_apps(corpus: Path) -> None:
    text, tree = (facts_of(corpus, name) for name in SONOMA)
    assert len(text.apps) == len(tree.apps) == 367
    differ = set(apps(text)) ^ set(apps(tree))  # one app was updated between the two captures
    assert {(path, version) for path, _, version, _ in differ} == {
        ("/Applications/OneDrive.app", "24.055.0317"),
        ("/Applications/OneDrive.app", "24.065.0331"),
    }
    assert {"Microsoft Outlook", "Mail", "Calendrier", "Contacts", "Microsoft Teams classic"} <= {
        app.name for app in text.apps
    }
    (outlook,) = (app for app in text.apps if app.name == "Microsoft Outlook")
    assert (outlook.version, outlook.publisher) == ("16.79.3", "team:UBF8T346G9")


@pytest.mark.parametrize("name", [*SNOW_LEOPARD, PARALLELS, *SONOMA])
def test_apps_without_bundle_identifiers_are_never_the_whole_truth(corpus: Path, name: str) -> None:
    rows = {(row.section, row.status, row.reason) for row in facts_of(corpus, name).coverage}
    assert rows == {("apps", "partial", system_profiler.NO_IDENTIFIERS)}


@pytest.mark.parametrize("name", SNOW_LEOPARD)
def test_half_of_a_capture_ends_in_fewer_apps_or_our_error(corpus: Path, name: str) -> None:
    content = (corpus / name).read_bytes()
    half = content[: len(content) // 2]
    if name.endswith(".txt"):
        assert 100 < len(system_profiler.parse(FileSet(files={"main": half})).apps) < 291
    else:
        with pytest.raises(system_profiler.ParseError):
            system_profiler.parse(FileSet(files={"main": half}))


def test_an_app_with_its_version(corpus: Path) -> None:
    (app,) = facts_of(corpus, "macos/scalibr/ValidXML.plist").apps
    assert (app.identifier, app.name, app.version) == ("com.google.Chrome", "Google Chrome", "130.0.6723.69")
    assert (app.kind, app.source, app.state) == ("native", "bundle", "installed")


def test_an_app_without_versions(corpus: Path) -> None:
    facts = facts_of(corpus, "macos/scalibr/MissingData.plist")
    (app,) = facts.apps
    assert app.identifier == "com.google.Chrome"
    assert facts.coverage == ()
    assert app.version == "6723.69", "the build's number stands in for the version that is missing"


def test_a_formula_by_the_folders_of_its_receipt(corpus: Path) -> None:
    content = (corpus / "macos/scalibr/homebrew/INSTALL_RECEIPT.json").read_bytes()
    path = "/opt/homebrew/Cellar/rclone/1.67.0/INSTALL_RECEIPT.json"
    (app,) = brew.parse(FileSet(files={"main": content}, path=path)).apps
    assert (app.identifier, app.version, app.source) == ("rclone", "1.67.0", "package-manager")


def test_a_receipt_away_from_its_folders_is_not_named_after_others(corpus: Path) -> None:
    facts = facts_of(corpus, "macos/scalibr/homebrew/INSTALL_RECEIPT.json")
    assert facts.apps == ()
    assert [(row.section, row.status, row.reason) for row in facts.coverage] == [("apps", "failed", brew.NO_FOLDER)]
