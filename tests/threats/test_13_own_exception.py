"""Threat 13: an officer approves their own exception. Every order of commands, racing ones, and SQL by hand."""

import contextlib
import datetime as dt
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import insert, select, text, update

from people_maker import NOW, OPEN, add_officers, add_phone, as_, ask, granted, wanted
from setapart_auditor.appraisal.need import folded
from setapart_auditor.errors import AuditorError, StoreError
from setapart_auditor.exceptions.database import load
from setapart_auditor.exceptions.decide import approve, reject, request, revoke
from setapart_auditor.installation import Installation, load_policies
from setapart_auditor.officers.actor import ROLES, find_officer
from setapart_auditor.officers.changes import add, disable, set_roles
from setapart_auditor.register.database import change_device, find_device
from setapart_auditor.store.schema import exception
from stores import make_installation

PEOPLE = st.sampled_from(["Ola", "ola", "Per", "Åse", "A\u030ase", "boss", "Kari", " KARI ", "Ka\u200bri"])
SOME_ROLES = st.lists(st.sampled_from((*ROLES, "officer", "approver")), min_size=1, max_size=4)


class Offices(RuleBasedStateMachine):
    """Everybody tries everything, in one transaction that is never committed."""

    installation: Installation
    seen: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.policies = load_policies(self.installation)
        self.writing = self.installation.store.write()
        self.connection = self.writing.__enter__()
        add_phone(self.connection)
        self.ids: list[str] = []
        self.granted: dict[str, tuple[str, str]] = {}

    def teardown(self) -> None:
        """Takes back all that was done."""
        with contextlib.suppress(InterruptedError):
            self.writing.__exit__(InterruptedError, InterruptedError(), None)

    @contextlib.contextmanager
    def command(self) -> Iterator[None]:
        """One command: what fails changes nothing."""
        with contextlib.suppress(AuditorError), self.connection.begin_nested():
            yield

    @initialize(office=st.one_of(st.none(), st.dictionaries(PEOPLE, SOME_ROLES, min_size=3)))
    def begins(self, office: dict[str, list[str]] | None) -> None:
        """In the open mode, or with officers."""
        if office is not None:
            self.is_added(None, "boss", ["admin"])
            for name, roles in office.items():
                self.is_added("boss", name, roles)

    @rule(name=PEOPLE, holder=st.sampled_from([None, None, None, "kari", "Åse"]))
    def asks(self, name: str, holder: str | None) -> None:
        with self.command():
            actor = as_(self.installation, self.connection, name)
            self.ids.append(request(self.connection, self.policies, actor, wanted(holder=holder), NOW))
            self.seen["asked"] += 1

    @rule(asker=PEOPLE, names=st.permutations(["Ola", "Per", "A\u030ase", "boss", "KARI", "Ka\u200bri"]))
    def asks_and_all_try_to_approve(self, asker: str, names: list[str]) -> None:
        before = len(self.ids)
        self.asks(asker, None)
        for name in names if len(self.ids) > before else ():
            self.approves(name, self.ids[-1])

    @precondition(lambda self: self.ids)
    @rule(name=PEOPLE, data=st.data())
    def approves_one_of_them(self, name: str, data: st.DataObject) -> None:
        self.approves(name, data.draw(st.sampled_from(self.ids)))

    def approves(self, name: str, id_: str) -> None:
        """They try; what both might do at that moment is kept."""
        with self.command():
            actor = as_(self.installation, self.connection, name)
            self.seen["tried"] += 1
            approve(self.connection, self.policies, actor, id_, NOW)
            self.seen["granted"] += 1
            row = self.connection.execute(select(exception).where(exception.c.id == id_)).one()
            self.granted[id_] = (self.roles(row.requested_by), self.roles(row.decided_by))

    @precondition(lambda self: self.ids)
    @rule(name=PEOPLE, data=st.data(), rejects=st.booleans())
    def ends(self, name: str, data: st.DataObject, *, rejects: bool) -> None:
        id_ = data.draw(st.sampled_from(self.ids))
        with self.command():
            actor = as_(self.installation, self.connection, name)
            (reject if rejects else revoke)(self.connection, actor, id_, NOW, why="so")

    @rule(by=st.one_of(st.none(), PEOPLE), name=PEOPLE, roles=SOME_ROLES)
    def is_added(self, by: str | None, name: str, roles: list[str]) -> None:
        with self.command():
            actor = OPEN if by is None else as_(self.installation, self.connection, by)
            if by is None and find_officer(self.connection, "boss") is not None:
                return
            add(self.installation, self.connection, actor, name, roles=roles, unit=None, key=None, now=NOW)  # type: ignore[arg-type]

    @rule(by=PEOPLE, name=PEOPLE, roles=SOME_ROLES)
    def gets_roles(self, by: str, name: str, roles: list[str]) -> None:
        with self.command():
            actor = as_(self.installation, self.connection, by)
            set_roles(self.connection, actor, name, roles, NOW)  # type: ignore[arg-type]

    @rule(by=PEOPLE, name=PEOPLE)
    def is_disabled(self, by: str, name: str) -> None:
        with self.command():
            disable(self.connection, as_(self.installation, self.connection, by), name, NOW)

    @rule(holder=PEOPLE)
    def gets_the_phone(self, holder: str) -> None:
        with self.command():
            change_device(self.connection, find_device(self.connection, "phone"), {"holder": holder}, "boss", NOW)

    @invariant()
    def every_approved_exception_is_of_three_people(self) -> None:
        found = load(self.connection)
        assert not found.broken
        approved = set()
        for row in self.connection.execute(select(exception).where(exception.c.state == "approved")):
            approved.add(row.id)
            people = {folded(row.requested_by), folded(row.decided_by), folded(row.holder)}
            assert len(people) == 3
            requester, approver = self.granted[row.id]
            assert {"officer", "admin"} & set(requester.split(","))
            assert "approver" in approver.split(",")
        assert approved == {one.id for one in found.exceptions if one.revoked is None}

    def roles(self, name: str) -> str:
        """What an officer may do now; nothing if they were disabled."""
        row = find_officer(self.connection, name)
        assert row is not None
        return "" if row.disabled_at else str(row.roles)


