"""The catalog: one spelling, one owner, one digest."""

from pathlib import Path

import pytest

from config_factory import BYTEDANCE, CLIENTS, IDENTIFIER, TELEGRAM, make_config
from setapart_auditor.errors import PolicyError
from setapart_auditor.policy.catalog import keys_of_entry, load_catalog


def vendor(*identifiers: tuple[str, str], app: str = "other", head: str = "") -> str:
    """A vendor with one app."""
    rows = "".join(
        f'[[app.identifier]]\nkind = "{kind}"\nvalue = "{value}"\n{IDENTIFIER}\n' for kind, value in identifiers
    )
    return (
        'vendor = "other"\nname = "Other"\ncountry = "NO"\ncountry_source = "x"\nchecked = 2026-01-01\n'
        f'[[app]]\nid = "{app}"\nname = "Other"\ncategory = "messenger"\n{head}\n{rows}'
    )


def test_apps_clients_and_keys_are_read(tmp_path: Path) -> None:
    found = load_catalog(make_config(tmp_path))
    assert list(found.apps) == ["tiktok", "tiktok-lite", "capcut", "telegram", "telegram-news"]
    assert found.vendor_of["capcut"].vendor == "bytedance"
    assert [client.id for client in found.clients] == ["k-9", "calendar"]
    assert found.lineage("tiktok-lite") == ("tiktok-lite", "tiktok")
    assert keys_of_entry(found.apps["tiktok"]) == (
        "android:com.zhiliaoapp.musically", "origin:tiktok.com", f"signer:{'7a' * 32}", "label:tiktok",
    )  # fmt: skip


def test_the_digest_covers_every_file_and_nothing_of_the_file_system(tmp_path: Path) -> None:
    first = load_catalog(make_config(tmp_path / "a"))
    again = make_config(tmp_path / "b")
    (again / "catalog" / "apps" / "notes.txt").write_text("not a part of it")
    assert load_catalog(again).digest == first.digest
    for name in ("apps/0.toml", "apps/1.toml", "clients.toml"):
        file = again / "catalog" / name
        before = file.read_text()
        file.write_text(before + "# changed\n")
        assert load_catalog(again).digest != first.digest, name
        file.write_text(before)
    (again / "catalog" / "accounts").mkdir()
    (again / "catalog" / "accounts" / "ios.toml").write_text('platform = "ios"\ntype = []\n')
    assert load_catalog(again).digest != first.digest


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("ios", "Com.Example.App", "com.example.app"),
        ("origin", "www.Example.com", "www.example.com"),
        ("origin", "https://example.com", "spelling"),
        ("process", "Telegram-4.1-x86_64.AppImage", "telegram"),
        ("label", "TikTok!", "tiktok"),
        ("android", "tiktok", "spelling"),
        ("signer", "7A" * 32, "spelling"),
        ("signer", "sha256:" + "7a" * 32, "spelling"),
        ("team", "abc", "spelling"),
        ("appx", "example.app", "spelling"),
        ("uninstall-prefix", "one two three four five", "spelling"),
        ("hint", "0x1234", "spelling"),
        ("carrier-pigeon", "x", "one of android"),
    ],
)
def test_an_identifier_that_no_agent_would_spell_so_is_refused(
    kind: str, value: str, expected: str, tmp_path: Path
) -> None:
    root = make_config(tmp_path, apps=(BYTEDANCE, TELEGRAM, vendor(("android", "org.other"), (kind, value))))
    with pytest.raises(PolicyError) as caught:
        load_catalog(root)
    assert expected in caught.value.expected
    assert caught.value.where.startswith("catalog/apps/2.toml, line 1")
    assert "[[app]] 1 [[identifier]] 2" in caught.value.where


@pytest.mark.parametrize(
    ("text", "got"),
    [
        (vendor(app="tiktok"), "a second app `tiktok`"),
        (vendor(("android", "org.telegram.messenger")), "already an identifier of `telegram`"),
        (vendor(head='variant_of = "tik-tok"'), "no app `tik-tok`"),
        (vendor(head='variant_of = "other"'), "a variant of itself"),
    ],
)
def test_a_catalog_that_contradicts_itself_is_refused(text: str, got: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        load_catalog(make_config(tmp_path, apps=(BYTEDANCE, TELEGRAM, text)))
    assert got in caught.value.got
    assert "2.toml" in caught.value.where


def test_a_catalog_may_have_no_clients(tmp_path: Path) -> None:
    root = make_config(tmp_path)
    (root / "catalog" / "clients.toml").unlink()
    assert load_catalog(root).clients == ()


def test_apps_may_share_a_publisher(tmp_path: Path) -> None:
    shared = vendor(("android", "org.other"), ("signer", "7a" * 32))
    assert "other" in load_catalog(make_config(tmp_path, apps=(BYTEDANCE, shared))).apps


def test_two_clients_are_never_one(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="a second client `k-9`"):
        load_catalog(make_config(tmp_path, clients=CLIENTS + CLIENTS))
    clash = CLIENTS.replace("com.android.calendar", "com.fsck.k9")
    with pytest.raises(PolicyError, match="already an identifier of `k-9`"):
        load_catalog(make_config(tmp_path / "x", clients=clash))
