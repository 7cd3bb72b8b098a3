"""Officers are added, given roles and disabled."""

import pytest

from people_maker import NOW, OPEN, add_officers, as_
from setapart_auditor.errors import AuditorError, NotAllowedError
from setapart_auditor.installation import Installation
from setapart_auditor.log.entries import read_entries
from setapart_auditor.officers.actor import Actor, acting
from setapart_auditor.officers.changes import add, disable, officers, set_roles
from setapart_auditor.register.database import version_of


def test_the_first_one_is_an_administrator_of_every_unit(installation: Installation) -> None:
    with installation.store.write() as connection:
        for roles, unit in ((("officer",), None), (("admin",), "patrol")):
            with pytest.raises(AuditorError, match="no administrator"):
                add(installation, connection, OPEN, "ola", roles=roles, unit=unit, key=None, now=NOW)  # type: ignore[arg-type]
        assert officers(connection) == ()


def test_who_came_by_first_use_keeps_the_key_and_gets_the_roles(installation: Installation) -> None:
    with installation.store.write() as connection:
        acting(installation, connection, "ola", NOW)
        (before,) = officers(connection)
        add(installation, connection, OPEN, "Ola", roles=("admin",), unit=None, key=None, now=NOW)
        (after,) = officers(connection)
    assert (before.implicit, after.implicit) == (True, False)
    assert (after.keyid, after.roles) == (before.keyid, ("admin",))


def test_nobody_but_an_administrator_of_every_unit_keeps_officers(installation: Installation) -> None:
    with installation.store.write() as connection:
        add_officers(installation, connection)
        scoped = Actor(name="sub", roles=frozenset({"admin"}), unit="patrol")
        for actor in (as_(installation, connection, "ola"), as_(installation, connection, "per"), scoped):
            with pytest.raises(NotAllowedError):
                add(installation, connection, actor, "eve", roles=("admin",), unit=None, key=None, now=NOW)
            with pytest.raises(NotAllowedError):
                set_roles(connection, actor, "ola", ("approver",), NOW)
            with pytest.raises(NotAllowedError):
                disable(connection, actor, "boss", NOW)


def test_nobody_changes_their_own_roles(installation: Installation) -> None:
    with installation.store.write() as connection:
        add_officers(installation, connection)
        boss = as_(installation, connection, "boss")
        set_roles(connection, boss, "ola", ("admin",), NOW)
        with pytest.raises(NotAllowedError, match="own roles"):
            set_roles(connection, boss, "BOSS", ("admin", "approver"), NOW)


def test_the_last_administrator_stays(installation: Installation) -> None:
    with installation.store.write() as connection:
        add_officers(installation, connection)
        boss = as_(installation, connection, "boss")
        with pytest.raises(NotAllowedError, match="last"):
            disable(connection, boss, "boss", NOW)
        set_roles(connection, boss, "ola", ("admin",), NOW)
        disable(connection, boss, "boss", NOW)
        with pytest.raises(NotAllowedError, match="disabled"):
            as_(installation, connection, "boss")
        with pytest.raises(NotAllowedError, match="last"):
            disable(connection, as_(installation, connection, "ola"), "ola", NOW)


def test_a_disabled_name_is_not_given_away(installation: Installation) -> None:
    with installation.store.write() as connection:
        add_officers(installation, connection)
        boss = as_(installation, connection, "boss")
        disable(connection, boss, "ola", NOW)
        for act in (
            lambda: add(installation, connection, boss, "Ola", roles=("viewer",), unit=None, key=None, now=NOW),
            lambda: disable(connection, boss, "ola", NOW),
            lambda: set_roles(connection, boss, "ola", ("viewer",), NOW),
        ):
            with pytest.raises(AuditorError):
                act()


def test_every_change_is_logged_and_told_to_those_who_remember(installation: Installation) -> None:
    with installation.store.write() as connection:
        add_officers(installation, connection)
        boss, before = as_(installation, connection, "boss"), version_of(connection)
        set_roles(connection, boss, "ola", ("officer", "technician"), NOW, why="a new task")
        disable(connection, boss, "per", NOW, why="left")
        assert version_of(connection) == before + 2
    with installation.store.read() as connection:
        found = [
            (one.kind, one.who, one.about, one.why)
            for one in read_entries(connection, kind=None, about=None, first=0, limit=100)
        ]
    assert ("officer-add", "os:root", "boss", "") in found
    assert ("officer-role", "boss", "ola", "a new task") in found
    assert ("officer-disable", "boss", "per", "left") in found
