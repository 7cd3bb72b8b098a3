"""From facts to the signed inventory: honest about own-store clients and limits, and always sendable."""

from setapart_agent.disclosure import filter_of
from setapart_agent.facts import AccountFact, DeviceFacts, Facts
from setapart_agent.inventory import build_inventory
from setapart_evidence.limits import Limits
from setapart_evidence.model import App, Coverage, Link, Profile
from setapart_evidence.open import decode_inventory
from setapart_evidence.report import encode_inventory

PHONE = DeviceFacts(platform="android", serial="SECRET-SERIAL-1")


def app(identifier: str, **fields: object) -> App:
    return App(**{"identifier": identifier, "profile": "0", "source": "package-manager", **fields})  # type: ignore[arg-type]


def facts(**fields: object) -> Facts:
    return Facts(**{"device": PHONE, "profiles": (Profile(id="0", kind="primary", name="Kari"),), **fields})  # type: ignore[arg-type]


def test_a_client_with_its_own_store_makes_the_accounts_of_its_profile_partial() -> None:
    found = build_inventory(facts(apps=(app("com.fsck.k9", profile="10/x"),)), filter_of(None))
    row = next(row for row in found.coverage if row.reason and row.reason.startswith("own-store:"))
    assert (row.section, row.profile, row.status) == ("accounts", "10", "partial")


def test_an_own_store_client_is_found_before_the_filter_keeps_it_back() -> None:
    found = build_inventory(facts(apps=(app("com.fsck.k9"),)), filter_of(None, "scoped"))
    assert any(row.reason and row.reason.startswith("own-store:") for row in found.coverage)


def test_a_trace_of_a_removed_client_holds_no_accounts() -> None:
    found = build_inventory(facts(apps=(app("com.fsck.k9", state="removed-trace"),)), filter_of(None))
    assert not found.coverage


def test_the_serial_and_the_profiles_name_do_not_leave() -> None:
    encoded = encode_inventory(build_inventory(facts(), filter_of(None)))
    assert b"SECRET-SERIAL" not in encoded
    assert b"Kari" not in encoded


def test_hostile_names_are_escaped_and_the_report_still_decodes() -> None:
    hostile = "a\x1b[2J\u202egnp\udc80\x00" + "x" * 5000
    found = build_inventory(
        facts(
            apps=(app("com.zhiliaoapp.musically", name=hostile, permissions=("cont\nacts",)),),
            accounts=(AccountFact(profile="0", type=hostile, host="h\u2066st.example"),),
            links=(Link(kind="vpn", target=hostile, profile="0"),),
        ),
        filter_of(None),
    )
    encoded = encode_inventory(found)
    assert decode_inventory(encoded) == found
    assert all(char.isprintable() for char in encoded.decode())
    assert len(found.apps[0].name or "") <= 256
    assert found.apps[0].permissions == ("cont\\u000aacts",)


def test_lists_over_the_limit_are_said_to_be_incomplete_and_the_report_stays_sendable() -> None:
    apps = tuple(app(f"org.example.a{number}", profile=str(number % 2)) for number in range(12))
    accounts = tuple(AccountFact(profile="0", type=f"t{number}") for number in range(4))
    limits = Limits(apps=10, accounts=3)
    found = build_inventory(facts(apps=apps, accounts=accounts), filter_of(None, "full"), limits)
    decode_inventory(encode_inventory(found), limits)
    cut = {(row.section, row.profile, row.status, row.reason) for row in found.coverage}
    assert cut == {
        ("apps", "0", "failed", "limit"),
        ("apps", "1", "failed", "limit"),
        ("accounts", "0", "failed", "limit"),
    }


def test_an_inventory_that_is_too_large_as_a_whole_says_that_nothing_was_seen() -> None:
    rows = tuple(Coverage(section="apps", profile=str(n), collector="c", status="observed") for n in range(200))
    limits = Limits(inventory=4096)
    found = build_inventory(facts(coverage=rows), filter_of(None), limits)
    assert len(encode_inventory(found)) <= limits.inventory
    assert {(row.section, row.status) for row in found.coverage} == {
        ("apps", "failed"),
        ("accounts", "failed"),
        ("links", "failed"),
    }
