from collections.abc import Iterator
from pathlib import Path

import pytest

from keystores import tpm
from setapart_evidence.errors import KeyFormatError
from setapart_evidence.keys import generate
from setapart_evidence.keystore import KeystoreError, is_hardware, make_key, open_key

pytestmark = pytest.mark.needs("tpm")


@pytest.fixture
def simulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with tpm(tmp_path / "tpm") as tcti:
        monkeypatch.setenv("TPM2TOOLS_TCTI", tcti)
        yield tcti


@pytest.mark.usefixtures("simulator")
def test_a_tpm_signs_what_cryptography_verifies() -> None:
    signer, content = make_key("tpm")
    opened = open_key(content)
    assert opened.public == signer.public
    assert opened.public.algorithm == "ecdsa-p256"
    assert is_hardware(opened)
    for one in range(30):  # more than a TPM has room for, if handles were left behind
        opened.public.verify(opened.sign(b"%d" % one), b"%d" % one)


@pytest.mark.usefixtures("simulator")
def test_the_key_file_holds_no_private_key() -> None:
    _, content = make_key("tpm")
    assert content.startswith(b"-----BEGIN TSS2 PRIVATE KEY-----")
    with pytest.raises(KeyFormatError):
        open_key(content.replace(b"TSS2 ", b""))


def test_a_key_survives_the_tpms_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tpm(tmp_path / "tpm") as tcti:
        monkeypatch.setenv("TPM2TOOLS_TCTI", tcti)
        _, content = make_key("tpm")
    with tpm(tmp_path / "tpm"):
        opened = open_key(content)
        opened.public.verify(opened.sign(b"again"), b"again")


def test_a_copied_key_is_refused_by_another_tpm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tpm(tmp_path / "one") as tcti:
        monkeypatch.setenv("TPM2TOOLS_TCTI", tcti)
        _, content = make_key("tpm")
    with tpm(tmp_path / "two") as tcti:
        monkeypatch.setenv("TPM2TOOLS_TCTI", tcti)
        with pytest.raises(KeystoreError, match="the TPM refused") as refused:
            open_key(content).sign(b"message")
        assert "enrol again" in refused.value.cure


def test_a_machine_without_a_tpm_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TPM2TOOLS_TCTI", f"swtpm:path={tmp_path / 'nothing'}")
    with pytest.raises(KeystoreError, match="the TPM refused"):
        make_key("tpm")


@pytest.mark.parametrize("body", ["AAAA", "MIH", "MAUGA1UEAw==", "é"])
def test_a_broken_key_file_is_refused(body: str) -> None:
    with pytest.raises(KeyFormatError):
        open_key(f"-----BEGIN TSS2 PRIVATE KEY-----\n{body}\n-----END TSS2 PRIVATE KEY-----\n".encode())


@pytest.mark.usefixtures("simulator")
def test_every_cut_of_a_key_file_is_refused_as_ours() -> None:
    _, content = make_key("tpm")
    for end in range(40, len(content) - 40, 7):
        with pytest.raises((KeyFormatError, KeystoreError)):
            open_key(content[:end] + b"\n-----END TSS2 PRIVATE KEY-----\n").sign(b"message")


def test_the_other_algorithm_is_not_a_tpms(tmp_path: Path) -> None:
    assert not is_hardware(generate("ecdsa-p256"))
    assert not tmp_path.joinpath("tpm").exists()
