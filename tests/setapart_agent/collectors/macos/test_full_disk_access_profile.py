"""The profile under packaging/agent/macos, as Apple's reference of PrivacyPreferencesPolicyControl wants it."""

import plistlib
import uuid
from typing import Any

from repository import REPOSITORY
from setapart_agent.collectors.apple.parse.configuration_profile import facts_of, read_profile
from setapart_agent.facts import Facts

CONTENT = (REPOSITORY / "packaging/agent/macos/full-disk-access.mobileconfig").read_bytes()


def profile() -> dict[str, Any]:
    loaded = plistlib.loads(CONTENT)
    assert isinstance(loaded, dict)
    return loaded


def test_the_profile_grants_one_program_full_disk_access_and_nothing_else() -> None:
    (payload,) = profile()["PayloadContent"]
    assert payload["PayloadType"] == "com.apple.TCC.configuration-profile-policy"
    assert list(payload["Services"]) == ["SystemPolicyAllFiles"]
    (program,) = payload["Services"]["SystemPolicyAllFiles"]
    assert (program["IdentifierType"], program["Authorization"]) == ("path", "Allow")
    assert program["Identifier"].startswith("/")
    assert 'identifier "' in program["CodeRequirement"]
    assert "subject.OU" in program["CodeRequirement"]
    assert "Allowed" not in program, "Authorization and Allowed exclude each other"


def test_the_profile_is_for_the_machine_and_has_names_of_its_own() -> None:
    top = profile()
    (payload,) = top["PayloadContent"]
    assert (top["PayloadType"], top["PayloadScope"]) == ("Configuration", "System")
    assert len({top["PayloadIdentifier"], payload["PayloadIdentifier"]}) == 2
    assert len({uuid.UUID(top["PayloadUUID"]), uuid.UUID(payload["PayloadUUID"])}) == 2
    assert top["PayloadVersion"] == payload["PayloadVersion"] == 1


def test_our_own_reader_finds_no_tie_in_it() -> None:
    assert facts_of(read_profile(CONTENT), "system") == Facts()


def test_what_doctor_points_at_is_there() -> None:
    assert (REPOSITORY / "packaging/agent/macos/README.md").is_file()
    assert not (REPOSITORY / "packaging/__init__.py").exists()
