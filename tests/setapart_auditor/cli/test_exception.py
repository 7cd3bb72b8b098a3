"""`setapart-auditor exception`."""

import datetime as dt
import json
from pathlib import Path

import pytest

from people_maker import add_phone
from setapart_evidence.keys import generate
from stores import make_installation
from typed_commands import Ran, run

UNTIL = (dt.datetime.now(dt.UTC).date() + dt.timedelta(days=90)).isoformat()
ASK = ("request", "--device", "phone", "--app", "tiktok", "--need", "outreach", "--until", UNTIL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = make_installation(tmp_path / "A")
    with made.store.write() as connection:
        add_phone(connection)
    made.store.close()
    return tmp_path


def typed(folder: Path, *words: str) -> Ran:
    return run(folder, "setapart-auditor", *words, "--dir", "A")


def test_two_officers_grant_and_one_ends_it(folder: Path) -> None:
    made = [typed(folder, "exception", *ASK, "--as", "o1").printed.splitlines()[-1] for _ in range(2)]
    id_, other = made
    assert typed(folder, "exception", "approve", id_, "--as", "o2").code == 0
    assert typed(folder, "exception", "reject", other, "--as", "o2", "--why", "twice").code == 0
    listed = json.loads(typed(folder, "exception", "list", "--json").printed)["exceptions"]
    assert [(one["id"], one["state"], one["signed_by"], one["broken"]) for one in listed] == [
        (id_, "approved", ["o1", "o2"], None),
        (other, "rejected", ["o1"], None),
    ]
    assert id_ not in typed(folder, "exception", "list", "--state", "rejected", "--device", "phone").printed
    assert "signed by     o1, o2" in typed(folder, "exception", "show", id_).printed
    assert typed(folder, "exception", "revoke", id_, "--as", "o1", "--why", "over").code == 0
    shown = json.loads(typed(folder, "exception", "show", id_, "--json").printed)
    assert (shown["state"], shown["revoked_by"], shown["why"]) == ("revoked", "o1", "over")
    assert typed(folder, "log", "verify").code == 0


def test_request_prints_the_id_alone(folder: Path) -> None:
    typed(folder, "exception", *ASK, "--as", "o1")
    assert typed(folder, "exception", *ASK, "--as", "o1").printed.strip().isalnum()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (ASK, "name the officer with --as"),
        ((*ASK, "--as", "kari"), "holds the device"),
        ((*ASK, "--as", "o1", "--holder", "Nils"), "--holder"),
        ((*ASK, "--as", "o1", "--app", "tiktock"), "did you mean `tiktok`"),
        ((*ASK, "--as", "o1", "--device", "phon"), "did you mean `phone`"),
        ((*ASK, "--as", "o1", "--until", "2020-01-01"), "--until: 2020-01-01 is past"),
        ((*ASK, "--as", "o1", "--until", "soon"), "soon"),
        (("approve", "nothing", "--as", "o1"), "no exception `nothing`"),
        (("show", "\x1b[31m"), "no exception"),
        (("reject", "nothing", "--as", "o1"), "no exception"),
    ],
)
def test_what_can_not_be_is_said_in_one_line(folder: Path, words: tuple[str, ...], said: str) -> None:
    ran = typed(folder, "exception", *words)
    assert ran.code == 2
    assert said in ran.printed
    assert "Traceback" not in ran.printed
    assert "\x1b" not in ran.printed


def test_a_key_that_lies_elsewhere_signs(folder: Path) -> None:
    signer = generate()
    (folder / "o1.pub").write_bytes(signer.public.pem())
    (folder / "o1.pem").write_bytes(signer.pem())
    assert typed(folder, "officer", "add", "boss", "--role", "admin").code == 0
    added = typed(folder, "officer", "add", "o1", "--role", "officer", "--key", "o1.pub", "--as", "boss")
    assert added.code == 0, added.printed
    without = typed(folder, "exception", *ASK, "--as", "o1")
    assert (without.code, "--key" in without.printed) == (2, True)
    assert typed(folder, "exception", *ASK, "--as", "o1", "--key", "o1.pem").code == 0
