import pytest

from setapart_agent.collectors.android.parse.account_facts import account_facts


@pytest.mark.parametrize(
    ("name", "address", "domain", "tenant"),
    [
        ("a@Corp.Example", "a@Corp.Example", "corp.example", None),
        ("a@corp.example (Other.example)", "a@corp.example", "corp.example", "other.example"),
        ("Contacts (a@corp.example) #25", None, "corp.example", None),
        ("A (a@x.example) and (b@y.example)", None, None, None),
        ("Work account", None, None, None),
        ("+4700000000", None, None, None),
        ("a@localhost", None, None, None),
        ("TikTok", None, None, None),
    ],
)
def test_what_a_name_tells(name: str, address: str | None, domain: str | None, tenant: str | None) -> None:
    account, _ = account_facts("0", name, "com.example", None)
    assert account is not None
    assert (account.address, account.domain, account.tenant) == (address, domain, tenant)


def test_a_known_type_decides_its_services_and_an_unknown_one_what_it_synchronises() -> None:
    assert account_facts("0", "a", "com.android.email", None, ("calendar",))[0].services == ("mail",)
    assert account_facts("0", "a", "com.google.work", None, ("calendar",))[0].services == ()
    assert account_facts("0", "a", "org.unknown", None, ("calendar",))[0].services == ("calendar",)


def test_a_work_account_is_a_link_to_its_tenant_or_domain() -> None:
    assert account_facts("10", "a@corp.example", "com.microsoft.workaccount", None)[1].target == "corp.example"
    assert account_facts("10", "Work account", "com.microsoft.workaccount", None)[1].target is None


def test_local_address_books_are_nothing() -> None:
    assert account_facts("0", "SIM", "com.android.sim", None) == (None, None)


def test_an_account_whose_type_has_one_provider_is_that_providers() -> None:
    account, _ = account_facts("0", "+4712345678", "org.telegram.messenger", "org.telegram.messenger")
    assert account is not None
    assert (account.host, account.domain) == ("telegram.org", None)


def test_a_work_account_by_a_private_provider_still_shows_its_domain() -> None:
    account, _ = account_facts("0", "officer@agency.example", "com.osp.app.signin", None)
    assert account is not None
    assert (account.host, account.domain) == ("samsung.com", "agency.example")
