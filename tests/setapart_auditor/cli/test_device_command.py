"""`setapart-auditor device`, as somebody types it."""

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from enrolling import Office, new_key, request
from setapart_auditor.installation import open_installation
from setapart_auditor.register.database import find_device
from setapart_auditor.store.schema import chain, device_key, enrolment, evidence, log_leaf
from setapart_evidence.keys import generate
from store_builder import by_hand
from stores import make_installation
from typed_commands import Ran, run

ONE, TWO = "sha256:" + "11" * 32, "sha256:" + "22" * 32


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = make_installation(tmp_path / "auditor")
    made.store.close()
    return tmp_path


def device(folder: Path, *words: str, code: int = 0) -> Ran:
    ran = run(folder, "setapart-auditor", "device", *words, "--dir", "auditor")
    assert ran.code == code, ran.printed
    return ran


def shown(folder: Path, name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(device(folder, "show", name, "--json").printed.splitlines()[-1])
    return found


def log(folder: Path, kind: str) -> list[dict[str, object]]:
    ran = run(folder, "setapart-auditor", "log", "show", "--kind", kind, "--json", "--dir", "auditor")
    return [json.loads(line) for line in ran.printed.splitlines()]


def test_a_device_is_added_shown_and_changed_and_all_of_it_is_logged(folder: Path) -> None:
    device(
        folder, "add", "phone", "--class", "social-dedicated", "--holder", "h1", "--unit", "U", "--since", "2026-01-02"
    )
    assert shown(folder, "PHONE")["since"] == "2026-01-02"
    device(folder, "change", "phone", "--holder", "h2", "--as", "o1", "--why", "handed over")
    found = shown(folder, "phone")
    assert found["holder"] == "h2"
    assert found["since"] != "2026-01-02"
    changes = found["changes"]
    assert isinstance(changes, list)
    assert [(one["by"], one["field"], one["why"]) for one in changes[1:]] == [
        ("o1", "holder", "handed over"), ("o1", "since", "handed over"),
    ]  # fmt: skip
    assert "by os:" in str(found["last_read"])
    assert [(one["about"], one["why"]) for one in log(folder, "device-change")] == [("phone", "handed over")]
    assert len(log(folder, "device-read")) == 2
    listed = json.loads(device(folder, "list", "--json").printed)
    assert [one["name"] for one in listed["devices"]] == ["phone"]
    assert "phone" in device(folder, "list", "--unit", "u").printed
    assert "phone" not in device(folder, "list", "--unit", "other").printed
    assert "phone" in device(folder, "show", "phone").printed


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--serial", "S"], "serial or platform alone; expected --serial and --platform together"),
        (["--id", "x", "--key", "k.pub"], "a device that is named twice; expected one of"),
        (["--hardware"], "--hardware for a device without a key"),
        (["--key", "none.pub"], "none.pub: No such file or directory"),
        (["--key", "auditor/auditor.toml"], "a file that is no PEM key"),
        (["--since", "soon"], "--since 'soon'; expected a day like"),
        (["--holder", "a\x07b"], "holder 'a\\x07b'"),
    ],
)
def test_options_that_do_not_fit_are_told_and_nothing_is_added(words: list[str], told: str, folder: Path) -> None:
    assert told in device(folder, "add", "phone", "--class", "ordinary", *words, code=2).printed
    assert json.loads(device(folder, "list", "--json").printed) == {"devices": []}


def test_devices_are_known_by_serial_or_key(folder: Path) -> None:
    key = generate("ecdsa-p256").public
    (folder / "k.pub").write_bytes(key.pem())
    device(folder, "add", "phone", "--class", "ordinary", "--serial", "ab12", "--platform", "ios")
    device(folder, "add", "desk", "--class", "ordinary", "--key", "k.pub", "--hardware")
    assert str(shown(folder, "phone")["id"]).startswith("hw-")
    (own,) = shown(folder, "desk")["keys"]  # type: ignore[misc]
    assert (own["id"], own["hardware"], own["origin"]) == (key.keyid, True, "registered")
    assert (
        "a key that is in the register"
        in device(folder, "add", "other", "--class", "ordinary", "--key", "k.pub", code=2).printed
    )
    assert "is a device already" in device(folder, "add", "DESK", "--class", "ordinary", code=2).printed


