"""The share of fuzzing that every run of the tests takes: some hundred broken files for each parser, always the same.

`make fuzz` gives each of them a hundred thousand, with a new seed.
"""

import pytest

from setapart_agent.collectors.registry import PARSERS

from .harness import GROWTH, run
from .seeds import seeds_of

INPUTS = 200
SEED = 20221


@pytest.mark.parametrize("kind", PARSERS)
def test_broken_files_end_in_facts_or_our_error_soon_and_in_little_memory(kind: str) -> None:
    assert seeds_of(kind), "no good file to start from: run `PYTHONPATH=tests python -m fuzz.harvest`"
    result = run(kind, INPUTS, SEED)
    again = f"PYTHONPATH=tests python -m fuzz.run --kind {kind} --seed {SEED} --number"
    assert not result.findings, "\n".join(f"{again} {one.number}: {one.where}: {one.what}" for one in result.findings)
    assert result.inputs == INPUTS
    assert result.growth < GROWTH
    assert result.parsed, "not one broken file is near enough to a good one"
