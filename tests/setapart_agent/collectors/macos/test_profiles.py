import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pytest

from macos_tree import TREES, MacTree, rows, xml
from setapart_agent.collectors.base import Denied
from setapart_agent.collectors.desktop.host import Host
from setapart_agent.collectors.macos.profiles import ENCRYPTED, Profiles

FOLDER = "/private/var/db/ConfigurationProfiles"
SHOWN = xml(
    {
        "_computerlevel": [
            {
                "ProfileItems": [
                    {"PayloadType": "com.apple.mdm", "PayloadContent": {"ServerURL": "https://mdm.example/"}}
                ]
            }
        ],
        "ann": [
            {
                "ProfileItems": [
                    {"PayloadType": "com.apple.ews.account", "PayloadContent": {"EmailAddress": "ann@corp.example"}}
                ]
            }
        ],
    }
)
NOTHING = b"There are no configuration profiles installed in the system domain\n"


@pytest.fixture(params=TREES, ids=["tree", "plain"])
def mac(request: pytest.FixtureRequest, tmp_path: Path) -> MacTree:
    return MacTree(tmp_path, request.param)


@contextmanager
def running(printed: bytes, euid: int = 0) -> Iterator[mock.Mock]:
    """The running system: `profiles` prints this to an agent of that uid."""
    with (
        mock.patch.object(Host, "live", property(lambda _host: True)),
        mock.patch.object(os, "geteuid", return_value=euid),
        mock.patch.object(
            subprocess, "run", return_value=subprocess.CompletedProcess((), 0, stdout=printed)
        ) as program,
    ):
        yield program


def test_profiles_of_the_machine_and_of_a_user(mac: MacTree) -> None:
    with running(SHOWN):
        facts = mac.collect(Profiles())
    assert [(one.profile, one.kind, one.target) for one in facts.links] == [("system", "mdm", "mdm.example")]
    assert [(one.profile, one.domain) for one in facts.accounts] == [(mac.ann, "corp.example")]
    assert {row[2] for row in rows(facts)} == {"observed"}


def test_root_asks_for_everybody_and_a_user_for_nobody_else(mac: MacTree) -> None:
    with running(NOTHING) as program:
        assert {row[2] for row in rows(mac.collect(Profiles()))} == {"observed"}
    assert "-all" in program.call_args.args[0]
    with running(NOTHING, euid=mac.uid + 7) as program:
        facts = mac.collect(Profiles())
    assert "-all" not in program.call_args.args[0]
    assert ("links", mac.ann, "denied", "profiles: only root sees other users'") in rows(facts)
    assert ("links", "system", "observed", None) in rows(facts)


@pytest.mark.parametrize("printed", [b"", b"profiles: error", b"bplist00", xml([])])
def test_an_answer_that_is_no_list_is_said_for_everybody(mac: MacTree, printed: bytes) -> None:
    with running(printed):
        facts = mac.collect(Profiles())
    assert {(row[0], row[1], row[2]) for row in rows(facts)} == {
        (section, profile, "failed") for section in ("accounts", "links") for profile in ("system", mac.ann)
    }


@pytest.mark.parametrize("trouble", [FileNotFoundError(), subprocess.TimeoutExpired("profiles", 1)])
def test_a_program_that_does_not_answer_is_said(mac: MacTree, trouble: Exception) -> None:
    with running(NOTHING) as program:
        program.side_effect = trouble
        assert {row[2] for row in rows(mac.collect(Profiles()))} == {"failed"}


def test_a_disk_without_profiles_hides_none(mac: MacTree) -> None:
    mac.write(f"{FOLDER}/Store/ConfigProfiles.binary", b"")
    assert {row[2] for row in rows(mac.collect(Profiles()))} == {"observed"}


@pytest.mark.parametrize(
    ("path", "content"), [("Settings/.profilesAreInstalled", b""), ("Store/ConfigProfiles.binary", b"sealed")]
)
def test_a_disk_with_profiles_does_not_show_them(mac: MacTree, path: str, content: bytes) -> None:
    mac.write(f"{FOLDER}/{path}", content)
    assert rows(mac.collect(Profiles())) == {
        (section, profile, "denied", ENCRYPTED) for section in ("accounts", "links") for profile in ("system", mac.ann)
    }


def test_the_record_of_automated_enrolment_is_a_link(mac: MacTree) -> None:
    record = {"ConfigurationURL": "https://mdm.corp.example/enrol", "OrganizationName": "Corp", "IsMandatory": True}
    mac.write(f"{FOLDER}/Settings/.cloudConfigRecordFound", xml(record))
    facts = mac.collect(Profiles())
    assert [(one.kind, one.target) for one in facts.links] == [("mdm", "mdm.corp.example")]


def test_a_home_that_is_not_seen_is_said(mac: MacTree) -> None:
    mac.unseen = Denied("the home is not mounted")
    assert ("links", mac.ann, "denied", "the home is not mounted") in rows(mac.collect(Profiles()))
