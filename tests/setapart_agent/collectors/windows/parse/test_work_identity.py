from typing import Any

import pytest

from registry_maker import at, key_of
from setapart_agent.collectors.windows.parse.reading import Reading
from setapart_agent.collectors.windows.parse.work_identity import read_work_identity
from setapart_agent.facts import Facts
from setapart_evidence.model import Link

TENANT = "96FA76D0-0000-0000-0000-EB60CC220000"


def found(path: str, tree: dict[str, Any]) -> Facts:
    reading = Reading("S-1")
    read_work_identity(reading, key_of(at(path, tree)))
    return reading.facts()


def test_a_workplace_join_is_an_identity_and_leads_to_domain_and_tenant() -> None:
    facts = found(
        r"Microsoft\Windows NT\CurrentVersion\WorkplaceJoin\JoinInfo",
        {"D2": {"UserEmail": "ada@agency.example", "TenantId": TENANT}},
    )
    (account,) = facts.accounts
    assert (account.type, account.domain, account.tenant) == ("dsregcmd:WorkplaceJoined", "agency.example", TENANT)
    assert facts.links == tuple(
        Link(kind="directory-join", target=target, profile="S-1") for target in ("agency.example", TENANT.lower())
    )


def test_onedrive_for_work_has_files_at_a_server() -> None:
    facts = found(
        r"Microsoft\OneDrive\Accounts",
        {
            "Business1": {
                "UserEmail": "ada@agency.example",
                "ConfiguredTenantId": TENANT,
                "SPOResourceId": "https://agency-my.sharepoint.example/",
            }
        },
    )
    (account,) = facts.accounts
    assert (account.type, account.services) == ("onedrive:business", ("files",))
    assert (account.domain, account.host, account.tenant) == ("agency.example", "agency-my.sharepoint.example", TENANT)


def test_a_onedrive_that_nobody_signed_in_to_is_no_account() -> None:
    assert found(r"Microsoft\OneDrive\Accounts", {"Personal": {"cid": ""}, "Business1": {}}) == Facts()


@pytest.mark.parametrize(("name", "kind"), [("x_ADAL", "office:work"), ("x_LiveId", "office:personal")])
def test_identities_of_office_by_whose_they_are(name: str, kind: str) -> None:
    facts = found(r"Microsoft\Office\16.0\Common\Identity\Identities", {name: {"EmailAddress": "ada@agency.example"}})
    assert [(account.type, account.domain) for account in facts.accounts] == [(kind, "agency.example")]


WORK, HOME = "0a1b2c3d-0000-4000-8000-000000000001", "0003bffd00000001"


def licensing(*users: str, addresses: dict[str, str]) -> dict[str, Any]:
    return {
        "NextUserLicensingLicensedUserIds": ",".join(users),
        "LicensingNext": {"LicenseIdToEmailMapping": addresses},
    }


def test_whoever_holds_offices_licence_is_signed_in_though_no_identity_is_left() -> None:
    known = {WORK: "ada@agency.example", HOME: "ada@home.example"}
    facts = found(r"Microsoft\Office\16.0\Common\Licensing", licensing(WORK, HOME, addresses=known))
    assert [(account.type, account.domain) for account in facts.accounts] == [
        ("office:work", "agency.example"),
        ("office:personal", "home.example"),
    ]


def test_an_address_that_office_remembers_of_somebody_who_signed_out_is_no_account() -> None:
    known = {WORK: "ada@agency.example"}
    assert found(r"Microsoft\Office\16.0\Common\Licensing", licensing(addresses=known)) == Facts()


def test_a_licence_whose_address_is_gone_is_an_account_of_an_unknown_organisation() -> None:
    (account,) = found(r"Microsoft\Office\16.0\Common\Licensing", licensing(WORK, addresses={})).accounts
    assert (account.type, account.domain) == ("office:work", None)


def test_an_account_of_windows_mail_counts_even_where_its_values_say_nothing() -> None:
    assert found(r"Microsoft\ActiveSync\Partners", {}) == Facts()
    partners = {"{1}": {}, "{2}": {"EmailAddr": "ada@agency.example", "x": {"Server": "https://eas.agency.example"}}}
    first, second = found(r"Microsoft\ActiveSync\Partners", partners).accounts
    assert (first.type, first.domain) == ("windows-mail:sync", None)
    assert (second.domain, second.host) == ("agency.example", "eas.agency.example")
