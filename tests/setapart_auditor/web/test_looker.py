"""The looker and its process: what hangs is ended, and more than may wait are told so."""

import asyncio
import os
import signal
from pathlib import Path

import pytest
import uvloop

from setapart_auditor.looks.asks import Call, DevicesAsk
from setapart_auditor.sweep.fleet import run_sweep
from setapart_auditor.web.looker import Looker, LookerBusyError
from store_builder import make_stored_fleet
from stores import make_installation
from web_world import make_reader, now


@pytest.fixture
def looking(tmp_path: Path) -> tuple[Looker, Call]:
    installation = make_installation(tmp_path / "a")
    call = Call(no=0, token=make_reader(installation), at=now(), ask=DevicesAsk())
    installation.store.close()
    return Looker(tmp_path / "a"), call


def test_a_process_that_hangs_is_ended_and_the_next_call_gets_a_new_one(
    looking: tuple[Looker, Call], monkeypatch: pytest.MonkeyPatch
) -> None:
    looker, call = looking

    async def run() -> None:
        assert (await looker.ask(call)).status == 200
        assert looker._process is not None
        os.kill(looker._process.pid, signal.SIGSTOP)
        monkeypatch.setattr("setapart_auditor.web.looker._ANSWER_SECONDS", 0.5)
        with pytest.raises(TimeoutError):
            await looker.ask(call)
        monkeypatch.setattr("setapart_auditor.web.looker._ANSWER_SECONDS", 30.0)
        await asyncio.sleep(1.5)
        assert (await looker.ask(call)).status == 200
        await looker.close()

    asyncio.run(run())


def test_a_process_that_died_a_moment_ago_is_busy_and_no_error_of_ours(looking: tuple[Looker, Call]) -> None:
    looker, call = looking

    async def run() -> None:
        assert (await looker.ask(call)).status == 200
        process = looker._process
        assert process is not None
        assert looker._reading is not None
        os.kill(process.pid, signal.SIGKILL)
        await looker._reading
        looker._process = process  # as it is before that is noticed
        with pytest.raises(LookerBusyError):
            await looker.ask(call)

    uvloop.run(run())  # as the service does


def test_more_than_may_wait_are_refused_and_all_others_answered(looking: tuple[Looker, Call]) -> None:
    looker, call = looking

    async def run() -> list[object]:
        found = await asyncio.gather(*(looker.ask(call) for _ in range(70)), return_exceptions=True)
        await looker.close()
        return list(found)

    found = asyncio.run(run())
    assert sum(isinstance(one, LookerBusyError) for one in found) == 6
    assert [one.status for one in found if not isinstance(one, BaseException)] == [200] * 64  # type: ignore[attr-defined]


def test_many_pages_at_once_are_those_that_each_is_alone(tmp_path: Path) -> None:
    """What unpacked verdicts was shared by four threads: it crashed, or took them for damaged and judged again."""
    fleet = make_stored_fleet(tmp_path, None, [f"phone-{number}" for number in range(300)], at=now())
    run_sweep(fleet.installation, fleet.policies, now())
    call = Call(no=0, token=make_reader(fleet.installation), at=now(), ask=DevicesAsk(limit=500))
    fleet.installation.store.close()
    looker = Looker(fleet.installation.folder)

    async def run() -> set[tuple[int, bytes]]:
        alone = await looker.ask(call)
        found = {(alone.status, alone.body)}
        for _ in range(3):
            found |= {(one.status, one.body) for one in await asyncio.gather(*(looker.ask(call) for _ in range(60)))}
        await looker.close()
        return found

    ((status, body),) = asyncio.run(run())
    assert status == 200
    assert body.count(b'"judged_at"') == 300


def test_an_auditor_that_can_not_be_opened_is_not_tried_all_the_time(tmp_path: Path) -> None:
    looker = Looker(tmp_path)
    call = Call(no=0, token="spo1.x", at=now(), ask=DevicesAsk())

    async def run() -> None:
        for _ in range(3):
            with pytest.raises(LookerBusyError):
                await looker.ask(call)
        assert looker._process is None
        assert looker._pause == 2.0
        await looker.close()

    asyncio.run(run())
