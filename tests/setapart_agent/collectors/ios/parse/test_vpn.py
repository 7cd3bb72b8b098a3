import plistlib
from plistlib import UID

import pytest

from plist_maker import archive_of
from setapart_agent.collectors.ios.parse import vpn
from setapart_agent.errors import ParseError
from setapart_agent.facts import FileSet


def targets(raw: bytes) -> list[str | None]:
    return [link.target for link in vpn.parse(FileSet(files={"main": raw}, profile="0")).links]


def test_the_servers_of_an_archive_of_configurations() -> None:
    raw = archive_of(
        [
            {"NS.objects": [UID(2)], "$class": UID(6)},
            {"VPN": UID(3), "name": UID(5), "$class": UID(7)},
            {"protocol": UID(4), "enabled": True},
            {"ServerAddress": UID(8), "username": UID(5)},
            "Office",
            {"$classname": "NSArray"},
            {"$classname": "NEConfiguration"},
            "vpn.agency.example:443",
        ]
    )
    assert vpn.recognise("x", raw)
    assert targets(raw) == ["vpn.agency.example"]


def test_the_services_of_the_system_configuration() -> None:
    services = {
        "A": {"Interface": {"Type": "PPP"}, "PPP": {"CommRemoteAddress": "l2tp.agency.example"}},
        "B": {"Interface": {"Type": "IPSec"}, "IPSec": {"RemoteAddress": "ipsec.agency.example"}},
        "C": {"Interface": {"Type": "IEEE80211"}, "IPv4": {"ConfigMethod": "DHCP"}},
    }
    raw = plistlib.dumps({"NetworkServices": services})
    assert vpn.recognise("/x/preferences.plist", raw)
    assert sorted(map(str, targets(raw))) == ["ipsec.agency.example", "l2tp.agency.example"]


@pytest.mark.parametrize("server", ["127.0.0.1", "localhost", "", 5])
def test_filters_on_the_device_itself_lead_nowhere(server: object) -> None:
    assert targets(plistlib.dumps({"VPN": {"ServerAddress": server}})) == []


def test_an_archive_that_holds_itself_is_an_error_and_not_without_vpn() -> None:
    with pytest.raises(ParseError):
        targets(archive_of([{"NS.objects": [UID(1)]}]))
