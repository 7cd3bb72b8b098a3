"""One device, read in different ways: equal facts, but for what coverage explains.

Generated devices are written in each format by our own writers and read back. That proves that the ways agree with each
other; that they agree with the world is what tests/corpus is for.
"""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.build_demo import SYSTEM, Phone, User
from green import android
from setapart_agent.facts import Facts
from setapart_agent.sources import collect, parse_source

NAMES = st.sampled_from(
    [
        "com.zhiliaoapp.musically", "org.telegram.messenger", "com.google.android.gm", "com.fsck.k9",
        "org.example.weather", "com.microsoft.office.outlook", "x.y_z.A1",
    ]
)  # fmt: skip
ACCOUNTS = st.lists(
    st.tuples(
        st.sampled_from(["kari@agency.example", "o.k@social.example", "Kari (work), #2", "連絡先 (k@dav.example) #25"]),
        st.sampled_from(["com.google", "com.google.android.gm.exchange", "org.example.unknown", "com.whatsapp"]),
    ),
    max_size=4,
    unique=True,
)


@st.composite
def phones(draw: st.DrawFn) -> Phone:
    """An Android phone with one to three users, each with apps and accounts of their own."""
    kinds = draw(
        st.lists(st.sampled_from([(10, 0x1030, "profile.MANAGED"), (999, 0x1810, "profile.CLONE")]), unique=True)
    )
    numbers = (0, *(number for number, _, _ in kinds))
    users = [User(accounts=tuple(draw(ACCOUNTS)))]
    users += [User(number=n, flags=f, type=t, accounts=tuple(draw(ACCOUNTS))) for n, f, t in kinds]
    packages = {**SYSTEM}
    for name in draw(st.lists(NAMES, unique=True)):
        version = draw(st.sampled_from(["1.0", "4.16.1 build 200147", "2026.11"]))
        packages[name] = (version, tuple(draw(st.lists(st.sampled_from(numbers), unique=True, min_size=1))))
    return Phone(file="phone.txt", serial=android.SERIAL, model="Any 1", packages=packages, users=tuple(users))


def facts_of(source: str) -> Facts:
    return collect(parse_source(source)).facts


def apps(facts: Facts) -> set[tuple[str, str, str]]:
    return {(app.profile, app.identifier, app.state) for app in facts.apps}


def accounts(facts: Facts) -> set[tuple[object, ...]]:
    return {(one.profile, one.type, one.services, one.address, one.domain) for one in facts.accounts}


def not_seen(facts: Facts) -> set[tuple[str, str]]:
    return {(row.section, row.profile) for row in facts.coverage if row.status != "observed"}


def assert_equal_but_for_coverage(one: Facts, other: Facts) -> None:
    """Every fact of one way is a fact of the other, except in places that one of them says it did not see whole."""
    hidden = not_seen(one) | not_seen(other)
    for section, of in (("apps", apps), ("accounts", accounts)):
        ours, theirs = of(one), of(other)
        for fact in ours ^ theirs:
            profile = str(fact[0])
            assert (section, profile) in hidden, f"{section} of {profile}: {fact}"
    assert (one.device.platform, one.device.serial) == (other.device.platform, other.device.serial)
    assert {profile.id for profile in one.profiles} == {profile.id for profile in other.profiles}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(phones())
def test_a_bug_report_and_an_androidqf_folder_of_one_phone_agree(phone: Phone) -> None:
    with tempfile.TemporaryDirectory() as folder:
        one, two = Path(folder, "a"), Path(folder, "b")
        one.mkdir()
        two.mkdir()
        with android.bugreport(one, phone) as report, android.androidqf(two, phone, dumpsys=True) as qf:
            assert_equal_but_for_coverage(facts_of(report.source), facts_of(qf.source))


@pytest.mark.needs("adb")
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(phones())
def test_a_bug_report_and_adb_of_one_phone_agree(phone: Phone) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with android.bugreport(Path(folder), phone) as report:
            recorded = facts_of(report.source)
        with android.adb(Path(folder), phone) as device:
            live = facts_of(device.source)
        assert_equal_but_for_coverage(recorded, live)
        assert not not_seen(recorded) | not_seen(live)
