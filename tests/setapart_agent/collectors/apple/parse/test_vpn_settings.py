from plistlib import UID

import pytest

from plist_maker import archive, archive_of
from setapart_agent.collectors.apple.parse.vpn_settings import of_archive, of_services
from setapart_agent.errors import ParseError
from setapart_evidence.model import Link

PPP = {"Type": "PPP", "SubType": "L2TP"}


def configuration(field: str, *, server: object = "vpn.agency.example:443", **more: object) -> bytes:
    """An archive with one configuration, as NEConfiguration encodes itself."""
    protocol = {"ServerAddress": server, "Username": "p"} if server is not None else {"Username": "p"}
    made = dict.fromkeys(("VPN", "AppVPN", "AlwaysOnVPN", "ContentFilter", "DNSProxy", "Relay"))
    return archive({"A-UUID": {**made, "Name": "Office", "Grade": 1, field: {"Protocol": protocol}, **more}})


def configured(raw: bytes) -> list[str | None]:
    return targets(of_archive(raw, "0"))


def services(*found: object) -> list[str | None]:
    return targets(of_services({str(at): one for at, one in enumerate(found)}, "0"))


def targets(links: tuple[Link, ...]) -> list[str | None]:
    assert {(link.kind, link.profile) for link in links} <= {("vpn", "0")}
    return [link.target for link in links]


@pytest.mark.parametrize("field", ["VPN", "AppVPN", "AlwaysOnVPN", "Relay", "SomethingNew"])
def test_the_servers_of_an_archive_of_configurations(field: str) -> None:
    assert configured(configuration(field)) == ["vpn.agency.example"]


@pytest.mark.parametrize("field", ["ContentFilter", "DNSProxy", "DNSSettings", "PathController"])
def test_filters_lead_nowhere(field: str) -> None:
    assert configured(configuration(field, server="filter.example")) == []


def test_settings_of_a_filter_are_known_by_their_keys_wherever_they_stand() -> None:
    assert configured(archive([{"FilterSockets": True, "ServerAddress": "filter.example"}])) == []


@pytest.mark.parametrize("server", [None, "Our VPN", 7])
def test_a_vpn_that_names_no_server_leads_somewhere(server: object) -> None:
    assert configured(configuration("VPN", server=server)) == [None]


def test_a_filter_beside_a_vpn_does_not_hide_it() -> None:
    raw = configuration("VPN", ContentFilter={"Provider": {"ServerAddress": "filter.example"}})
    assert configured(raw) == ["vpn.agency.example"]


def test_a_mutable_string_is_an_object_of_its_own() -> None:
    raw = archive_of([{"VPN": UID(2)}, {"ServerAddress": UID(3)}, {"NS.string": "vpn.agency.example"}])
    assert configured(raw) == ["vpn.agency.example"]


def test_configurations_that_are_archived_within_the_archive() -> None:
    assert configured(archive({"A-UUID": configuration("VPN")})) == ["vpn.agency.example"]


@pytest.mark.parametrize("server", ["127.0.0.1", "localhost", "[::1]:443"])
def test_filters_on_the_device_itself_lead_nowhere(server: str) -> None:
    assert configured(configuration("VPN", server=server)) == []
    assert services({"Interface": {"Type": "VPN"}, "VPN": {"RemoteAddress": server}}) == []


def test_an_archive_that_holds_itself_is_an_error_and_not_without_vpn() -> None:
    with pytest.raises(ParseError):
        configured(archive_of([{"NS.objects": [UID(1)]}]))


def test_the_services_of_the_system_configuration() -> None:
    assert services(
        {"Interface": PPP, "PPP": {"CommRemoteAddress": "l2tp.agency.example", "AuthName": "ann"}},
        {"Interface": {"Type": "IPSec"}, "IPSec": {"RemoteAddress": "ipsec.agency.example"}},
        {"Interface": {"Type": "Ethernet", "Hardware": "AirPort"}, "IPv4": {"ConfigMethod": "DHCP"}},
        {"Interface": {"Type": "VPN"}},
    ) == ["l2tp.agency.example", "ipsec.agency.example", None]


@pytest.mark.parametrize(("kind", "address"), [("PPPSerial", "*99#"), ("PPPoE", "provider.example")])
def test_a_modem_and_a_line_to_the_provider_are_no_vpn(kind: str, address: str) -> None:
    assert services({"Interface": {"Type": "PPP", "SubType": kind}, "PPP": {"CommRemoteAddress": address}}) == []


def test_a_service_that_is_switched_off_is_one_click_from_being_on() -> None:
    off = {"Interface": PPP, "PPP": {"CommRemoteAddress": "l2tp.agency.example"}, "__INACTIVE__": 1}
    assert services(off) == ["l2tp.agency.example"]


@pytest.mark.parametrize("value", [7, "x", [], {"Interface": 7}, {"PPP": {"CommRemoteAddress": 7}}])
def test_odd_types_end_in_no_link(value: object) -> None:
    assert services(value) == []
