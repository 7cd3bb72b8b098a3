"""The authority's folder: keys that nobody else reads, bundles whose versions only grow."""

import base64
import datetime as dt
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config_factory import make_config
from setapart_auditor.authority import (
    Authority,
    IssuedBundle,
    built_in,
    default_folder,
    disclosed,
    id_key_of,
    issue_bundle,
    issue_epoch,
    known_bundles,
    open_authority,
)
from setapart_auditor.errors import AuditorError
from setapart_auditor.policy.bundle import Choices
from setapart_auditor.policy.catalog import load_catalog
from setapart_auditor.policy.load import load_policy
from setapart_evidence.bundle import list_digest
from setapart_evidence.epoch import read_epoch
from setapart_evidence.keys import Ed25519Signer

NOW = dt.datetime(2026, 11, 23, 12, 0, 0, 5, tzinfo=dt.UTC)


def issue(folder: Path, authority: Authority, now: dt.datetime = NOW) -> IssuedBundle:
    root = folder / "config"
    root = root if root.is_dir() else make_config(folder)
    catalog = load_catalog(root)
    return issue_bundle(authority, load_policy("agency-1", root=root, catalog=catalog), catalog, Choices(), now)


def test_the_keys_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "state"
    before = os.umask(0)
    try:
        first = open_authority(folder)
    finally:
        os.umask(before)
    assert first.is_new
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in ("authority.pem", "authority.toml"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600, name
    assert sorted(item.name for item in folder.iterdir()) == ["authority.pem", "authority.toml"]
    again = open_authority(folder)
    assert not again.is_new
    assert again.secrets == first.secrets
    assert again.signer.public == first.signer.public
    assert id_key_of(folder) == first.secrets.id_key != first.secrets.address_key


def test_many_that_come_at_once_get_one_authority(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: open_authority(tmp_path / "a"), range(16)))
    assert len({(one.signer.public.keyid, one.secrets.id_key) for one in found}) == 1
    assert not [item for item in (tmp_path / "a").iterdir() if item.name.startswith(".")]


def test_another_key_signs_and_none_is_made(tmp_path: Path) -> None:
    signer = Ed25519Signer(b"k" * 32)
    (tmp_path / "k.pem").write_bytes(signer.pem())
    found = open_authority(tmp_path / "a", key=tmp_path / "k.pem")
    assert found.signer.public == found.secrets.authority == signer.public
    assert not (tmp_path / "a" / "authority.pem").exists()


@pytest.mark.parametrize("content", [b"", b"\xff", b'id_key = "short"\naddress_key = "x"\n', b"id_key = 1\n"])
def test_a_damaged_folder_is_said_and_never_replaced(content: bytes, tmp_path: Path) -> None:
    open_authority(tmp_path)
    (tmp_path / "authority.toml").write_bytes(content)
    with pytest.raises(AuditorError, match=r"authority\.toml"):
        open_authority(tmp_path)
    with pytest.raises(AuditorError, match=r"authority\.toml"):
        id_key_of(tmp_path)
    assert (tmp_path / "authority.toml").read_bytes() == content


def test_what_is_no_key_or_no_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(AuditorError, match="no unencrypted private key"):
        open_authority(tmp_path / "a", key=tmp_path / "file")
    with pytest.raises(AuditorError, match=r"none\.pem.*No such file.*a private key"):
        open_authority(tmp_path / "a", key=tmp_path / "none.pem")
    with pytest.raises(AuditorError, match="--dir"):
        open_authority(tmp_path / "file")
    assert id_key_of(tmp_path / "nothing") is None
    assert id_key_of(tmp_path / "file") is None


def test_versions_grow_and_every_bundle_is_kept(tmp_path: Path) -> None:
    authority = open_authority(tmp_path / "a")
    first, second = issue(tmp_path, authority), issue(tmp_path, authority)
    assert (first.signed.bundle.version, second.signed.bundle.version) == (1, 2)
    assert first.signed.keyid == authority.signer.public.keyid
    assert first.signed.bundle.issued_at == NOW.replace(microsecond=0)
    known = known_bundles(tmp_path / "a")
    assert set(known) == {first.signed.digest, second.signed.digest}
    assert known[first.signed.digest] == disclosed(first.signed.bundle)
    assert known[first.signed.digest].internal == frozenset()
    assert known[first.signed.digest].expires_at == first.signed.bundle.expires_at
    for item in (tmp_path / "a" / "bundles").iterdir():
        assert stat.S_IMODE(item.stat().st_mode) == 0o600
        assert item.read_bytes() in (first.raw, second.raw)


def test_bundles_issued_at_once_have_versions_of_their_own(tmp_path: Path) -> None:
    authority = open_authority(tmp_path / "a")
    make_config(tmp_path)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: issue(tmp_path, authority), range(8)))
    assert sorted(one.signed.bundle.version for one in found) == list(range(1, 9))


def test_a_kept_bundle_that_was_altered_is_an_error(tmp_path: Path) -> None:
    authority = open_authority(tmp_path / "a")
    issue(tmp_path, authority)
    (file,) = (tmp_path / "a" / "bundles").iterdir()
    file.write_bytes(file.read_bytes().replace(b'"sig":"', b'"sig":"AAAA'))
    with pytest.raises(AuditorError) as caught:
        known_bundles(tmp_path / "a")
    assert caught.value.where == str(file)


def test_an_epoch_is_random_and_signed(tmp_path: Path) -> None:
    authority = open_authority(tmp_path)
    (first, raw), (second, _) = issue_epoch(authority, NOW, 7), issue_epoch(authority, NOW, 7)
    assert first.value != second.value
    assert read_epoch(raw, (authority.signer.public,)).predicate == first
    assert first.use_until - first.issued_at == dt.timedelta(days=7)


def test_the_built_in_table_is_known_by_its_digest(tmp_path: Path) -> None:
    catalog = load_catalog(make_config(tmp_path))
    ((digest, found),) = built_in(catalog).items()
    assert digest == list_digest(found.identifiers)
    assert {"android:com.lemon.lvoverseas", "android:com.fsck.k9"} <= found.identifiers
    assert (found.internal, found.expires_at) == (None, None)


def test_the_default_folder_is_the_system_s_or_the_user_s(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_folder() == Path("/var/lib/setapart-auditor")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "setapart-auditor"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_folder() == tmp_path / ".local" / "state" / "setapart-auditor"


def test_who_has_no_home_gets_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's or a service's user: no HOME, and no entry that says one."""
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    monkeypatch.setattr(os, "getuid", lambda: 54321)
    for name in ("HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert default_folder() == Path("/var/lib/setapart-auditor")


def test_the_keys_of_a_bundle_are_the_folder_s(tmp_path: Path) -> None:
    authority = open_authority(tmp_path / "a")
    made = issue(tmp_path, authority).signed.bundle
    assert made.id_secret() == authority.secrets.id_key
    assert base64.b64decode(made.address_key) == authority.secrets.address_key
