"""Asking, granting, rejecting, revoking."""

import datetime as dt
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, select

from people_maker import NOW, UNTIL, add_officers, add_phone, as_, ask, granted, wanted
from setapart_auditor.errors import AuditorError, NotAllowedError, RegisterError
from setapart_auditor.exceptions.database import exceptions
from setapart_auditor.exceptions.decide import approve, find, reject, request, revoke
from setapart_auditor.installation import Installation, load_policies
from setapart_auditor.log.entries import read_entries
from setapart_auditor.officers.actor import Actor
from setapart_auditor.officers.changes import add, disable
from setapart_auditor.register.database import change_device, find_device, version_of
from setapart_auditor.store.schema import exception

DAY = dt.timedelta(days=1)


@pytest.fixture
def office(installation: Installation) -> Installation:
    with installation.store.write() as connection:
        add_phone(connection)
        add_officers(installation, connection)
    return installation


def test_what_two_officers_signed_is_what_appraisal_gets(office: Installation) -> None:
    policies = load_policies(office)
    with office.store.write() as connection:
        id_ = ask(office, connection, policies)
        assert exceptions(connection) == ()
        approve(connection, policies, as_(office, connection, "per"), id_, NOW)
        (found,) = exceptions(connection)
    assert (found.id, found.device, found.app, found.holder, found.need) == (id_, "phone", "tiktok", "Kari", "outreach")
    assert (found.requested_by, found.approved_by, found.signed, found.revoked) == ("ola", "per", True, None)
    assert (found.valid_from, found.until) == (NOW.date(), UNTIL)


@pytest.mark.parametrize("name", ["ola", "boss"])
def test_only_an_approver_approves(office: Installation, name: str) -> None:
    policies = load_policies(office)
    with office.store.write() as connection:
        id_ = ask(office, connection, policies)
        with pytest.raises(NotAllowedError):
            approve(connection, policies, as_(office, connection, name), id_, NOW)


def test_only_an_officer_asks(office: Installation) -> None:
    with office.store.write() as connection, pytest.raises(NotAllowedError, match="role officer"):
        ask(office, connection, load_policies(office), "per")


def retired(connection: Connection) -> None:
    change_device(connection, find_device(connection, "phone"), {"state": "retired"}, "boss", NOW)


def handed_on(connection: Connection) -> None:
    change_device(connection, find_device(connection, "phone"), {"holder": "Nils"}, "boss", NOW)


def held_by_the_approver(connection: Connection) -> None:
    change_device(connection, find_device(connection, "phone"), {"holder": "Per"}, "boss", NOW)


def made_ordinary(connection: Connection) -> None:
    change_device(connection, find_device(connection, "phone"), {"class": "ordinary"}, "boss", NOW)


@pytest.mark.parametrize("change", [retired, handed_on, held_by_the_approver, made_ordinary])
def test_what_changed_since_the_request_counts(office: Installation, change: Callable[[Connection], None]) -> None:
    policies = load_policies(office)
    with office.store.write() as connection:
        id_ = ask(office, connection, policies)
        change(connection)
        with pytest.raises(AuditorError):
            approve(connection, policies, as_(office, connection, "per"), id_, NOW)


def test_the_request_of_an_officer_who_was_disabled_is_not_granted(office: Installation) -> None:
    policies = load_policies(office)
    with office.store.write() as connection:
        id_ = ask(office, connection, policies)
        disable(connection, as_(office, connection, "boss"), "ola", NOW)
        with pytest.raises(NotAllowedError, match="no officer any more"):
            approve(connection, policies, as_(office, connection, "per"), id_, NOW)


def test_what_was_granted_stays_when_its_officers_leave(office: Installation) -> None:
    with office.store.write() as connection:
        granted(office, connection, load_policies(office))
        disable(connection, as_(office, connection, "boss"), "ola", NOW)
        assert len(exceptions(connection)) == 1


