import re

import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.desktop.parse import anyconnect
from setapart_agent.errors import ParseError

PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<AnyConnectProfile xmlns="http://schemas.xmlsoap.org/encoding/">
  <ClientInitialization><AutoConnectOnStart>false</AutoConnectOnStart>{initial}</ClientInitialization>
  <ServerList>{entries}</ServerList>
</AnyConnectProfile>
"""
PREFERENCES = """<?xml version="1.0" encoding="UTF-8"?>
<AnyConnectPreferences>
<DefaultUser>ann</DefaultUser>
{last}
<ControllablePreferences><LocalLanAccess>true</LocalLanAccess></ControllablePreferences>
</AnyConnectPreferences>
"""
MAIN = "<HostEntry><HostName>Main v1.2 of all</HostName><HostAddress>vpn.corp.example/staff</HostAddress></HostEntry>"
NAMED = "<HostEntry><HostName>other.corp.example</HostName></HostEntry>"
SHORT = "<HostEntry><HostName>headquarters</HostName></HostEntry>"
BACKUP = "<BackupServerList><HostAddress>spare.other.example</HostAddress></BackupServerList>"


def targets(content: str | bytes) -> list[str | None]:
    return [link.target for link in parsed(anyconnect, content).links]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (MAIN, ["vpn.corp.example"]),
        (MAIN + NAMED, ["vpn.corp.example", "other.corp.example"]),
        (MAIN + SHORT, ["vpn.corp.example", None]),
        (MAIN.replace("</HostEntry>", BACKUP + "</HostEntry>"), ["vpn.corp.example", "spare.other.example"]),
        (MAIN.replace("vpn.corp", "https://vpn&#46;corp"), ["vpn.corp.example"]),
        (f"<!-- {MAIN} -->", [None]),
        ("", [None]),
    ],
    ids=["address", "name-is-address", "short-name", "backup", "escaped", "remark", "none"],
)
def test_each_gateway_of_a_profile_is_a_link_and_none_hides_another(entries: str, expected: list[str | None]) -> None:
    content = PROFILE.format(initial="", entries=entries)
    assert targets(content) == expected
    assert targets(content.replace("UTF-8", "UTF-16").encode("utf-16")) == expected
    assert targets(re.sub("(</?)(?=[A-Z])", r"\1x:", content.replace("xmlns=", "xmlns:x="))) == expected


def test_backup_servers_of_a_whole_profile_are_links() -> None:
    assert targets(PROFILE.format(initial=BACKUP, entries=MAIN)) == ["spare.other.example", "vpn.corp.example"]


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ("<DefaultHostName>https://vpn.corp.example:443/IT</DefaultHostName>", ["vpn.corp.example"]),
        ("<DefaultHostName>Main</DefaultHostName>", [None]),
        (
            "<DefaultHostName>Main</DefaultHostName><DefaultHostAddress>vpn.corp.example:443</DefaultHostAddress>",
            ["vpn.corp.example"],
        ),
        ("<DefaultHost>vpn.corp.example</DefaultHost>", ["vpn.corp.example"]),
        ("<DefaultHostName></DefaultHostName>", []),
        ("", []),
    ],
)
def test_the_gateway_that_was_used_last_is_a_link(last: str, expected: list[str | None]) -> None:
    assert targets(PREFERENCES.format(last=last)) == expected


@pytest.mark.parametrize("name", ["AnyConnectProfile", "x:AnyConnectProfile", "AnyConnectPreferences"])
def test_its_files_are_known_by_their_root(name: str) -> None:
    assert anyconnect.recognise("x", f'<?xml version="1.0"?><{name} xmlns="y">'.encode())


def test_the_clients_own_policy_and_schema_are_no_profiles() -> None:
    assert not anyconnect.recognise("AnyConnectLocalPolicy.xml", b"<AnyConnectLocalPolicy/>")
    assert not anyconnect.recognise("AnyConnectProfile.xsd", b'<xs:element name="AnyConnectProfile"/>')


def test_another_document_in_the_same_folder_names_no_gateway() -> None:
    assert targets("<AnyConnectLocalPolicy><HostAddress>x.example</HostAddress></AnyConnectLocalPolicy>") == []


@pytest.mark.parametrize("raw", [b"", b"<AnyConnectProfile>", b"<!DOCTYPE a []><AnyConnectProfile/>", b"\xff\xfe<"])
def test_what_is_broken_or_could_hold_entities_is_refused(raw: bytes) -> None:
    with pytest.raises(ParseError):
        parsed(anyconnect, raw)


def test_broken_files_survive() -> None:
    assert_survives(anyconnect, "profile.xml", PROFILE.format(initial=BACKUP, entries=MAIN + NAMED).encode())
    assert_survives(anyconnect, ".anyconnect", PREFERENCES.format(last="<DefaultHost>a.example</DefaultHost>").encode())
