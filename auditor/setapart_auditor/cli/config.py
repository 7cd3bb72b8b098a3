"""`setapart-auditor config`: the settings, shown and checked."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from setapart_auditor.cli.output import print_json, print_table

if TYPE_CHECKING:
    from setapart_auditor.settings import Settings
    from setapart_auditor.toml_file import TomlFile
    from setapart_auditor.toml_lines import Step

_folder = click.option(
    "--dir", "folder", type=click.Path(path_type=Path), help="The auditor's folder. Default: the user's own."
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_WRONG = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One setting: its table and key, its value, the line that says so (None for a default), what it is for."""

    setting: str
    value: str | int | tuple[str, ...] | None
    line: int | None
    meaning: str


@click.group()
def command() -> None:
    """The settings (auditor.toml): show them, check them."""


@command.command()
@_folder
@_json
def check(*, folder: Path | None, as_json: bool) -> None:
    """Check every setting and what it names: files, keys, certificate, database, packs, addresses. Changes nothing.

    Run it as the user that the auditor runs as. Exit code 2 if something is wrong, 0 if there are at most warnings.
    """
    from setapart_auditor.authority import default_folder
    from setapart_auditor.cli.config_check import check_configuration

    found = check_configuration(folder or default_folder(), dt.datetime.now(dt.UTC))
    if as_json:
        print_json({"checks": found})
    else:
        print_table(("checked", "state", "found"), [(one.what, one.state, one.said) for one in found], colour_by=1)
    raise SystemExit(_WRONG if any(one.state == "wrong" for one in found) else 0)


@command.command()
@_folder
@_json
def show(*, folder: Path | None, as_json: bool) -> None:
    """Print every setting with its value, and whether auditor.toml says so or it is the default."""
    from setapart_auditor.authority import default_folder
    from setapart_auditor.errors import AuditorError
    from setapart_auditor.settings import SETTINGS_FILE, Settings, read_file, with_credentials
    from setapart_auditor.toml_file import read_toml

    folder = folder or default_folder()
    document = read_toml(read_file(folder), str(folder / SETTINGS_FILE), AuditorError)
    found = tuple(_shown(document, with_credentials(document.convert(Settings))))
    if as_json:
        print_json({"settings": found})
        return
    print_table(
        ("setting", "value", "from", "meaning"),
        [
            (one.setting, _text(one.value), f"line {one.line}" if one.line else "default", one.meaning.replace("`", ""))
            for one in found
        ],
    )


def _shown(document: "TomlFile", settings: "Settings") -> Iterator[Shown]:
    """Every setting in the order of the tables; a unit's come once for each unit."""
    for table in settings.__struct_fields__:
        values = getattr(settings, table)
        for key in values.__struct_fields__:
            if (table, key) == ("policy", "unit"):
                for at, unit in enumerate(values.unit):
                    for name in unit.__struct_fields__:
                        path = (table, key, at, name)
                        yield _one(document, path, f"[[policy.unit]] {name}", getattr(unit, name))
            else:
                yield _one(document, (table, key), f"[{table}] {key}", getattr(values, key))


def _one(
    document: "TomlFile", path: "tuple[Step, ...]", setting: str, value: str | int | tuple[str, ...] | None
) -> Shown:
    from setapart_auditor.settings import MEANINGS
    from setapart_auditor.toml_lines import line_of

    line = line_of(document.raw.decode("utf-8-sig"), path) if document.has(*path) else None
    return Shown(setting=setting, value=value, line=line, meaning=MEANINGS[setting])


def _text(value: str | int | tuple[str, ...] | None) -> str:
    return ", ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
