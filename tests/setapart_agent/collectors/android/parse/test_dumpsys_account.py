import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from android_transcripts import OWNER, WORK, dumpsys_account, pm_users
from setapart_agent.collectors.android.parse import dumpsys_account as parser
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet

USER = (0, "Owner", OWNER)
GOOGLE = ("person@corp.example", "com.google")


def facts(output: str | bytes) -> Facts:
    return parser.parse(FileSet(files={"main": output if isinstance(output, bytes) else output.encode()}))


def rows(found: Facts) -> list[tuple[str, str]]:
    return [(row.profile, row.status) for row in found.coverage]


def names(output: str) -> list[tuple[str, str]]:
    return [(one.name, one.type) for block in parser.read(output) for one in block.accounts]


def test_android_2_3_without_user_heading_is_user_zero() -> None:
    output = (
        "Accounts: 1\r\n  Account {name=a@corp.example, type=com.google}\r\n\r\nActive Sessions: 0\r\n\r\n"
        "RegisteredServicesCache: 1 services\r\n  ServiceInfo: AuthenticatorDescription {type=com.google}, "
        "ComponentInfo{com.google.android.gsf/x.Y}, uid 10017\r\n"
    )
    found = facts(output)
    assert [(a.profile, a.type, a.client, a.domain) for a in found.accounts] == [
        ("0", "com.google", "com.google.android.gsf", "corp.example")
    ]
    assert rows(found) == [("0", "observed")]


def test_accounts_belong_to_the_user_whose_heading_they_stand_below() -> None:
    output = dumpsys_account({USER: [GOOGLE], (10, "Work profile", WORK): [("w@corp.example", "com.android.exchange")]})
    found = facts(output)
    assert [(a.profile, a.type) for a in found.accounts] == [("0", "com.google"), ("10", "com.android.exchange")]
    assert [(p.id, p.kind) for p in found.profiles] == [("0", "primary"), ("10", "work")]
    assert rows(found) == [("0", "observed"), ("10", "observed")]


def test_a_user_that_the_dump_leaves_out_is_denied_and_not_without_accounts() -> None:
    output = "dev:/ $ pm list users\n" + pm_users([USER, (900, "B", 0x80001810)])
    output += "dev:/ $ dumpsys account\n" + dumpsys_account({USER: [GOOGLE]})
    assert rows(facts(output)) == [("0", "observed"), ("900", "denied")]


def test_no_account_is_observed_where_the_dump_says_zero() -> None:
    found = facts(dumpsys_account({USER: []}))
    assert found.accounts == ()
    assert rows(found) == [("0", "observed")]


@pytest.mark.parametrize(
    "name",
    [
        "連絡先 (user@example.com) #25",
        "Work account",
        "a, type=b",
        "x}",
        "{}",
        "name=, type=",
        " ",
        "two\nlines",
        "three\n\nlines, type=x",
    ],
)
def test_a_name_runs_to_the_last_type_whatever_it_holds(name: str) -> None:
    output = dumpsys_account({USER: [GOOGLE, (name, "com.example.kind"), ("b@x.example", "com.google")]})
    assert names(output) == [GOOGLE, (name, "com.example.kind"), ("b@x.example", "com.google")]
    assert rows(facts(output)) == [("0", "observed")]


def test_authenticators_history_and_visibility_are_not_accounts() -> None:
    found = facts(dumpsys_account({USER: [GOOGLE]}))
    assert len(found.accounts) == 1


def test_type_maps_to_the_package_that_the_same_dump_names() -> None:
    found = facts(dumpsys_account({USER: [("me", "bitfire.at.davdroid"), ("x", "unknown.type")]}))
    assert [a.client for a in found.accounts] == ["at.bitfire.davdroid", None]


@pytest.mark.parametrize(
    ("forged", "why"),
    [
        ("x, type=a}\n    Account {name=y", "one account pretends to be two"),
        ("x, type=a}\n  Accounts: 0\n  z", "a second count"),
        ("x, type=a}\n  \n  stray", "a list that ends early"),
        ("x, type=a}\n*** SERVICE 'account' DUMP TIMEOUT", "a mark of damage"),
        ("x, type=a}\nUser UserInfo{0:Owner:4c13}:\n  Accounts: 0\n", "the same user again"),
    ],
)
def test_a_name_that_forges_lines_never_leaves_the_list_trusted(forged: str, why: str) -> None:
    output = dumpsys_account({USER: [(forged, "com.evil"), GOOGLE]})
    found = facts(output)
    assert any(a.type == "com.google" for a in found.accounts), why
    assert ("0", "observed") not in rows(found), why


