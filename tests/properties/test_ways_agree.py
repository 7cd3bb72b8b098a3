"""One Android phone by bug report, androidqf, adb, its manager and a backup: equal facts."""

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import android_backup_maker
from agreement import Fact, Place, accounts, assert_agree, facts_of, identity, some, whole
from assets.build_demo import SYSTEM, Phone, User
from green import android
from mdm_maker import PHONE, Program, amapi_device, encoded, zipped
from setapart_agent.collectors.registry import parse_file
from setapart_agent.facts import Facts

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


def user_0(facts: Facts) -> set[Fact]:
    """What is installed for the device's user."""
    return {(app.profile, app.identifier) for app in facts.apps if app.profile == "0" and app.state == "installed"}


def assert_same_device(one: Facts, other: Facts) -> None:
    """Equal but for coverage, and known as the same device with the same users."""
    assert_agree(one, other)
    assert identity(one) == identity(other)
    assert {profile.id for profile in one.profiles} == {profile.id for profile in other.profiles}


def places(phone: Phone) -> set[Place]:
    """All that a phone shows where every user is shown."""
    return {(section, str(user.number)) for section in ("apps", "accounts") for user in phone.users}


@some(20)
@given(phones())
def test_a_bug_report_and_an_androidqf_folder_of_one_phone_agree(phone: Phone) -> None:
    with tempfile.TemporaryDirectory() as folder:
        one, two = Path(folder, "a"), Path(folder, "b")
        one.mkdir()
        two.mkdir()
        with android.bugreport(one, phone) as report, android.androidqf(two, phone, dumpsys=True) as qf:
            recorded, acquired = facts_of(report.source), facts_of(qf.source)
        packed = Path(folder, "qf.zip")
        packed.write_bytes(zipped({path.name: path.read_bytes() for path in two.iterdir()}))
        assert facts_of(f"androidqf:{packed}") == acquired
    assert whole(recorded) >= places(phone)
    assert_same_device(recorded, acquired)
    assert user_0(recorded) == {("0", name) for name, (_, users) in phone.packages.items() if 0 in users}
    assert len(recorded.accounts) >= len({one for user in phone.users for one in user.accounts or ()})


@pytest.mark.needs("adb")
@some(6)
@given(phones())
def test_a_bug_report_and_adb_of_one_phone_agree(phone: Phone) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with android.bugreport(Path(folder), phone) as report:
            recorded = facts_of(report.source)
        with android.adb(Path(folder), phone) as device:
            live = facts_of(device.source)
    assert_same_device(recorded, live)
    assert whole(recorded) & whole(live) >= places(phone)


@some(20)
@given(phones())
def test_a_fully_managed_phone_shows_its_manager_the_apps_that_a_bug_report_shows(phone: Phone) -> None:
    # User 0 is the device: under DEVICE_OWNER nobody adds users.
    alone = replace(phone, users=phone.users[:1], packages={n: (v, (0,)) for n, (v, _) in phone.packages.items()})
    programs = tuple(Program(id=name, name=name, version=version) for name, (version, _) in alone.packages.items())
    managed = replace(PHONE, serial=android.SERIAL.lower(), programs=programs)
    with tempfile.TemporaryDirectory() as folder:
        with android.bugreport(Path(folder), alone) as report:
            recorded = facts_of(report.source)
        export = Path(folder, "export")
        export.write_bytes(encoded(amapi_device(managed)))
        owner = facts_of(f"mdm:{export}")
        export.write_bytes(encoded(amapi_device(managed, mode="PROFILE_OWNER")))
        worker = facts_of(f"mdm:{export}")
    assert ("apps", "0") in whole(recorded) & whole(owner)
    assert_agree(recorded, owner, {"apps": user_0, "accounts": accounts})
    assert user_0(recorded) == user_0(owner)
    # The manager of a work profile shows nothing of the personal side, and says so.
    assert not user_0(worker)
    assert ("apps", "0") not in whole(worker)
    assert identity(recorded) == identity(owner) == identity(worker)


@some(20)
@given(phones(), st.data())
def test_a_backup_names_no_app_that_a_bug_report_lacks_and_is_never_whole(phone: Phone, data: st.DataObject) -> None:
    present = sorted(name for name, (_, users) in phone.packages.items() if 0 in users)
    saved = data.draw(st.lists(st.sampled_from(present), unique=True))
    with tempfile.TemporaryDirectory() as folder, android.bugreport(Path(folder), phone) as report:
        recorded = facts_of(report.source)
    kept = parse_file(
        "android.backup", Path("backup.ab"), android_backup_maker.backup(android_backup_maker.phone(*saved))
    )
    assert user_0(kept) == {("0", name) for name in saved}
    assert user_0(kept) <= user_0(recorded)
    assert_agree(recorded, kept, {"apps": user_0})
    assert ("apps", "0") not in whole(kept)
