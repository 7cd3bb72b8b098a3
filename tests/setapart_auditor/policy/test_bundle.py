"""The bundle says to agents what the policy asks for, no less and no more."""

import base64
import datetime as dt
from pathlib import Path

from config_factory import PACK, make_config, with_lines
from setapart_auditor.policy.bundle import Choices, Secrets, bundle_subjects, client_keys, policy_bundle
from setapart_auditor.policy.catalog import load_catalog
from setapart_auditor.policy.load import load_policy
from setapart_evidence.bundle import make_bundle, read_bundle
from setapart_evidence.keys import Ed25519Signer

NOW = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)
SIGNER = Ed25519Signer(bytes(32))
SECRETS = Secrets(authority=SIGNER.public, id_key=b"i" * 32, address_key=b"a" * 32)


def test_a_bundle_holds_the_policy_s_keys_sorted(tmp_path: Path) -> None:
    root = make_config(tmp_path, pack=with_lines(PACK, internal__domains='["b.example", "a.example"]'))
    catalog = load_catalog(root)
    policy = load_policy("agency-1", root=root, catalog=catalog)
    choices = Choices(level="full", addresses="internal", days=7)
    raw = make_bundle(
        policy_bundle(policy, catalog, SECRETS, choices, version=5, issued_at=NOW), bundle_subjects(policy), SIGNER
    )
    found = read_bundle(raw, SIGNER.public.keyid).bundle
    assert found.identifiers == (
        "android:com.zhiliaoapp.musically", "android:com.zhiliaoapp.musically.go", "android:org.telegram.messenger",
        "label:teiegram", "label:tiktok", "origin:tiktok.com", f"signer:{'7a' * 32}",
    )  # fmt: skip
    assert found.clients == ("android:com.android.calendar", "android:com.fsck.k9") == client_keys(catalog)
    assert found.own_store == ("android:com.fsck.k9",)
    assert found.internal == ("domain:a.example", "domain:b.example")
    assert (found.level, found.addresses, found.version) == ("full", "internal", 5)
    assert (found.issued_at, found.expires_at) == (NOW, NOW + dt.timedelta(days=7))
    assert (found.id_secret(), found.address_secret()) == (b"i" * 32, b"a" * 32)
    assert base64.b64decode(found.authority) == SIGNER.public.spki
    assert (found.pack.id, found.pack.version, found.pack.digest) == ("agency-1", 3, policy.pack_digest)
    assert found.pack.overlay is None
    names = [(one.name, f"sha256:{one.digest.sha256}") for one in bundle_subjects(policy)]
    assert names == [("pack", policy.pack_digest), ("catalog", policy.catalog_digest)]


def test_an_overlay_is_named(tmp_path: Path) -> None:
    overlay = tmp_path / "o.toml"
    overlay.write_text('base = "agency-1"\n')
    policy = load_policy("agency-1", overlay, make_config(tmp_path))
    assert [one.name for one in bundle_subjects(policy)] == ["pack", "overlay", "catalog"]
