"""Running collectors: each is seen or says that it was not, and is signed with all code that decides what it sees."""

from pathlib import Path

from linux_tree import host_of
from setapart_agent.collectors.base import CollectorInfo, covered
from setapart_agent.collectors.desktop.collector import run_collectors
from setapart_agent.collectors.desktop.host import Host
from setapart_agent.facts import DeviceFacts, Facts
from setapart_evidence.model import App

DEVICE = DeviceFacts(platform="linux", serial="S1")
FOUND = Facts(
    apps=(App(identifier="bash", profile="system", source="dpkg"),), coverage=(covered("apps", "system", "test.good"),)
)


def info(name: str) -> CollectorInfo:
    return CollectorInfo(
        name=name, version=1, sections=("apps", "links"), maturity="untested", reads=(), modules=("a",)
    )


class Good:
    info = info("test.good")

    def collect(self, host: Host) -> Facts:
        return FOUND


class Idle:
    info = info("test.idle")

    def collect(self, host: Host) -> Facts:
        return Facts()


class Broken:
    info = info("test.broken")

    def collect(self, host: Host) -> Facts:
        raise KeyError("somebody's name")


def test_one_that_breaks_is_failed_for_every_profile_and_silences_no_other(tmp_path: Path) -> None:
    host = host_of(tmp_path)
    found = run_collectors(host, (Broken(), Good()), device=DEVICE, profiles={}, shared=("shared",))
    assert found.facts.apps == FOUND.apps
    broken = {(r.section, r.profile, r.status, r.reason) for r in found.facts.coverage if r.collector == "test.broken"}
    assert broken == {
        (section, profile, "failed", "the collector broke: KeyError")
        for section in ("apps", "links")
        for profile in ("system", host.users[0].profile)
    }


def test_one_that_does_not_apply_did_not_run_and_all_others_are_signed_with_what_they_share(tmp_path: Path) -> None:
    found = run_collectors(host_of(tmp_path), (Idle(), Good()), device=DEVICE, profiles={}, shared=("shared",))
    assert [(one.name, one.modules) for one in found.collectors] == [("test.good", ("a", "shared"))]
    assert [profile.id for profile in found.facts.profiles] == ["system"]
