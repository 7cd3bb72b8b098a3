import pytest

from hostile_files import assert_survives, parsed
from macos_tree import binary, xml
from setapart_agent.collectors.macos.parse import open_directory
from setapart_evidence.model import Link

BOUND = {
    "node name": "/Active Directory/CORP",
    "trustaccount": "mac-7$",
    "module options": {
        "ActiveDirectory": {"domain": "Corp.Example.", "forest": "example", "trust domain": "x.example"}
    },
}


@pytest.mark.parametrize("form", [xml, binary])
def test_a_mac_in_a_domain_is_joined_and_has_its_realm(form: object) -> None:
    assert parsed(open_directory, form(BOUND)).links == (  # type: ignore[operator]
        Link(kind="directory-join", target="corp.example", profile="1000"),
        Link(kind="kerberos", target="corp.example", profile="1000"),
    )


def test_an_ldap_server_is_a_join() -> None:
    content = xml({"node name": "/LDAPv3/ldap.corp.example", "module options": {"ldap": {}}})
    assert parsed(open_directory, content).links == (
        Link(kind="directory-join", target="ldap.corp.example", profile="1000"),
    )


@pytest.mark.parametrize("node", ["/Local/Default", "/Search", "/Contacts", "/Configure", ""])
def test_the_nodes_of_every_mac_are_no_join(node: str) -> None:
    assert parsed(open_directory, xml({"node name": node, "module options": {}})).links == ()


@pytest.mark.parametrize(("bound", "links"), [(True, 2), (False, 0)])
def test_the_form_of_macos_10_6(bound: bool, links: int) -> None:
    content = xml({"AD Default Domain": "corp.example", "AD Bound to Domain": bound})
    assert len(parsed(open_directory, content).links) == links


@pytest.mark.parametrize("value", [7, [], {"ActiveDirectory": 7}, {"ActiveDirectory": {"domain": []}}])
def test_odd_types_end_in_facts(value: object) -> None:
    assert parsed(open_directory, xml({"node name": [], "module options": value})).links == ()


def test_broken_files_end_in_our_error() -> None:
    assert_survives(open_directory, "CORP.plist", xml(BOUND))
