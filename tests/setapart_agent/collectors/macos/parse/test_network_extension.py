import pytest

from hostile_files import assert_survives, parsed
from macos_tree import xml
from plist_maker import archive, archive_of
from setapart_agent.collectors.macos.parse import network_extension
from setapart_agent.errors import ParseError
from setapart_evidence.model import Link

NAME = "com.apple.networkextension.plist"
VPN = archive({"A-UUID": {"VPN": {"Protocol": {"ServerAddress": "vpn.corp.example"}}}})


def test_vpns_by_their_servers() -> None:
    assert network_extension.recognise(NAME, VPN)
    assert network_extension.recognise("x", archive_of([{"$classname": "NEConfiguration"}]))
    assert parsed(network_extension, VPN).links == (Link(kind="vpn", target="vpn.corp.example", profile="1000"),)


def test_a_vpn_without_a_server_is_a_vpn() -> None:
    content = archive({"A-UUID": {"VPN": {"Protocol": {"Username": "ann"}}}})
    assert parsed(network_extension, content).links == (Link(kind="vpn", target=None, profile="1000"),)


def test_another_property_list_is_refused() -> None:
    with pytest.raises(ParseError):
        parsed(network_extension, xml({"ServerAddress": "vpn.corp.example"}))


def test_broken_files_end_in_our_error() -> None:
    assert_survives(network_extension, NAME, VPN)
