"""Matching apps: exactly what the identifiers say, however it is remembered."""

import itertools
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence_factory import K9, RESTRICTED, TIKTOK, TIKTOK_CERTIFICATE, WEB, app, make_inventory, make_policy
from setapart_auditor.appraisal import matcher as module
from setapart_auditor.appraisal.matcher import Match, Matcher, Scan, possible_keys
from setapart_evidence.identifiers import keys_of
from setapart_evidence.model import App, AppKind, AppSource, Platform

NAMES = [
    TIKTOK, "org.telegram.desktop", "Telegram-Desktop", "https://www.tiktok.com/@x?lang=en", "tiktok.com",
    "waydroid.a.B.desktop", "TikTok Live Studio 1.2", "C:\\Apps\\TikTok.exe", "/opt/telegram-4.1/Telegram", "", " ",
    ".", "[::1]:80", "ÅÄÖ",
]  # fmt: skip


@given(st.sampled_from(NAMES) | st.text(max_size=40))
@settings(max_examples=60, deadline=None)
def test_possible_keys_hold_every_identity_on_every_platform_of_every_kind_from_every_source(name: str) -> None:
    """The short cut is sound only if this holds; a new kind of identifier must not slip through it."""
    keys = possible_keys(name)
    for platform, kind, source in itertools.product(get_args(Platform), get_args(AppKind), get_args(AppSource)):
        assert keys.issuperset(keys_of(platform, App(identifier=name, profile="0", kind=kind, source=source)))


APPS = st.builds(
    App,
    identifier=st.sampled_from([*NAMES, K9, *(key.partition(":")[2] for key in RESTRICTED)]),
    name=st.sampled_from([None, "TikTok", "Τιktok", "Notes"]),
    profile=st.sampled_from(["0", "7"]),
    kind=st.sampled_from(get_args(AppKind)),
    source=st.sampled_from(get_args(AppSource)),
    publisher=st.sampled_from([None, TIKTOK_CERTIFICATE, "team:AB12CD34EF", "sha256:00"]),
    publisher_hint=st.sampled_from([None, "194326E8", "00000000"]),
)


@given(st.lists(APPS, max_size=6), st.sampled_from(get_args(Platform)), st.integers(0, 3))
@settings(max_examples=100, deadline=None)
def test_what_was_remembered_changes_no_match(apps: list[App], platform: Platform, before: int) -> None:
    policy = make_policy()
    used = Matcher(policy)
    used.scan(make_inventory(platform="ios", apps=apps[:before]), {"0"})
    inventory = make_inventory(platform=platform, apps=apps)
    scan = used.scan(inventory, {"0"})
    exact = {index: match for index, item in enumerate(apps) if (match := used.match(platform, item)) != Match()}
    assert {sighting.index: sighting.match for sighting in scan.sightings} == exact
    assert scan.owners == {item.profile for item in apps} - {"0"}


@pytest.mark.parametrize(
    ("item", "match"),
    [
        (app(TIKTOK), Match(app="tiktok", how="identity")),
        (app("com.x", publisher=TIKTOK_CERTIFICATE), Match(app="tiktok", how="signer")),
        (app(TIKTOK, publisher=TIKTOK_CERTIFICATE), Match(app="tiktok", how="identity")),
        (app("https://m.tiktok.com/", kind="web-app", source="browser"), Match(app="tiktok", how="web")),
        (app("com.x", name="T1kTok"), Match(app="tiktok", how="suspicion")),
        (app("com.x", publisher_hint="194326e8"), Match(app="tiktok", how="suspicion")),
        (app(K9), Match(client="k-9")),
        (app(K9, name="TikTok"), Match(app="tiktok", how="suspicion", client="k-9")),
        (app(), Match()),
    ],
)
def test_strong_keys_decide_before_weak_ones(item: App, match: Match) -> None:
    assert Matcher(make_policy()).match("android", item) == match


def test_web_access_that_counts_is_the_app_itself() -> None:
    policy = make_policy(restricted={**RESTRICTED, **WEB}, web={})
    item = app("https://www.tiktok.com/", kind="web-app", source="browser")
    assert Matcher(policy).match("linux", item) == Match(app="tiktok", how="identity")


def test_memory_is_bounded_and_forgetting_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_REMEMBERED", 10)
    matcher = Matcher(make_policy())
    for start in range(0, 100, 20):
        apps = [app(f"a{number}", name=f"n{number}", publisher=f"p{number}") for number in range(start, start + 20)]
        assert matcher.scan(make_inventory(apps=[*apps, app(TIKTOK)]), {"0"}).sightings[0].index == 20
        assert max(map(len, (matcher._identifiers, matcher._names, matcher._publishers))) <= 11


def test_overlong_parts_are_cut_and_never_remembered() -> None:
    matcher = Matcher(make_policy())
    long = app("x" * 100_000, name="ﷺ" * 100_000, publisher="sha256:" + "0" * 100_000)
    assert matcher.scan(make_inventory(apps=[long, app(TIKTOK, name="y" * 100_000)]), {"0"}).sightings[0].index == 1
    assert matcher._identifiers == {None}


@pytest.mark.parametrize(
    "dirty",
    [
        {"name": "TikTok"},
        {"publisher": TIKTOK_CERTIFICATE},
        {"publisher_hint": "194326e8"},
        {"profile": "7"},
        {"identifier": TIKTOK},
    ],
    ids=lambda dirty: next(iter(dirty)),
)
def test_one_new_part_is_enough_to_look_again(dirty: dict[str, str]) -> None:
    clean = {"identifier": "com.x", "name": "Notes", "publisher": "sha256:00", "publisher_hint": "0"}
    matcher = Matcher(make_policy())
    for _ in range(2):
        assert matcher.scan(make_inventory(apps=[app(**clean)]), {"0"}) == Scan()
    assert matcher.scan(make_inventory(apps=[app(**clean | dirty)]), {"0"}) != Scan()
