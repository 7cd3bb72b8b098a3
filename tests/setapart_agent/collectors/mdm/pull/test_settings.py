"""Settings of a pull: what is refused, with file and key, and where secrets may stand."""

import os
from pathlib import Path

import pytest

from mdm_servers import FLEET_TOKEN, GRAPH_SECRET
from setapart_agent.collectors.mdm.pull.settings import (
    AmapiSettings,
    FleetSettings,
    GraphSettings,
    origin_of,
    read_private_file,
    read_secret,
    read_settings,
)
from setapart_agent.errors import SourceError

GRAPH = 'tenant = "agency.example"\nclient_id = "abc-1"\nclient_secret_file = "s"\n'
FLEET = 'url = "https://fleet.agency.example"\ntoken_file = "t"\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "mdm.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("cloud", "url", "login"),
    [
        ("global", "https://graph.microsoft.com", "https://login.microsoftonline.com"),
        ("us-gov", "https://graph.microsoft.us", "https://login.microsoftonline.us"),
        ("us-dod", "https://dod-graph.microsoft.us", "https://login.microsoftonline.us"),
        ("china", "https://microsoftgraph.chinacloudapi.cn", "https://login.chinacloudapi.cn"),
    ],
)
def test_a_cloud_has_its_own_graph_sign_in_and_scope(cloud: str, url: str, login: str, tmp_path: Path) -> None:
    found = read_settings(written(tmp_path, f'{GRAPH}cloud = "{cloud}"\n'), GraphSettings)
    assert (found.url, found.login_url, found.scope) == (url, login, f"{url}/.default")


def test_an_enterprise_may_be_spelled_either_way(tmp_path: Path) -> None:
    for spelled in ("LC01", "enterprises/LC01"):
        text = f'enterprise = "{spelled}"\nservice_account_file = "k.json"\n'
        found = read_settings(written(tmp_path, text), AmapiSettings)
        assert (found.enterprise, found.url) == ("LC01", "https://androidmanagement.googleapis.com")


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        (GRAPH + "client_secret = 'x'\n", GraphSettings, "unknown key 'client_secret'"),
        (GRAPH + "page-size = 3\n", GraphSettings, "unknown key 'page-size'"),
        (GRAPH + "page_size = 0\n", GraphSettings, "page_size"),
        (GRAPH + 'page_size = "many"\n', GraphSettings, "page_size"),
        (GRAPH + 'cloud = "mars"\n', GraphSettings, "cloud"),
        (GRAPH + 'url = "https://graph.example"\n', GraphSettings, "only one of url and login_url"),
        ('client_id = "a"\n', GraphSettings, "tenant"),
        (GRAPH.replace("agency.example", "a/../b"), GraphSettings, "tenant is no tenant"),
        (GRAPH.replace("abc-1", "a b"), GraphSettings, "client_id is no id"),
        ('enterprise = "a/b"\nservice_account_file = "k"\n', AmapiSettings, "enterprise is no enterprise"),
        (FLEET.replace("https", "http"), FleetSettings, "http://fleet.agency.example is not encrypted"),
        (FLEET.replace("https", "ftp"), FleetSettings, "is not encrypted"),
        (FLEET.replace("fleet.", "user:pw@fleet."), FleetSettings, "is no URL of a manager"),
        (FLEET.replace('example"', 'example/?a=1"'), FleetSettings, "has more than a host and a path"),
        (FLEET.replace("https://", ""), FleetSettings, "is no URL of a manager"),
        ("url = \n", FleetSettings, "Invalid value"),
        ("url = 'x'\nurl = 'y'\n", FleetSettings, "Cannot overwrite"),
        ("url = " + "9" * 5000, FleetSettings, "Exceeds the limit"),
    ],
)
def test_what_can_not_be_is_refused_with_file_and_key(
    text: str, kind: type[FleetSettings], said: str, tmp_path: Path
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SourceError, match=said) as caught:
        read_settings(path, kind)
    assert caught.value.where == str(path)