def test_no_sequence_of_commands_grants_an_exception_by_fewer_than_three_people(tmp_path: Path) -> None:
    made = make_installation(tmp_path / "auditor")
    machine = type("TheseOffices", (Offices,), {"installation": made, "seen": Counter()})
    try:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=50,
                stateful_step_count=20,
                deadline=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        made.store.close()
    assert min(machine.seen["granted"], machine.seen["tried"] - machine.seen["granted"]) >= 10  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "values",
    [
        {"state": "approved"},
        {"state": "approved", "decided_by": "ola", "decided_folded": "ola"},
        {"state": "approved", "decided_by": "Kari", "decided_folded": "kari"},
        {"state": "revoked", "decided_by": "ola", "decided_folded": "ola"},
        {"state": "granted"},
        {"requested_by": "eve", "requested_folded": "eve"},
        {"holder_folded": "eve"},
        {"until": dt.date(2036, 1, 1)},
        {"app": "telegram"},
    ],
)
def test_a_request_is_not_granted_or_bent_by_hand(installation: Installation, values: dict[str, object]) -> None:
    store, policies = installation.store, load_policies(installation)
    with store.write() as connection:
        add_phone(connection)
        add_officers(installation, connection)
        id_ = ask(installation, connection, policies)
    with pytest.raises(StoreError), store.write() as connection:
        connection.execute(update(exception).where(exception.c.id == id_).values(**values))
    with store.read() as connection:
        assert load(connection).exceptions == ()


@pytest.mark.parametrize("requester", ["kari", "per"])
def test_an_exception_of_two_people_is_not_put_in_by_hand(installation: Installation, requester: str) -> None:
    store = installation.store
    with store.write() as connection:
        add_phone(connection)
        add_officers(installation, connection)
    with pytest.raises(StoreError), store.write() as connection:
        connection.execute(insert(exception).values(**by_hand(requested_by=requester, requested_folded=requester)))


