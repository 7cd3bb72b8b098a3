"""`setapart-auditor log`: the tamper-evident log."""

import datetime as dt
import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from setapart_auditor.cli.acting_options import acting_options

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from setapart_auditor.installation import Installation
    from setapart_auditor.log.note import NoteKey

_MOST = 256 * 1024
_PAGE = 50


@click.group()
def command() -> None:
    """The tamper-evident log: show, verify, checkpoint, prove, check, witness, erase.

    Everything that is recorded, decided or read stands in it. Give its checkpoints to somebody else: whoever keeps them
    can show any later rewriting.
    """


@command.command()
@acting_options()
@click.option("--kind", help="Only entries of this kind.")
@click.option("--about", help="Only entries about this device, exception or officer.")
@click.option("--from", "first", type=click.IntRange(0), help="The first entry to show. Default: the newest ones.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=_PAGE, show_default=True, help="How many.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
def show(
    *,
    folder: Path | None,
    officer: str | None,
    why: str,
    kind: str | None,
    about: str | None,
    first: int | None,
    limit: int,
    as_json: bool,
) -> None:
    """Print entries: who did or read what, about what, and why."""
    from setapart_auditor.cli.output import print_table
    from setapart_auditor.installation import open_installation
    from setapart_auditor.log.entries import read_entries

    installation, now = open_installation(folder), dt.datetime.now(dt.UTC)
    with installation.store.write() as connection:
        _act(installation, connection, officer, now, "log-read", about=about or "", why=why)
    with installation.store.read() as connection:
        found = read_entries(connection, kind=kind, about=about, first=first, limit=limit)
    if as_json:
        for one in found:
            click.echo(msgspec.json.encode(one).decode())
        return
    print_table(
        ("entry", "when", "kind", "who", "about", "why"),
        [(str(one.index), f"{one.at:%Y-%m-%d %H:%M:%S}", one.kind, one.who, one.about, one.why) for one in found],
    )


@command.command()
@click.option("--dir", "folder", type=click.Path(path_type=Path), help="The auditor's folder.")
@click.option(
    "--checkpoint", "kept", multiple=True, type=click.Path(path_type=Path), help="A checkpoint that was kept elsewhere."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(*, folder: Path | None, kept: tuple[Path, ...], as_json: bool) -> None:
    """Verify the whole log, its checkpoints, and every row of the record against it.

    Exit code 1, with a list, where anything was changed, taken away or put in.
    """
    from setapart_auditor.installation import open_installation
    from setapart_auditor.intake.replay import derived_defects
    from setapart_auditor.log.checkpoint import check_against
    from setapart_auditor.log.note import NoteError
    from setapart_auditor.log.verify import MOST_DEFECTS, verify_log

    installation = open_installation(folder)
    key = _own_key(installation)
    with installation.store.read() as connection:
        report = verify_log(connection, key)
        defects = [*report.defects, *islice(derived_defects(connection), MOST_DEFECTS)]
        for path in kept:
            try:
                check_against(connection, _text(path), (key,))
            except NoteError as exc:
                defects.append(f"{path}: {exc}")
    if as_json:
        answer = {
            "size": report.size,
            "root": report.root.hex(),
            "checkpoints": report.checkpoints,
            "rows": report.rows,
            "erased": report.erased,
            "defects": defects,
        }
        click.echo(msgspec.json.encode(answer).decode())
    else:
        for defect in defects:
            click.echo(defect)
        click.echo(
            f"{report.size} entries, {report.checkpoints} checkpoints, {report.rows} rows: "
            f"{f'{len(defects)} defects' if defects else 'whole'}"
            + (f", {report.erased} erased" if report.erased else "")
        )
    raise SystemExit(1 if defects else 0)


@command.command()
@click.option("--dir", "folder", type=click.Path(path_type=Path), help="The auditor's folder.")
@click.option("--output", type=click.Path(path_type=Path), help="Where the note goes. Default: printed.")
@click.option("--key", "with_key", is_flag=True, help="Print the log's verifier key instead.")
def checkpoint(*, folder: Path | None, output: Path | None, with_key: bool) -> None:
    """Sign the log's size and root as they are now: a C2SP note, to be kept by somebody else."""
    from setapart_auditor.installation import open_installation
    from setapart_auditor.log.checkpoint import make_checkpoint

    installation = open_installation(folder)
    key = _own_key(installation)
    if with_key:
        click.echo(key.spelled())
        return
    with installation.store.write() as connection:
        note = make_checkpoint(connection, installation.authority.signer, key.name, dt.datetime.now(dt.UTC))
    _put(output, note.encode())


@command.command()
@click.argument("entry", type=click.IntRange(0), required=False)
@acting_options()
@click.option("--old", type=click.IntRange(0), help="Prove that the log continues the one of so many entries.")
@click.option("--output", type=click.Path(path_type=Path), help="Where the proof goes. Default: printed.")
def prove(
    *,
    entry: int | None,
    folder: Path | None,
    officer: str | None,
    why: str,
    old: int | None,
    output: Path | None,
) -> None:
    """Make a proof against a new checkpoint: that ENTRY stands in the log, or with --old that the log only grew.

    The proof of an entry says what the entry says: that it was made is an entry itself.
    """
    from setapart_auditor.errors import AuditorError
    from setapart_auditor.installation import open_installation
    from setapart_auditor.log.checkpoint import make_checkpoint
    from setapart_auditor.log.proof import prove_entry, prove_growth

    if (entry is None) == (old is None):
        raise AuditorError("no question, or two", expected="the number of an entry, or --old SIZE")
    installation, now = open_installation(folder), dt.datetime.now(dt.UTC)
    key = _own_key(installation)
    with installation.store.write() as connection:
        if entry is not None:
            _act(installation, connection, officer, now, "log-prove", about=str(entry), why=why)
        note = make_checkpoint(connection, installation.authority.signer, key.name, now)
        proof = prove_entry(connection, entry, note) if entry is not None else prove_growth(connection, old or 0, note)
    _put(output, msgspec.json.encode(proof) + b"\n")


@command.command()
@click.argument("proof", type=click.Path(path_type=Path))
@click.option("--log-key", required=True, metavar="KEY", help="The log's verifier key (`log checkpoint --key`).")
def check(*, proof: Path, log_key: str) -> None:
    """Check the proof of an entry, away from the auditor, and print the entry."""
    from setapart_auditor.log.note import parse_key
    from setapart_auditor.log.proof import check_entry

    found = check_entry(_bytes(proof), (parse_key(log_key),))
    click.echo(found.leaf)
    click.echo(found.record if found.record is not None else "its record was erased", err=found.record is None)


@command.command()
@click.argument("note", type=click.Path(path_type=Path))
@click.option("--log-key", required=True, metavar="KEY", help="The log's verifier key (`log checkpoint --key`).")
@click.option("--key", required=True, type=click.Path(path_type=Path), help="The witness's own private key (Ed25519).")
@click.option("--name", required=True, help="The witness's name in its verifier key.")
@click.option("--state", required=True, type=click.Path(path_type=Path), help="What this witness has seen; kept by it.")
@click.option(
    "--proof", type=click.Path(path_type=Path), help="From `log prove --old SIZE`; not needed the first time."
)
@click.option("--output", type=click.Path(path_type=Path), help="Where the cosigned note goes. Default: printed.")
def witness(
    *, note: Path, log_key: str, key: Path, name: str, state: Path, proof: Path | None, output: Path | None
) -> None:
    """Cosign a checkpoint NOTE on another machine, only if the log continues the one that was signed last."""
    from setapart_auditor.log.note import parse_key
    from setapart_auditor.log.witness import witness as cosign
    from setapart_evidence.keystore import open_key

    made = cosign(
        _text(note),
        _bytes(proof) if proof is not None else None,
        parse_key(log_key),
        state=state,
        name=name,
        signer=open_key(_bytes(key)),
        now=dt.datetime.now(dt.UTC),
    )
    _put(output, made.encode())


@command.command()
@acting_options()
@click.argument("entries", nargs=-1, required=True, type=click.IntRange(0))
def erase(*, folder: Path | None, officer: str | None, why: str, entries: tuple[int, ...]) -> None:
    """Take away what ENTRIES say. Their place, time and kind stay, and with them every proof."""
    from setapart_auditor.errors import AuditorError
    from setapart_auditor.installation import open_installation
    from setapart_auditor.log.erase import erase as take_away

    if not why.strip():
        raise AuditorError("no reason", expected="--why TEXT: it is recorded")
    installation, now = open_installation(folder), dt.datetime.now(dt.UTC)
    with installation.store.write() as connection:
        done = take_away(connection, entries, now)
        _act(
            installation, connection, officer, now, "log-erase", why=why, about=", ".join(map(str, entries)), admin=True
        )
    click.echo(f"{done} entries erased")


def _act(
    installation: "Installation",
    connection: "Connection",
    officer: str | None,
    now: dt.datetime,
    kind: str,
    *,
    about: str,
    why: str,
    admin: bool = False,
) -> None:
    from setapart_auditor.errors import NotAllowedError
    from setapart_auditor.officers.actor import acting
    from setapart_auditor.officers.trail import record

    actor = acting(installation, connection, officer, now)
    actor.require("admin" if admin else "auditor")
    if actor.unit is not None:
        raise NotAllowedError(f"{actor.name} acts for unit {actor.unit}", expected="somebody who acts for every unit")
    record(connection, actor.name, kind, now, about=about, why=why)


def _own_key(installation: "Installation") -> "NoteKey":
    from setapart_auditor.log.note import NoteKey

    return NoteKey(name=installation.settings.log.origin, key=installation.authority.signer.public)


def _put(output: Path | None, content: bytes) -> None:
    if output is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        output.write_bytes(content)


def _text(path: Path) -> str:
    return _bytes(path).decode("utf-8", "replace")


def _bytes(path: Path) -> bytes:
    from setapart_auditor.errors import AuditorError

    try:
        with path.open("rb") as file:
            return file.read(_MOST)
    except OSError as exc:
        raise AuditorError(exc.strerror or "input failed", where=str(path)) from None