def test_a_decision_is_made_once(office: Installation) -> None:
    policies = load_policies(office)
    with office.store.write() as connection:
        per = as_(office, connection, "per")
        id_ = ask(office, connection, policies)
        with pytest.raises(AuditorError, match="requested"):
            revoke(connection, per, id_, NOW, why="no")
        reject(connection, per, id_, NOW, why="no")
        for again in (
            lambda: approve(connection, policies, per, id_, NOW),
            lambda: reject(connection, per, id_, NOW, why="no"),
            lambda: revoke(connection, per, id_, NOW, why="no"),
        ):
            with pytest.raises(AuditorError, match="rejected"):
                again()
        assert exceptions(connection) == ()


def test_a_revoked_exception_carries_its_day(office: Installation) -> None:
    with office.store.write() as connection:
        id_ = granted(office, connection, load_policies(office))
        ola = as_(office, connection, "ola")
        with pytest.raises(AuditorError, match="or earlier"):
            revoke(connection, ola, id_, NOW, why="over", on=NOW.date() + DAY)
        revoke(connection, ola, id_, NOW + DAY, why="over", on=NOW.date())
        assert [one.revoked for one in exceptions(connection)] == [NOW.date()]
        with pytest.raises(AuditorError, match="revoked"):
            revoke(connection, ola, id_, NOW + DAY, why="over")


@pytest.mark.parametrize("why", ["", "  "])
def test_no_reason_no_end(office: Installation, why: str) -> None:
    policies = load_policies(office)
    with office.store.write() as connection:
        per, id_ = as_(office, connection, "per"), ask(office, connection, policies)
        with pytest.raises(AuditorError, match="no reason"):
            reject(connection, per, id_, NOW, why=why)
        approve(connection, policies, per, id_, NOW)
        with pytest.raises(AuditorError, match="no reason"):
            revoke(connection, per, id_, NOW, why=why)


def test_an_officer_of_another_unit_finds_nothing(office: Installation) -> None:
    policies = load_policies(office)
    with office.store.write() as connection:
        add_phone(connection, "press-phone", unit="press")
        boss = as_(office, connection, "boss")
        for name, role in (("pa", "officer"), ("pb", "approver")):
            add(office, connection, boss, name, roles=(role,), unit="patrol", key=None, now=NOW)  # type: ignore[arg-type]
        pa, pb = as_(office, connection, "pa"), as_(office, connection, "pb")
        with pytest.raises(RegisterError, match="no device"):
            request(connection, policies, pa, wanted("press-phone"), NOW)
        id_ = request(connection, policies, as_(office, connection, "ola"), wanted("press-phone"), NOW)
        for act in (
            lambda: find(connection, pa, id_),
            lambda: approve(connection, policies, pb, id_, NOW),
            lambda: reject(connection, pb, id_, NOW, why="no"),
            lambda: revoke(connection, pb, id_, NOW, why="no"),
        ):
            with pytest.raises(AuditorError, match="no exception"):
                act()


def test_without_a_key_nobody_signs(office: Installation) -> None:
    policies = load_policies(office)
    with office.store.write() as connection:
        ola = Actor(name="ola", roles=frozenset({"officer"}))
        with pytest.raises(NotAllowedError, match="--key"):
            request(connection, policies, ola, wanted(), NOW)
        per = Actor(name="per", roles=frozenset({"approver"}))
        with pytest.raises(NotAllowedError, match="--key"):
            approve(connection, policies, per, ask(office, connection, policies), NOW)


def test_every_decision_is_logged_and_told_to_those_who_remember(office: Installation) -> None:
    policies = load_policies(office)
    with office.store.write() as connection:
        before = version_of(connection)
        id_ = granted(office, connection, policies)
        revoke(connection, as_(office, connection, "ola"), id_, NOW, why="over")
        other = ask(office, connection, policies)
        reject(connection, as_(office, connection, "per"), other, NOW, why="no need")
        assert version_of(connection) == before + 5
    with office.store.read() as connection:
        found = read_entries(connection, kind=None, about=None, first=0, limit=100)
        assert connection.execute(select(exception.c.why).where(exception.c.id == other)).scalar_one() == "no need"
    assert [(one.kind, one.who, one.about, one.why) for one in found if one.kind.startswith("exception-")] == [
        ("exception-request", "ola", id_, "outreach"),
        ("exception-approve", "per", id_, ""),
        ("exception-revoke", "ola", id_, "over"),
        ("exception-request", "ola", other, "outreach"),
        ("exception-reject", "per", other, "no need"),
    ]
