"""Rows of the collector of networks are of use: each reason leads to a cure."""

import pytest

from android_transcripts import RecordedDevice, dumpsys_wifi, wifi_network
from setapart_agent.cli.doctor import cure_of
from setapart_agent.collectors.android import source as commands
from setapart_agent.collectors.android.networks import COLLECTOR, collect_networks
from setapart_agent.collectors.android.parse.android_user import AndroidUser
from setapart_agent.facts import Facts

OWNER, SECOND = AndroidUser(id="0", flags=0x4C13), AndroidUser(id="11", flags=0x410)


def networks(outputs: dict[str, str], *users: AndroidUser) -> Facts:
    return collect_networks(RecordedDevice(outputs), users or (OWNER,))


@pytest.mark.parametrize(
    ("outputs", "users", "word"),
    [
        ({commands.DUMPSYS_WIFI: dumpsys_wifi()}, (OWNER,), "VPNs"),
        ({commands.DUMPSYS_VPN: "VPNs:\n"}, (OWNER,), "bug report"),
        ({commands.DUMPSYS_WIFI: dumpsys_wifi(), commands.DUMPSYS_VPN: "VPNs:\n"}, (OWNER, SECOND), "switch"),
    ],
)
def test_what_is_not_seen_has_a_cure(outputs: dict[str, str], users: tuple[AndroidUser, ...], word: str) -> None:
    rows = [row for row in networks(outputs, *users).coverage if row.status != "observed"]
    assert [row.collector for row in rows] == [COLLECTOR]
    assert word in cure_of(rows[0])


@pytest.mark.parametrize(
    "nobody", [AndroidUser(id="0", type="android.os.usertype.system.HEADLESS"), AndroidUser(id="0", flags=0x813)]
)
def test_nobody_can_switch_to_the_system_user_of_a_tablet_whose_owner_is_in_the_foreground(nobody: AndroidUser) -> None:
    owner = AndroidUser(id="10", flags=0x4412)
    old = {commands.DUMPSYS_WIFI: dumpsys_wifi(current_user=None), commands.DUMPSYS_VPN: "VPNs:\n"}
    assert [row.status for row in networks(old, nobody, owner).coverage] == ["observed", "observed"]


@pytest.mark.parametrize("flags", [0x13, 0xC13, 0x4C13, None])
def test_a_system_user_who_is_somebody_may_have_networks_of_his_own(flags: int | None) -> None:
    outputs = {commands.DUMPSYS_WIFI: dumpsys_wifi(current_user=11), commands.DUMPSYS_VPN: "VPNs:\n"}
    found = networks(outputs, AndroidUser(id="0", flags=flags), SECOND)
    assert [row.status for row in found.coverage] == ["partial", "observed"]


def test_an_older_wifi_service_does_not_say_whose_list_it_is_and_the_list_of_users_does() -> None:
    outputs = {commands.DUMPSYS_WIFI: dumpsys_wifi(current_user=None), commands.DUMPSYS_VPN: "VPNs:\n"}
    found = collect_networks(RecordedDevice(outputs), (OWNER, SECOND), "11")
    assert [row.status for row in found.coverage] == ["partial", "observed"]


def test_where_a_user_whom_nothing_lists_is_in_the_foreground_nobodys_own_networks_are_shown() -> None:
    staff = wifi_network(1, keys="WPA_EAP", identity="a@agency.example")
    found = networks({commands.DUMPSYS_WIFI: dumpsys_wifi([staff], current_user=77), commands.DUMPSYS_VPN: "VPNs:\n"})
    assert [row.status for row in found.coverage] == ["partial"]
    assert [(link.target, link.profile) for link in found.links] == [("agency.example", "0")]
