"""docs/station.md: the session that it shows is run, at a terminal, with everything real around it."""

import subprocess
import sys
from pathlib import Path

import pytest

from markdown import document, examples, shows
from replay_adbd import ReplayAdbd
from replay_transcripts import phone
from station_world import world

SHOWN_ADDRESS = "192.0.2.7:5555"
QUESTION = "Type yes or no:"


@pytest.mark.needs("adb")
def test_a_visit_and_a_report_without_the_guide_are_as_shown(tmp_path: Path) -> None:
    example, unguided = (one for one in examples(document("docs/station.md")) if one.needs == ("adb",))
    words = example.command.split()
    assert words[:2] == ["setapart-agent", "station"]
    with world(tmp_path) as made, ReplayAdbd(shell=phone()) as device:
        made.add_station()
        made.add_phone()
        options = [word.replace(SHOWN_ADDRESS, device.address) for word in words[2:]]
        at = options.index("--dir")
        del options[at : at + 2]
        with made.station("--plain", *options) as terminal:
            for line in example.shown.splitlines():
                if QUESTION in line:
                    terminal.expect(QUESTION)
                    terminal.type(line.partition(QUESTION)[2].strip() + "\n")
            assert terminal.end() == 0
        command = [
            made.home if word == "station" else word.replace(SHOWN_ADDRESS, device.address)
            for word in unguided.command.split()[1:]
        ]
        printed = subprocess.run(
            [sys.executable, "-m", "setapart_agent", *command],
            env=made.environment, capture_output=True, text=True, timeout=120, check=True,
        ).stdout.replace(device.address, SHOWN_ADDRESS)  # fmt: skip
    assert shows(example.shown, terminal.shown), terminal.shown
    assert shows(unguided.shown, printed), printed
