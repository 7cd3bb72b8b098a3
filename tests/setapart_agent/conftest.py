"""Folders of agents that a small auditor knows."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import small_auditor
from programs import agent
from small_auditor import SmallAuditor


@pytest.fixture
def known() -> Iterator[SmallAuditor]:
    """An auditor that takes agents in, without a policy bundle."""
    with small_auditor.small_auditor() as found:
        yield found


@pytest.fixture
def home(tmp_path: Path, known: SmallAuditor) -> Path:
    """The folder of an enrolled agent."""
    assert agent("enrol", known.token.spelled(), "--dir", tmp_path / "agent").code == 0
    return tmp_path / "agent"


@pytest.fixture
def station_home(tmp_path: Path, known: SmallAuditor) -> Path:
    """The folder of an enrolled agent that has a policy bundle, and a station's key beside its own."""
    known.bundle = small_auditor.bundle(1)
    folder = tmp_path / "G"
    assert agent("enrol", known.token.spelled(), "--dir", folder).code == 0
    assert agent("keygen", "--output", folder / "station.pem").code == 0
    return folder
