"""The command line of the agent: `setapart-agent`."""

import gc
import io
import os
import sys

import click

from setapart_evidence import __version__
from setapart_evidence.errors import SetapartError
from setapart_evidence.text import printable

COMMANDS = {
    "inventory": "Show what would be reported; nothing leaves.",
    "report": "Collect and sign a report; deliver or write it.",
    "enrol": "Become an agent of an auditor, or change the key.",
    "enrol-unattended": "Enrol with what a drop-in file says.",
    "station": "Guide holders of phones through a reading.",
    "deliver": "Send what is kept; carry it by hand.",
    "status": "Say how it stands with the auditor.",
    "parse": "Run one parser on one captured file.",
    "doctor": "Say what can't be seen here, and how to fix it.",
    "keygen": "Make a signing key.",
    "reset-identity": "Remove the key and its chain.",
}


class LazyGroup(click.Group):
    """Imports a command's module when it is called: every import is paid on every device, every day."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of a newcomer's day."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, or None."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        from importlib import import_module

        command = import_module(f"setapart_agent.cli.{cmd_name.replace('-', '_')}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands without importing any."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="setapart-agent")
def cli() -> None:
    """Sees what a device has, says what it could not see, and signs both."""


def main() -> None:
    """Runs the command line; what the caller owns ends in one line on standard error and exit code 2."""
    gc.disable()  # a command is over before its few cycles matter: a twelfth of a report's CPU
    if isinstance(sys.stdout, io.TextIOWrapper):  # a file's name may be no UTF-8, a terminal may know ASCII alone
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        cli.main(standalone_mode=True)
    except SetapartError as exc:
        click.echo(f"setapart-agent: {printable(str(exc), 2000)}", err=True)
        sys.exit(2)
    except OSError as exc:
        where = f"{printable(str(exc.filename))}: " if exc.filename else ""
        click.echo(f"setapart-agent: {where}{exc.strerror or 'input or output failed'}", err=True)
        forsake_output()
        sys.exit(2)
    except ImportError as exc:
        click.echo(
            f"setapart-agent: {printable(str(exc))}; expected what was installed; it was removed or exchanged: run the"
            " command again, or install the agent again",
            err=True,
        )
        sys.exit(2)
    finally:
        gc.enable()


def forsake_output() -> None:
    """Turns standard output to nowhere if it can't be written: what is left in it would fail once more at the end."""
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
