"""list, explain, history, sweep, export: what they print, who may look, what is written down, exit codes."""

import datetime as dt
import json
import stat
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from evidence_factory import TIKTOK, app, make_inventory, rows
from setapart_auditor.installation import open_installation
from setapart_auditor.log.entries import ShownEntry, read_entries
from setapart_auditor.officers.actor import add_officer
from setapart_auditor.store.schema import exception, inventory, sweep, verdict
from store_builder import DAY, by_hand, make_stored_fleet
from typed_commands import Ran, run

NOW = dt.datetime.now(dt.UTC)
CLEAN, DIRTY = make_inventory(), make_inventory(apps=[app(TIKTOK)])
BLIND = make_inventory(coverage=[*rows("accounts", "links"), *rows("apps", status="denied", reason="no access")])


@dataclass(frozen=True)
class Desk:
    """A stored fleet's folder and a command line."""

    folder: Path

    def __call__(self, *words: str) -> Ran:
        return run(self.folder, "setapart-auditor", *words, "--dir", str(self.folder))

    def log(self, kind: str) -> tuple[ShownEntry, ...]:
        installation = open_installation(self.folder)
        with installation.store.read() as connection:
            found = read_entries(connection, kind=kind, about=None, first=0, limit=99)
        installation.store.close()
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A clean and a blind device of one unit, a violating and a silent one of another."""
    fleet = make_stored_fleet(tmp_path, None, ["clean", "blind"], unit="office", at=NOW - DAY)
    fleet.add("dirty", "silent", unit="patrol", at=NOW - DAY)
    for name, found in {"clean": CLEAN, "blind": BLIND, "dirty": DIRTY}.items():
        fleet.report(name, found, at=NOW - DAY)
    fleet.installation.store.close()
    return Desk(fleet.installation.folder)


def close(desk: Desk, *officers: tuple[str, str, str | None]) -> None:
    """Adds officers: name, role, unit. From then on, only they act."""
    installation = open_installation(desk.folder)
    with installation.store.write() as connection:
        for name, role, unit in officers:
            add_officer(
                installation,
                connection,
                name,
                roles=(role,),
                unit=unit,
                added_by="os:root",
                now=NOW,  # type: ignore[arg-type]
            )
    installation.store.close()


def damage(desk: Desk, statement: object) -> None:
    """A disk or a hand changes something in the store."""
    installation = open_installation(desk.folder)
    with by_hand(installation) as connection:
        connection.execute(statement)  # type: ignore[call-overload]
    installation.store.close()


def devices(ran: Ran) -> dict[str, str]:
    return {one["name"]: one["status"] for one in json.loads(ran.printed)["devices"]}


def test_list_shows_every_device_the_worst_first_and_what_leaves_verdicts_open(desk: Desk) -> None:
    ran = desk("list", "--json")
    assert list(devices(ran).items()) == [
        ("dirty", "violation"), ("blind", "inconclusive"), ("silent", "pending"), ("clean", "compliant"),
    ]  # fmt: skip
    told = json.loads(ran.printed)
    assert told["open"]["devices"] == 4
    assert told["open"]["causes"] == [{"cause": "coverage-incomplete: apps on android, no access", "devices": 1}]
    assert ran.code == 1
    shown = desk("list").printed
    assert "4 devices: 1 compliant, 1 pending, 1 inconclusive, 1 violation" in shown
    assert "25%    1        coverage-incomplete: apps on android, no access" in shown


@pytest.mark.parametrize(
    ("words", "names", "code"),
    [
        (("--unit", "OFFICE"), {"blind", "clean"}, 3),
        (("--status", "compliant"), {"clean"}, 0),
        (("--status", "stale"), set(), 0),
        (("--unit", "patrol", "--status", "violation"), {"dirty"}, 1),
    ],
)
def test_list_of_a_unit_or_a_status_has_the_exit_code_of_what_it_shows(
    desk: Desk, words: tuple[str, ...], names: set[str], code: int
) -> None:
    ran = desk("list", "--json", *words)
    assert (set(devices(ran)), ran.code) == (names, code)


def test_explain_tells_findings_with_evidence_and_cure_and_what_was_not_seen(desk: Desk) -> None:
    shown = desk("explain", "DIRTY")
    assert "violation restricted-app-on-ordinary-device: tiktok" in shown.printed
    assert "evidence /apps/0" in shown.printed
    assert shown.code == 1
    blind = json.loads(desk("explain", "blind", "--json").printed)
    assert [(one["section"], one["status"], one["reason"]) for one in blind["unseen"]] == [
        ("apps", "denied", "no access")
    ]
    assert (blind["status"], blind["reports"][0]["sequence"], blind["held_exceptions"]) == ("inconclusive", 1, [])
    assert desk("explain", "silent").code == 3
    assert desk("explain", "clean").code == 0


def test_history_tells_reports_statuses_and_changes_of_the_register(desk: Desk) -> None:
    desk("sweep", "--json", "--jobs", "1")
    told = json.loads(desk("history", "dirty", "--json").printed)
    assert [(one["sequence"], one["outcome"]) for one in told["reports"]] == [(1, "accepted")]
    assert [one["status"] for one in told["statuses"]] == ["violation"]
    assert [one["field"] for one in told["changes"]] == ["added", "id"]
    shown = desk("history", "silent").printed
    assert "Reports: none" in shown
    assert "pending" in shown


@pytest.mark.parametrize("command", ["explain", "history"])
def test_a_device_that_is_not_there_is_the_callers(desk: Desk, command: str) -> None:
    ran = desk(command, "dirt")
    assert (ran.code, "did you mean `dirty`?" in ran.printed) == (2, True)


def test_a_sweep_keeps_verdicts_and_says_what_changed(desk: Desk) -> None:
    first = desk("sweep", "--jobs", "1")
    assert (first.code, "The first sweep" in first.printed) == (1, True)
    second = json.loads(desk("sweep", "--json", "--jobs", "1").printed)
    assert (second["changes"]["since"], second["judged"]["sweep"]) == (1, 2)
    assert second["changes"]["worse"] == second["changes"]["new"] == []
    assert {one["name"]: one["status"] for one in second["devices"]} == devices(desk("list", "--json"))


def test_a_sweep_of_a_unit_and_one_of_another_pack(desk: Desk) -> None:
    assert set(devices(desk("sweep", "--json", "--unit", "office", "--jobs", "1"))) == {"clean", "blind"}
    tried = json.loads(desk("sweep", "--json", "--pack", "eu-commission-2023", "--jobs", "1").printed)
    assert (tried["judged"]["pack"], len(tried["devices"])) == ("eu-commission-2023", 4)
    assert json.loads(desk("history", "dirty", "--json").printed)["statuses"] == []
    assert desk("sweep", "--pack", "no-such-pack").code == 2


@pytest.mark.parametrize("form", ["csv", "json", "jsonl", "junit"])
def test_an_export_is_of_the_last_finished_sweep_in_a_private_file(desk: Desk, form: str) -> None:
    desk("sweep", "--json", "--jobs", "1")
    output = desk.folder / "out"
    ran = desk("export", "--format", form, "--output", str(output))
    assert (ran.printed, ran.code) == ("", 0)
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    assert desk("export", "--format", form).printed == output.read_bytes().decode()
    assert "dirty" in output.read_text(encoding="utf-8")
    assert [path.name for path in desk.folder.iterdir() if path.name.startswith(".out")] == []


def test_an_export_as_of_now_needs_no_sweep_and_one_of_a_sweep_needs_a_finished_one(desk: Desk) -> None:
    assert "no sweep yet" in desk("export", "--format", "csv").printed
    assert devices(desk("export", "--format", "json", "--now"))["dirty"] == "violation"
    assert desk("export", "--format", "json", "--now", "--sweep", "1").code == 2
    installation = open_installation(desk.folder)
    with installation.store.write() as connection:
        connection.execute(insert(sweep).values(no=1, started_at=NOW, at=NOW, engine="0", devices=4, inputs="sha256:0"))
    installation.store.close()
    ran = desk("export", "--format", "json", "--sweep", "1")
    assert (ran.code, "was cut off" in ran.printed) == (2, True)


def test_every_look_is_written_down_with_who_what_and_why(desk: Desk) -> None:
    desk("list", "--as", "o1", "--why", "case 7", "--unit", "office")
    desk("explain", "dirty", "--as", "o1", "--why", "case 8")
    desk("history", "dirty", "--as", "o1", "--why", "case 9")
    (one,) = desk.log("list-read")
    assert (one.who, one.about, one.why) == ("o1", "office", "case 7")
    assert [(one.who, one.about, one.why) for one in desk.log("device-read")] == [
        ("o1", "dirty", "case 8"), ("o1", "dirty", "case 9"),
    ]  # fmt: skip


def test_an_officer_of_one_unit_sees_no_other_one(desk: Desk) -> None:
    close(desk, ("o1", "officer", "office"), ("chief", "officer", None))
    desk("sweep", "--json", "--as", "chief", "--jobs", "1")
    assert set(devices(desk("list", "--json", "--as", "o1"))) == {"clean", "blind"}
    assert set(devices(desk("export", "--format", "json", "--as", "o1"))) == {"clean", "blind"}
    assert set(devices(desk("sweep", "--json", "--as", "o1", "--jobs", "1"))) == {"clean", "blind"}
    assert len(devices(desk("export", "--format", "json", "--as", "chief"))) == 4  # the unit's own sweep is not of all
    assert desk("list", "--unit", "patrol", "--as", "o1").code == 2
    for name in ("dirty", "nobody", "dirt"):
        for command in ("explain", "history"):
            ran = desk(command, name, "--as", "o1")
            assert ran.printed.replace(name, "X") == (
                "setapart-auditor: no device `X`; expected a name of `setapart-auditor device list`\n"
            )


def test_who_may_look_may_not_sweep_or_export_and_nobody_acts_without_a_name(desk: Desk) -> None:
    close(desk, ("v1", "viewer", None))
    assert desk("list", "--as", "v1").code == 1
    assert desk("explain", "clean", "--as", "v1").code == 0
    for words in (("sweep",), ("export", "--format", "csv", "--now")):
        assert desk(*words, "--as", "v1").code == 2
    for words in (("list",), ("explain", "clean"), ("history", "clean"), ("sweep",)):
        assert desk(*words).code == 2


@pytest.mark.parametrize("body", [b"", b"\x28\xb5\x2f\xfd\x20", b"cut off"], ids=["empty", "cut", "no zstd"])
def test_a_damaged_inventory_is_an_error_of_its_device_for_every_command(desk: Desk, body: bytes) -> None:
    damage(desk, update(inventory).where(inventory.c.evidence_no == 1).values(body=body))
    everybody = {"clean": "invalid", "blind": "inconclusive", "dirty": "violation", "silent": "pending"}
    for words in (("list",), ("sweep", "--jobs", "1")):
        ran = desk(*words, "--json")
        assert (devices(ran), ran.code) == (everybody, 1)
    assert devices(desk("export", "--format", "json", "--now")) == everybody
    shown = desk("explain", "clean")
    assert ("violation evidence-damaged" in shown.printed, shown.code) == (True, 1)
    told = json.loads(desk("history", "clean", "--json").printed)
    assert [one["status"] for one in told["statuses"]] == ["invalid"]


@pytest.mark.parametrize("body", [b"", b"cut off"], ids=["empty", "no zstd"])
def test_a_damaged_verdict_is_an_error_of_its_device_in_every_export(desk: Desk, body: bytes) -> None:
    desk("sweep", "--json", "--jobs", "1")
    damage(desk, update(verdict).where(verdict.c.device_no == 1).values(body=body))
    everybody = {"clean": "invalid", "blind": "inconclusive", "dirty": "violation", "silent": "pending"}
    assert devices(desk("export", "--format", "json")) == everybody
    lines = desk("export", "--format", "jsonl").printed.splitlines()
    assert {json.loads(line)["name"]: json.loads(line)["status"] for line in lines} == everybody
    assert "clean,ordinary,office,invalid," in desk("export", "--format", "csv").printed
    junit = desk("export", "--format", "junit").printed
    assert '<testsuites name="setapart" tests="4" failures="2" errors="2">' in junit
    assert junit.count("<failure ") == 2
    again = json.loads(desk("sweep", "--json", "--jobs", "1").printed)
    assert [one["name"] for one in again["changes"]["cured"]] == ["clean"]


def test_a_sweep_names_exceptions_that_are_not_as_signed_and_is_never_green_by_itself(desk: Desk) -> None:
    desk("device", "add", "apart", "--class", "social-dedicated", "--holder", "h1", "--as", "o1")
    until = str((NOW + 30 * DAY).date())
    words = ("--device", "apart", "--app", "tiktok", "--need", "press", "--until", until)
    asked = desk("exception", "request", *words, "--as", "o1").printed.split()[-1]
    assert desk("exception", "approve", asked, "--as", "o2").code == 0
    for name in ("blind", "dirty", "silent", "apart"):
        assert desk("device", "retire", name, "--as", "o1").code == 0
    assert desk("sweep", "--jobs", "1", "--as", "o1").code == 0
    damage(desk, update(exception).values(need="leisure"))
    shown = desk("sweep", "--jobs", "1", "--as", "o1")
    assert (shown.code, f"exception {asked} of apart for tiktok is not as two officers signed it" in shown.printed) == (
        3, True,
    )  # fmt: skip
    told = json.loads(desk("sweep", "--jobs", "1", "--json", "--as", "o1").printed.partition("\n")[0])
    assert [(one["id"], one["device"], one["app"]) for one in told["broken_exceptions"]] == [(asked, "apart", "tiktok")]
    for words in (("list",), ("explain", "apart")):
        shown = desk(*words, "--as", "o1")
        said = f"exception {asked} of apart for tiktok is not as two officers signed it"
        assert (shown.code, said in shown.printed) == (3, True), shown.printed
        told = json.loads(desk(*words, "--json", "--as", "o1").printed.partition("\n")[0])
        assert [one["id"] for one in told["broken_exceptions"]] == [asked]
    (finding,) = (one for one in told["findings"] if one["control"] == "exception-not-as-signed")
    assert "another need than what was signed" in finding["message"]
    assert "not as two officers" not in desk("explain", "clean", "--as", "o1").printed
    close(desk, ("ann", "auditor", "office"))
    mine = desk("list", "--as", "ann")
    assert (mine.code, "apart" in mine.printed) == (0, False), mine.printed
    assert desk("exception", "revoke", asked, "--as", "o2", "--why", "was changed").code == 0
    after = desk("sweep", "--jobs", "1", "--as", "o1")
    assert (after.code, "not as two officers" in after.printed) == (0, False), after.printed
