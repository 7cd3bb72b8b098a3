import plistlib

import pytest

from hostile_files import variants
from setapart_agent.collectors.ios.parse import accounts_exists
from setapart_agent.errors import ParseError
from setapart_agent.facts import FileSet

COUNTS = {
    "com.apple.account.AppleAccount.exists": 1,
    "com.apple.account.AppleAccount.count": 1,
    "com.apple.account.CalDAV.count": 2,
    "com.apple.account.Exchange.count": 0,
    "com.apple.account.iTunesStore.count": 2,
    "com.apple.account.Google.count": "one",
}


def test_an_account_per_one_counted_and_nothing_is_certain() -> None:
    raw = plistlib.dumps(COUNTS, fmt=plistlib.FMT_BINARY)
    assert accounts_exists.recognise("x", raw)
    found = accounts_exists.parse(FileSet(files={"main": raw}, profile="0"))
    kinds = [account.type.removeprefix("com.apple.account.") for account in found.accounts]
    assert kinds == ["AppleAccount", "CalDAV", "CalDAV"]
    assert [(row.section, row.status) for row in found.coverage] == [("accounts", "partial")]


def test_a_type_of_which_the_database_lacks_accounts_is_missing() -> None:
    counted = {"com.apple.account.Exchange": 1, "com.apple.account.Google": 2, "com.apple.account.idms": 1}
    assert accounts_exists.missing(counted, {"com.apple.account.Google": 2}) == ("com.apple.account.Exchange",)
    assert accounts_exists.missing(counted, dict.fromkeys(counted, 1)) == ("com.apple.account.Google",)
    assert accounts_exists.missing(counted, dict.fromkeys(counted, 2)) == ()


def test_a_file_under_another_name_is_recognised_by_any_account_type() -> None:
    assert accounts_exists.recognise("x", plistlib.dumps({"com.apple.account.Exchange.exists": 1}))
    assert not accounts_exists.recognise("x", plistlib.dumps({"com.apple.account.Exchange": "exists"}))


def test_a_huge_count_costs_little() -> None:
    raw = plistlib.dumps({"com.apple.account.Google.count": 2**40})
    assert len(accounts_exists.parse(FileSet(files={"main": raw}, profile="0")).accounts) <= 2_000


@pytest.mark.parametrize("raw", [b"", plistlib.dumps({}), plistlib.dumps({"a": 1})])
def test_what_counts_nothing_is_an_error_and_not_none(raw: bytes) -> None:
    with pytest.raises(ParseError):
        accounts_exists.counts(raw)


def test_damage_ends_in_our_error() -> None:
    for raw in variants(plistlib.dumps(COUNTS, fmt=plistlib.FMT_BINARY)):
        try:
            accounts_exists.parse(FileSet(files={"main": raw}, profile="0"))
        except ParseError:
            continue
