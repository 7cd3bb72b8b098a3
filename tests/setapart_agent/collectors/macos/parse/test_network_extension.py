import plistlib

import pytest

from hostile_files import assert_survives, parsed
from macos_tree import binary, xml
from setapart_agent.collectors.macos.parse import network_extension
from setapart_agent.errors import ParseError
from setapart_evidence.model import Link


def archive(*objects: object) -> bytes:
    """An archive as NSKeyedArchiver writes it, with its objects as they are."""
    return binary(
        {
            "$archiver": "NSKeyedArchiver",
            "$version": 100000,
            "$top": {"root": plistlib.UID(1)},
            "$objects": ["$null", {"$classname": "NEConfiguration", "$classes": ["NEConfiguration"]}, *objects],
        }
    )


def vpn(target: str | None) -> Link:
    return Link(kind="vpn", target=target, profile="1000")


def test_vpns_by_their_servers() -> None:
    content = archive("vpn.corp.example", {"Type": 5, "Username": plistlib.UID(0), "ServerAddress": plistlib.UID(2)})
    assert network_extension.recognise("com.apple.networkextension.plist", content)
    assert parsed(network_extension, content).links == (vpn("vpn.corp.example"),)


def test_a_mutable_string_is_an_object_of_its_own() -> None:
    content = archive({"NS.string": "vpn.corp.example"}, {"ServerAddress": plistlib.UID(2)})
    assert parsed(network_extension, content).links == (vpn("vpn.corp.example"),)


@pytest.mark.parametrize("server", [plistlib.UID(0), plistlib.UID(99), 7, "Our VPN"])
def test_a_vpn_whose_server_is_not_known_is_a_vpn(server: object) -> None:
    assert parsed(network_extension, archive({"ServerAddress": server})).links == (vpn(None),)


def test_a_content_filter_is_no_vpn() -> None:
    content = archive({"FilterBrowsers": True, "FilterSockets": True, "ServerAddress": plistlib.UID(0)})
    assert parsed(network_extension, content).links == ()


def test_objects_that_hold_each_other_are_no_trouble() -> None:
    content = archive(
        {"ServerAddress": plistlib.UID(2), "other": plistlib.UID(3)},
        {"ServerAddress": plistlib.UID(4), "other": plistlib.UID(2)},
        "vpn.corp.example",
    )
    assert parsed(network_extension, content).links == (vpn(None), vpn("vpn.corp.example"))


def test_another_property_list_is_refused() -> None:
    with pytest.raises(ParseError):
        parsed(network_extension, xml({"ServerAddress": "vpn.corp.example"}))


def test_broken_files_end_in_our_error() -> None:
    assert_survives(
        network_extension, "com.apple.networkextension.plist", archive({"ServerAddress": "vpn.corp.example"})
    )
