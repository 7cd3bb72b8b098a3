"""What `config check` finds: each fault that would keep the auditor from serving, or let it serve badly."""

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import pytest

from postgres_server import PostgresServer
from service import make_certificate
from setapart_auditor.authority import KEY_FILE, SECRETS_FILE
from setapart_auditor.cli.config_check import Checked, check_configuration
from setapart_auditor.settings import SETTINGS_FILE
from stores import make_installation

NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_installation(tmp_path / "a").store.close()
    return tmp_path / "a"


def settings(folder: Path, text: str) -> None:
    (folder / SETTINGS_FILE).write_text(text, encoding="utf-8")


def wrong(folder: Path, now: dt.datetime = NOW) -> dict[str, str]:
    return {one.what: one.said for one in check_configuration(folder, now) if one.state == "wrong"}


def found(folder: Path, what: str, now: dt.datetime = NOW) -> Checked:
    (one,) = (one for one in check_configuration(folder, now) if one.what == what)
    return one


def test_a_half_written_file_stops_the_rest(folder: Path) -> None:
    settings(folder, '[database]\nurl = "sqlite:///aud')
    (one,) = check_configuration(folder, NOW)
    assert (one.what, one.state) == ("auditor.toml", "wrong")
    assert "at end of document" in one.said


def test_settings_that_are_not_there_to_be_read_are_said(folder: Path) -> None:
    (folder / SETTINGS_FILE).unlink()
    (folder / SETTINGS_FILE).mkdir()
    assert "Is a directory" in wrong(folder)["auditor.toml"]


@pytest.mark.parametrize("name", [KEY_FILE, SECRETS_FILE])
def test_a_key_that_is_gone_is_said_and_none_is_made(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert "restore them from a backup" in wrong(folder)["keys"]
    assert not (folder / name).exists()


@pytest.mark.parametrize(
    ("mode", "private"), [(0o600, True), (0o400, True), (0o640, True), (0o660, False), (0o604, False)]
)
def test_a_key_that_others_may_read_or_change_is_said(folder: Path, mode: int, private: bool) -> None:
    (folder / KEY_FILE).chmod(mode)
    assert (str(folder / KEY_FILE) not in wrong(folder)) == private


def test_a_key_that_is_none_is_said(folder: Path) -> None:
    (folder / KEY_FILE).write_text("no key\n")
    assert KEY_FILE in wrong(folder)["keys"]


def test_a_folder_that_others_may_write_to_is_said(folder: Path) -> None:
    folder.chmod(0o770)
    assert "chmod" in wrong(folder)[str(folder)]


def test_a_folder_that_can_not_be_written_is_said(folder: Path) -> None:
    folder.chmod(0o500)
    command = [sys.executable, "-m", "setapart_auditor", "config", "check", "--dir", str(folder)]
    if os.geteuid() == 0:  # modes count for root too, without these
        command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *command]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 2, ran.stderr
    assert "this user can't write there" in ran.stdout


def test_a_database_that_is_gone_is_said_and_none_is_made(folder: Path) -> None:
    settings(folder, '[database]\nurl = "sqlite:///gone.db"\n')
    assert "gone.db" in wrong(folder)["[database] url"]
    assert not (folder / "gone.db").exists()


def test_a_password_that_is_not_there_or_not_private_is_said(folder: Path) -> None:
    settings(folder, '[database]\nurl = "sqlite:///auditor.db"\npassword_file = "password"\n')
    assert "password" in wrong(folder)["[database] url"]
    (folder / "password").write_text("p\n")
    (folder / "password").chmod(0o644)
    assert "mode 644" in wrong(folder)[str(folder / "password")]
    (folder / "password").chmod(0o600)
    assert wrong(folder) == {}


@pytest.mark.needs("postgresql")
def test_a_server_that_takes_no_writes_or_does_not_answer_is_said(postgres: PostgresServer, tmp_path: Path) -> None:
    url = postgres.new_database()
    make_installation(tmp_path / "p", url).store.close()
    assert wrong(tmp_path / "p") == {}
    name = url.partition("@/")[2].partition("?")[0]
    postgres.sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    assert "name the server that takes writes" in wrong(tmp_path / "p")["[database] url"]
    settings(tmp_path / "p", f'[database]\nurl = "{url}-none"\n')
    assert "[database] url" in wrong(tmp_path / "p")