def test_devices_leave_by_retiring_replacing_and_revoking(folder: Path) -> None:
    for name in ("a", "b", "c"):
        device(folder, "add", name, "--class", "ordinary", "--holder", "h1")
    device(folder, "hold", "a")
    device(folder, "retire", "a")
    assert "next: `setapart-auditor device token 'b 2'`" in device(folder, "replace", "b", "--by", "b 2").printed
    assert "2026-01-01 00:00" in device(folder, "revoke", "c", "--effective", "2026-01-01", "--why", "stolen").printed
    listed = json.loads(device(folder, "list", "--json").printed)["devices"]
    assert {one["name"]: (one["state"], one["legal_hold"]) for one in listed} == {
        "a": ("retired", True), "b": ("replaced", False), "c": ("revoked", False), "b 2": ("active", False),
    }  # fmt: skip
    assert "`a` is retired" in device(folder, "change", "a", "--holder", "x", code=2).printed
    device(folder, "hold", "a", "--release")
    assert shown(folder, "a")["legal_hold"] is False


def fork(folder: Path) -> None:
    """Two reports of `phone` in one place."""
    installation = open_installation(folder / "auditor")
    with installation.store.write() as connection:
        found = find_device(connection, "phone")
        at = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
        number = connection.execute(
            insert(chain).values(device_no=found.no, keyid="k", head_sequence=1, head_digest=b"h")
        ).inserted_primary_key[0]  # type: ignore[index]
        for branch, digest in enumerate((ONE, TWO)):
            connection.execute(
                insert(evidence).values(
                    device_no=found.no, chain_no=number, sequence=1, branch=branch, digest=bytes.fromhex(digest[7:]),
                    inventory_digest=b"i", received_at=at, collected_at=at, grade="agent-key", source="local",
                    outcome="accepted", envelope=b"", receipt=b"", log_index=branch,
                )
            )  # fmt: skip
    installation.store.close()


def test_a_fork_is_settled_by_two_officers_neither_of_whom_holds_the_device(folder: Path) -> None:
    device(folder, "add", "phone", "--class", "ordinary", "--holder", "H1")
    fork(folder)
    assert "expected --as OFFICER" in device(folder, "settle", "phone", ONE, TWO, code=2).printed
    assert "h1 holds the device" in device(folder, "settle", "phone", ONE, TWO, "--as", "h1", code=2).printed
    assert "no reason" in device(folder, "settle", "phone", ONE, TWO, "--as", "o1", code=2).printed
    words = ("settle", "phone", ONE, TWO, "--why", "restored from a backup")
    assert "waits for a second officer" in device(folder, *words, "--as", "o1").printed
    assert "o1 has settled it already" in device(folder, *words, "--as", "o1", code=2).printed
    assert "settled it already" in device(folder, *words, "--as", "O1", code=2).printed
    installation = open_installation(folder / "auditor")
    with installation.store.read() as connection:
        assert find_device(connection, "phone").registration.settled == ()
    assert "phone: settled" in device(folder, *words, "--as", "o2").printed
    with installation.store.read() as connection:
        assert find_device(connection, "phone").registration.settled == (ONE, TWO)
    installation.store.close()
    unknown = "sha256:" + "33" * 32
    assert (
        "no report sha256:3333"
        in device(folder, "settle", "phone", unknown, "--as", "o1", "--why", "x", code=2).printed
    )
    assert "64 hex digits" in device(folder, "settle", "phone", "x", "--as", "o1", code=2).printed
    assert "2 of its reports" in device(folder, "revoke", "phone", "--effective", "2026-10-01").printed


@pytest.mark.parametrize(
    "changed",
    [
        ("officer", "disable", "o1"),
        ("officer", "role", "o1", "--role", "viewer"),
        ("device", "change", "phone", "--unit", "elsewhere"),
        ("device", "change", "phone", "--holder", "O1"),
    ],
    ids=["disabled", "another role", "another unit", "now the holder"],
)
def test_the_first_word_on_a_fork_counts_only_while_its_officer_might_still_say_it(
    folder: Path, changed: tuple[str, ...]
) -> None:
    device(folder, "add", "phone", "--class", "ordinary", "--holder", "h1", "--unit", "office")
    fork(folder)
    words = ("settle", "phone", ONE, TWO, "--why", "restored from a backup")
    for name, *more in (
        ("chief", "--role", "admin"),
        ("o1", "--role", "officer", "--unit", "office", "--as", "chief"),
        ("o2", "--role", "officer", "--as", "chief"),
    ):
        ran = run(folder, "setapart-auditor", "officer", "add", name, *more, "--dir", "auditor")
        assert ran.code == 0, ran.printed
    device(folder, *words, "--as", "o1")
    ran = run(folder, "setapart-auditor", *changed, "--as", "chief", "--dir", "auditor")
    assert ran.code == 0, ran.printed
    refused = device(folder, *words, "--as", "o2", code=2).printed
    assert "`o1`, who settled it first, might not any more" in refused
    installation = open_installation(folder / "auditor")
    with installation.store.read() as connection:
        assert find_device(connection, "phone").registration.settled == ()
    installation.store.close()


