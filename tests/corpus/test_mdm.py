"""Real documents of device managers: every fact that the corpus's PROVENANCE.md says must be read."""

from pathlib import Path

import pytest

from setapart_agent.collectors import registry
from setapart_agent.collectors.mdm import collector
from setapart_agent.errors import SourceError
from setapart_agent.facts import DeviceFacts, Facts
from setapart_evidence.model import Link

pytestmark = pytest.mark.needs("corpus")

KINDS = {
    "graph-doc/detectedApps-list.json": "mdm.graph",
    "graph-doc/managedDevices-list.json": "mdm.graph",
    "nanomdm/Authenticate.1.plist": "mdm.apple-profiles",
    "nanomdm/DeviceInformation.1.plist": "mdm.apple-profiles",
    "zentral/managed_application_list.plist": "mdm.apple-apps",
    "zentral/security_info.plist": "mdm.apple-profiles",
    "zentral/security_info_ios.plist": "mdm.apple-profiles",
    "zentral/status_report.json": "mdm.apple-ddm",
}
PROFILES = ("nanomdm/enroll.mobileconfig", "zentral/test.mobileconfig")


@pytest.fixture
def mdm(corpus: Path) -> Path:
    return corpus / "mdm"


def parsed(path: Path) -> Facts:
    kind = registry.recognise(path, path.read_bytes())
    assert kind is not None
    return registry.parse_file(kind, path, path.read_bytes())


def statuses(found: Facts) -> dict[str, str]:
    return {row.section: row.status for row in found.coverage}


@pytest.mark.parametrize("name", KINDS)
def test_every_document_is_recognised_as_what_it_is(mdm: Path, name: str) -> None:
    path = mdm / name
    assert registry.recognise(path, path.read_bytes()) == KINDS[name]


def test_nothing_else_of_the_corpus_passes_for_an_export(corpus: Path) -> None:
    for path in sorted(corpus.rglob("*")):
        if path.is_file() and not path.is_relative_to(corpus / "mdm") and path.stat().st_size < 50_000_000:
            kind = registry.recognise(path, path.read_bytes())
            assert kind is None or not kind.startswith("mdm."), path


@pytest.mark.parametrize("name", PROFILES)
def test_a_configuration_profile_is_no_export(mdm: Path, name: str) -> None:
    path = mdm / name
    kind = registry.recognise(path, path.read_bytes())
    assert kind is not None
    assert not kind.startswith("mdm.")
    with pytest.raises(SourceError, match="no export that is known"):
        list(collector.collect_file(path))


def test_the_enrolment_profile_names_the_manager(mdm: Path) -> None:
    found = parsed(mdm / "nanomdm" / "enroll.mobileconfig")
    assert "mdm.example.org" in [link.target for link in found.links if link.kind == "mdm"]
    assert found.apps == ()


def test_managed_devices_of_graph(mdm: Path) -> None:
    found = parsed(mdm / "graph-doc" / "managedDevices-list.json")
    assert found.device == DeviceFacts(
        os_version="Os Version value",
        manufacturer="Manufacturer value",
        model="Model value",
        serial="Serial Number value",
    )
    assert statuses(found) == {"apps": "denied", "accounts": "unsupported", "links": "unsupported"}
    assert found.links == (Link(kind="mdm", target=None, profile="system"),)


def test_detected_apps_of_graph(mdm: Path) -> None:
    found = parsed(mdm / "graph-doc" / "detectedApps-list.json")
    assert [(app.name, app.version, app.source) for app in found.apps] == [
        ("Display Name value", "Version value", "mdm")
    ]
    assert statuses(found) == {"apps": "partial"}


@pytest.mark.parametrize("name", ["managedDevices-list.json", "detectedApps-list.json"])
def test_documents_of_graph_without_a_device_of_a_known_system_are_no_report(mdm: Path, name: str) -> None:
    with pytest.raises(SourceError, match="no device"):
        list(collector.collect_file(mdm / "graph-doc" / name))


def test_the_one_managed_app(mdm: Path) -> None:
    found = parsed(mdm / "zentral" / "managed_application_list.plist")
    assert [(app.identifier, app.state) for app in found.apps] == [("com.acme.myenterpriseapp", "installed")]
    assert statuses(found) == {"apps": "partial", "accounts": "unsupported", "links": "unsupported"}


@pytest.mark.parametrize(
    ("name", "platform"), [("zentral/security_info.plist", "macos"), ("zentral/security_info_ios.plist", "ios")]
)
def test_security_information_tells_no_apps(mdm: Path, name: str, platform: str) -> None:
    found = parsed(mdm / name)
    assert found.apps == ()
    assert found.device.platform == platform
    assert statuses(found) == {"apps": "unsupported", "accounts": "unsupported", "links": "unsupported"}


def test_a_status_report_of_declarations_alone(mdm: Path) -> None:
    found = parsed(mdm / "zentral" / "status_report.json")
    device = found.device
    assert (device.platform, device.os_version, device.model) == ("macos", "13.3.1", "Macmini9,1")
    assert device.serial is None  # twelve zeros are no serial number
    assert (found.apps, found.accounts) == ((), ())
    assert set(statuses(found).values()) == {"unsupported"}


def test_a_check_in_tells_the_device_and_no_apps(mdm: Path) -> None:
    found = parsed(mdm / "nanomdm" / "Authenticate.1.plist")
    device = found.device
    assert (device.platform, device.os_version, device.model) == ("ios", "9.3.5", "iPad2,5")
    assert (device.serial, device.form_factor) == ("F5JM992LF193", "tablet")
    assert set(statuses(found).values()) == {"unsupported"}


def test_device_information_without_a_model_is_of_a_mac_by_its_udid(mdm: Path) -> None:
    found = parsed(mdm / "nanomdm" / "DeviceInformation.1.plist")
    assert (found.device.platform, found.device.serial) == ("macos", None)
    assert set(statuses(found).values()) == {"unsupported"}


def test_the_whole_folder_is_a_source_of_as_many_devices_as_it_names(mdm: Path) -> None:
    found = [one.facts for one in collector.collect_file(mdm)]
    assert sorted(facts.device.platform or "" for facts in found) == ["ios", "ios", "macos", "macos", "macos", "macos"]
    for facts in found:
        assert facts.profiles
        assert "observed" not in {row.status for row in facts.coverage}