@pytest.mark.needs("postgresql")
def test_the_server_s_password_is_not_shown(postgres: PostgresServer, tmp_path: Path) -> None:
    url = postgres.new_database()
    make_installation(tmp_path / "p", url).store.close()
    (tmp_path / "p" / "password").write_text("hunter2")
    (tmp_path / "p" / "password").chmod(0o600)
    settings(tmp_path / "p", f'[database]\nurl = "{url}"\npassword_file = "password"\n')
    assert wrong(tmp_path / "p") == {}
    assert "hunter2" not in str(check_configuration(tmp_path / "p", NOW))


@pytest.mark.needs("postgresql")
def test_a_password_among_the_settings_is_said_and_not_shown(postgres: PostgresServer, tmp_path: Path) -> None:
    url = postgres.new_database().replace("@", ":geheim@")
    make_installation(tmp_path / "a", url).store.close()
    said = [one for one in check_configuration(tmp_path / "a", NOW) if one.what == "[database] url"]
    assert ("warning", True) in [(one.state, "password_file" in one.said) for one in said]
    assert not [one for one in said if "geheim" in one.said]


def test_each_unit_s_rule_is_loaded(folder: Path) -> None:
    settings(folder, '[policy]\npack = "no-2023"\n[[policy.unit]]\nunit = "north"\noverlay = "none.toml"\n')
    assert list(wrong(folder)) == ["[[policy.unit]] north"]
    settings(folder, '[policy]\npack = "no-such"\n')
    assert list(wrong(folder)) == ["[policy]"]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('listen = "here"', "[serve] listen"),
        ('trusted_proxies = ["proxy.example"]', "[serve] trusted_proxies"),
        ('metrics_from = ["10.0.0.0/99"]', "[serve] metrics_from"),
        ('certificate = "tls.pem"', "[serve] certificate"),
        ('certificate = "tls.pem"\nkey = "tls.key"', "[serve] certificate"),
    ],
)
def test_a_value_that_serve_would_refuse_is_said(folder: Path, line: str, what: str) -> None:
    settings(folder, f"[serve]\n{line}\n")
    assert list(wrong(folder)) == [what]


def test_plain_http_for_everybody_is_a_warning_unless_a_proxy_is_trusted(folder: Path) -> None:
    settings(folder, '[serve]\nlisten = "0.0.0.0:8440"\n')
    assert found(folder, "[serve] listen").state == "warning"
    settings(folder, '[serve]\nlisten = "0.0.0.0:8440"\ntrusted_proxies = ["10.0.0.1"]\n')
    assert found(folder, "[serve] listen").state == "ok"


def test_a_certificate_is_good_ends_soon_or_has_ended(folder: Path) -> None:
    ends = NOW + dt.timedelta(days=60)
    made = make_certificate(folder / "tls", expires_at=ends)
    made.key.chmod(0o600)
    settings(folder, '[serve]\ncertificate = "tls/tls.pem"\nkey = "tls/tls.key"\n')
    states = [
        found(folder, "[serve] certificate", ends - dt.timedelta(days=days)).state for days in (30, 15, 13, 1, -1)
    ]
    assert states == ["ok", "ok", "warning", "warning", "wrong"]


def test_a_certificate_of_another_key_and_a_key_for_everybody_are_said(folder: Path) -> None:
    make_certificate(folder / "1")
    other = make_certificate(folder / "2")
    other.key.chmod(0o644)
    settings(folder, '[serve]\ncertificate = "2/tls.pem"\nkey = "2/tls.key"\n')
    assert "mode 644" in wrong(folder)[str(other.key)]
    settings(folder, '[serve]\ncertificate = "1/tls.pem"\nkey = "2/tls.key"\n')
    assert "belong together" in wrong(folder)["[serve] certificate"]


def test_the_name_of_the_log_is_chosen_before_it_is_given_away(folder: Path) -> None:
    assert found(folder, "[log] origin").state == "warning"
    settings(folder, '[log]\norigin = "auditor.agency.example/log"\n')
    assert found(folder, "[log] origin").state == "ok"
