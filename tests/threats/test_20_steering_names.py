"""Threat 20 at the terminal: whatever devices, messages and people are called, it is shown, and steers nothing."""

import datetime as dt
import json
import re
from pathlib import Path

import pytest

from evidence_factory import TIKTOK, account, app, link, make_evidence, make_inventory, profile, rows
from setapart_evidence.keys import Ed25519Signer
from store_builder import DAY, make_stored_fleet
from typed_commands import Ran, run
from web_world import world

EVIL = "a\x1b]0;owned\x07\x9b31m\u202egnp.exe\u2028\u200b\r\nsetapart-auditor: all is well\x7f\U000e0041z"
"""An escape sequence, a C1 one, a bidirectional override, line ends of every kind, a tag."""
STEERING = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)
FORGED_LINE = re.compile(r"^setapart-auditor: all is well", re.MULTILINE)
NOW = dt.datetime.now(dt.UTC)
UNTIL = f"{NOW.date() + dt.timedelta(days=30)}"
HOSTILE = make_inventory(
    profiles=[profile(EVIL)],
    apps=[app(TIKTOK, name=EVIL, version=EVIL, profile=EVIL), app(EVIL, name="TikTоk", profile=EVIL)],
    accounts=[account(type=EVIL, client=EVIL, domain=EVIL, host=EVIL, tenant=EVIL, profile=EVIL)],
    links=[link(target=EVIL, profile=EVIL)],
    coverage=rows("accounts", "links", profiles=[EVIL])
    + rows("apps", profiles=[EVIL], status="denied", reason=EVIL, collector=EVIL),
)


