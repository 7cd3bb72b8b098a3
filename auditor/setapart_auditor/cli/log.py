"""`setapart-auditor log`: the tamper-evident log."""

import datetime as dt
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from setapart_auditor.cli.acting import act, acting_in, opened
from setapart_auditor.cli.acting_options import acting_options, folder_option
from setapart_auditor.cli.output import print_json, print_table, write_public
from setapart_auditor.json_text import escaped, json_text
from setapart_evidence.moments import moment_text
from setapart_evidence.text import printable

if TYPE_CHECKING:
    from msgspec import Struct
    from sqlalchemy import Connection

    from setapart_auditor.installation import Installation
    from setapart_auditor.log.note import NoteKey

_MOST = 256 * 1024
_PAGE = 50
_WHOLE = "the log is of all of them"


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
    from setapart_auditor.log.entries import read_entries

    with opened(folder) as installation:
        with act(installation, officer, "auditor", why=why) as at:
            at.require_all_units(_WHOLE)
            at.record("log-read", about or "")
        with installation.store.read() as connection:
            found = read_entries(connection, kind=kind, about=about, first=first, limit=limit)
    if as_json:
        for one in found:
            print_json(one)
        return
    print_table(
        ("entry", "when", "kind", "who", "about", "why"),
        [(str(one.index), moment_text(one.at), one.kind, one.who, one.about, one.why) for one in found],
    )


@command.command()
@folder_option()
@click.option(
    "--checkpoint", "kept", multiple=True, type=click.Path(path_type=Path), help="A checkpoint that was kept elsewhere."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(*, folder: Path | None, kept: tuple[Path, ...], as_json: bool) -> None:
    """Verify the whole log, its checkpoints, and every row of the record against it.

    Exit code 1, with a list, where anything was changed, taken away or put in.
    """
    from setapart_auditor.intake.replay import derived_defects
    from setapart_auditor.log.checkpoint import check_against
    from setapart_auditor.log.note import NoteError
    from setapart_auditor.log.verify import MOST_DEFECTS, verify_log

    with opened(folder) as installation, installation.store.read() as connection:
        key = _own_key(installation)
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
        print_json(answer)
    else:
        for defect in defects:
            click.echo(printable(defect, 1000))
        click.echo(
            f"{report.size} entries, {report.checkpoints} checkpoints, {report.rows} rows: "
            f"{f'{len(defects)} defects' if defects else 'whole'}"
            + (f", {report.erased} erased" if report.erased else "")
        )
    raise SystemExit(1 if defects else 0)


@command.command()
@folder_option()
@click.option("--output", type=click.Path(path_type=Path), help="Where the note goes. Default: printed.")
@click.option("--key", "with_key", is_flag=True, help="Print the log's verifier key instead.")
def checkpoint(*, folder: Path | None, output: Path | None, with_key: bool) -> None:
    """Sign the log's size and root as they are now: a C2SP note, to be kept by somebody else."""
    with opened(folder) as installation:
        if with_key:
            click.echo(_own_key(installation).spelled())
            return
        with installation.store.write() as connection:
            note = _checkpoint(installation, connection)
    _put(output, note)


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
    from setapart_auditor.log.proof import prove_entry, prove_growth

    if (entry is None) == (old is None):
        raise AuditorError("no question, or two", expected="the number of an entry, or --old SIZE")
    proof: Struct
    with opened(folder) as installation:
        if entry is not None:
            with act(installation, officer, "auditor", why=why) as at:
                at.require_all_units(_WHOLE)
                at.record("log-prove", str(entry))
                proof = prove_entry(at.connection, entry, _checkpoint(installation, at.connection))
        else:
            with installation.store.write() as connection:
                proof = prove_growth(connection, old or 0, _checkpoint(installation, connection))
    _put(output, f"{json_text(proof)}\n")


@command.command()
@click.argument("proof", type=click.Path(path_type=Path))
@click.option("--log-key", required=True, metavar="KEY", help="The log's verifier key (`log checkpoint --key`).")
def check(*, proof: Path, log_key: str) -> None:
    """Check the proof of an entry, away from the auditor, and print the entry."""
    from setapart_auditor.log.note import parse_key
    from setapart_auditor.log.proof import check_entry

    found = check_entry(_bytes(proof), (parse_key(log_key),))
    click.echo(escaped(found.leaf))
    if found.record is None:
        click.echo("its record was erased", err=True)
    else:
        click.echo(escaped(found.record))


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
    _put(output, made)


@command.command()
@acting_options()
@click.argument("entries", nargs=-1, required=True, type=click.IntRange(0))
def erase(*, folder: Path | None, officer: str | None, why: str, entries: tuple[int, ...]) -> None:
    """Take away what ENTRIES say. Their place, time and kind stay, and with them every proof."""
    from setapart_auditor.errors import AuditorError
    from setapart_auditor.log.erase import erase as take_away

    if not why.strip():
        raise AuditorError("no reason", expected="--why TEXT: it is recorded")
    with acting_in(folder, officer, "admin", why=why) as at:
        at.require_all_units(_WHOLE)
        done = take_away(at.connection, entries, at.now)
        at.record("log-erase", ", ".join(map(str, entries)))
    click.echo(f"{done} entries erased")


def _own_key(installation: "Installation") -> "NoteKey":
    from setapart_auditor.log.note import NoteKey

    return NoteKey(name=installation.settings.log.origin, key=installation.authority.signer.public)


def _checkpoint(installation: "Installation", connection: "Connection") -> str:
    from setapart_auditor.log.checkpoint import make_checkpoint

    name = installation.settings.log.origin
    return make_checkpoint(connection, installation.authority.signer, name, dt.datetime.now(dt.UTC))


def _put(output: Path | None, text: str) -> None:
    if output is None:
        click.echo(text, nl=False)
    else:
        write_public(output, text.encode())


def _text(path: Path) -> str:
    return _bytes(path).decode("utf-8", "replace")


def _bytes(path: Path) -> bytes:
    from setapart_auditor.errors import AuditorError

    try:
        with path.open("rb") as file:
            return file.read(_MOST)
    except OSError as exc:
        raise AuditorError(exc.strerror or "input failed", where=str(path)) from None
