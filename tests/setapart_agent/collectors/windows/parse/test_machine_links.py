from typing import Any

import pytest

from registry_maker import at, key_of
from setapart_agent.collectors.windows.parse.machine_links import last_domain, read_software_links, read_system_links
from setapart_agent.collectors.windows.parse.reading import Reading
from setapart_agent.facts import Facts
from setapart_evidence.model import Link
from windows_tree import ADA, BOB

TENANT = "96fa76d0-0000-0000-0000-eb60cc220000"


def of_system(path: str, tree: dict[str, Any]) -> Facts:
    reading = Reading("system")
    read_system_links(reading, key_of(at(rf"ControlSet001\{path}", tree)))
    return reading.facts()


def of_software(path: str, tree: dict[str, Any], system: dict[str, Any] | None = None) -> Facts:
    reading = Reading("system")
    read_software_links(reading, key_of(at(path, tree)), key_of(system or {}))
    return reading.facts()


@pytest.mark.parametrize("name", ["Domain", "NV Domain"])
def test_a_domain_joins(name: str) -> None:
    facts = of_system(
        r"Services\Tcpip\Parameters", {name: "AD.Agency.example", "DhcpDomain": "home.lan", "Hostname": "x"}
    )
    assert facts.links == (Link(kind="directory-join", target="ad.agency.example", profile="system"),)


def test_no_domain_joins_nothing() -> None:
    assert (
        of_system(r"Services\Tcpip\Parameters", {"Domain": "", "NV Domain": "", "DhcpDomain": "home.lan"}).links == ()
    )


def test_entra_id_joins_domain_and_tenant() -> None:
    facts = of_system(
        r"Control\CloudDomainJoin\JoinInfo", {"AB": {"UserEmail": "ada@agency.example", "TenantId": TENANT}}
    )
    assert [link.target for link in facts.links] == ["agency.example", TENANT]
    assert [account.type for account in facts.accounts] == ["dsregcmd:AzureAdJoined"]


def test_an_enrolment_has_a_provider_and_somebody_who_enrolled() -> None:
    facts = of_software(
        r"Microsoft\Enrollments",
        {
            "{1}": {
                "ProviderID": "MS DM Server",
                "DiscoveryServiceFullURL": "https://mdm.agency.example/x",
                "UPN": "a@b.c",
            },
            "{2}": {"ProviderID": "Local_Management"},
            "{3}": {"UPN": "a@b.c"},
            "Status": {},
        },
    )
    assert facts.links == (Link(kind="mdm", target="mdm.agency.example", profile="system"),)


@pytest.mark.parametrize(
    ("values", "computer", "domain"),
    [
        ({"LastLoggedOnUser": "ada@ad.agency.example", "LastLoggedOnSAMUser": r"AD\ada"}, None, "ad.agency.example"),
        ({"LastLoggedOnUser": r".\ada", "LastLoggedOnSAMUser": r".\ada"}, None, None),
        ({"LastLoggedOnUser": r"AD\ada"}, None, None),
        ({"LastLoggedOnUser": r"AD\ada"}, "PC1", "ad"),
        ({"LastLoggedOnUser": r"PC1\ada"}, "pc1", None),
        ({"LastLoggedOnSAMUser": r"MicrosoftAccount\ada@mail.example"}, "PC1", None),
        ({"LastLoggedOnUser": r"AzureAD\ada@agency.example"}, "PC1", "agency.example"),
        ({}, "PC1", None),
    ],
)
def test_who_logged_on_last_came_from_a_domain_or_not(
    values: dict[str, Any], computer: str | None, domain: str | None
) -> None:
    assert last_domain(key_of(values), computer) == domain


def test_the_machines_own_name_is_no_domain() -> None:
    logon = r"Microsoft\Windows\CurrentVersion\Authentication\LogonUI"
    system = at(r"ControlSet001\Control\ComputerName\ComputerName", {"ComputerName": "PC1"})
    assert of_software(logon, {"LastLoggedOnUser": r"PC1\ada"}, system).links == ()
    assert [link.target for link in of_software(logon, {"LastLoggedOnUser": r"CORP\ada"}, system).links] == ["corp"]


def test_identities_belong_to_the_user_who_signs_in_with_them() -> None:
    facts = of_software(
        r"Microsoft\IdentityStore\Cache",
        {
            BOB: {"IdentityCache": {BOB: {"UserName": "bob@agency.example"}}},
            ADA: {"IdentityCache": {ADA: {"UserName": "ada@mail.example"}}},
            "S-1-5-18": {"IdentityCache": {"S-1-5-18": {"UserName": "x@y.example"}}},
        },
    )
    assert {(account.profile, account.type, account.domain) for account in facts.accounts} == {
        (BOB, "IdentityStore:AzureAD", "agency.example"),
        (ADA, "IdentityStore:MicrosoftAccount", "mail.example"),
    }
    assert facts.links == (Link(kind="directory-join", target="agency.example", profile=BOB),)


@pytest.mark.parametrize(("suffix", "expected"), [("lab.example", ["ad.agency.example"]), ("", [])])
def test_policies_tell_the_domain_of_a_machine_with_another_suffix(suffix: str, expected: list[str]) -> None:
    system = at(r"ControlSet001\Services\Tcpip\Parameters", {"Domain": suffix})
    named = {"Distinguished-Name": "CN=PC-ADA,OU=Clients,DC=ad,DC=agency,DC=example"}
    facts = of_software(r"Microsoft\Windows\CurrentVersion\Group Policy\State\Machine", named, system)
    assert [link.target for link in facts.links] == expected
