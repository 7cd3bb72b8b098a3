import pytest

from setapart_agent.collectors.windows.parse import dsregcmd
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import Link

TENANT = "96fa76d0-1111-2222-3333-eb60cc220000"
BOX = "+" + "-" * 70 + "+\r\n"


def parse(**values: str) -> Facts:
    state = {"AzureAdJoined": "NO", "EnterpriseJoined": "NO", "DomainJoined": "NO"} | values
    lines = "".join(f"{key.replace('_', ' '):>26} : {value}\r\n" for key, value in state.items())
    raw = f"\r\n{BOX}| Device State{' ' * 57}|\r\n{BOX}\r\n{lines}".encode()
    assert dsregcmd.recognise("x.txt", raw)
    return dsregcmd.parse(FileSet(files={"main": raw}, profile="S-1"))


def join(target: str | None, profile: str = "system") -> Link:
    return Link(kind="directory-join", target=target, profile=profile)


def test_a_device_that_is_joined_to_nothing_has_no_link() -> None:
    assert parse(MdmUrl="https://mdm.agency.example", TenantName="Agency", TenantId=TENANT, AzureAdPrt="NO") == Facts()


def test_a_domain_by_its_name() -> None:
    assert parse(DomainJoined="YES", DomainName="AGENCY").links == (join("agency"),)


def test_entra_id_by_tenant_and_never_by_the_offer_of_management() -> None:
    facts = parse(AzureAdJoined="YES", TenantId=TENANT, TenantName="Agency", MdmUrl="https://mdm.agency.example")
    assert facts.links == (join(TENANT), join("agency"))


@pytest.mark.parametrize("key", ["DomainJoined", "AzureAdJoined", "EnterpriseJoined"])
def test_a_join_without_a_name_is_a_join_to_somewhere(key: str) -> None:
    assert parse(**{key: "YES"}).links == (join(None),)


def test_a_work_account_belongs_to_the_user() -> None:
    facts = parse(WorkplaceJoined="YES", WorkplaceTenantId=TENANT, WorkplaceMdmUrl="https://mdm.agency.example")
    assert facts.links == (join(TENANT, "S-1"),)
    assert [(account.type, account.tenant) for account in facts.accounts] == [("dsregcmd:WorkplaceJoined", TENANT)]


def test_single_sign_on_leads_to_a_tenant_or_a_federation_server() -> None:
    facts = parse(
        AzureAdPrt="YES",
        AzureAdPrtAuthority=f"https://login.microsoftonline.com/{TENANT}",
        EnterprisePrt="YES",
        EnterprisePrtAuthority="https://fs.agency.example:443/adfs",
    )
    assert facts.links == (
        Link(kind="sso", target=TENANT, profile="S-1"),
        Link(kind="sso", target="fs.agency.example", profile="S-1"),
    )


def test_who_ran_it_tells_the_domain() -> None:
    assert parse(Executing_Account_Name=r"AGENCY\ada, ada@agency.example").links == (join("agency.example", "S-1"),)


def test_a_key_without_a_blank_before_its_colon_is_read() -> None:
    raw = b"             AzureAdJoined : NO\n              DomainJoined: YES\n                DomainName: AGENCY\n"
    assert dsregcmd.parse(FileSet(files={"main": raw})).links == (join("agency"),)


def test_what_powershell_redirects_is_utf16() -> None:
    raw = "AzureAdJoined : YES\r\nTenantId : x\r\n".encode("utf-16")
    assert dsregcmd.recognise("x", raw)
    assert dsregcmd.parse(FileSet(files={"main": raw})).links == (join("x"),)
    assert dsregcmd.parse(FileSet(files={"main": raw + b"\0"})).links == (join("x"),)


def test_another_text_is_refused() -> None:
    assert not dsregcmd.recognise("x", b"AzureAd : YES")
    with pytest.raises(ParseError):
        dsregcmd.parse(FileSet(files={"main": b"nothing\n"}))


@pytest.mark.parametrize(("key", "profile"), [("DomainJoined", "system"), ("WorkplaceJoined", "S-1")])
def test_a_state_that_nobody_understands_is_told(key: str, profile: str) -> None:
    facts = parse(**{key: "JA"})
    assert facts.links == ()
    assert [(row.section, row.profile, row.status) for row in facts.coverage] == [("links", profile, "failed")]
