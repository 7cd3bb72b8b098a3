import pytest

from hostile_files import assert_survives, parsed
from macos_tree import binary, xml
from setapart_agent.collectors.macos.parse import network_services
from setapart_evidence.model import Link


def preferences(*services: dict[str, object]) -> dict[str, object]:
    return {
        "CurrentSet": "/Sets/1",
        "Model": "MacBookPro18,3",
        "NetworkServices": {str(at): one for at, one in enumerate(services)},
    }


WIFI: dict[str, object] = {"Interface": {"Type": "Ethernet", "Hardware": "AirPort", "DeviceName": "en0"}}
L2TP: dict[str, object] = {
    "Interface": {"Type": "PPP", "SubType": "L2TP"},
    "PPP": {"CommRemoteAddress": "vpn.corp.example", "AuthName": "ann"},
}
IPSEC: dict[str, object] = {"Interface": {"Type": "IPSec"}, "IPSec": {"RemoteAddress": "ipsec.corp.example"}}


def vpn(target: str | None) -> Link:
    return Link(kind="vpn", target=target, profile="1000")


def test_vpns_by_their_servers() -> None:
    facts = parsed(network_services, binary(preferences(WIFI, L2TP, IPSEC)))
    assert facts.links == (vpn("vpn.corp.example"), vpn("ipsec.corp.example"))
    assert facts.device.model == "MacBookPro18,3"


@pytest.mark.parametrize("value", [7, "x", [], [7], {"1": 7}, {"1": {"Interface": 7}}])
def test_odd_types_end_in_facts(value: object) -> None:
    assert parsed(network_services, xml({"CurrentSet": 1, "NetworkServices": value})).links == ()


def test_broken_files_end_in_our_error() -> None:
    assert_survives(network_services, "preferences.plist", xml(preferences(WIFI, L2TP)))
