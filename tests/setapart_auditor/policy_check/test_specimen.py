"""An app for every kind of identifier."""

import pytest

from setapart_auditor.config import config_root
from setapart_auditor.policy.agent_table import identifiers
from setapart_auditor.policy.catalog import load_catalog
from setapart_auditor.policy_check.specimen import specimen_of
from setapart_evidence.identifiers import KINDS, keys_of

VALUES = {
    "android": "com.example.app", "ios": "com.example.app", "macos": "com.example.app",
    "appx": "example.app_1234567890abc", "uninstall": "example app", "uninstall-prefix": "example", "linux": "example",
    "flatpak": "org.example.App",
    "snap": "example", "desktop": "org.example.desktop", "process": "example", "extension": "abcdef",
    "origin": "www.example.com", "signer": "7a" * 32, "team": "ABCDE12345", "hint": "194326e8", "label": "exampie",
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_has_an_app_that_answers_to_it(kind: str) -> None:
    found = specimen_of(f"{kind}:{VALUES[kind]}", "example")
    assert found is not None
    assert found.app == "example"
    assert f"{kind}:{VALUES[kind]}" in keys_of(found.platform, found.item)


@pytest.mark.parametrize("key", ["pigeon:x", "label:Example!", "process:Example-1.0.AppImage", "ios:Com.Example"])
def test_a_key_that_no_app_answers_to_has_none(key: str) -> None:
    assert specimen_of(key, "example") is None


def test_every_identifier_of_the_catalog_can_be_answered_to() -> None:
    assert [key for key in identifiers(load_catalog(config_root())) if specimen_of(key, "x") is None] == []