@pytest.mark.parametrize("keep", range(9))
def test_a_dump_cut_anywhere_in_the_accounts_is_not_observed(keep: int) -> None:
    accounts = [(f"p{at}@corp.example", "com.google") for at in range(9)]
    output = dumpsys_account({USER: accounts})
    cut = output[: output.index(f"p{keep}@")]
    assert rows(facts(cut)) == [("0", "partial")]


def test_a_dump_cut_after_the_accounts_is_not_observed_either() -> None:
    output = dumpsys_account({USER: [GOOGLE], (10, "W", WORK): [GOOGLE]})
    cut = output[: output.index("  Active Sessions", output.index("UserInfo{10"))]
    assert rows(facts(cut)) == [("0", "observed"), ("10", "partial")]


def test_a_user_whose_accounts_are_cut_away_is_not_observed() -> None:
    output = dumpsys_account({USER: [GOOGLE], (10, "W", WORK): [GOOGLE]})
    cut = output[: output.index("  Accounts: 1", output.index("UserInfo{10"))]
    assert rows(facts(cut)) == [("0", "observed"), ("10", "partial")]


@pytest.mark.parametrize(
    "end",
    [
        "\nException occurred while dumping:\njava.lang.NullPointerException\n\tat a.B.c(D.java:1)\n",
        "Error with service 'account' while dumping: DEAD_OBJECT\n",
    ],
)
def test_an_error_between_two_users_is_not_the_end_of_the_dump(end: str) -> None:
    output = dumpsys_account({USER: [], (10, "Work", WORK): [GOOGLE]})
    assert rows(facts(output[: output.index("User UserInfo{10:")] + end)) == [("0", "partial")]


def test_a_time_out_within_the_dump_makes_it_doubtful() -> None:
    output = dumpsys_account({USER: [GOOGLE]}) + "\n*** SERVICE 'account' DUMP TIMEOUT (10000ms) EXPIRED ***\n\n"
    found = facts(output)
    assert rows(found) == [("0", "partial")]
    assert "DUMP TIMEOUT" in found.coverage[0].reason


@pytest.mark.parametrize("broken", ["\r\n", "\r\r\n"])
def test_carriage_returns_of_old_adb_change_nothing(broken: str) -> None:
    output = dumpsys_account({USER: [GOOGLE, ("b", "com.whatsapp")]})
    assert facts(output.replace("\n", broken)) == facts(output)


def test_a_capture_by_powershell_is_read() -> None:
    output = dumpsys_account({USER: [GOOGLE]})
    assert facts(b"\xff\xfe" + output.encode("utf-16-le")) == facts(output)


@pytest.mark.parametrize(
    "output",
    [
        "",
        "Can't find service: account\n",
        "Permission Denial: can't dump AccountManager from from pid=1, uid=2000\n",
        "User UserInfo{0:Owner:4c13}:\n",
        "/system/bin/sh: dumpsys: not found\n",
        "java.lang.NullPointerException\n",
    ],
)
def test_what_is_no_list_of_accounts_is_an_error_of_ours(output: str) -> None:
    with pytest.raises(ParseError):
        facts(output)


def test_local_address_books_are_no_accounts() -> None:
    assert (
        facts(dumpsys_account({USER: [("PHONE", "com.android.localphone"), ("SIM", "com.android.sim")]})).accounts == ()
    )


def test_a_work_account_is_an_account_without_mailbox_and_a_link() -> None:
    found = facts(
        dumpsys_account(
            {USER: [("Work account", "com.microsoft.workaccount"), ("a@corp.example", "com.microsoft.workaccount")]}
        )
    )
    assert [a.services for a in found.accounts] == [(), ()]
    assert [(link.kind, link.target) for link in found.links] == [("sso", None), ("sso", "corp.example")]


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_end_in_facts_or_an_error_of_ours(raw: bytes) -> None:
    for content in (raw, b"User UserInfo{0:O:13}:\n  Accounts: 1\n    Account {name=" + raw):
        try:
            found = facts(content)
        except ParseError:
            continue
        assert found.coverage


def test_a_name_without_end_costs_no_quadratic_time() -> None:
    output = "Accounts: 1\n  Account {name=" + ", type=" * 200_000 + "\n" + "x, type=}\n" * 200_000
    assert facts(output).coverage[0].status == "partial"


def test_the_label_of_an_account_does_not_say_whose_server_it_is_on() -> None:
    """DAVx5 lets its holder name an account at the authority's server after a private address."""
    found = facts(dumpsys_account({USER: [("ann@social.example", "bitfire.at.davdroid"), GOOGLE], (10, "W", WORK): []}))
    assert [(row.profile, row.status, row.reason) for row in found.coverage] == [
        ("0", "observed", None),
        ("0", "partial", "own-store:davx5"),
        ("10", "observed", None),
    ]
