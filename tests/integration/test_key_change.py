"""A change of keys with the real auditor: whatever happens meanwhile, every report is taken, in its chain."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from programs import agent, auditor
from service import free_port, serving, start
from setapart_agent.cli.exchange import connect
from setapart_agent.enrolment import ask_to_rotate
from setapart_agent.membership import enrolled
from setapart_agent.spool import Spool
from setapart_auditor.enrolment.tokens import issue_token
from setapart_auditor.installation import open_installation
from setapart_auditor.register.database import NewDevice, add_device
from setapart_auditor.store.schema import chain, evidence
from setapart_evidence.keystore import make_key, open_key
from stores import make_installation


@dataclass
class Pair:
    """An enrolled agent's folder, its auditor's, and the port that this serves on."""

    home: Path
    auditor: Path
    port: int

    def report(self, *options: str) -> None:
        ran = agent("report", "--dir", self.home, *options)
        assert ran.code == 0, ran.err

    @property
    def kept(self) -> tuple[int, int]:
        """Reports in the spool, and those that were put aside."""
        spool = Spool(self.home)
        return len(spool.reports()), len(spool.rejected())

    @property
    def key(self) -> str:
        return open_key((self.home / "key.pem").read_bytes()).public.keyid

    def taken(self) -> list[tuple[str, str]]:
        """Of every report of the device in the auditor's order: whose chain it is in, and its outcome."""
        installation = open_installation(self.auditor)
        try:
            with installation.store.read() as connection:
                query = select(chain.c.keyid, evidence.c.outcome).join(chain, chain.c.no == evidence.c.chain_no)
                return [(row.keyid, row.outcome) for row in connection.execute(query.order_by(evidence.c.no))]
        finally:
            installation.store.close()

    def ask_for_a_new_key(self) -> None:
        ask_to_rotate(
            self.home, open_key((self.home / "key.pem").read_bytes()), lambda: make_key("file"), dt.datetime.now(dt.UTC)
        )


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = Pair(tmp_path / "agent", tmp_path / "auditor", free_port())
    installation = make_installation(made.auditor)
    now = dt.datetime.now(dt.UTC)
    with installation.store.write() as connection:
        device = add_device(connection, NewDevice(name="desk", device_class="ordinary"), "ada", now)
        url = f"http://127.0.0.1:{made.port}"
        token = issue_token(connection, installation, url=url, device=device, actor_name="ada", now=now)
    installation.store.close()
    with serving(made.auditor, "--no-appraiser", port=made.port):
        ran = agent("enrol", token.spelled(), "--dir", made.home)
        assert ran.code == 0, ran.err
        made.report()
    return made


def test_reports_made_while_a_change_of_keys_is_carried_by_hand_are_taken_afterwards(
    pair: Pair, tmp_path: Path
) -> None:
    before = pair.key
    assert agent("enrol", "--rotate", "--output", tmp_path / "request", "--dir", pair.home).code == 3
    pair.report("--no-deliver")
    pair.report("--no-deliver")
    ran = auditor("ingest", tmp_path / "request", "--dir", pair.auditor)
    assert ran.code == 0, ran.err
    assert agent("enrol", "--answer", tmp_path / "request.answer", "--dir", pair.home).code == 0
    assert pair.key != before
    with serving(pair.auditor, "--no-appraiser", port=pair.port):
        ran = agent("deliver", "--dir", pair.home, "--now")
        assert (ran.code, pair.kept) == (0, (0, 0)), ran.err
        pair.report()
    assert pair.taken() == [(before, "accepted"), *[(pair.key, "accepted")] * 3]


def test_reports_made_after_the_answer_to_a_change_of_keys_was_lost_are_taken(pair: Pair) -> None:
    before = pair.key
    pair.ask_for_a_new_key()
    rotation = enrolled(pair.home).rotation
    assert rotation is not None
    with serving(pair.auditor, "--no-appraiser", port=pair.port):
        client = connect(enrolled(pair.home))
        client.post("/v1/rotate", rotation.encode())  # and its answer gets lost
        client.close()
    pair.report("--no-deliver")
    assert pair.key == before
    service = start(pair.auditor, "--no-appraiser", port=pair.port)
    try:
        ran = agent("deliver", "--dir", pair.home, "--now")
        assert (ran.code, pair.kept) == (0, (0, 0)), ran.err
        pair.report()
    finally:
        service.stop()
    assert pair.taken() == [(before, "accepted"), (pair.key, "accepted"), (pair.key, "accepted")]


def test_reports_that_are_delivered_before_the_auditor_has_heard_of_the_new_key_stay_in_the_old_chain(
    pair: Pair,
) -> None:
    before = pair.key
    pair.ask_for_a_new_key()
    pair.report("--no-deliver")
    (kept,) = Spool(pair.home).reports()
    with serving(pair.auditor, "--no-appraiser", port=pair.port):
        client = connect(enrolled(pair.home))
        client.post("/v1/report", kept.path.read_bytes())
        client.close()
        pair.report()  # finishes the change first
        assert pair.kept == (0, 0)
    assert pair.taken() == [(before, "accepted"), (before, "accepted"), (pair.key, "accepted")]
