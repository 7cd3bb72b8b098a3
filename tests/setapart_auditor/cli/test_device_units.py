"""An officer of one unit at devices of another: for them, these are not there."""

import json
from pathlib import Path

import pytest

from enrolling import Office, new_key, request
from setapart_auditor.cli.acting import opened
from stores import make_installation
from typed_commands import Ran, run

THEIRS, NOBODYS = "patrol-7", "patrol-8"
DIGEST = "sha256:" + "11" * 32
AT_A_DEVICE = (
    ("device", "show", "NAME"),
    ("device", "change", "NAME", "--holder", "h"),
    ("device", "retire", "NAME"),
    ("device", "replace", "NAME", "--by", "new"),
    ("device", "revoke", "NAME"),
    ("device", "hold", "NAME"),
    ("device", "settle", "NAME", DIGEST),
    ("device", "attest", "NAME", "--client", "c", "--until", "2027-01-01"),
    ("device", "token", "NAME"),
    ("exception", "list", "--device", "NAME"),
    ("exception", "request", "--device", "NAME", "--app", "tiktok", "--need", "n", "--until", "2027-01-01"),
    ("explain", "NAME"),
    ("history", "NAME"),
)


def typed(folder: Path, *words: str) -> Ran:
    return run(folder, "setapart-auditor", *words, "--dir", "auditor")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Devices of units north and south; ann is of the north."""
    made = make_installation(tmp_path / "auditor")
    office = Office(made)
    office.add(THEIRS, unit="south", holder="s")
    office.add("desk-1", unit="north", holder="n")
    for unit in ("south", "north"):
        office.enrol(request(office.fleet(unit=unit, confirm=True), new_key(), name=f"{unit}ern"))
    office.issue(device=office.add("bound", unit="south"))
    made.store.close()
    roles = ("--role", "officer", "--role", "technician", "--role", "auditor")
    for words in (("root", "--role", "admin"), ("ann", *roles, "--unit", "north", "--as", "root")):
        assert typed(tmp_path, "officer", "add", *words).code == 0
    return tmp_path


@pytest.mark.parametrize("words", AT_A_DEVICE, ids=" ".join)
def test_another_units_device_is_not_there_in_the_words_for_one_that_is_nobodys(
    words: tuple[str, ...], folder: Path
) -> None:
    theirs, nobodys = (
        typed(folder, *(name if word == "NAME" else word for word in words), "--as", "ann")
        for name in (THEIRS, NOBODYS)
    )
    assert (theirs.code, nobodys.code) == (2, 2)
    assert f"no device `{THEIRS}`" in theirs.printed
    assert theirs.printed == nobodys.printed.replace(NOBODYS, THEIRS)


@pytest.mark.parametrize("words", AT_A_DEVICE, ids=" ".join)
def test_who_sees_every_unit_is_told_what_they_may_have_meant(words: tuple[str, ...], folder: Path) -> None:
    missed = typed(folder, *(NOBODYS if word == "NAME" else word for word in words), "--as", "root")
    assert missed.code == 2
    assert f"did you mean `{THEIRS}`?" in missed.printed


def test_lists_hold_their_own_units_devices_tokens_and_requests(folder: Path) -> None:
    def told(*words: str) -> str:
        ran = typed(folder, "device", *words, "--as", "ann")
        assert ran.code == 0, ran.printed
        return ran.printed

    assert [one["name"] for one in json.loads(told("list", "--json"))["devices"]] == ["desk-1"]
    assert [one["unit"] for one in json.loads(told("tokens", "list", "--json"))["tokens"]] == ["north"]
    assert "desk-1" in told("export")
    for words in (("list",), ("list", "--unit", "south"), ("export",), ("export", "--unit", "south"), ("waiting",)):
        assert THEIRS not in told(*words)
        assert "southern" not in told(*words)
    assert "northern" in told("waiting")


def test_another_units_tokens_and_requests_are_not_there_in_the_words_for_those_that_are_nobodys(
    folder: Path,
) -> None:
    for words, said in (
        (("tokens", "revoke", "NUMBER"), "no token"),
        (("confirm", "NUMBER"), "nothing waits under"),
        (("confirm", "NUMBER", "--refuse"), "nothing waits under"),
    ):
        theirs, nobodys = (
            typed(folder, "device", *(number if word == "NUMBER" else word for word in words), "--as", "ann")
            for number in ("1", "99")
        )
        assert (theirs.code, nobodys.code) == (2, 2)
        assert said in theirs.printed
        assert theirs.printed == nobodys.printed.replace("99", "1")
    bound = typed(folder, "device", "tokens", "revoke", "3", "--as", "ann")
    assert (bound.code, "bound" in bound.printed) == (2, False)


def test_nothing_is_put_into_or_taken_from_another_unit(folder: Path) -> None:
    (folder / "f.csv").write_text("name,class,unit\nnew,ordinary,south\n", encoding="utf-8")
    (folder / "s.pub").write_bytes(new_key().public.pem())
    for words in (
        ("add", "new", "--class", "ordinary", "--unit", "south"),
        ("add", "new", "--class", "ordinary"),
        ("change", "desk-1", "--unit", "south"),
        ("token", "--class", "ordinary", "--unit", "south"),
        ("import", "f.csv"),
        ("station", "add", "desk", "--key", "s.pub"),
    ):
        refused = typed(folder, "device", *words, "--as", "ann")
        assert refused.code == 2, words
        assert "ann acts for unit north" in refused.printed
    with opened(folder / "auditor") as installation, installation.store.read() as connection:
        found = {row.name: row.unit for row in connection.exec_driver_sql("SELECT name, unit FROM device")}
    assert found == {THEIRS: "south", "bound": "south", "desk-1": "north"}


@pytest.mark.parametrize("update", [(), ("--update",)], ids=["plain", "update"])
@pytest.mark.parametrize(
    "line",
    [
        "NAME,ordinary,other,north", "NAME,personal,s,south", "NAME,ordinary,s,south", "fresh,ordinary,n,south",
        "desk-1,ordinary,n,south",
    ],
)  # fmt: skip
def test_an_import_tells_nothing_of_another_units_device(line: str, update: tuple[str, ...], folder: Path) -> None:
    """Not which fields differ, nor its unit, nor whether the name is somebody's elsewhere."""
    told = []
    for name in (THEIRS, NOBODYS):
        text = line.replace("NAME", name)
        (folder / "devices.csv").write_text(f"name,class,holder,unit\n{text}\n", encoding="utf-8")
        ran = typed(folder, "device", "import", "devices.csv", *update, "--as", "ann", "--dry-run")
        told.append(ran.printed.replace(name, "X"))
        if "south" in text or name == THEIRS:
            assert ran.code == 2, ran.printed
        for word in ("another", "personal", "holder"):
            assert word not in ran.printed, ran.printed
    if "south" in line:
        assert told[0] == told[1]
    else:
        assert "no device `X`; expected a name of `setapart-auditor device list`" in told[0]
