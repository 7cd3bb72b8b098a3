"""Options of every command that works with an initialised auditor: where, who, why."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def folder_option() -> Decorator:
    """`--dir`: the parameter `folder`."""
    return click.option(
        "--dir", "folder", type=click.Path(path_type=Path), help="The auditor's folder. Default: the user's own."
    )


def acting_options() -> Decorator:
    """`--dir`, `--as` and `--why`: parameters `folder`, `officer` and `why`."""

    def all_three(command: Callable[..., Any]) -> Callable[..., Any]:
        command = click.option("--why", default="", metavar="TEXT", help="The reason, for the log.")(command)
        command = click.option(
            "--as", "officer", metavar="OFFICER", help="Who acts. Needed once officers have been added."
        )(command)
        return folder_option()(command)

    return all_three
