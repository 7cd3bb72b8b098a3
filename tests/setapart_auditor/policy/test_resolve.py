"""A pack, resolved: what appraisal and bundles see of it."""

from pathlib import Path

import pytest

from config_factory import PACK, make_config, with_lines
from setapart_auditor.policy.controls import CONTROLS
from setapart_auditor.policy.load import load_policy
from setapart_auditor.policy.model import Policy

SIGNER = f"signer:{'7a' * 32}"


def resolved(folder: Path, **changes: str) -> Policy:
    return load_policy("agency-1", root=make_config(folder, pack=with_lines(PACK, **changes)))


def test_strong_keys_decide_weak_ones_raise_a_suspicion_and_origins_wait(tmp_path: Path) -> None:
    found = resolved(tmp_path)
    assert found.restricted == {
        "android:com.zhiliaoapp.musically": "tiktok",
        "android:com.zhiliaoapp.musically.go": "tiktok-lite",
        "android:org.telegram.messenger": "telegram",
        SIGNER: "tiktok",
    }
    assert found.web == {"origin:tiktok.com": "tiktok"}
    assert found.suspicious == {"label:tiktok": "tiktok", "label:teiegram": "telegram"}
    assert found.own_store == {"android:com.fsck.k9": "k-9"}
    assert found.apps == {"telegram": "telegram", "tiktok": "tiktok", "tiktok-lite": "tiktok"}
    assert found.catalog_apps == {"tiktok", "tiktok-lite", "capcut", "telegram", "telegram-news"}


def test_where_web_access_counts_origins_are_as_good_as_the_app(tmp_path: Path) -> None:
    found = resolved(tmp_path, covers__web_access="true")
    assert found.web == {}
    assert found.restricted["origin:tiktok.com"] == "tiktok"
    assert found.needed_identifiers == resolved(tmp_path / "x").needed_identifiers


def test_another_app_of_the_same_publisher_is_known_by_its_own_keys(tmp_path: Path) -> None:
    assert resolved(tmp_path).unrestricted == {"android:com.lemon.lvoverseas"}
    assert resolved(tmp_path / "x", restricted__apps='[]\nvendors = ["bytedance"]').unrestricted == frozenset()
    assert resolved(tmp_path / "y", restricted__apps='["telegram"]').unrestricted == frozenset()


def test_every_control_has_a_severity_and_those_that_count_have_days(tmp_path: Path) -> None:
    found = resolved(tmp_path, controls__web_app__severity='"violation"')
    assert found.severities == {spec.id: spec.severity for spec in CONTROLS} | {"web-app": "violation"}
    assert found.days == {"exception-expires-soon": 14}


def test_internal_names_are_folded(tmp_path: Path) -> None:
    found = resolved(
        tmp_path, internal__domains='["Agency.Example."]\nvpns = ["VPN.agency.example"]\ntenants = ["T-1"]'
    )
    assert found.internal == {"domain:agency.example", "host:vpn.agency.example", "tenant:t-1"}


@pytest.mark.parametrize("key", ["restricted", "web", "suspicious"])
def test_what_a_bundle_must_disclose_is_everything_that_is_looked_for(key: str, tmp_path: Path) -> None:
    found = resolved(tmp_path)
    assert set(getattr(found, key)) <= found.needed_identifiers
