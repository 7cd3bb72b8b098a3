import plistlib
from plistlib import UID

import pytest

from plist_maker import archive, archive_of
from setapart_agent.collectors.ios.parse import vpn
from setapart_agent.errors import ParseError
from setapart_agent.facts import FileSet


def targets(raw: bytes) -> list[str | None]:
    return [link.target for link in vpn.parse(FileSet(files={"main": raw}, profile="0")).links]


def configuration(field: str, *, server: object = "vpn.agency.example:443", **more: object) -> bytes:
    """An archive with one configuration, as NEConfiguration encodes itself."""
    protocol = {"ServerAddress": server, "Username": "p"} if server is not None else {"Username": "p"}
    made = dict.fromkeys(("VPN", "AppVPN", "AlwaysOnVPN", "ContentFilter", "DNSProxy", "Relay"))
    return archive({"A-UUID": {**made, "Name": "Office", "Grade": 1, field: {"Protocol": protocol}, **more}})


@pytest.mark.parametrize("field", ["VPN", "AppVPN", "AlwaysOnVPN", "Relay"])
def test_the_servers_of_an_archive_of_configurations(field: str) -> None:
    assert targets(configuration(field)) == ["vpn.agency.example"]


def test_an_archive_is_recognised_by_its_class() -> None:
    raw = archive_of(
        [{"VPN": UID(2), "$class": UID(3)}, {"ServerAddress": "a.example"}, {"$classname": "NEConfiguration"}]
    )
    assert vpn.recognise("x", raw)
    assert targets(raw) == ["a.example"]


@pytest.mark.parametrize("field", ["ContentFilter", "DNSProxy"])
def test_filters_lead_nowhere(field: str) -> None:
    assert targets(configuration(field, server="filter.example")) == []


def test_a_vpn_that_names_no_server_leads_somewhere() -> None:
    assert targets(configuration("VPN", server=None)) == [None]


def test_configurations_that_are_archived_within_the_archive() -> None:
    assert targets(archive({"A-UUID": configuration("VPN")})) == ["vpn.agency.example"]


def test_the_services_of_the_system_configuration() -> None:
    services = {
        "A": {"Interface": {"Type": "PPP"}, "PPP": {"CommRemoteAddress": "l2tp.agency.example"}},
        "B": {"Interface": {"Type": "IPSec"}, "IPSec": {"RemoteAddress": "ipsec.agency.example"}},
        "C": {"Interface": {"Type": "IEEE80211"}, "IPv4": {"ConfigMethod": "DHCP"}},
    }
    raw = plistlib.dumps({"NetworkServices": services})
    assert vpn.recognise("/x/preferences.plist", raw)
    assert sorted(map(str, targets(raw))) == ["ipsec.agency.example", "l2tp.agency.example"]


@pytest.mark.parametrize("server", ["127.0.0.1", "localhost", "[::1]:443"])
def test_filters_on_the_device_itself_lead_nowhere(server: str) -> None:
    assert targets(configuration("VPN", server=server)) == []
    assert targets(plistlib.dumps({"NetworkServices": {"A": {"VPN": {"RemoteAddress": server}}}})) == []


def test_an_archive_that_holds_itself_is_an_error_and_not_without_vpn() -> None:
    with pytest.raises(ParseError):
        targets(archive_of([{"NS.objects": [UID(1)]}]))
