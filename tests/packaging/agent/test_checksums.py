"""packaging/agent/agent_packages/checksums.py: sums that sha256sum and openssl check."""

import subprocess
import sys
from pathlib import Path

import pytest
from agent_packages import checksums
from agent_packages.release import this_release

from repository import REPOSITORY


def keygen(folder: Path, algorithm: str = "ed25519") -> Path:
    """A key as the agent makes it."""
    key = folder / f"{algorithm}.pem"
    subprocess.run(
        [sys.executable, "-m", "setapart_agent", "keygen", "--algorithm", algorithm, "--output", str(key)],
        check=True, capture_output=True,
    )  # fmt: skip
    return key


def built(folder: Path) -> tuple[Path, ...]:
    """Two files, in an order that is not that of their names."""
    files = (folder / "b.deb", folder / "a.rpm")
    for file in files:
        file.write_bytes(file.name.encode())
    return files


def verified(folder: Path, key: Path) -> int:
    """Openssl's exit code, by the command that the guide gives."""
    command = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", str(key.with_suffix(".pub"))]
    files = ["-sigfile", "SHA256SUMS.sig", "-in", "SHA256SUMS"]
    return subprocess.run([*command, *files], cwd=folder, check=False, capture_output=True).returncode


def test_sha256sum_finds_a_changed_file(tmp_path: Path) -> None:
    files = built(tmp_path)
    checksums.write(tmp_path, files, None)
    check = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
    assert subprocess.run(check, cwd=tmp_path, check=False, capture_output=True).returncode == 0
    files[0].write_bytes(b"another")
    assert subprocess.run(check, cwd=tmp_path, check=False, capture_output=True).returncode == 1


@pytest.mark.needs("openssl")
def test_openssl_takes_the_signature_and_refuses_that_of_other_sums(tmp_path: Path) -> None:
    key = keygen(tmp_path)
    checksums.write(tmp_path, built(tmp_path), key)
    assert verified(tmp_path, key) == 0
    with (tmp_path / "SHA256SUMS").open("a") as sums:
        sums.write("0" * 64 + "  c.deb\n")
    assert verified(tmp_path, key) == 1


def test_without_a_key_no_old_signature_stays_beside_new_sums(tmp_path: Path) -> None:
    checksums.write(tmp_path, built(tmp_path), keygen(tmp_path))
    checksums.write(tmp_path, built(tmp_path), None)
    assert not (tmp_path / "SHA256SUMS.sig").exists()


def test_a_key_that_openssl_would_check_otherwise_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="expected an Ed25519 key"):
        checksums.write(tmp_path, built(tmp_path), keygen(tmp_path, "ecdsa-p256"))


def test_the_command_sums_up_what_is_of_this_version(tmp_path: Path) -> None:
    version = this_release("amd64", 1).version
    for name in (
        f"setapart-agent_{version}-1_amd64.deb",
        f"setapart-{version}.whl",
        "setapart-0.0.1.whl",
        "packages-test.log",
    ):
        (tmp_path / name).write_bytes(b"x")
    command = [sys.executable, "-m", "agent_packages.checksums", "--output", str(tmp_path)]
    path = str(REPOSITORY / "packaging" / "agent")
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": path, "SETAPART_RELEASE_KEY": str(keygen(tmp_path))}
    subprocess.run(command, check=True, capture_output=True, cwd=REPOSITORY, env=environment)
    summed = {line.split()[1] for line in (tmp_path / "SHA256SUMS").read_text().splitlines()}
    assert summed == {f"setapart-agent_{version}-1_amd64.deb", f"setapart-{version}.whl"}
    assert verified(tmp_path, tmp_path / "ed25519.pem") == 0
