"""config/examples: the files load, belong together, and the commands in their comments can be typed."""

import shlex

import click
import pytest

from repository import REPOSITORY
from setapart_auditor.cli import cli as auditor
from setapart_auditor.config import config_root
from setapart_auditor.policy.load import load_policy
from setapart_auditor.register.load import load_register
from setapart_auditor.register.people import check_exceptions

EXAMPLES = REPOSITORY / "config" / "examples"
COMMANDS = [
    (file.name, line.removeprefix("#").strip())
    for file in sorted(EXAMPLES.glob("*.toml"))
    for line in file.read_text(encoding="utf-8").splitlines()
    if line.startswith("#   setapart-auditor ")
]


def test_the_overlay_lies_on_the_norwegian_pack_and_the_register_fits_to_both() -> None:
    policy = load_policy("no-2023", EXAMPLES / "authority.toml", config_root())
    assert policy.internal
    register = load_register(EXAMPLES / "register.toml")
    assert {device.device_class for device in register.devices} == {"ordinary", "personal", "social-dedicated"}
    check_exceptions(register, policy)


@pytest.mark.parametrize(("file", "line"), COMMANDS)
def test_a_command_in_a_comment_can_be_typed(file: str, line: str) -> None:
    command: click.Command = auditor
    context, rest = click.Context(auditor), shlex.split(line)[1:]
    while isinstance(command, click.Group):
        _, command, rest = command.resolve_command(context, rest)
    command.make_context(file, rest)


def test_there_are_commands_to_type() -> None:
    assert len(COMMANDS) > 1
