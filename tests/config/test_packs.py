"""The shipped packs: what each says of its instrument, that overlays only tighten them, and that the examples work."""

import datetime as dt
from pathlib import Path

import msgspec
import pytest

from setapart_auditor.errors import PolicyError
from setapart_auditor.policy.load import load_policy, pack_ids
from setapart_auditor.policy.model import Pack, Policy
from setapart_auditor.register.load import load_register
from setapart_auditor.register.people import check_exceptions

CONFIG = Path(__file__).resolve().parents[2] / "config"
EXAMPLES = CONFIG / "examples"
PACKS = pack_ids(CONFIG)
CHECKED_LAST = dt.date(2026, 11, 23)


def pack_of(name: str) -> Pack:
    return load_policy(name, root=CONFIG).pack


def lay(folder: Path, pack: str, *lines: str) -> Policy:
    """The pack under an overlay with these lines."""
    overlay = folder / "overlay.toml"
    overlay.write_text("\n".join((f'base = "{pack}"', *lines)) + "\n", "utf-8")
    return load_policy(pack, overlay, CONFIG)


POLITICIANS = ("minister", "state-secretary", "adviser")


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What an instrument says."""

    start: dt.date
    binding: str
    apps: tuple[str, ...]
    byod: bool = False
    personal: str = "as-ordinary"
    excepts: bool = True
    approver: str | None = None
    never_for: tuple[str, ...] = ()
    web: bool = False


BOTH = ("telegram", "tiktok")
TIKTOK = ("tiktok",)
NORWAY = Facts(start=dt.date(2023, 3, 21), binding="advice", apps=BOTH, never_for=POLITICIANS)
FACTS = {
    "no-2023": NORWAY,
    "no-police-2023": NORWAY,
    "no-bergen": Facts(
        start=dt.date(2023, 3, 21), binding="executive-ban", apps=BOTH, byod=True, personal="app-or-link"
    ),
    "no-loten": Facts(
        start=dt.date(2023, 4, 13),
        binding="executive-ban",
        apps=BOTH,
        byod=True,
        personal="app-or-link",
        approver="information-security-officer",
    ),
    "au-pspf-001-2023": Facts(
        start=dt.date(2023, 4, 4), binding="executive-ban", apps=TIKTOK, approver="chief-security-officer"
    ),
    "us-m-23-13": Facts(start=dt.date(2023, 3, 30), binding="statute", apps=TIKTOK, approver="agency-head", web=True),
    "eu-commission-2023": Facts(
        start=dt.date(2023, 3, 15),
        binding="executive-ban",
        apps=TIKTOK,
        byod=True,
        personal="app-or-link",
        excepts=False,
    ),
}
"""From the table of real instruments and the texts that each pack names, by hand."""


@pytest.mark.parametrize("name", FACTS)
def test_a_pack_says_what_its_instrument_says(name: str) -> None:
    policy = load_policy(name, root=CONFIG)
    pack = policy.pack
    said = Facts(
        start=pack.effective.from_,
        binding=pack.source.binding,
        apps=tuple(sorted(set(policy.apps.values()))),
        byod=pack.covers.byod,
        personal=pack.personal.rule,
        excepts=pack.exception.allowed,
        approver=pack.exception.approver_role,
        never_for=pack.exception.not_for_roles,
        web=pack.covers.web_access,
    )
    assert said == FACTS[name]


def test_the_dutch_pack_goes_by_country_alone() -> None:
    pack = pack_of("nl-2023")
    assert set(pack.restricted.countries) == {"RU", "CN", "IR", "KP"}
    assert (pack.restricted.apps, pack.restricted.vendors, pack.restricted.categories) == ((), (), ())
    found = load_policy("nl-2023", root=CONFIG).apps
    assert {"tiktok", "aliexpress", "wechat", "vk", "capcut", "faceapp", "igap", "mobogram"} <= found.keys()
    assert not {"telegram", "whatsapp", "signal"} & found.keys()


def test_the_american_memorandum_names_three_grounds_and_a_year() -> None:
    rule = pack_of("us-m-23-13").exception
    assert rule.grounds == ("law-enforcement", "national-security", "security-research")
    assert (rule.max_days, rule.delegable) == (365, True)


def test_every_pack_has_facts_here_or_a_test_of_its_own() -> None:
    assert set(PACKS) == {*FACTS, "nl-2023"}


@pytest.mark.parametrize("name", PACKS)
def test_what_was_not_read_is_said(name: str) -> None:
    source = pack_of(name).source
    assert source.verified or source.unverified
    assert source.urls
    assert all(url.startswith("https://") for url in source.urls)
    assert source.checked <= max(CHECKED_LAST, dt.datetime.now(dt.UTC).date())


@pytest.mark.parametrize("name", PACKS)
def test_dates_follow_each_other(name: str) -> None:
    pack = pack_of(name)
    assert pack.effective.review_by is not None
    assert pack.effective.from_ < pack.source.checked < pack.effective.review_by
    assert pack.base is not None or pack.source.date <= pack.effective.from_


@pytest.mark.parametrize("name", PACKS)
def test_no_pack_needs_more_than_a_first_report_by_file(name: str) -> None:
    pack = pack_of(name)
    assert (pack.freshness.require, pack.coverage.min_grade, pack.exception.signed) == ("none", "self-declared", False)


@pytest.mark.parametrize("name", PACKS)
def test_nothing_is_internal_before_an_authority_says_so(name: str) -> None:
    assert load_policy(name, root=CONFIG).internal == frozenset()


@pytest.mark.parametrize("name", PACKS)
@pytest.mark.parametrize(
    "line",
    [
        "coverage.enforcement_counts = true",
        "exception.blanket = true",
        'controls.coverage-incomplete.severity = "warning"',
        'overlay.may_loosen = ["coverage.enforcement_counts"]',
        "effective.from = 2030-01-01",
        "effective.sunset = 2026-01-01",
    ],
)
def test_an_overlay_cannot_loosen_a_pack(name: str, line: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyError):
        lay(tmp_path, name, line)


@pytest.mark.parametrize("name", PACKS)
def test_an_overlay_may_choose_where_the_instrument_is_silent(name: str, tmp_path: Path) -> None:
    before = pack_of(name)
    after = lay(tmp_path, name, "[freshness]", "max_age = 45", "grace_for_new = 21").pack
    assert (after.freshness.max_age, after.freshness.grace_for_new) == (45, 21)
    assert msgspec.structs.replace(after, freshness=before.freshness, base=before.base) == before


@pytest.mark.parametrize("name", PACKS)
def test_an_overlay_restricts_one_more_app_without_naming_the_others(name: str, tmp_path: Path) -> None:
    before = load_policy(name, root=CONFIG).apps
    after = lay(tmp_path, name, "[restricted]", 'apps = ["snapchat"]').apps
    assert after.keys() == before.keys() | {"snapchat"}


def test_the_police_keep_all_of_the_national_advice() -> None:
    national, police = pack_of("no-2023"), pack_of("no-police-2023")
    assert police.restricted == national.restricted
    assert police.covers == national.covers
    assert set(national.exception.device_conditions) < set(police.exception.device_conditions)


def test_the_example_of_an_authority_fills_in_what_is_internal() -> None:
    policy = load_policy("no-2023", EXAMPLES / "authority.toml", CONFIG)
    assert policy.internal == {
        "domain:agency.example",
        "domain:ad.agency.example",
        "host:mail.agency.example",
        "host:mx.hosting.example",
        "host:vpn.agency.example",
        "tenant:agency.onmicrosoft.example",
        "tenant:agency-staff",
    }
    assert policy.apps == load_policy("no-2023", root=CONFIG).apps


def test_the_example_of_a_register_stands_under_the_example_of_an_authority() -> None:
    register = load_register(EXAMPLES / "register.toml")
    check_exceptions(register, load_policy("no-2023", EXAMPLES / "authority.toml", CONFIG))
    assert [one.device_class for one in register.devices] == ["ordinary", "social-dedicated", "personal"]
    assert [(one.device, one.app) for one in register.exceptions] == [("patrol-phone", "tiktok")]
