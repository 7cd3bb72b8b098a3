"""From an empty folder to a verdict, with the programs as somebody types them: by the network, by files, with a TPM."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from keystores import tpm
from service import serving
from typed_commands import Ran

OVERLAY = """\
base = "no-2023"
id = "no-2023-walk"
version = 1
title = "The authority of the walk"

[internal]
domains = ["agency.example"]
"""


def typed(folder: Path, *words: str, code: int = 0, environment: dict[str, str] | None = None) -> Ran:
    """A program in a process of its own, as on two terminals."""
    import os

    program = f"{words[0].replace('-', '_')}"
    done = subprocess.run(
        [sys.executable, "-m", program, *words[1:]],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == code, f"{' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}"
    return Ran(printed=done.stdout, code=done.returncode)


def auditor(folder: Path, *words: str, code: int = 0) -> str:
    return typed(folder, "setapart-auditor", *words, "--dir", "A", code=code).printed


def agent(folder: Path, *words: str, code: int = 0, **environment: str) -> str:
    return typed(folder, "setapart-agent", *words, "--dir", "G", code=code, environment=environment).printed


def made(folder: Path, database: str | None) -> None:
    folder.joinpath("authority.toml").write_text(OVERLAY)
    options = ("--database", database) if database is not None else ()
    auditor(folder, "init", "--overlay", "authority.toml", *options)
    auditor(folder, "device", "add", "desk", "--class", "ordinary", "--holder", "h1", "--unit", "u1")


def listed(folder: Path, command: str = "list") -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "setapart_auditor", command, "--json", "--dir", "A"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1, 3}, done.stderr
    return {device["name"]: device for device in json.loads(done.stdout)["devices"]}


def test_from_init_to_explain_over_the_network(tmp_path: Path, database_url: str | None) -> None:
    made(tmp_path, database_url)
    with serving(tmp_path / "A") as service:
        token = auditor(tmp_path, "device", "token", "desk", "--url", service.url).strip()
        agent(tmp_path, "enrol", token)
        assert "delivered" in agent(tmp_path, "report")
        agent(tmp_path, "enrol", token, code=2)
        assert "delivered" in agent(tmp_path, "report")
        device = listed(tmp_path)["desk"]
        assert device["evidence"]["grade"] == "agent-key"
        assert device["id"] == json.loads(agent(tmp_path, "status", "--json"))["device"]
    auditor(tmp_path, "device", "add", "patrol", "--class", "social-dedicated", "--holder", "h2", "--unit", "u1")
    asked = ("--device", "patrol", "--app", "tiktok", "--need", "outreach", "--until", _in_days(90))
    number = auditor(tmp_path, "exception", "request", *asked, "--as", "o1").strip()
    auditor(tmp_path, "exception", "approve", number, "--as", "o1", code=2)
    auditor(tmp_path, "exception", "approve", number, "--as", "o2")
    found = listed(tmp_path, "sweep")
    assert found["patrol"]["status"] == "pending"
    assert found["desk"]["evidence"] == listed(tmp_path)["desk"]["evidence"]
    assert "whole" in auditor(tmp_path, "log", "verify")
    assert "desk" in auditor(tmp_path, "log", "show", "--kind", "device-add")


def test_the_same_by_files_only(tmp_path: Path) -> None:
    made(tmp_path, None)
    token = auditor(tmp_path, "device", "token", "desk").strip()
    agent(tmp_path, "enrol", token, "--output", "request", code=3)
    auditor(tmp_path, "ingest", "request", "--output", "answers")
    auditor(tmp_path, "policy", "bundle", "--pack", "no-2023", "--overlay", "authority.toml", "--output", "bundle.json")
    agent(tmp_path, "enrol", "--answer", "answers/request.answer", "--bundle", "bundle.json")
    auditor(tmp_path, "epoch", "issue", "--output", "epoch")
    agent(tmp_path, "report", "--epoch", "epoch", "--output", "x.evidence")
    auditor(tmp_path, "ingest", "x.evidence")
    auditor(tmp_path, "ingest", "x.evidence")
    agent(tmp_path, "report", "--no-deliver")
    agent(tmp_path, "deliver", "--output", "out")
    auditor(tmp_path, "ingest", "out", "--output", "receipts")
    agent(tmp_path, "deliver", "--receipts", "receipts")
    assert json.loads(agent(tmp_path, "status", "--json"))["kept"] == 0
    history = json.loads(auditor(tmp_path, "history", "desk", "--json"))
    assert [one["sequence"] for one in history["reports"]] == [1, 2]
    assert {one["outcome"] for one in history["reports"]} == {"accepted"}
    assert not [one for one in listed(tmp_path)["desk"]["findings"] if one["control"] == "freshness-unproven"]
    assert "whole" in auditor(tmp_path, "log", "verify")


@pytest.mark.needs("tpm")
def test_the_same_with_a_key_in_a_tpm(tmp_path: Path) -> None:
    made(tmp_path, None)
    with tpm(tmp_path / "tpm") as tcti, serving(tmp_path / "A") as service:
        token = auditor(
            tmp_path, "device", "token", "desk", "--url", service.url, "--hardware", "--why", "I saw the key being made"
        ).strip()
        agent(tmp_path, "enrol", token, "--keystore", "tpm", TPM2TOOLS_TCTI=tcti)
        assert "delivered" in agent(tmp_path, "report", TPM2TOOLS_TCTI=tcti)
    assert (tmp_path / "G" / "key.pem").read_text().startswith("-----BEGIN TSS2 PRIVATE KEY-----")
    assert listed(tmp_path)["desk"]["evidence"]["grade"] == "hardware-key"
    with tpm(tmp_path / "another") as tcti:
        agent(tmp_path, "report", "--no-deliver", code=2, TPM2TOOLS_TCTI=tcti)


@pytest.mark.needs("softhsm")
def test_an_auditor_whose_key_is_in_a_token(tmp_path: Path) -> None:
    from keystores import token as softhsm

    tmp_path.joinpath("authority.toml").write_text(OVERLAY)
    with softhsm(tmp_path / "softhsm") as uri:
        auditor(tmp_path, "init", "--overlay", "authority.toml", "--keystore", uri.format("auditor"))
        auditor(tmp_path, "device", "add", "desk", "--class", "ordinary", "--holder", "h1", "--unit", "u1")
        token = auditor(tmp_path, "device", "token", "desk").strip()
        agent(tmp_path, "enrol", token, "--output", "request", code=3)
        auditor(tmp_path, "ingest", "request")
        auditor(tmp_path, "policy", "bundle", "--pack", "no-2023", "--output", "bundle.json")
        agent(tmp_path, "enrol", "--answer", "request.answer", "--bundle", "bundle.json")
        agent(tmp_path, "report", "--output", "x.evidence")
        auditor(tmp_path, "ingest", "x.evidence")
        assert listed(tmp_path)["desk"]["evidence"]["grade"] == "agent-key"
        auditor(tmp_path, "log", "checkpoint")
        assert "whole" in auditor(tmp_path, "log", "verify")
    assert (tmp_path / "A" / "authority.pem").read_text().startswith("pkcs11:")


def _in_days(days: int) -> str:
    import datetime as dt

    return (dt.datetime.now(dt.UTC).date() + dt.timedelta(days=days)).isoformat()
