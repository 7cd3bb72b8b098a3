"""Disclosure: what the rule needs leaves, and nothing else does."""

import base64
import datetime as dt

import pytest

from setapart_agent import catalog_table
from setapart_agent.disclosure import DisclosureFilter, filter_of
from setapart_agent.facts import AccountFact
from setapart_evidence.bundle import PackRef, PolicyBundle, SignedBundle, list_digest, make_bundle, read_bundle
from setapart_evidence.identity import address_digest
from setapart_evidence.keys import Ed25519Signer
from setapart_evidence.model import App
from setapart_evidence.statement import subject

SIGNER = Ed25519Signer(bytes(range(32)))
ADDRESS_KEY = bytes(range(32, 64))
NOW = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)


def bundle(**fields: object) -> SignedBundle:
    made = PolicyBundle(
        **{  # type: ignore[arg-type]
            "version": 1,
            "issued_at": NOW,
            "expires_at": NOW + dt.timedelta(days=90),
            "authority": base64.b64encode(SIGNER.public.spki).decode(),
            "pack": PackRef(id="p", version=1, digest="sha256:" + "0" * 64),
            "identifiers": ("android:com.zhiliaoapp.musically", "label:tiktok"),
            "clients": ("android:com.google.android.gm",),
            "own_store": ("android:com.fsck.k9",),
            "internal": ("domain:agency.example", "host:mail.hosting.example", "tenant:agency-tenant"),
            "id_key": base64.b64encode(bytes(32)).decode(),
            "address_key": base64.b64encode(ADDRESS_KEY).decode(),
            **fields,
        }
    )
    return read_bundle(make_bundle(made, (subject("pack", b"x"),), SIGNER))


def app(identifier: str, **fields: object) -> App:
    return App(identifier=identifier, profile="0", source="package-manager", **fields)  # type: ignore[arg-type]


def account(**fields: object) -> AccountFact:
    return AccountFact(profile="0", type="imap", client="mailer", services=("mail",), **fields)  # type: ignore[arg-type]


def disclosed(found: DisclosureFilter, fact: AccountFact) -> object:
    accounts, _ = found.accounts((fact,))
    return accounts[0]


def test_only_restricted_apps_and_clients_leave_under_a_bundle() -> None:
    apps = (app("com.zhiliaoapp.musically"), app("org.private.diary"), app("com.google.android.gm"))
    kept, withheld = filter_of(bundle()).apps("android", apps)
    assert [one.identifier for one in kept] == ["com.zhiliaoapp.musically", "com.google.android.gm"]
    assert withheld == 1


def test_an_app_that_only_looks_like_a_restricted_one_leaves_as_well() -> None:
    kept, _ = filter_of(bundle()).apps("android", (app("org.clone", name="Тik Тоk"),))
    assert len(kept) == 1


def test_full_disclosure_keeps_no_app_back() -> None:
    assert filter_of(bundle(level="full")).apps("android", (app("org.private.diary"),))[1] == 0
    assert filter_of(None, "full").apps("android", (app("org.private.diary"),))[1] == 0


def test_the_callers_level_is_the_one_that_is_signed() -> None:
    assert filter_of(bundle(), "full").statement.level == "full"
    assert filter_of(bundle(level="full"), "scoped").statement.level == "scoped"


@pytest.mark.parametrize(
    "fields",
    [
        {"address": "one@agency.example"},
        {"address": "one@Mail.Agency.Example"},
        {"address": "me@gmail.example", "host": "mail.hosting.example"},
        {"address": "me@gmail.example", "host": "imap.agency.example"},
        {"tenant": "agency-tenant"},
    ],
)
def test_an_internal_account_leaves_in_clear_by_domain_host_or_tenant(fields: dict[str, str]) -> None:
    found = disclosed(filter_of(bundle()), account(**fields))
    assert found.withheld == ()
    assert {found.domain, found.host, found.tenant} != {None}


def test_a_foreign_account_is_cut_to_type_and_services_and_says_what_was_known() -> None:
    found = disclosed(filter_of(bundle()), account(address="me@private.example", host="imap.private.example"))
    assert (found.domain, found.host, found.tenant, found.client) == (None, None, None, None)
    assert (found.type, found.services, found.withheld) == ("imap", ("mail",), ("domain", "host"))


def test_a_domain_that_only_ends_like_an_internal_one_is_foreign() -> None:
    found = disclosed(filter_of(bundle()), account(address="me@notagency.example"))
    assert found.withheld == ("domain",)


def test_an_account_of_which_nothing_is_known_does_not_pretend_to_be_foreign() -> None:
    found = disclosed(filter_of(bundle()), account(address="handle"))
    assert found.withheld == ()
    assert (found.domain, found.host, found.tenant) == (None, None, None)


@pytest.mark.parametrize(
    ("addresses", "address", "leaves"),
    [
        ("none", "one@agency.example", False),
        ("internal", "one@agency.example", True),
        ("internal", "me@private.example", False),
        ("all", "one@agency.example", True),
    ],
)
def test_a_digest_of_an_address_leaves_only_where_the_bundle_asks_for_it(
    addresses: str, address: str, leaves: bool
) -> None:
    found = disclosed(filter_of(bundle(addresses=addresses), "full"), account(address=address))
    assert found.address_digest == (address_digest(ADDRESS_KEY, address) if leaves else None)


def test_no_address_ever_leaves_in_clear() -> None:
    for chosen in (filter_of(None), filter_of(None, "full"), filter_of(bundle(addresses="all"), "full")):
        assert "person.one" not in repr(disclosed(chosen, account(address="person.one@agency.example")))


def test_without_a_bundle_accounts_leave_with_domain_and_host_and_the_table_is_named() -> None:
    chosen = filter_of(None)
    found = disclosed(chosen, account(address="me@private.example", host="imap.private.example"))
    assert (found.domain, found.host, found.withheld) == ("private.example", "imap.private.example", ())
    assert chosen.statement.bundle is None
    assert chosen.statement.identifiers == list_digest(catalog_table.IDENTIFIERS + catalog_table.CLIENTS)


def test_the_statement_names_bundle_identifiers_and_domains() -> None:
    given = bundle()
    statement = filter_of(given).statement
    assert statement.bundle == given.digest
    assert statement.identifiers == list_digest(given.bundle.identifiers)
    assert statement.domains == list_digest(given.bundle.internal)


@pytest.mark.parametrize(
    "fields",
    [
        {"host": "10.1.2.3"},
        {"host": "10.1.2.3", "address": "me@private.example"},
        {"host": "localhost", "address": "me@private.example"},
        {"host": "outlook.office365.com"},
        {"tenant": "0f4d1b7e-65a1-4f6e-9a54-0a1f3f6f2b11"},
    ],
)
def test_what_does_not_tell_whose_an_account_is_is_not_said_to_be_foreign(fields: dict[str, str]) -> None:
    found = disclosed(filter_of(bundle()), account(**fields))
    assert found.withheld == ()


def test_at_a_server_that_many_share_the_address_is_what_was_found_to_be_foreign() -> None:
    found = disclosed(filter_of(bundle()), account(host="outlook.office365.com", address="me@private.example"))
    assert found.withheld == ("domain",)


def test_an_internal_host_with_a_port_is_not_kept_back() -> None:
    found = disclosed(filter_of(bundle()), account(host="imap.agency.example:993"))
    assert (found.host, found.withheld) == ("imap.agency.example:993", ())
