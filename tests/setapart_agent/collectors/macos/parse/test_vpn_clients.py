import pytest

from hostile_files import assert_survives, parsed
from macos_tree import xml
from setapart_agent.collectors.macos.parse import vpn_clients
from setapart_agent.errors import ParseError

ANYCONNECT = b"""<?xml version="1.0" encoding="UTF-8"?>
<AnyConnectProfile xmlns="http://schemas.xmlsoap.org/encoding/">
  <ClientInitialization><AutoConnectOnStart>false</AutoConnectOnStart></ClientInitialization>
  <ServerList>
    <HostEntry><HostName>Main</HostName><HostAddress>vpn.corp.example</HostAddress></HostEntry>
    <HostEntry><HostName>other.corp.example</HostName></HostEntry>
  </ServerList>
</AnyConnectProfile>
"""
PORTAL = {"Palo Alto Networks": {"GlobalProtect": {"PanSetup": {"Portal": "gp.corp.example", "Prelogon": "0"}}}}


PREFERENCES = b"""<?xml version="1.0" encoding="UTF-8"?>
<AnyConnectPreferences>
<DefaultUser>ann</DefaultUser>
<DefaultHostName>Main</DefaultHostName>
<DefaultHostAddress>vpn.corp.example:443</DefaultHostAddress>
<ControllablePreferences><LocalLanAccess>true</LocalLanAccess></ControllablePreferences>
</AnyConnectPreferences>
"""
FORTI = {"DisallowPersonalVPN": 0, "Profiles": {"Office": {"Name": "Office", "Server": "forti.corp.example:10443"}}}


def targets(content: bytes) -> list[str | None]:
    return [link.target for link in parsed(vpn_clients, content).links]


def test_gateways_of_anyconnect() -> None:
    assert targets(ANYCONNECT) == ["vpn.corp.example", "other.corp.example"]


def test_the_portal_of_global_protect() -> None:
    assert targets(xml(PORTAL)) == ["gp.corp.example"]


def test_the_gateway_that_somebody_typed_into_anyconnect() -> None:
    assert vpn_clients.recognise(".anyconnect", PREFERENCES)
    assert targets(PREFERENCES) == ["vpn.corp.example"]
    assert targets(b"<AnyConnectPreferences><DefaultHostName></DefaultHostName></AnyConnectPreferences>") == []
    assert targets(b"<AnyConnectPreferences><DefaultHost>a.example</DefaultHost></AnyConnectPreferences>") == [
        "a.example"
    ]


def test_the_tunnels_of_forticlient() -> None:
    assert vpn_clients.recognise("vpn.plist", xml(FORTI))
    assert targets(xml(FORTI)) == ["forti.corp.example"]
    assert targets(xml({**FORTI, "Profiles": {}})) == []


@pytest.mark.parametrize("content", [b"<AnyConnectProfile/>", xml({"PanSetup": {"Portal": ""}}), xml({"PanSetup": 7})])
def test_a_client_that_names_no_gateway_is_a_vpn_still(content: bytes) -> None:
    assert targets(content) == [None]


def test_entities_are_refused() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + ANYCONNECT.partition(b"\n")[2]
    with pytest.raises(ParseError):
        parsed(vpn_clients, bomb)


def test_broken_files_end_in_our_error() -> None:
    assert_survives(vpn_clients, "profile.xml", ANYCONNECT)
    assert_survives(vpn_clients, ".anyconnect", PREFERENCES)
    assert_survives(vpn_clients, "x.plist", xml(PORTAL))
    assert_survives(vpn_clients, "vpn.plist", xml(FORTI))
