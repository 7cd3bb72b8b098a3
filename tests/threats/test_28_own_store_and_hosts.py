"""Threat 28: a mail app with an account store of its own; an internal host behind a private address."""

import datetime as dt
import itertools

import pytest

from evidence_factory import (
    K9,
    NOW,
    TIKTOK,
    account,
    app,
    link,
    make_exception,
    make_inventory,
    make_policy,
    make_received,
    make_registration,
    make_station_report,
    rows,
)
from judging import controls, findings, judge, only
from setapart_auditor.appraisal.model import Attestation, Context, Disclosed, Verdict
from setapart_evidence.model import Account, Inventory, Link, Withheld
from setapart_evidence.statement import Disclosure

NOTE = rows("accounts", status="partial", collector="agent.own-store", reason="own-store:k-9")
FOUND = {
    "by the agent": make_inventory(apps=[app(TIKTOK)], coverage=(*rows(), *NOTE)),
    "by its collector": make_inventory(
        apps=[app(TIKTOK)],
        coverage=(*rows("apps", "links"), *rows("accounts", status="partial", reason="own-store:k-9")),
    ),
    "only by this catalog": make_inventory(apps=[app(TIKTOK), app(K9)]),
    "by its package": make_inventory(
        apps=[app(TIKTOK)],
        coverage=(*rows(), *rows("accounts", status="partial", collector="agent.own-store", reason=f"own-store:{K9}")),
    ),
}


def dedicated(inventory: Inventory, *attestations: Attestation) -> Verdict:
    registration = make_registration("social-dedicated", attestations=attestations)
    return judge(inventory, registration=registration, exceptions=(make_exception(),))


def attestation(client: str = "k-9", start: int = -10, days: int = 60) -> Attestation:
    day = NOW.date() + dt.timedelta(days=start)
    return Attestation(client=client, by="o3", date=day, until=day + dt.timedelta(days=days))


@pytest.mark.parametrize("how", FOUND)
def test_a_client_with_its_own_store_leaves_a_dedicated_phone_inconclusive(how: str) -> None:
    verdict = dedicated(FOUND[how])
    assert (verdict.status, controls(verdict)) == ("inconclusive", {"own-store-client"})
    assert "k-9" in only(verdict, "own-store-client").cure


@pytest.mark.parametrize("how", FOUND)
def test_an_officer_can_answer_for_the_client_while_the_attestation_lasts(how: str) -> None:
    assert dedicated(FOUND[how], attestation()).status == "excepted"
    assert dedicated(FOUND[how], attestation(start=-10, days=10)).status == "excepted"
    assert dedicated(FOUND[how], attestation(start=-10, days=9)).status == "inconclusive"
    assert dedicated(FOUND[how], attestation(start=1)).status == "inconclusive"
    assert dedicated(FOUND[how], attestation(client="fairemail")).status == "inconclusive"


def test_the_agents_note_alone_is_not_a_look_at_accounts() -> None:
    unseen = make_inventory(apps=[app(TIKTOK)], coverage=(*rows("apps", "links"), *NOTE))
    assert controls(dedicated(unseen, attestation())) == {"coverage-incomplete"}


def test_another_source_that_saw_no_account_of_the_client_does_not_excuse_it() -> None:
    adb = make_station_report(make_inventory(apps=[app(K9)]))
    mdm = make_station_report(make_inventory(), source="mdm", sequence=2, previous=adb.report.statement_digest)
    for pair in itertools.permutations((adb, mdm)):
        assert controls(judge(*pair, device_class="social-dedicated")) >= {"own-store-client"}


def test_the_client_is_nobodys_concern_on_an_ordinary_device() -> None:
    assert judge(make_inventory(apps=[app(K9)])).status == "compliant"


def test_a_client_that_was_removed_keeps_nothing() -> None:
    removed = make_inventory(apps=[app(K9, state="removed-trace")])
    assert judge(removed, device_class="social-dedicated").status == "compliant"


