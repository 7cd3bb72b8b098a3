"""Threat 7: a renamed or sideloaded clone, a look-alike name."""

import dataclasses

import pytest

from evidence_factory import TIKTOK, TIKTOK_CERTIFICATE, app, make_exception, make_inventory, make_policy
from judging import controls, judge, only
from setapart_evidence.model import App


def verdict_of(item: App, **policy: object) -> tuple[str, set[str]]:
    verdict = judge(make_inventory(apps=[item]), policy=make_policy(**policy) if policy else None)  # type: ignore[arg-type]
    return verdict.status, controls(verdict)


@pytest.mark.parametrize("certificate", [TIKTOK_CERTIFICATE, TIKTOK_CERTIFICATE.replace("7a", "7A")])
def test_the_same_signer_under_another_name_is_the_restricted_app(certificate: str) -> None:
    clone = app("com.example.calculator", name="Calculator", publisher=certificate)
    verdict = judge(make_inventory(apps=[clone]))
    assert (verdict.status, controls(verdict)) == ("violation", {"restricted-app-on-ordinary-device"})
    assert "signed by the maker of tiktok" in only(verdict, "restricted-app-on-ordinary-device").message


def test_an_apple_team_is_a_signer_too() -> None:
    clone = app("com.example.calculator", publisher="team:AB12CD34EF")
    assert verdict_of(clone, restricted={"team:AB12CD34EF": "tiktok"})[0] == "violation"


def test_another_app_of_the_maker_that_is_known_as_itself_is_not_restricted() -> None:
    policy = make_policy()
    editor = app("com.lemon.lvoverseas", publisher=TIKTOK_CERTIFICATE, publisher_hint="194326e8")
    known = dataclasses.replace(policy, unrestricted=frozenset({"android:com.lemon.lvoverseas"}))
    assert judge(make_inventory(apps=[editor]), policy=known).status == "compliant"
    assert judge(make_inventory(apps=[editor]), policy=policy).status == "violation"


@pytest.mark.parametrize("name", ["Тiktok", "TIKTOK", "Tik-Tok", "TıkTok", "𝕋𝕚𝕜𝕋𝕠𝕜", "ＴｉｋＴｏｋ", "T1kT0k"])
def test_a_name_that_looks_the_same_is_a_suspicion_and_never_a_violation(name: str) -> None:
    assert verdict_of(app("com.example.videos", name=name)) == ("compliant", {"suspect-app"})
    worst = {"suspect-app": "violation"}
    assert verdict_of(app("com.example.videos", name=name), severities=worst)[0] == "inconclusive"


def test_a_short_hash_of_a_signature_is_a_suspicion() -> None:
    assert verdict_of(app("com.example.videos", publisher_hint="194326E8")) == ("compliant", {"suspect-app"})


def test_a_look_alike_with_the_signature_is_no_mere_suspicion() -> None:
    both = app("com.example.videos", name="Тiktok", publisher=TIKTOK_CERTIFICATE)
    assert verdict_of(both) == ("violation", {"restricted-app-on-ordinary-device"})


def test_a_clone_is_carried_by_no_exception_for_another_app() -> None:
    clone = app("com.example.calculator", publisher=TIKTOK_CERTIFICATE)
    excepted = judge(
        make_inventory(apps=[clone]), device_class="social-dedicated", exceptions=(make_exception(app="telegram"),)
    )
    assert excepted.status == "violation"


def test_the_case_of_a_package_name_is_not_folded_where_the_platform_does_not_fold_it() -> None:
    assert verdict_of(app(TIKTOK.upper())) == ("compliant", set())


def test_an_ipad_app_on_a_mac_is_the_app() -> None:
    """Macs with Apple's own processors run what was made for iPads, under the same bundle id."""
    mac = make_inventory(platform="macos", apps=[app("com.zhiliaoapp.Musically", source="bundle")])
    assert judge(mac, policy=make_policy(restricted={"ios:com.zhiliaoapp.musically": "tiktok"})).status == "violation"
