"""Who acts: open and closed, names, keys."""

import os
import stat
from pathlib import Path

import pytest
from sqlalchemy import Connection

from people_maker import NOW, OPEN
from setapart_auditor.errors import AuditorError, NotAllowedError
from setapart_auditor.installation import Installation
from setapart_auditor.officers.actor import ROLES, Actor, acting, add_officer
from setapart_auditor.officers.changes import add
from setapart_evidence.keys import generate


def close(installation: Installation, connection: Connection, **keys: Path | None) -> None:
    add(
        installation, connection, OPEN, "boss", roles=("admin",), unit=None, key=keys.get("key"), now=NOW
    )  # fmt: skip


def test_while_open_the_user_of_the_system_may_do_everything(installation: Installation) -> None:
    with installation.store.write() as connection:
        actor = acting(installation, connection, None, NOW)
    assert actor.name.startswith("os:")
    assert all(actor.may(role) for role in ROLES)
    assert actor.signer is None


def test_while_open_a_name_becomes_an_officer_once(
    installation: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    with installation.store.write() as connection:
        first = acting(installation, connection, "Ola Nordmann", NOW)
        again = acting(installation, connection, " ola  NORDMANN", NOW)
    assert first.roles == {"officer", "approver"}
    assert first.signer is not None
    assert again.signer is not None
    assert (again.name, again.signer.public) == (first.name, first.signer.public)
    assert capsys.readouterr().err.count("is an officer from now on") == 1
    key = installation.folder / "officers" / "Ola Nordmann.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700


def test_a_key_is_private_under_any_umask(installation: Installation) -> None:
    before = os.umask(0)
    try:
        with installation.store.write() as connection:
            acting(installation, connection, "ola", NOW)
    finally:
        os.umask(before)
    assert stat.S_IMODE((installation.folder / "officers" / "ola.pem").stat().st_mode) == 0o600


def test_an_act_that_fails_does_not_take_the_name_away(installation: Installation) -> None:
    with pytest.raises(InterruptedError), installation.store.write() as connection:  # noqa: PT012 - it fails at the end
        acting(installation, connection, "ola", NOW)
        raise InterruptedError
    with installation.store.write() as connection:
        assert acting(installation, connection, "ola", NOW).signer is not None


@pytest.mark.parametrize("name", [None, "ola", "nobody"])
def test_once_closed_only_officers_act(installation: Installation, name: str | None) -> None:
    with installation.store.write() as connection:
        close(installation, connection)
        with pytest.raises(NotAllowedError):
            acting(installation, connection, name, NOW)
        assert acting(installation, connection, "BOSS", NOW).may("admin")


@pytest.mark.parametrize("name", ["", " ", "os:root", "OS:root", "../x", ".x", "a/b", "a\nb\x00", "x" * 129, "\u3164"])
def test_a_name_that_is_no_name_is_refused(installation: Installation, name: str) -> None:
    with installation.store.write() as connection, pytest.raises(AuditorError):
        add_officer(installation, connection, name, roles=("officer",), unit=None, added_by="x", now=NOW)


def test_a_public_key_alone_signs_nothing_and_its_private_half_does(installation: Installation, tmp_path: Path) -> None:
    signer, other = generate(), generate()
    (tmp_path / "per.pub").write_bytes(signer.public.pem())
    (tmp_path / "per.pem").write_bytes(signer.pem())
    (tmp_path / "other.pem").write_bytes(other.pem())
    with installation.store.write() as connection:
        close(installation, connection, key=tmp_path / "per.pub")
        assert acting(installation, connection, "boss", NOW).signer is None
        own = acting(installation, connection, "boss", NOW, key=tmp_path / "per.pem")
        assert own.signer is not None
        assert own.signer.public == signer.public
        with pytest.raises(NotAllowedError, match="not boss's"):
            acting(installation, connection, "boss", NOW, key=tmp_path / "other.pem")
    assert not (installation.folder / "officers").exists()


def test_no_two_officers_share_a_key(installation: Installation, tmp_path: Path) -> None:
    (tmp_path / "key.pub").write_bytes(generate().public.pem())
    with installation.store.write() as connection:
        close(installation, connection, key=tmp_path / "key.pub")
        with pytest.raises(AuditorError, match="another officer"):
            add(
                installation, connection, acting(installation, connection, "boss", NOW), "per",
                roles=("approver",), unit=None, key=tmp_path / "key.pub", now=NOW,
            )  # fmt: skip


def test_an_officer_of_a_unit_acts_for_it_alone() -> None:
    actor = Actor(name="ola", roles=frozenset({"officer"}), unit="Patrol")
    actor.require("officer", unit="patrol")
    with pytest.raises(NotAllowedError, match="acts for unit Patrol"):
        actor.require("officer", unit="press")
    assert not actor.sees("")


def test_an_administrator_has_every_role_but_the_approver_s() -> None:
    actor = Actor(name="boss", roles=frozenset({"admin"}))
    assert [role for role in ROLES if not actor.may(role)] == ["approver"]
