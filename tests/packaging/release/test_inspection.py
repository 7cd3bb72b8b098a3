"""packaging/release/releasing/inspection.py: what a stranger finds in a release that is not what it says."""

import json
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from agent_packages import checksums
from releasing import contents, inspection
from releasing.contents import Held
from releasing.errors import ReleaseError

SOURCES = {
    "agent/setapart_evidence/__init__.py": b"evidence",
    "agent/setapart_agent/cli.py": b"agent",
    "auditor/setapart_auditor/cli.py": b"auditor",
    "config/packs/a.toml": b"pack",
    "tests/setapart_agent/test_cli.py": b"test",
}
DIGESTS = {name: sha256(content).hexdigest() for name, content in SOURCES.items()}
AGENT = {"setapart_evidence/__init__.py": b"evidence", "setapart_agent/cli.py": b"agent", "click/core.py": b"other's"}
AUDITOR = {**AGENT, "setapart_auditor/cli.py": b"auditor", "setapart_auditor/_config/packs/a.toml": b"pack"}


def wheel(folder: Path, files: dict[str, bytes], name: str = "a-1.2.3.whl") -> Path:
    with zipfile.ZipFile(folder / name, "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return folder / name


@pytest.mark.parametrize(("files", "ours"), [(AGENT, 2), (AUDITOR, 4)])
def test_a_package_with_the_sources_passes_whatever_else_it_brings(
    files: dict[str, bytes], ours: int, tmp_path: Path
) -> None:
    assert (
        inspection.package(wheel(tmp_path, files), "1.2.3", DIGESTS)
        == f"{len(files)} files, {ours} of them the sources'"
    )


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"setapart_agent/cli.py": b"changed"}, "agent/setapart_agent/cli.py"),
        ({"setapart_agent/more.py": b"more"}, "agent/setapart_agent/more.py"),
        ({"setapart_agent/cli.py": None, "setapart_agent/other.py": b"agent"}, "agent/setapart_agent/cli.py"),
        ({"setapart_auditor/_config/packs/a.toml": b"another rule"}, "config/packs/a.toml"),
        ({"setapart_auditor/_config/packs/b.toml": b"one more rule"}, "config/packs/b.toml"),
    ],
)
def test_code_that_is_not_the_sources_is_found(change: dict[str, bytes | None], named: str, tmp_path: Path) -> None:
    files = {path: content for path, content in {**AUDITOR, **change}.items() if content is not None}
    with pytest.raises(ReleaseError, match=f"{named}.* not as in the tagged tree"):
        inspection.package(wheel(tmp_path, files), "1.2.3", DIGESTS)


def test_a_package_without_anything_of_ours_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="nothing of the sources"):
        inspection.package(wheel(tmp_path, {"click/core.py": b"x"}), "1.2.3", DIGESTS)


def test_a_package_of_another_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match=r"a-1\.2\.2\.whl is not of 1\.2\.3"):
        inspection.package(wheel(tmp_path, AGENT, "a-1.2.2.whl"), "1.2.3", DIGESTS)


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ({"owner": "root:games", "mode": 0o644}, "to root:games; expected root"),
        ({"owner": "root:root", "mode": 0o4755}, "the mode 4755; expected"),
        ({"owner": "root:root", "mode": 0o664}, "the mode 664; expected"),
    ],
)
def test_a_file_that_others_own_or_may_change_is_refused(
    held: dict[str, Any], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "of", lambda file: {"usr/x": Held(digest="0", **held)})
    with pytest.raises(ReleaseError, match=said):
        inspection.package(tmp_path / "a_1.2.3.deb", "1.2.3", DIGESTS)


@pytest.mark.parametrize(("version", "libraries"), [("1.2.2", [{}]), ("1.2.3", [])])
def test_a_bill_of_something_else_is_refused(version: str, libraries: list[object], tmp_path: Path) -> None:
    file = tmp_path / "a-1.2.3.cdx.json"
    bill = {"specVersion": "1.6", "metadata": {"component": {"version": version}}, "components": libraries}
    file.write_text(json.dumps(bill))
    with pytest.raises(ReleaseError, match=r"expected the libraries of 1\.2\.3"):
        inspection.package(file, "1.2.3", DIGESTS)


def test_sums_of_other_files_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"a")
    checksums.write(tmp_path, (file,), None)
    inspection.sums(tmp_path)
    file.write_bytes(b"b")
    with pytest.raises(ReleaseError, match="a is not what SHA256SUMS says"):
        inspection.sums(tmp_path)
    (tmp_path / "b").write_bytes(b"b")
    with pytest.raises(ReleaseError, match="differ in b; expected the same files"):
        inspection.sums(tmp_path)


@pytest.mark.needs("openssl")
def test_a_signature_of_another_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "release").mkdir()
    (tmp_path / "release" / "a").write_bytes(b"a")
    keys = [tmp_path / name for name in ("ours.pem", "another.pem")]
    for key in keys:
        command = [sys.executable, "-m", "setapart_agent", "keygen", "--output", key]
        subprocess.run(command, check=True, capture_output=True)
    checksums.write(tmp_path / "release", (tmp_path / "release" / "a",), keys[0])
    inspection.signature(tmp_path / "release", keys[0].with_suffix(".pub"))
    with pytest.raises(ReleaseError, match="openssl pkeyutl"):
        inspection.signature(tmp_path / "release", keys[1].with_suffix(".pub"))
