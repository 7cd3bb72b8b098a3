"""packaging/release/releasing/contents.py: what the tools of those who install say is in a package."""

import io
import subprocess
import tarfile
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest
from releasing import contents
from releasing.errors import ReleaseError

DIGEST = sha256(b"x").hexdigest()


def deb(folder: Path) -> Path:
    root = folder / "root"
    (root / "DEBIAN").mkdir(parents=True)
    (root / "DEBIAN" / "control").write_text(
        "Package: a\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b.c>\nDescription: a\n"
    )
    (root / "usr").mkdir()
    (root / "usr" / "x").write_bytes(b"x")
    (root / "usr" / "x").chmod(0o4755)
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "--build", root, folder / "a_1.deb"], check=True, capture_output=True
    )
    return folder / "a_1.deb"


def rpm(folder: Path) -> Path:
    (folder / "a.spec").write_text(
        "Name: a\nVersion: 1\nRelease: 1\nSummary: a\nLicense: none\nBuildArch: noarch\n%description\na\n"
        "%install\nmkdir -p %{buildroot}/usr\nprintf x > %{buildroot}/usr/x\n"
        '%files\n%attr(0644, root, games) "/usr/x"\n'
    )
    defined = ["--define", f"_topdir {folder}/top", "--define", "_binary_filedigest_algorithm 8"]
    subprocess.run(["rpmbuild", "-bb", "--quiet", *defined, folder / "a.spec"], check=True, capture_output=True)
    (built,) = (folder / "top" / "RPMS").rglob("*.rpm")
    return built


def pkg(folder: Path) -> Path:
    """As Apple's tools make one: a package within a product, the files in a compressed cpio archive of old format."""
    (folder / "Library").mkdir()
    (folder / "Library" / "x").write_bytes(b"x")
    (folder / "Library" / "x").chmod(0o644)
    (folder / "a.pkg").mkdir()
    owned = ["--uid", "0", "--gid", "0", "-C", folder]
    for made, options, what in (
        ("a.pkg/Payload", ["--format=odc", "--gzip"], "./Library"),
        ("a-1.pkg", ["--format=xar"], "a.pkg"),
    ):
        subprocess.run(["bsdtar", *options, *owned, "-cf", folder / made, what], check=True)
    return folder / "a-1.pkg"


def zipped(file: Path, name: str, content: bytes) -> Path:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, content)
    return file


@pytest.mark.needs("dpkg")
def test_a_deb_is_read_with_modes_and_owners(tmp_path: Path) -> None:
    assert contents.of(deb(tmp_path)) == {"usr/x": contents.Held(digest=DIGEST, mode=0o4755, owner="root:root")}


@pytest.mark.needs("rpm")
def test_an_rpm_is_read_with_modes_and_owners(tmp_path: Path) -> None:
    assert contents.of(rpm(tmp_path)) == {"usr/x": contents.Held(digest=DIGEST, mode=0o644, owner="root:games")}


@pytest.mark.needs("bsdtar")
def test_a_package_for_macs_is_read_with_modes_and_owners(tmp_path: Path) -> None:
    assert contents.of(pkg(tmp_path)) == {"Library/x": contents.Held(digest=DIGEST, mode=0o644, owner="0:0")}


def test_wheels_single_files_and_sources_are_read(tmp_path: Path) -> None:
    held = {"x": contents.Held(digest=DIGEST)}
    wheel = zipped(tmp_path / "a.whl", "x", b"x")
    assert contents.of(wheel) == held
    assert contents.of(zipped(tmp_path / "a.pyz", "agent.zip", wheel.read_bytes())) == held
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        entry = tarfile.TarInfo("a-1/x")
        entry.size = 1
        archive.addfile(entry, io.BytesIO(b"x"))
    assert contents.of(tmp_path / "a.tar.gz") == held


@pytest.mark.needs("dpkg", "rpm")
@pytest.mark.parametrize("name", ["a.deb", "a.rpm", "a.whl", "a.pyz", "a.tar.gz"])
def test_what_is_damaged_is_said_by_name(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"\x1f\x8bbroken")
    with pytest.raises(ReleaseError, match=rf"{name}.*build it again"):
        contents.of(tmp_path / name)


@pytest.mark.parametrize("path", ["../x", "/x", "a/../../x"])
def test_a_path_that_leads_out_of_a_package_is_refused(path: str, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="expected paths below its root"):
        contents.of(zipped(tmp_path / "a.whl", path, b"x"))


def test_a_kind_that_nothing_reads_is_none_and_not_empty(tmp_path: Path) -> None:
    (tmp_path / "a.msix").write_bytes(b"x")
    assert contents.of(tmp_path / "a.msix") is None


def test_a_tool_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ReleaseError, match="there is no dpkg-deb; it is what an administrator checks with; install it"):
        contents.of(tmp_path / "a.deb")
