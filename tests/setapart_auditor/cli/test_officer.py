"""`setapart-auditor officer`, and the table of what each role may do."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection

from markdown import document, table
from people_maker import NOW, add_phone, wanted
from setapart_auditor.cli.officer import ROLES as OFFERED
from setapart_auditor.errors import NotAllowedError
from setapart_auditor.exceptions.decide import approve, find, request, revoke
from setapart_auditor.installation import Installation, load_policies
from setapart_auditor.looks.readers import READERS
from setapart_auditor.officers.actor import ROLES, Actor
from setapart_auditor.officers.changes import add
from setapart_evidence.keys import generate
from stores import make_installation
from typed_commands import run

MAY = table(document("docs/service/officers.md"), "What each role may do")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_installation(tmp_path / "A").store.close()
    return tmp_path


def test_the_command_offers_the_roles_that_there_are() -> None:
    assert OFFERED == ROLES


def test_an_office_is_opened(folder: Path) -> None:
    def typed(*words: str) -> str:
        ran = run(folder, "setapart-auditor", "officer", *words, "--dir", "A")
        assert ran.code == 0, ran.printed
        return ran.printed

    typed("add", "boss", "--role", "admin")
    typed("add", "ola", "--role", "officer", "--role", "viewer", "--unit", "patrol", "--as", "boss")
    typed("role", "ola", "--role", "approver", "--as", "boss")
    token = typed("token", "ola", "--as", "ola")
    assert token.startswith("spo1.")
    assert len(token.splitlines()) == 1
    typed("disable", "ola", "--as", "boss", "--why", "left")
    boss, ola = json.loads(typed("list", "--json", "--as", "boss"))["officers"]
    assert (boss["name"], boss["roles"], boss["implicit"]) == ("boss", ["admin"], False)
    assert (ola["roles"], ola["unit"], ola["disabled_at"] is None) == (["approver"], "patrol", False)
    assert "disabled" in typed("list", "--as", "boss")
    ran = run(folder, "setapart-auditor", "officer", "list", "--dir", "A", "--as", "ola")
    assert (ran.code, "was disabled" in ran.printed) == (2, True)


def test_a_folder_that_is_no_auditor_s_is_said(tmp_path: Path) -> None:
    ran = run(tmp_path, "setapart-auditor", "officer", "list", "--dir", "nowhere")
    assert ran.code == 2
    assert "Traceback" not in ran.printed


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_do_what_the_guide_says(role: str, tmp_path: Path) -> None:
    made = make_installation(tmp_path / "auditor")
    policies = load_policies(made)
    with made.store.write() as connection:
        add_phone(connection)
        told = dict(zip(MAY.column("may"), MAY.column(role), strict=True))
        acts = {
            "see exceptions and officers": lambda actor: find(connection, actor, asked(made, connection)),
            "look at devices": lambda actor: actor.require(*READERS),
            "ask for an exception": lambda actor: request(connection, policies, actor, wanted(), NOW),
            "approve an exception": lambda actor: approve(connection, policies, actor, asked(made, connection), NOW),
            "reject or revoke an exception": lambda actor: revoke(
                connection, actor, approved(made, connection), NOW, why="x"
            ),
            "read the log": lambda actor: actor.require("auditor"),
            "add, disable and change officers": lambda actor: add(
                made, connection, actor, f"of {role}", roles=("viewer",), unit=None, key=None, now=NOW
            ),
        }  # fmt: skip
        add(made, connection, actor_of("admin"), "first", roles=("admin",), unit=None, key=None, now=NOW)
        for name, act in acts.items():
            assert allowed(act, actor_of(role)) == (told[name] == "yes"), name
        assert told.keys() == acts.keys()
    made.store.close()


def actor_of(role: str) -> Actor:
    """Somebody with one role and a key."""
    return Actor(name=f"a {role}", roles=frozenset({role}), signer=generate())  # type: ignore[arg-type]


def allowed(act: Callable[[Actor], object], actor: Actor) -> bool:
    """Whether they may."""
    try:
        act(actor)
    except NotAllowedError:
        return False
    return True


def asked(made: Installation, connection: Connection) -> str:
    """A request of an officer of the register."""
    from setapart_auditor.officers.actor import acting, find_officer

    if find_officer(connection, "ola") is None:
        add(made, connection, actor_of("admin"), "ola", roles=("officer",), unit=None, key=None, now=NOW)
        add(made, connection, actor_of("admin"), "per", roles=("approver",), unit=None, key=None, now=NOW)
    return request(connection, load_policies(made), acting(made, connection, "ola", NOW), wanted(), NOW)


def approved(made: Installation, connection: Connection) -> str:
    """An exception that two officers of the register signed."""
    from setapart_auditor.officers.actor import acting

    id_ = asked(made, connection)
    approve(connection, load_policies(made), acting(made, connection, "per", NOW), id_, NOW)
    return id_
