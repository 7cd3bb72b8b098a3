"""The keys of one folder and their one spool: nothing of the one is lost by what the other does."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from evidence_factory import NOW
from programs import agent
from setapart_agent.chain import locked_chain
from setapart_agent.errors import ChainError
from setapart_agent.signing import signing_chain
from setapart_agent.spool import Spool

OWN, STATION = "key.pem", "station.pem"
DIGEST = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in (OWN, STATION):
        assert agent("keygen", "--output", tmp_path / name).code == 0
    return tmp_path


def died(home: Path, key: str, digest: str = DIGEST, *, advanced: bool) -> None:
    """What is left of somebody who died between staging a report and releasing it."""
    with locked_chain(home / key) as chain:
        Spool(home).stage(b"x", digest, 1, NOW)
        if advanced:
            chain.advance("hw-1", 1, digest)


def kept(home: Path) -> set[str]:
    return {report.digest for report in Spool(home).reports()}


def hidden(home: Path) -> list[str]:
    return [path.name for path in (home / "spool").glob(".*")]


@contextmanager
def opened(home: Path, key: str) -> Iterator[None]:
    with signing_chain(home, home / key):
        yield


@pytest.mark.parametrize("next_one", [OWN, STATION])
@pytest.mark.parametrize("dead", [OWN, STATION])
def test_what_either_chain_names_is_released_whoever_comes_next(home: Path, dead: str, next_one: str) -> None:
    died(home, dead, advanced=True)
    with opened(home, next_one):
        assert kept(home) == {DIGEST}


@pytest.mark.parametrize("next_one", [OWN, STATION])
@pytest.mark.parametrize("dead", [OWN, STATION])
def test_what_no_chain_names_never_was_a_report(home: Path, dead: str, next_one: str) -> None:
    died(home, dead, advanced=False)
    with opened(home, next_one):
        assert (kept(home), hidden(home)) == (set(), [])


def test_a_damaged_chain_of_the_station_stops_no_report_of_the_machine_and_loses_nothing(home: Path) -> None:
    died(home, STATION, advanced=True)
    whole = (home / "station.pem.chain").read_bytes()
    (home / "station.pem.chain").write_bytes(b"damaged\n")
    with opened(home, OWN):
        assert len(hidden(home)) == 1
    with pytest.raises(ChainError, match="not a chain file"), opened(home, STATION):
        pass
    (home / "station.pem.chain").write_bytes(whole)
    with opened(home, OWN):
        assert kept(home) == {DIGEST}


def test_an_agent_that_is_no_station_gets_no_chain_of_one(home: Path) -> None:
    with opened(home, OWN):
        pass
    assert not (home / "station.pem.chain").exists()
    assert not (home / "station.pem.chain.lock").exists()


def test_keys_that_are_links_are_found_by_their_files(home: Path, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.mkdir()
    for name in (OWN, STATION):
        (home / name).rename(keys / name)
        (home / name).symlink_to(keys / name)
    for name, digest in ((OWN, DIGEST), (STATION, OTHER)):
        with locked_chain(keys / name) as chain:
            Spool(home).stage(b"x", digest, 1, NOW)
            chain.advance("hw-1", 1, digest)
    with signing_chain(home, keys / STATION):
        assert kept(home) == {DIGEST, OTHER}