def test_an_attestation_is_an_officers_own_word_for_a_year_at_most(folder: Path) -> None:
    device(folder, "add", "phone", "--class", "social-dedicated", "--holder", "h1")
    until = str(dt.datetime.now(dt.UTC).date() + dt.timedelta(days=366))
    words = ("attest", "phone", "--client", "tuta", "--until")
    assert "expected --as OFFICER" in device(folder, *words, until, code=2).printed
    assert "h1 holds the device" in device(folder, *words, until, "--as", "h1", code=2).printed
    assert "1 to 366 days" in device(folder, *words, "2199-01-01", "--as", "o1", code=2).printed
    wrong = device(folder, "attest", "phone", "--client", "tutta", "--until", until, "--as", "o1", code=2).printed
    assert "`tutta` is no client whose accounts can't be read" in wrong
    assert "did you mean `tuta`?" in wrong
    device(folder, *words, until, "--as", "o1")
    (one,) = shown(folder, "phone")["attestations"]  # type: ignore[misc]
    assert (one["client"], one["by"], one["until"]) == ("tuta", "o1", until)


def test_stations_are_added_listed_and_revoked(folder: Path) -> None:
    (folder / "s.pub").write_bytes(generate().public.pem())
    device(folder, "station", "add", "desk", "--key", "s.pub")
    (folder / "other.pub").write_bytes(generate().public.pem())
    assert "is a station already" in device(folder, "station", "add", "DESK", "--key", "other.pub", code=2).printed
    assert "in the register already" in device(folder, "station", "add", "b", "--key", "s.pub", code=2).printed
    device(folder, "station", "revoke", "desk")
    (one,) = json.loads(device(folder, "station", "list", "--json").printed)["stations"]
    assert (one["name"], one["valid_until"] is None) == ("desk", False)
    assert "desk" in device(folder, "station", "list").printed
    assert "no station `x`" in device(folder, "station", "revoke", "x", code=2).printed


def test_a_token_is_printed_alone_listed_and_revoked(folder: Path) -> None:
    device(folder, "add", "phone", "--class", "ordinary")
    token = device(folder, "token", "phone", "--url", "https://auditor.example").printed
    assert token.startswith("spt1.")
    assert token.count("\n") == 1
    device(folder, "token", "--unit", "U", "--class", "ordinary", "--quota", "50")
    listed = json.loads(device(folder, "tokens", "list", "--json").printed)["tokens"]
    assert [(one["device"], one["unit"], one["quota"], one["refusal"]) for one in listed] == [
        ("phone", None, 1, None), (None, "U", 50, None),
    ]  # fmt: skip
    assert token.strip().split(".")[1] not in device(folder, "tokens", "list").printed
    device(folder, "tokens", "revoke", "1")
    assert "token 1 was revoked" in device(folder, "tokens", "list").printed
    assert "no token 9" in device(folder, "tokens", "revoke", "9", code=2).printed


