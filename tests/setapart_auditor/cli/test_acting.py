"""One act of an officer: all of it or nothing, and only by who may."""

from pathlib import Path

import pytest

from people_maker import add_officers, add_phone
from setapart_auditor.cli.acting import Acting, acting_in, opened
from setapart_auditor.errors import NotAllowedError, RegisterError
from setapart_auditor.log.entries import ShownEntry, read_entries
from stores import make_installation


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = make_installation(tmp_path / "auditor")
    with made.store.write() as connection:
        add_officers(made, connection)
    made.store.close()
    return made.folder


def entries(folder: Path, kind: str) -> tuple[ShownEntry, ...]:
    with opened(folder) as installation, installation.store.read() as connection:
        return read_entries(connection, kind=kind, about=None, first=None, limit=10)


def test_an_act_that_fails_leaves_neither_what_it_did_nor_an_entry_in_the_log(folder: Path) -> None:
    with pytest.raises(NotAllowedError, match="ola is officer"), acting_in(folder, "ola", "officer") as at:
        _add_and_fail(at)
    with pytest.raises(RegisterError, match="no device"), acting_in(folder, "ola", "officer") as at:
        at.device("phone")
    assert entries(folder, "device-add") == ()


def _add_and_fail(at: Acting) -> None:
    add_phone(at.connection)
    at.record("device-add", "phone")
    at.actor.require("admin")


def test_an_act_is_recorded_with_who_why_and_what_else_tells_it(folder: Path) -> None:
    with acting_in(folder, "OLA", "officer", why="asked for") as at:
        at.record("device-hold", "phone", hold="held")
    (entry,) = entries(folder, "device-hold")
    assert (entry.who, entry.about, entry.why) == ("ola", "phone", "asked for")
    assert entry.record["detail"] == {"hold": "held"}


def test_who_has_none_of_the_roles_does_not_act(folder: Path) -> None:
    with pytest.raises(NotAllowedError, match="per is approver"), acting_in(folder, "per", "officer", "technician"):
        pytest.fail("an act of somebody who may not")
    with acting_in(folder, "per", "officer", "approver") as at:
        assert at.actor.name == "per"
