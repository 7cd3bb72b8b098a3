"""Threat 11, files of other devices: whatever one does to its parser, the report is made and says what was not seen."""

import ctypes
import faulthandler
import os
import signal
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from android_transcripts import OWNER, bugreport, dumpsys_account, dumpsys_package, getprop, package_block
from judging import judge
from programs import agent
from setapart_agent.collectors import worker
from setapart_agent.collectors.android.parse import dumpsys_account as account_parser
from setapart_agent.collectors.android.parse import getprop as getprop_parser
from setapart_evidence.keys import PublicKey
from setapart_evidence.open import KeyBinding, VerifiedReport, open_report


def recurse(content: bytes) -> object:
    return recurse(content)


def crash(_content: bytes) -> None:
    faulthandler.disable()
    ctypes.string_at(0)


def eat(_content: bytes) -> None:
    kept = []
    while True:
        kept.append(bytearray(16 * 1024 * 1024))


def burn(_content: bytes) -> None:
    while True:
        pass


HOSTILE: dict[str, tuple[Callable[[bytes], object], str]] = {
    "crash": (crash, "SIGSEGV"),
    "killed by the system": (lambda _: os.kill(os.getpid(), signal.SIGKILL), "SIGKILL"),
    "all memory": (eat, "memory"),
    "all time": (burn, "CPU time"),
    "no end of recursion": (recurse, "RecursionError"),
    "leaves": (lambda _: os._exit(0), "broke"),
    "unexpected": (lambda _: {}["/home/ada/x"], "KeyError"),
}


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "bugreport.zip"
    text = bugreport(
        {
            "account": dumpsys_account({(0, "Owner", OWNER): [("one@mail.example", "com.google")]}),
            "package": dumpsys_package([package_block("org.example.app", {0: ""})]),
        },
        properties=getprop(ro__serialno="R58N1", ro__product__model="Pixel 9"),
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("main_entry.txt", "bugreport-x.txt")
        archive.writestr("bugreport-x.txt", text)
    return path


def made(report: Path, folder: Path) -> VerifiedReport:
    key, out = folder / "key.pem", folder / "x.evidence"
    assert agent("keygen", "--output", key).code == 0
    ran = agent("report", "--source", f"bugreport:{report}", "--key", key, "--output", out)
    assert (ran.code, ran.err) == (0, "")
    assert "3 parts could not be seen" in ran.out
    public = PublicKey.from_pem(key.with_suffix(".pub").read_bytes())

    class Keys:
        def keys_for(self, claimed: str, station: str | None) -> tuple[KeyBinding, ...]:
            return (KeyBinding(key=public, role="station", grade="station"),)

    return open_report(out.read_bytes(), Keys())


@pytest.mark.parametrize("how", HOSTILE)
def test_a_file_that_breaks_its_parser_ends_in_a_report_that_nobody_takes_for_compliant(
    how: str, report: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    action, words = HOSTILE[how]
    monkeypatch.setattr(account_parser, "read", action)
    monkeypatch.setattr(worker, "CPU_SECONDS", 2)
    monkeypatch.setattr(worker, "MEMORY", 256 * 1024 * 1024)
    begun = time.monotonic()
    opened = made(report, tmp_path)
    assert time.monotonic() - begun < 30
    inventory = opened.inventory
    assert (inventory.device.platform, inventory.device.model) == ("android", "Pixel 9")
    assert {row.section for row in inventory.coverage} == {"apps", "accounts", "links"}
    for row in inventory.coverage:
        assert row.status == "failed"
        assert row.reason is not None
        assert words in row.reason
        assert "/" not in row.reason
        assert "ada" not in row.reason
    for device_class in ("ordinary", "social-dedicated"):
        assert judge(inventory, device_class=device_class).status == "inconclusive"


def test_a_file_that_breaks_the_parser_before_its_device_is_known_is_an_error_of_the_source(
    report: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(getprop_parser, "read", crash)
    key = tmp_path / "key.pem"
    assert agent("keygen", "--output", key).code == 0
    ran = agent("report", "--source", f"bugreport:{report}", "--key", key, "--output", tmp_path / "x.evidence")
    assert ran.code == 2
    assert "SIGSEGV" in ran.err
    assert "Traceback" not in ran.err
    assert not (tmp_path / "x.evidence").exists()


def test_the_next_report_of_the_same_device_follows_the_failed_one(
    report: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash neither breaks the chain nor makes another device."""
    with monkeypatch.context() as patched:
        patched.setattr(account_parser, "read", crash)
        failed = made(report, tmp_path)
    out = tmp_path / "y.evidence"
    ran = agent("report", "--source", f"bugreport:{report}", "--key", tmp_path / "key.pem", "--output", out)
    assert ran.code == 0
    assert f"report 2 of {failed.device}" in ran.out


@pytest.mark.parametrize("how", HOSTILE)
def test_one_file_that_breaks_its_parser_ends_in_one_line(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    action, words = HOSTILE[how]
    monkeypatch.setattr(account_parser, "parse", lambda files: action(files.main))
    monkeypatch.setattr(worker, "CPU_SECONDS", 2)
    monkeypatch.setattr(worker, "MEMORY", 256 * 1024 * 1024)
    path = tmp_path / "account.txt"
    path.write_text(dumpsys_account({(0, "Owner", OWNER): [("one@mail.example", "com.google")]}))
    ran = agent("parse", path, "--kind", "android.dumpsys-account")
    assert ran.code == 2
    assert words in ran.err
    assert len(ran.err.splitlines()) == 1
    assert "report this" in ran.err


def test_half_a_surrogate_pair_in_a_name_is_shown_and_signed_as_an_escape(tmp_path: Path) -> None:
    path = tmp_path / "packages.json"
    path.write_text('[{"name": "org.example.app", "files": [], "installer": "\\ud83d"}]')
    preferences = tmp_path / "extensions.json"
    preferences.write_text(
        '{"schemaVersion": 36, "addons": [{"id": "a@b", "type": "extension", "version": "1\\ud83d", "active": true,'
        ' "location": "app-profile", "defaultLocale": {"name": "x\\udc00y"}}]}'
    )
    for file in (path, preferences):
        for form in ((), ("--json",)):
            ran = agent("parse", file, *form)
            assert "Traceback" not in ran.err
            assert ran.code in {0, 2}
            assert ran.out.isascii()
    assert "x\\\\udc00y" in agent("parse", preferences, "--json").out