INTERNAL = {
    "private address at an internal host": account(domain="provider.example", host="imap.agency.example"),
    "foreign domain in an internal tenant": account(domain="provider.example", tenant="agency-tenant"),
    "subdomain": account(domain="web.agency.example"),
    "case and final dot": account(domain="Agency.EXAMPLE."),
    "hosted server": account(domain="provider.example", host="eu.mail.hosting.example"),
    "server with a port": account(domain=None, host="imap.agency.example:993"),
    "server as a URL": account(domain=None, host="https://dav.agency.example/calendars"),
    "tenant that is a domain": account(domain=None, tenant="agency.example"),
    "realm": link("kerberos", "AGENCY.EXAMPLE"),
    "share": link("file-share", "\\\\files.agency.example\\all"),
    "share as a URL": link("file-share", "smb://files.agency.example/all"),
    "principal": link("sso", "someone@agency.example"),
    "gateway with a port": link("vpn", "vpn.agency.example:443"),
    "certificate": link("certificate", "agency.example"),
}
FOREIGN = {
    "another domain": account(domain="provider.example"),
    "a name that ends alike": account(domain="myagency.example"),
    "the domain in front of another": account(domain="agency.example.attacker.example"),
    "a foreign gateway": link("vpn", "vpn.provider.example"),
    "a certificate of nobody": link("certificate", None),
    "the device's manager": link("mdm", "mdm.agency.example"),
    "a network by its name": link("wifi-enterprise", "Cafe"),
}
UNKNOWN = {
    "an account without a place": account(domain=None),
    "an empty place": account(domain="", host=" ", tenant="."),
    "a server by its address": account(domain=None, host="192.0.2.1"),
    "a server by its IPv6 address": account(domain=None, host="[2001:db8::1]:993"),
    "a server by its address in hex": account(domain=None, host="0xA.0.0.1"),
    "a server that many share": account(domain=None, host="outlook.office365.com"),
    "a tenant by its id, where none is listed": account(domain=None, tenant="0f4d1b7e-65a1-4f6e-9a54-0a1f3f6f2b11"),
    "files at a tenant under the provider's name": account(domain=None, host="agency-my.sharepoint.com"),
    "a VPN to nowhere": link("vpn", None),
    "a VPN to a short address": link("vpn", "10.66051"),
    "a sign-in that many share": link("sso", "login.microsoftonline.com"),
    "a share that every network has": link("file-share", "\\\\files.local\\all"),
    "a VPN to an address": link("vpn", "192.0.2.7:51820"),
    "a Wi-Fi without a realm": link("wifi-enterprise", None),
    "a share of nobody": link("file-share", ""),
    "a directory without a name": link("directory-join", None),
}


def with_tie(tie: Account | Link) -> Inventory:
    if isinstance(tie, Account):
        return make_inventory(apps=[app(TIKTOK)], accounts=[tie])
    return make_inventory(apps=[app(TIKTOK)], links=[tie])


@pytest.mark.parametrize("tie", INTERNAL)
def test_internal_in_any_spelling_is_a_violation_beside_the_app(tie: str) -> None:
    verdict = dedicated(with_tie(INTERNAL[tie]))
    assert (verdict.status, controls(verdict)) == ("violation", {"internal-link-on-dedicated-device"})


@pytest.mark.parametrize("tie", FOREIGN)
def test_foreign_is_what_says_so(tie: str) -> None:
    assert dedicated(with_tie(FOREIGN[tie])).status == "excepted"


@pytest.mark.parametrize("tie", UNKNOWN)
def test_what_says_nothing_of_whose_it_is_is_never_none(tie: str) -> None:
    verdict = dedicated(with_tie(UNKNOWN[tie]))
    assert verdict.status == "inconclusive"
    assert controls(verdict) <= {"account-not-attributable", "link-not-attributable"}


@pytest.mark.parametrize("host", ["192.0.2.1", "localhost:1143", "exchange01", "mail.lan"])
def test_a_private_address_beside_a_server_without_a_telling_name_is_not_foreign(host: str) -> None:
    """What is typed as the address is the holder's choice: it made the authority's own mail server foreign."""
    verdict = dedicated(with_tie(account(domain="provider.example", host=host)))
    assert (verdict.status, controls(verdict)) == ("inconclusive", {"account-not-attributable"})
    assert f"provider.example ({host})" in only(verdict, "account-not-attributable").message


def test_a_private_address_at_an_internal_server_is_explained_by_the_server() -> None:
    found = findings(dedicated(with_tie(INTERNAL["hosted server"])), "internal-link-on-dedicated-device")
    assert "at provider.example (eu.mail.hosting.example)" in found[0].message


def test_one_account_gives_one_finding_for_each_service() -> None:
    exchange = account(domain="agency.example", services=("mail", "calendar", "contacts"))
    verdict = dedicated(make_inventory(apps=[app(TIKTOK)], accounts=[account(), exchange], links=[link()]))
    found = findings(verdict, "internal-link-on-dedicated-device")
    assert [(item.evidence, item.message.split()[1]) for item in found] == [
        ("/accounts/1", "calendar"),
        ("/accounts/1", "contacts"),
        ("/accounts/1", "mail"),
        ("/links/0", "vpn"),
    ]


def test_the_restricted_apps_own_sign_in_is_the_app_that_the_device_is_for() -> None:
    sign_in = account(type=TIKTOK, services=(), domain=None)
    assert dedicated(with_tie(sign_in)).status == "excepted"
    with_mail = account(type=TIKTOK, services=("mail",), domain=None)
    assert dedicated(with_tie(with_mail)).status == "inconclusive"


def test_a_field_that_the_agent_knew_and_kept_back_was_foreign() -> None:
    bundle = "sha256:" + "b0" * 32
    policy = make_policy()
    let_through = policy.needed_identifiers | policy.own_store.keys()
    context = Context(bundles={bundle: Disclosed(identifiers=let_through, internal=policy.internal)})
    inventory = make_inventory(accounts=[account(withheld=("host",))], withheld=Withheld(accounts=1))
    report = make_received(inventory, disclosure=Disclosure(level="scoped", bundle=bundle))
    assert judge(report, device_class="social-dedicated", context=context).status == "compliant"