def test_an_import_is_all_or_nothing(folder: Path) -> None:
    (folder / "f.csv").write_text("name,class,holder\n=a,ordinary,h1\nb,odd,\nc,ordinary,\x07\n", encoding="utf-8")
    bad = device(folder, "import", "f.csv", code=2).printed
    assert "f.csv, line 3: class: 'odd'" in bad
    assert "f.csv, line 4: holder" in bad
    assert "f.csv: 2 entries can't be taken; nothing was imported" in bad
    (folder / "f.csv").write_text("name,class,holder\n=a,ordinary,h1\nb,personal,\n", encoding="utf-8")
    assert "would be added 2" in device(folder, "import", "f.csv", "--dry-run").printed
    assert json.loads(device(folder, "list", "--json").printed) == {"devices": []}
    assert "added 2, changed 0, unchanged 0 devices" in device(folder, "import", "f.csv").printed
    assert "added 0, changed 0, unchanged 2 devices" in device(folder, "import", "f.csv").printed
    (folder / "f.csv").write_text("name,class,holder\n=a,ordinary,h2\nb,personal,\n", encoding="utf-8")
    assert "import with --update" in device(folder, "import", "f.csv", code=2).printed
    assert "changed 1, unchanged 1" in device(folder, "import", "f.csv", "--update").printed
    exported = device(folder, "export").printed
    assert "\n'=a,ordinary,organisation,h2," in exported
    device(folder, "export", "--output", "out.csv")
    assert (folder / "out.csv").read_text(encoding="utf-8") == exported
    assert (folder / "out.csv").stat().st_mode & 0o777 == 0o600
    assert "unchanged 2" in device(folder, "import", "out.csv").printed
    device(folder, "export", "--output", "out.toml")
    assert "unchanged 2" in device(folder, "import", "out.toml").printed
    assert "No such file" in device(folder, "import", "none.csv", code=2).printed
    verified = run(folder, "setapart-auditor", "log", "verify", "--dir", "auditor")
    assert verified.code == 0, verified.printed


def test_two_processes_at_once_lose_nothing(folder: Path) -> None:
    device(folder, "add", "d", "--class", "ordinary")
    change = [sys.executable, "-m", "setapart_auditor", "device", "change", "d", "--dir", "auditor"]
    running = [
        subprocess.Popen([*change, option, f"{option[2:]}-{at}"], cwd=folder, stdout=subprocess.DEVNULL)
        for at in range(2)
        for option in ("--holder", "--unit")
    ]
    assert [one.wait(60) for one in running] == [0] * 4
    changes = shown(folder, "d")["changes"]
    assert isinstance(changes, list)
    for field in ("holder", "unit"):
        values = [(one["old"], one["new"]) for one in changes if one["field"] == field]
        assert len(values) == 2
        assert [old for old, _ in values] == ["", *[new for _, new in values[:-1]]]


@pytest.mark.parametrize("kind", ["pipe", "link", "folder"])
def test_what_is_no_file_is_not_replaced_by_an_export(kind: str, folder: Path) -> None:
    """As root, --output /dev/null would else take the device away from everybody."""
    out = folder / "out"
    if kind == "pipe":
        os.mkfifo(out)
    elif kind == "link":
        out.symlink_to("/dev/stdout")
    else:
        out.mkdir()
    before = out.lstat().st_mode
    refused = device(folder, "export", "--output", "out", code=2).printed
    assert "out is no regular file" in refused
    assert (out.lstat().st_mode, sorted(one.name for one in folder.iterdir())) == (before, ["auditor", "out"])


def test_an_export_into_a_folder_that_is_not_there_names_the_file(folder: Path) -> None:
    assert "none/out: No such file" in device(folder, "export", "--output", "none/out", code=2).printed


def test_damage_in_the_store_is_told_of_its_device_and_ends_in_no_traceback(tmp_path: Path) -> None:
    made = make_installation(tmp_path / "auditor")
    office = Office(made)
    for name in ("one", "two"):
        office.enrol(request(office.fleet(), new_key(), name=name))
        office.enrol(request(office.fleet(confirm=True), new_key(), name=f"{name}'s guest"))

    def typed(*words: str) -> Ran:
        return run(tmp_path, "setapart-auditor", *words, "--dir", "auditor")

    assert "last read" not in typed("device", "show", "one").printed
    with by_hand(made) as connection:
        connection.execute(update(device_key).where(device_key.c.device_no == 1).values(spki=b"\xff"))
        connection.execute(update(enrolment).where(enrolment.c.state == "waiting").values(request=b"\xff"))
        connection.execute(update(log_leaf).where(log_leaf.c.kind == "device-read").values(record=b"\xff"))
    made.store.close()
    shown = typed("device", "show", "one")
    assert (shown.code, "algorithm damaged" in shown.printed) == (0, True), shown.printed
    assert "last read   not known: entry" in shown.printed
    assert "run `setapart-auditor log verify`" in shown.printed
    assert "algorithm ed25519" in typed("device", "show", "two").printed
    waiting = typed("device", "waiting")
    assert (waiting.code, waiting.printed.count("damaged: `setapart-auditor device confirm")) == (0, 2), waiting.printed
    refused = typed("device", "confirm", "2")
    assert (refused.code, "request 2 to enrol is damaged" in refused.printed) == (2, True), refused.printed
    assert typed("device", "confirm", "2", "--refuse").code == 0
    assert typed("list").code == 3
