"""auditor.toml: what it may say, and secrets that systemd hands over."""

from pathlib import Path

import pytest

from setapart_auditor.authority import KEY_FILE
from setapart_auditor.errors import AuditorError
from setapart_auditor.installation import open_installation
from setapart_auditor.settings import CREDENTIALS, SETTINGS_FILE, Settings, read_settings
from stores import make_installation
from typed_commands import run


def written(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / SETTINGS_FILE).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "credentials"
    folder.mkdir()
    monkeypatch.setenv(CREDENTIALS, str(folder))
    return folder


def test_an_empty_file_means_the_defaults(tmp_path: Path) -> None:
    assert read_settings(written(tmp_path / "a", "")) == Settings()


def test_a_folder_without_settings_is_no_auditor(tmp_path: Path) -> None:
    with pytest.raises(AuditorError, match=r"no auditor in .*setapart-auditor init"):
        read_settings(tmp_path)


def test_a_half_written_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(AuditorError, match=r"auditor\.toml: Unterminated string .at end of document.; expected TOML"):
        read_settings(written(tmp_path / "a", '[database]\nurl = "sqlite:///aud'))


def test_a_secret_without_a_folder_is_the_credential_of_that_name(tmp_path: Path, credentials: Path) -> None:
    folder = written(
        tmp_path / "a", '[database]\npassword_file = "password"\n[serve]\nkey = "tls.key"\ncertificate = "tls.pem"\n'
    )
    (credentials / "password").write_text("p")
    (credentials / "tls.key").write_text("k")
    read = read_settings(folder)
    assert read.database.password_file == str(credentials / "password")
    assert read.serve.key == str(credentials / "tls.key")
    assert read.serve.certificate == "tls.pem", "a name that systemd gave no credential for is a file of the folder"


@pytest.mark.parametrize("name", ["sub/password", "../credentials/password", "/etc/password", ".", ".."])
def test_a_secret_with_a_folder_is_that_file(tmp_path: Path, credentials: Path, name: str) -> None:
    (credentials / "password").write_text("p")
    folder = written(tmp_path / "a", f'[database]\npassword_file = "{name}"\n')
    assert read_settings(folder).database.password_file == name


def test_the_auditor_signs_with_the_key_that_systemd_hands_over(tmp_path: Path, credentials: Path) -> None:
    made = make_installation(tmp_path / "a")
    made.store.close()
    (tmp_path / "a" / KEY_FILE).replace(credentials / KEY_FILE)
    opened = open_installation(tmp_path / "a")
    opened.store.close()
    assert opened.keyid == made.keyid
    for command in (("policy", "bundle", "--pack", "no-2023", "--output", "b"), ("epoch", "issue", "--output", "e")):
        ran = run(tmp_path, "setapart-auditor", *command, "--dir", "a")
        assert ran.code == 0, ran.printed
    assert not (tmp_path / "a" / KEY_FILE).exists(), "a second key was made"


def test_a_backup_says_that_it_does_not_hold_the_key_that_systemd_hands_over(tmp_path: Path, credentials: Path) -> None:
    make_installation(tmp_path / "a").store.close()
    (tmp_path / "a" / KEY_FILE).replace(credentials / KEY_FILE)
    ran = run(tmp_path, "setapart-auditor", "db", "backup", "b", "--dir", "a")
    assert ran.code == 0, ran.printed
    assert f"not in the backup, as it is not in the folder: {credentials / KEY_FILE}" in ran.printed
