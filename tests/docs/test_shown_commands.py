"""Shown commands: every `console` example of the guides is run, in the folder that the demo makes."""

import os
import tempfile
from pathlib import Path
from unittest import mock

import pytest

from markdown import Example, document, examples, shows
from replay_adbd import ReplayAdbd
from replay_transcripts import phone
from typed_commands import run_typed

GUIDES = ("docs/agent.md", "docs/auditor.md", "docs/policy-reference.md")
EXIT_CODE = "echo $?"
SHOWN_ADDRESS = "192.0.2.7:5555"


def check(folder: Path, wanted: list[Example]) -> None:
    """Runs the examples in order; a command that fails must be followed by `echo $?`, which shows its code."""
    code = 0
    for example, after in zip(wanted, [*wanted[1:], None], strict=True):
        if example.command == EXIT_CODE:
            assert example.shown == f"{code}\n", example
            continue
        ran = run_typed(folder, example.command)
        code = ran.code
        assert shows(example.shown, ran.printed), f"{example.command}\nprinted:\n{ran.printed}"
        assert code == 0 or (after is not None and after.command == EXIT_CODE), f"{example.command} ended with {code}"


@pytest.mark.parametrize("guide", GUIDES)
def test_every_example_prints_what_is_shown(guide: str, workplace: Path) -> None:
    check(workplace, [example for example in examples(document(guide)) if not example.needs])


@pytest.mark.needs("openssl")
def test_two_officers_sign_a_register_as_shown(workplace: Path) -> None:
    wanted = [example for example in examples(document("docs/auditor.md")) if example.needs == ("openssl",)]
    assert len(wanted) > 5
    check(workplace, wanted)


@pytest.mark.needs("adb")
def test_a_phone_is_read_by_adb_as_shown(workplace: Path) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="sa-") as home,
        mock.patch.dict(os.environ, HOME=home, ANDROID_ADB_SERVER_PORT="1"),
        mock.patch.object(tempfile, "tempdir", home),
        ReplayAdbd(shell=phone()) as device,
    ):
        wanted = [
            Example(
                command=example.command.replace(SHOWN_ADDRESS, device.address),
                shown=example.shown.replace(SHOWN_ADDRESS, device.address),
                needs=(),
            )
            for example in examples(document("docs/agent.md"))
            if example.needs == ("adb",)
        ]
        assert wanted
        check(workplace, wanted)
