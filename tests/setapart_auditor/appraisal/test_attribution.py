"""Whose an account or a link is."""

from typing import get_args

import pytest

from evidence_factory import account, link
from setapart_auditor.appraisal.attribution import (
    LINK_REACH,
    Attribution,
    account_reach,
    attribute_account,
    attribute_link,
)
from setapart_evidence.model import Account, LinkKind

INTERNAL = frozenset({"agency.example", "xn--bcher-kva.example", "agency-tenant", "10.1.2.3", "agency-wifi"})


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (account(domain="agency.example"), Attribution.INTERNAL),
        (account(domain="a.b.Agency.Example."), Attribution.INTERNAL),
        (account(domain="BÜCHER.example"), Attribution.INTERNAL),
        (account(tenant="AGENCY-TENANT"), Attribution.INTERNAL),
        (account(domain="provider.example", host="10.1.2.3"), Attribution.INTERNAL),
        (account(domain="provider.example", withheld=()), Attribution.FOREIGN),
        (account(domain="fakeagency.example"), Attribution.FOREIGN),
        (account(domain="example"), Attribution.UNKNOWN),
        (account(domain="CORP", host="exchange01"), Attribution.UNKNOWN),
        (account(domain="CORP", host="mail.provider.example"), Attribution.FOREIGN),
        (account(host="10.1.2.30"), Attribution.UNKNOWN),
        (account(domain="provider.example", host="10.1.2.30"), Attribution.UNKNOWN),
        (account(domain="provider.example", host="outlook.office365.com"), Attribution.FOREIGN),
        (account(host="outlook.office365.com"), Attribution.UNKNOWN),
        (account(tenant="0f4d1b7e-65a1-4f6e-9a54-0a1f3f6f2b11"), Attribution.UNKNOWN),
        (account(tenant="12345"), Attribution.UNKNOWN),
        (account(tenant="provider.example"), Attribution.FOREIGN),
        (account(withheld=("tenant",)), Attribution.FOREIGN),
        (account(domain=None), Attribution.UNKNOWN),
        (account(domain="agency.example", withheld=("host",)), Attribution.INTERNAL),
        (account(domain="x." * 5000 + "agency.example"), Attribution.INTERNAL),
    ],
)
def test_domain_host_or_tenant_decides_label_by_label(item: Account, expected: Attribution) -> None:
    assert attribute_account(item, INTERNAL) is expected


@pytest.mark.parametrize("kind", get_args(LinkKind))
def test_a_link_to_the_authority_is_internal_unless_it_only_manages(kind: LinkKind) -> None:
    expected = Attribution.FOREIGN if kind == "mdm" else Attribution.INTERNAL
    assert attribute_link(link(kind, "gate.agency.example"), INTERNAL) is expected
    assert kind in LINK_REACH


@pytest.mark.parametrize("kind", get_args(LinkKind))
def test_a_link_without_target_is_unknown_unless_it_reaches_nothing_by_itself(kind: LinkKind) -> None:
    expected = Attribution.FOREIGN if kind in ("mdm", "certificate") else Attribution.UNKNOWN
    assert attribute_link(link(kind, None), INTERNAL) is expected


@pytest.mark.parametrize("kind", ["vpn", "file-share", "directory-join", "kerberos", "sso"])
def test_a_link_to_a_short_name_is_unknown_for_every_network_has_its_own(kind: LinkKind) -> None:
    """A workstation joined to the NetBIOS domain `AGENCY` was green as a device that is set apart."""
    assert attribute_link(link(kind, "AGENCY"), INTERNAL) is Attribution.UNKNOWN
    assert attribute_link(link(kind, "AGENCY"), INTERNAL | {"agency"}) is Attribution.INTERNAL
    assert attribute_link(link(kind, "idp.agency.local"), INTERNAL) is Attribution.UNKNOWN
    assert attribute_link(link(kind, "home.provider.example"), INTERNAL) is Attribution.FOREIGN


def test_a_sign_in_at_a_server_that_many_share_is_unknown() -> None:
    assert attribute_link(link("sso", "login.microsoftonline.com"), INTERNAL) is Attribution.UNKNOWN
    assert attribute_link(link("sso", "sts.provider.example"), INTERNAL) is Attribution.FOREIGN


def test_a_join_to_a_tenant_that_is_named_by_its_id_is_unknown_while_no_id_is_listed() -> None:
    """A workstation joined to the authority's tenant was green under a policy that listed domains alone."""
    joined = link("directory-join", "0f4d1b7e-65a1-4f6e-9a54-0a1f3f6f2b11")
    other = "1f4d1b7e-65a1-4f6e-9a54-0a1f3f6f2b11"
    assert attribute_link(joined, INTERNAL) is Attribution.UNKNOWN
    assert attribute_link(joined, INTERNAL | {other}) is Attribution.FOREIGN


def test_a_network_by_its_whole_name() -> None:
    assert attribute_link(link("wifi-enterprise", "Agency-WiFi"), INTERNAL) is Attribution.INTERNAL
    assert attribute_link(link("wifi-enterprise", "Agency-WiFi-2"), INTERNAL) is Attribution.FOREIGN


def test_an_identity_without_services_leads_wherever_it_is_accepted() -> None:
    assert account_reach(account(services=())) == ("sign-in",)
    assert account_reach(account(services=("mail", "mail", "files"))) == ("mail", "files")
