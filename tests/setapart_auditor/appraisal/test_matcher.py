"""Matching apps: exactly what the identifiers say, however it is remembered."""

import dataclasses
import itertools
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

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
    assert matcher._identifiers == set()


def test_the_longest_part_that_is_remembered_and_the_longest_that_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    matcher = Matcher(make_policy())
    matcher.scan(make_inventory(apps=[app("x" * 256), app("y" * 257)]), {"0"})
    assert matcher._identifiers == {"x" * 256}
    cut = module._cut(app("x" * 8_193, name="n" * 1_025))
    assert (len(cut.identifier), len(cut.name or "")) == (8_192, 1_024)
    assert len(module._cut(app("x", name="n" * 1_025)).name or "") == 1_024


def test_a_cut_identifier_costs_no_other_part() -> None:
    long = [app("x" * 9_000, name="TikTok"), app("x" * 9_000, publisher=TIKTOK_CERTIFICATE), app("x" * 9_000)]
    scan = Matcher(make_policy()).scan(make_inventory(apps=long), {"0"})
    assert [(sighting.index, sighting.match.how) for sighting in scan.sightings] == [(0, "suspicion"), (1, "signer")]


def test_a_clean_app_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fleets repeat the same apps; this is what makes a second device cheap."""
    full = app("com.x", name="Notes", publisher="sha256:00", publisher_hint="0")
    matcher = Matcher(make_policy())
    first = make_inventory(apps=[full, app("com.y")])
    matcher.scan(first, {"0"})

    def compared(_: App) -> App:
        raise AssertionError("compared again")

    monkeypatch.setattr(module, "_cut", compared)
    assert matcher.scan(first, {"0"}) == Scan()


def test_an_app_of_the_catalog_that_is_not_restricted_is_not_known_by_its_publisher() -> None:
    """CapCut is signed by the maker of TikTok; where only TikTok is restricted, it is not TikTok."""
    capcut = app("com.lemon.lvoverseas", publisher=TIKTOK_CERTIFICATE, publisher_hint="194326e8")
    policy = dataclasses.replace(make_policy(), unrestricted=frozenset({"android:com.lemon.lvoverseas"}))
    matcher = Matcher(policy)
    assert matcher.match("android", capcut) == Match()
    assert matcher.match("android", structs.replace(capcut, name="TikTok")) == Match(app="tiktok", how="suspicion")
    assert matcher.match("android", app("com.x", publisher=TIKTOK_CERTIFICATE)).how == "signer"


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
