"""nginx, two `serve` processes and PostgreSQL: a server is killed and the database stopped while agents report.

50 agents; `SETAPART_AGENTS=1000` asks for more.
"""

import asyncio
import datetime as dt
import hashlib
import os
import re
import shutil
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from agent_swarm import Swarm
from nginx_server import nginx, trusting
from postgres_server import PostgresServer
from service import Service, free_port, make_certificate, start
from setapart_auditor.enrolment.tokens import issue_token
from setapart_auditor.installation import open_installation
from setapart_auditor.store.schema import evidence
from stores import make_installation
from typed_commands import run

AGENTS = int(os.environ.get("SETAPART_AGENTS", "50"))
_SERVE = """
[serve]
trusted_proxies = ["127.0.0.1"]
per_address = 10000000
per_device = 1000000
"""


@pytest.mark.needs("nginx", "postgresql")
def test_nothing_acknowledged_is_lost_when_a_server_and_the_database_are_restarted_under_load(
    own_postgres: PostgresServer, tmp_path: Path
) -> None:
    secret, auditor = prepare(tmp_path / "one", own_postgres.new_database())
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    services = [start(tmp_path / name, port=free_port()) for name in ("one", "two")]
    try:
        with nginx(make_certificate(tmp_path / "tls"), [one.port for one in services]) as front:
            swarm = Swarm(port=front.port, context=trusting(front.authority), count=AGENTS)
            begun = time.monotonic()
            asyncio.run(under_load(swarm, secret, auditor, services, own_postgres))
            seconds = time.monotonic() - begun
    finally:
        for one in services:
            one.stop()
            one.log_file.unlink(missing_ok=True)
    check(tmp_path / "one", swarm)
    verified = run(tmp_path, "setapart-auditor", "log", "verify", "--dir", "one")
    assert verified.code == 0, verified.printed
    assert swarm.others, "nobody noticed a restart: it proves nothing"
    assert swarm.others.keys() <= {0, 502, 503, 504}, swarm.others
    print(
        f"{AGENTS} agents, {len(swarm.receipted)} reports in {seconds:.0f} s, none lost; other answers: "
        f"{dict(sorted(swarm.others.items()))}"
    )


def prepare(folder: Path, url: str) -> tuple[str, str]:
    """An auditor whose one token enrols the swarm. Returns the token's secret and the auditor's key id."""
    made = make_installation(folder, url)
    with made.store.write() as connection:
        token = issue_token(
            connection, made, url="", device_class="ordinary", unit="swarm", quota=AGENTS, actor_name="o1",
            now=dt.datetime.now(dt.UTC),
        )  # fmt: skip
    made.store.close()
    with (folder / "auditor.toml").open("a", encoding="utf-8") as file:
        file.write(_SERVE)
    return token.secret.hex(), made.keyid


async def under_load(
    swarm: Swarm, secret: str, auditor: str, services: list[Service], postgres: PostgresServer
) -> None:
    """The swarm enrols, then reports, while each part is taken away and given back; in the end both servers work."""
    await swarm.enrol(secret, auditor)
    over = asyncio.Event()
    load = asyncio.create_task(swarm.report(over))

    async def goes_on() -> None:
        """Returns once as many reports as there are agents were receipted from now on."""
        goal = len(swarm.receipted) + AGENTS
        async with asyncio.timeout(300):
            while len(swarm.receipted) < goal:
                assert not load.done(), load.exception()
                await asyncio.sleep(0.01)

    async def restart(at: int) -> None:
        services[at] = await asyncio.to_thread(start, services[at].folder, port=services[at].port)

    await goes_on()
    await asyncio.to_thread(services[0].kill)
    await goes_on()
    await restart(0)
    await goes_on()
    await asyncio.to_thread(postgres.stop, "immediate")
    await asyncio.sleep(1)
    await asyncio.to_thread(postgres.start)
    await goes_on()
    assert await asyncio.to_thread(services[1].stop) == 0, "an orderly end, with work on its way"
    await restart(1)
    async with asyncio.timeout(60):
        while not all([await asyncio.to_thread(answered, one) for one in services]):
            await goes_on()
    over.set()
    async with asyncio.timeout(300):
        await load


def answered(service: Service) -> float:
    """How many reports a running server has accepted."""
    found = re.search(
        rb'^setapart_answered_total\{outcome="accepted"\} (\S+)$', service.ask("/metrics").body, re.MULTILINE
    )
    return float(found[1]) if found else 0.0


def check(folder: Path, swarm: Swarm) -> None:
    """What was receipted is in the store, once, with the receipt that was given; each device's chain is whole."""
    installation = open_installation(folder)
    with installation.store.read() as connection:
        rows = connection.execute(select(evidence.c.digest, evidence.c.receipt, evidence.c.outcome)).all()
    installation.store.close()
    stored = {f"sha256:{row.digest.hex()}": hashlib.sha256(row.receipt).digest() for row in rows}
    lost = [one for one, receipt in swarm.receipted.items() if stored.get(one) != receipt]
    assert lost == []
    assert len(rows) == len(stored) == len(swarm.receipted) == sum(agent.sequence for agent in swarm.agents)
    assert {row.outcome for row in rows} == {"accepted"}
