"""The command line of the auditor: `setapart-auditor`."""

import sys

import click

from setapart_evidence import __version__
from setapart_evidence.errors import SetapartError
from setapart_evidence.text import printable

COMMANDS = {
    "demo": "See it work: this machine, four recorded devices, their verdicts.",
    "verify": "Verify evidence files and appraise their devices; no database.",
    "policy": "List, show and check packs; make the bundle for agents.",
    "epoch": "Issue epochs: offline proof that a report is new.",
    "init": "Make an auditor: its folder, keys, database and rule.",
    "device": "The register: devices, tokens, stations, forks.",
    "exception": "Exceptions: asked for by one officer, granted by another.",
    "officer": "Officers: who may do what, for which unit.",
    "ingest": "Take in evidence and other messages that came as files.",
    "serve": "Take in evidence over HTTP(S).",
    "list": "Every device, its status and why.",
    "explain": "One device: every finding, its evidence and cure.",
    "history": "One device: what it reported, and how its status changed.",
    "sweep": "Judge every registered device, and say what changed.",
    "export": "Verdicts as CSV, JSON or JUnit.",
    "log": "The tamper-evident log: show, verify, prove, witness, erase.",
    "config": "The settings: show and check them.",
    "db": "The database: upgrade, back up, restore, check.",
}
_MODULES = {"list": "list_devices"}
_DEFECT = 70
"""EX_SOFTWARE of sysexits.h."""


class LazyGroup(click.Group):
    """Imports a command's module when it is called."""

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

        command = import_module(f"setapart_auditor.cli.{_MODULES.get(cmd_name, cmd_name)}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands without importing any."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="setapart-auditor")
def cli() -> None:
    """Verifies evidence and appraises it against an authority's rule.

    Exit codes: 0 all compliant or excepted, 1 a violation, an invalid device or rejected evidence, 3 nothing worse than
    inconclusive, stale or pending, 2 an option, file, register, pack or key of the caller's is not usable, 70 a defect
    of the program.
    """


def main() -> None:
    """Runs the command line; what the caller owns ends in one line on standard error and exit code 2.

    A defect of ours ends with 70: Python's own 1 would say that a device breaks the rule.
    """
    try:
        cli.main(standalone_mode=True)
    except SetapartError as exc:
        click.echo(f"setapart-auditor: {printable(str(exc), 4000)}", err=True)
        sys.exit(2)
    except OSError as exc:
        where = f"{printable(str(exc.filename))}: " if exc.filename else ""
        click.echo(f"setapart-auditor: {where}{exc.strerror or 'input or output failed'}", err=True)
        sys.exit(2)
    except ImportError as exc:
        click.echo(
            f"setapart-auditor: {printable(str(exc))}; expected what was installed; it was removed or exchanged: run"
            " the command again, or install the auditor again",
            err=True,
        )
        sys.exit(2)
    except Exception:  # noqa: BLE001 - whatever it is
        from traceback import print_exc

        print_exc()
        sys.exit(_DEFECT)