def is_harmless(ran: Ran, code: int, *shown: str) -> None:
    assert ran.code == code, ran.printed
    assert STEERING.findall(ran.printed) == []
    assert FORGED_LINE.search(ran.printed) is None
    for one in shown:
        assert one in ran.printed


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An auditor of two devices: what one of them reports steers terminals, and so does what officers typed."""
    path = tmp_path_factory.mktemp("steered")
    fleet = make_stored_fleet(path, None, ["ordinary"], unit="u", at=NOW - DAY)
    fleet.add("phone", device_class="social-dedicated", at=NOW - DAY)
    for name in ("ordinary", "phone"):
        fleet.report(name, HOSTILE, at=NOW - DAY, source=EVIL)
    fleet.installation.store.close()
    asked = ("exception", "request", "--device", "phone", "--app", "tiktok", "--until", UNTIL, "--as", "ola")
    for words in (
        ("device", "hold", "phone", "--why", EVIL),
        (*asked, "--need", "outreach", "--why", EVIL),
        ("sweep", "--why", EVIL),
    ):
        assert typed(path, *words).code < 2
    return path


def typed(folder: Path, *words: str) -> Ran:
    return run(folder, "setapart-auditor", *words, "--dir", "auditor")


@pytest.mark.parametrize("options", [(), ("--json",)], ids=["text", "json"])
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("list",), 1),
        (("explain", "ordinary"), 1),
        (("explain", "phone"), 1),
        (("history", "phone"), 0),
        (("device", "show", "phone"), 0),
        (("device", "list"), 0),
        (("log", "show", "--from", "0"), 0),
        (("log", "verify"), 0),
        (("exception", "list"), 0),
        (("sweep",), 1),
        (("db", "check"), 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_no_command_shows_what_steers_a_terminal(
    words: tuple[str, ...], code: int, options: tuple[str, ...], folder: Path
) -> None:
    ran = typed(folder, *words, *options)
    is_harmless(ran, code)
    if options and words[0] not in {"log", "sweep"}:
        json.loads(ran.printed)


@pytest.mark.parametrize("form", ["json", "jsonl", "csv", "junit"])
def test_an_export_to_the_terminal_steers_it_as_little(form: str, folder: Path) -> None:
    ran = typed(folder, "export", "--format", form)
    is_harmless(Ran(printed=ran.printed.replace("\r\n", "\n"), code=ran.code), 0)


def test_what_was_said_is_shown_as_escapes_and_programs_get_it_as_it_was(folder: Path) -> None:
    escapes = r"a\u001b]0;owned\u0007\u009b31m\u202egnp.exe\u2028\u200b\u000d\u000asetapart-auditor: all is well\u007f"
    for words in (("explain", "phone"), ("history", "phone"), ("device", "show", "phone"), ("log", "show")):
        assert escapes in typed(folder, *words).printed, words
    found = json.loads(typed(folder, "explain", "phone", "--json").printed)
    assert [one["reason"] for one in found["unseen"]] == [EVIL]


@pytest.mark.parametrize(
    "words",
    [
        ("explain", EVIL),
        ("device", "show", EVIL),
        ("device", "add", EVIL, "--class", "ordinary"),
        ("device", "add", "x", "--class", "ordinary", "--holder", EVIL),
        ("device", "change", "phone", "--role", EVIL),
        ("exception", "show", EVIL),
        ("exception", "list", "--device", EVIL),
        ("exception", "request", "--device", "phone", "--app", EVIL, "--need", "n", "--until", UNTIL, "--as", "ola"),
        ("officer", "add", EVIL, "--role", "admin"),
        ("device", "list", "--as", EVIL),
        ("device", "confirm", EVIL),
        ("device", "import", EVIL.replace("/", "")),
        ("device", "station", "revoke", EVIL),
        ("list", "--unit", EVIL),
        ("verify", EVIL, "--register", "r", "--pack", "no-2023"),
        ("policy", "show", "--pack", EVIL),
        ("ingest", EVIL),
    ],
    ids=lambda words: " ".join(words).replace(EVIL, "EVIL"),
)
def test_no_error_repeats_what_steers_a_terminal(words: tuple[str, ...], folder: Path) -> None:
    options = () if words[0] == "policy" else ("--dir", "auditor")
    is_harmless(run(folder, "setapart-auditor", *words, *options), 2)


def test_messages_of_nobodys_are_listed_harmlessly(folder: Path) -> None:
    stranger = Ed25519Signer(bytes(32))
    named = folder / "in" / "a\x1b[2J\u202e.evidence"
    named.parent.mkdir()
    named.write_bytes(make_evidence(signer=stranger, device=EVIL))
    is_harmless(typed(folder, "ingest", "in"), 1, "rejected")
    is_harmless(typed(folder, "ingest", "in", "--json"), 1, "rejected")


def test_the_proof_of_an_entry_is_shown_harmlessly(folder: Path) -> None:
    key = typed(folder, "log", "checkpoint", "--key").printed.strip()
    held = json.loads(typed(folder, "log", "show", "--kind", "device-hold", "--json").printed.splitlines()[0])["index"]
    for options in ((), ("--output", "proof")):
        is_harmless(typed(folder, "log", "prove", str(held), *options), 0)
    is_harmless(run(folder, "setapart-auditor", "log", "check", "proof", "--log-key", key), 0, "owned")


def test_the_services_log_holds_one_harmless_line_for_each_event(tmp_path: Path) -> None:
    stranger = Ed25519Signer(bytes(32))
    with world(tmp_path / "a") as made:
        for raw in (make_evidence(signer=stranger, device=EVIL), EVIL.encode(), b"{}"):
            assert made.service.ask("/v1/report", raw).status >= 400
        for path in ("/v1/%1b%5d0;x%07%0a%e2%80%ae", "/v1/devices/%1b%0a%e2%80%ae"):
            assert made.service.ask(path, headers={"Authorization": "Bearer \x1b[31m"}).status >= 400
        log = made.service.log_file.read_text(encoding="utf-8")
    assert STEERING.findall(log) == []
    lines = [line for line in log.splitlines() if not line.startswith("serving ")]
    assert lines
    for line in lines:
        assert json.loads(line)["event"]