def test_an_unknown_key_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"expected .*token_env, token_file, url"):
        read_settings(written(tmp_path, FLEET + "tokenfile = 'x'\n"), FleetSettings)


def test_settings_that_are_not_there_are_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"mdm-fleet\.toml can't be read: No such file"):
        read_settings(tmp_path / "mdm-fleet.toml", FleetSettings)


def test_plain_http_is_for_loopback() -> None:
    for url in ("http://127.0.0.1:1/x", "http://127.9.9.9", "http://[::1]:8080/", "http://localhost"):
        assert origin_of(url).startswith("http://")
    for url in ("http://127.0.0.1.example/", "http://localhost.example", "http://10.0.0.1/", "http://0.0.0.0/"):
        with pytest.raises(SourceError, match="is not encrypted"):
            origin_of(url)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Graph.Microsoft.com/v1.0/x?y", "https://graph.microsoft.com:443"),
        ("https://graph.microsoft.com:443", "https://graph.microsoft.com:443"),
        ("https://graph.microsoft.com:8443/", "https://graph.microsoft.com:8443"),
        ("https://[2001:db8::1]/", "https://[2001:db8::1]:443"),
    ],
)
def test_an_origin_has_one_spelling(url: str, origin: str) -> None:
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    "url",
    [
        "",
        "//host/x",
        "https://",
        "https:///x",
        "https://a@b/",
        "https://h:99999/",
        "https://[::1/",
        "https://ex\u00e4mple/",
    ],
)
def test_what_is_no_url_is_our_error(url: str) -> None:
    with pytest.raises(SourceError, match="is no URL of a manager"):
        origin_of(url)


# Secrets --------------------------------------------------------------------------------------------------------------

KEYS = ("token_file", "token_env")


def test_a_secret_stands_in_a_file_beside_the_settings(tmp_path: Path) -> None:
    (tmp_path / "t").write_text(f"{FLEET_TOKEN}\n")
    (tmp_path / "t").chmod(0o600)
    found = read_secret(tmp_path / "mdm.toml", file="t", variable=None, keys=KEYS)
    assert found.reveal() == FLEET_TOKEN
    assert FLEET_TOKEN not in repr(found)


def test_a_secret_stands_in_an_environment_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_SECRET", GRAPH_SECRET)
    assert read_secret(tmp_path / "m", file=None, variable="OUR_SECRET", keys=KEYS).reveal() == GRAPH_SECRET


def test_a_secret_is_named_once(tmp_path: Path) -> None:
    for file, variable in ((None, None), ("t", "T")):
        with pytest.raises(SourceError, match="token_file or token_env"):
            read_secret(tmp_path / "m", file=file, variable=variable, keys=KEYS)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "is empty or not set"),
        ("\n", "is empty or not set"),
        ("a b", "is not one line"),
        ("a\nb", "is not one line"),
        ("a\x00", "is not one line"),
        ("pass\u00e9", "is not one line"),
    ],
)
def test_what_is_no_secret_is_refused_and_not_shown(content: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "t").write_text(content)
    (tmp_path / "t").chmod(0o600)
    with pytest.raises(SourceError, match=why) as caught:
        read_secret(tmp_path / "mdm.toml", file="t", variable=None, keys=KEYS)
    assert "pass" not in str(caught.value)


def test_a_variable_that_is_not_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="the environment variable SETAPART_NOT_SET is empty or not set"):
        read_secret(tmp_path / "m", file=None, variable="SETAPART_NOT_SET", keys=KEYS)


@pytest.mark.skipif(os.name == "nt", reason="modes are of POSIX")
def test_a_secret_that_everybody_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_text("x")
    path.chmod(0o644)
    with pytest.raises(SourceError, match="chmod 600"):
        read_private_file(path)
    path.chmod(0o640)
    assert read_private_file(path) == b"x"


def test_a_secret_of_megabytes_is_none(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"x" * 70_000)
    with pytest.raises(SourceError, match="is larger than 65536 bytes"):
        read_private_file(tmp_path / "t")
