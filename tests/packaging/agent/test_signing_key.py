"""packaging/agent/agent_packages/signing_key.py: the key is named in one way, and any other is refused in words."""

import argparse
import subprocess
from pathlib import Path

import pytest
from agent_packages import signing_key

from signing_keys import keygen


def chosen(*words: str) -> Path | None:
    parser = argparse.ArgumentParser()
    signing_key.add_option(parser)
    named: Path | None = parser.parse_args(words).sign_with
    return named


def test_what_is_named_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SETAPART_RELEASE_KEY", "environment.pem")
    assert chosen() == Path("environment.pem")
    assert chosen("--sign-with", "named.pem") == Path("named.pem")


@pytest.mark.parametrize("value", [None, ""])
def test_an_empty_variable_is_no_key_and_not_the_folder(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SETAPART_RELEASE_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("SETAPART_RELEASE_KEY", value)
    assert chosen() is None


def test_an_ed25519_key_is_taken(tmp_path: Path) -> None:
    public = signing_key.load(keygen(tmp_path)).public_key().public_bytes_raw()
    assert len(public) == 32


@pytest.mark.needs("openssl")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("missing.pem", "missing.pem: No such file"),
        ("text.pem", "text.pem is no private key"),
        ("locked.pem", "locked.pem is no private key that can be read without a password"),
        ("unknown.pem", "unknown.pem is no private key"),
        ("ecdsa-p256.pem", "ecdsa-p256.pem holds a EC"),
        (".", "Is a directory"),
    ],
)
def test_anything_else_is_refused_with_what_it_is_and_what_to_give(name: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "text.pem").write_text("text")
    keygen(tmp_path, "ecdsa-p256")
    curve = ["openssl", "ecparam", "-name", "secp112r1", "-genkey", "-noout", "-out", "unknown.pem"]
    subprocess.run(curve, cwd=tmp_path, check=True, capture_output=True)
    lock = ["openssl", "pkey", "-in", keygen(tmp_path), "-aes256", "-passout", "pass:x", "-out", "locked.pem"]
    subprocess.run(lock, cwd=tmp_path, check=True, capture_output=True)
    with pytest.raises(signing_key.SigningKeyError, match=rf"{said}.*; give an Ed25519 private key \(PEM\)"):
        signing_key.load(tmp_path / name)