def test_what_is_put_in_by_hand_makes_nothing_green_and_is_named(installation: Installation) -> None:
    store, policies = installation.store, load_policies(installation)
    with store.write() as connection:
        add_phone(connection)
        add_officers(installation, connection)
        good = granted(installation, connection, policies)
        envelope = connection.execute(select(exception.c.envelope)).scalar_one()
        connection.execute(insert(exception).values(**by_hand()))
        connection.execute(insert(exception).values(**by_hand(id="copy", envelope=envelope)))
        asked = ask(installation, connection, policies)
        connection.execute(
            update(exception)
            .where(exception.c.id == asked)
            .values(state="approved", decided_by="per", decided_folded="per", decided_at=NOW)
        )
    with store.read() as connection:
        found = load(connection)
    assert [one.id for one in found.exceptions] == [good]
    assert {one.id for one in found.broken} == {"by-hand", "copy", asked}


def test_of_racing_decisions_exactly_one_counts(installation: Installation) -> None:
    store, policies = installation.store, load_policies(installation)
    with store.write() as connection:
        add_phone(connection)
        add_officers(installation, connection)
        for name in ("pia", "pål", "pus"):
            add(installation, connection, OPEN, name, roles=("approver",), unit=None, key=None, now=NOW)
        id_ = ask(installation, connection, policies)
    start, done, failed = threading.Barrier(4), [], []

    def decide(name: str) -> None:
        start.wait()
        try:
            with store.write() as connection:
                actor = as_(installation, connection, name)
                if name == "pus":
                    reject(connection, actor, id_, NOW, why="no")
                else:
                    approve(connection, policies, actor, id_, NOW)
            done.append(name)
        except AuditorError as exc:
            failed.append(exc)

    race([threading.Thread(target=decide, args=(name,)) for name in ("per", "pia", "pål", "pus")])
    assert len(done) == 1
    assert len(failed) == 3
    with store.read() as connection:
        row = connection.execute(select(exception)).one()
        decisions = connection.execute(
            text("SELECT count(*) FROM log_leaf WHERE kind IN ('exception-approve', 'exception-reject')")
        ).scalar_one()
    assert (row.decided_by, decisions) == (done[0], 1)


def test_of_racing_revocations_exactly_one_counts(installation: Installation) -> None:
    store, policies = installation.store, load_policies(installation)
    with store.write() as connection:
        add_phone(connection)
        add_officers(installation, connection)
        id_ = granted(installation, connection, policies)
    start, done = threading.Barrier(2), []

    def end(name: str) -> None:
        start.wait()
        with contextlib.suppress(AuditorError):
            with store.write() as connection:
                revoke(connection, as_(installation, connection, name), id_, NOW, why=f"by {name}")
            done.append(name)

    race([threading.Thread(target=end, args=(name,)) for name in ("ola", "per")])
    assert len(done) == 1
    with store.read() as connection:
        (one,) = load(connection).exceptions
        assert connection.execute(select(exception.c.revoked_by)).scalar_one() == done[0]
    assert one.revoked == NOW.date()


def race(threads: list[threading.Thread]) -> None:
    """Runs them at the same time."""
    for one in threads:
        one.start()
    for one in threads:
        one.join()


def by_hand(**values: object) -> dict[str, object]:
    """A row that looks granted."""
    return {
        "id": "by-hand",
        "device_no": 1,
        "app": "tiktok",
        "holder": "Kari",
        "holder_folded": "kari",
        "need": "outreach",
        "valid_from": NOW.date(),
        "until": dt.date(2027, 5, 1),
        "state": "approved",
        "requested_by": "ola",
        "requested_folded": "ola",
        "requested_at": NOW,
        "decided_by": "per",
        "decided_folded": "per",
        "decided_at": NOW,
        "envelope": b"{}",
        **values,
    }
