"""packaging/agent/agent_packages/checksums.py: sums that sha256sum and openssl check."""

import subprocess
import sys
from pathlib import Path

import pytest
from agent_packages import checksums
from agent_packages.release import this_release
from agent_packages.signing_key import SigningKeyError

from repository import REPOSITORY
from signing_keys import keygen


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


def command(folder: Path, key: Path) -> "subprocess.CompletedProcess[str]":
    """The command, of which the environment names the key."""
    path = str(REPOSITORY / "packaging" / "agent")
    return subprocess.run(
        [sys.executable, "-m", "agent_packages.checksums", "--output", str(folder)],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": path, "SETAPART_RELEASE_KEY": str(key)},
        cwd=REPOSITORY, check=False, capture_output=True, text=True,
    )  # fmt: skip


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


def test_a_key_that_can_not_sign_leaves_sums_and_signature_as_they_were(tmp_path: Path) -> None:
    files = built(tmp_path)
    checksums.write(tmp_path, files, keygen(tmp_path))
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    (tmp_path / "text.pem").write_text("text")
    files[0].write_bytes(b"another")
    with pytest.raises(SigningKeyError, match=r"text\.pem is no private key"):
        checksums.write(tmp_path, files, tmp_path / "text.pem")
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before | {
        "text.pem": b"text", "b.deb": b"another",
    }  # fmt: skip


def test_the_command_sums_up_what_is_of_this_version(tmp_path: Path) -> None:
    version = this_release("amd64", 1).version
    for name in (
        f"setapart-agent_{version}-1_amd64.deb",
        f"setapart-{version}.whl",
        "setapart-0.0.1.whl",
        "packages-test.log",
    ):
        (tmp_path / name).write_bytes(b"x")
    ran = command(tmp_path, keygen(tmp_path))
    assert ran.returncode == 0, ran.stderr
    summed = {line.split()[1] for line in (tmp_path / "SHA256SUMS").read_text().splitlines()}
    assert summed == {f"setapart-agent_{version}-1_amd64.deb", f"setapart-{version}.whl"}
    assert verified(tmp_path, tmp_path / "ed25519.pem") == 0


def test_the_command_refuses_a_key_in_one_line(tmp_path: Path) -> None:
    ran = command(tmp_path, tmp_path / "missing.pem")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (1, "", 1)
    assert ran.stderr.startswith(f"checksums: {tmp_path}/missing.pem: No such file")
