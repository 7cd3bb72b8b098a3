"""packaging/agent/macos/*.mobileconfig: what device management is given, by the keys that Apple documents.

Apple's own tables: github.com/apple/device-management, mdm/profiles, as of 2026-11-26.
"""

import plistlib
import uuid
from pathlib import Path
from typing import Any

import pytest
from agent_packages.macos import tree

PROFILES = sorted(tree.SOURCES.glob("*.mobileconfig"))


def payload(name: str) -> dict[str, Any]:
    (found,) = plistlib.loads((tree.SOURCES / f"{name}.mobileconfig").read_bytes())["PayloadContent"]
    return dict(found)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.stem)
def test_a_profile_is_whole(profile: Path) -> None:
    whole = plistlib.loads(profile.read_bytes())
    assert whole["PayloadType"] == "Configuration"
    assert whole["PayloadScope"] == "System", "macOS refuses both kinds for one user"
    parts = (whole, *whole["PayloadContent"])
    for part in parts:
        assert part["PayloadVersion"] == 1
        uuid.UUID(part["PayloadUUID"])
    assert len({part["PayloadUUID"] for part in parts}) == len({part["PayloadIdentifier"] for part in parts}) == 2


def test_no_two_profiles_are_the_same_to_macos() -> None:
    found = [plistlib.loads(profile.read_bytes()) for profile in PROFILES]
    assert len({whole["PayloadUUID"] for whole in found}) == len({whole["PayloadIdentifier"] for whole in found}) == 2


def test_full_disk_access_is_what_is_granted_and_nothing_else() -> None:
    found = payload("full-disk-access")
    assert found["PayloadType"] == "com.apple.TCC.configuration-profile-policy"
    assert list(found["Services"]) == ["SystemPolicyAllFiles"]


def test_it_is_granted_to_one_program_by_its_signature() -> None:
    (identity,) = payload("full-disk-access")["Services"]["SystemPolicyAllFiles"]
    assert {"Identifier", "IdentifierType", "CodeRequirement"} <= identity.keys()
    # "Every payload must specify either Authorization or Allowed, but not both."
    assert ("Allowed" in identity) != ("Authorization" in identity)
    assert identity["Authorization"] == "Allow"
    assert identity["StaticCode"] is False, "needed only by who invalidates his own signature"
    # "Application bundles must be identified by bundle ID": a framework's Python is Python.app.
    assert identity["IdentifierType"] == "bundleID"
    assert identity["Identifier"] != "org.python.python", "every program in Python would see everything"
    requirement = identity["CodeRequirement"]
    assert requirement.startswith(f'identifier "{identity["Identifier"]}" and anchor apple generic and ')
    assert "certificate leaf[subject.OU] = TEAMID0000" in requirement, "anybody's signature would do"


def test_the_services_can_not_be_switched_off() -> None:
    found = payload("background-items")
    assert found["PayloadType"] == "com.apple.servicemanagement"
    (rule,) = found["Rules"]
    assert rule["RuleType"] == "LabelPrefix"
    labels = [path.stem for path in (tree.SOURCES / "launchd").iterdir()]
    assert labels
    assert all(label.startswith(rule["RuleValue"]) for label in labels)
    assert rule["RuleValue"].endswith("."), "others' services would be managed too"


@pytest.mark.parametrize(
    "file", sorted(path for path in tree.SOURCES.rglob("*") if path.is_file()), ids=lambda path: path.name
)
def test_no_secret_is_in_what_everybody_gets(file: Path) -> None:
    text = file.read_text("utf-8")
    assert "spt1." not in text
    assert "PRIVATE KEY" not in text
