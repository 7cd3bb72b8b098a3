"""`setapart-agent status`."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click
import msgspec
from msgspec import Struct

from setapart_agent.cli.exchange import WAITING, utc_now
from setapart_agent.cli.options import key_path, read_key
from setapart_agent.cli.table import print_table
from setapart_agent.delivery_record import Record, read_record
from setapart_agent.errors import AgentError, SpoolError
from setapart_agent.membership import Membership, lacks_bundle, pinned_bundle, read_membership
from setapart_agent.receipts import last_receipt
from setapart_agent.spool import Spool, Spooled
from setapart_agent.state import state_folder
from setapart_evidence.errors import SetapartError
from setapart_evidence.moments import moment_text

_NOT_ENROLLED = 2


class Problem(Struct, frozen=True, kw_only=True):
    """Something that is wrong, and what to do about it."""

    got: str
    cure: str


class Status(Struct, frozen=True, kw_only=True):
    """How it stands between an agent and its auditor.

    Attributes:
        state: `none` until somebody enrols it.
        url, auditor: of the auditor; the id of its key.
        device, name: what the auditor knows this agent as.
        key, words: of this agent.
        bundle, bundle_until: version and end of the policy bundle that is here.
        kept, oldest: reports in the spool, None if it can't be read; and the name of the oldest.
        rejected, dropped: reports that the auditor would not take; that had to make room.
        delivered_at, tried_at, next_at: of deliveries, by this machine's clock.
        received_at, sequence: of the last receipt for this device, by the auditor's clock.
    """

    state: str = "none"
    url: str | None = None
    auditor: str | None = None
    device: str | None = None
    name: str | None = None
    key: str | None = None
    words: str | None = None
    bundle: int | None = None
    bundle_until: datetime | None = None
    kept: int | None = 0
    oldest: str | None = None
    rejected: int = 0
    dropped: int = 0
    delivered_at: datetime | None = None
    tried_at: datetime | None = None
    next_at: datetime | None = None
    received_at: datetime | None = None
    sequence: int | None = None
    problems: tuple[Problem, ...] = ()


@click.command("status")
@click.option("--dir", "folder", type=click.Path(path_type=Path), help="The agent's state folder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, folder: Path | None, as_json: bool) -> None:
    """Say how it stands with the auditor: as what this agent is enrolled, what is kept, what is wrong.

    Exit code 0 if all is well, 2 if no auditor is enrolled, 3 if something waits or needs somebody.
    """
    home = folder or state_folder()
    found = status_of(home, utc_now())
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
    else:
        _print(found)
    if found.state == "none":
        raise SystemExit(_NOT_ENROLLED)
    raise SystemExit(WAITING if found.problems or found.kept or found.state == "waiting" else 0)


def status_of(folder: Path, now: datetime) -> Status:
    """How it stands in a state folder.

    Raises:
        AgentError: what is known of the auditor is damaged.
    """
    membership = read_membership(folder)
    if membership is None:
        return Status(problems=(Problem(got="no auditor is enrolled", cure="run `setapart-agent enrol TOKEN`"),))
    problems: list[Problem] = []
    key, words = _key(folder, problems)
    version, until = _bundle(folder, membership, now, problems)
    record, spool = read_record(folder), Spool(folder)
    _troubles(membership, record, problems)
    kept, rejected = _reports(spool.reports, problems), _reports(spool.rejected, problems)
    dropped = spool.dropped.reports
    if rejected:
        why = spool.rejection(rejected[-1])
        problems.append(
            Problem(
                got=f"reports that the auditor would not take: {len(rejected)}"
                + (f"; the last: {why.got}" if why is not None else ""),
                cure=f"look at {rejected[-1].path.parent}, tell your officer, and remove it",
            )
        )
    if dropped:
        problems.append(
            Problem(
                got=f"reports that had to make room: {dropped}",
                cure=f"deliver sooner; to forget this remove {folder / 'spool' / 'dropped.json'}",
            )
        )
    receipt = None
    if membership.device is not None and membership.authority is not None:
        receipt = last_receipt(folder, membership.device, membership.key)
    return Status(
        state=membership.state,
        url=membership.url or None,
        auditor=membership.auditor,
        device=membership.device,
        name=membership.name,
        key=key,
        words=words,
        bundle=version,
        bundle_until=until,
        kept=None if kept is None else len(kept),
        oldest=kept[0].name if kept else None,
        rejected=len(rejected or ()),
        dropped=dropped,
        delivered_at=record.delivered_at,
        tried_at=record.tried_at,
        next_at=record.next_at,
        received_at=receipt.received_at if receipt is not None else None,
        sequence=receipt.sequence if receipt is not None else None,
        problems=tuple(problems),
    )


def _key(folder: Path, problems: list[Problem]) -> tuple[str | None, str | None]:
    from setapart_evidence.words import words_of

    try:
        keyid = read_key(key_path(None, folder)).public.keyid
    except SetapartError as exc:
        problems.append(Problem(got=exc.got, cure=exc.cure))
        return None, None
    return keyid, words_of(keyid)


def _reports(look: Callable[[], tuple[Spooled, ...]], problems: list[Problem]) -> tuple[Spooled, ...] | None:
    """The reports that are there; None, which is no empty spool, if they can't be seen."""
    try:
        return look()
    except SpoolError as exc:
        problems.append(Problem(got=exc.got, cure=exc.cure))
        return None


def _bundle(
    folder: Path, membership: Membership, now: datetime, problems: list[Problem]
) -> tuple[int | None, datetime | None]:
    try:
        found = pinned_bundle(folder, membership)
    except AgentError as exc:
        problems.append(Problem(got=exc.got, cure=exc.cure))
        return None, None
    if found is None:
        return None, None
    until = found.bundle.expires_at
    if until <= now:
        problems.append(
            Problem(
                got=f"the policy bundle expired on {until:%Y-%m-%d}",
                cure="run `setapart-agent deliver`; if that brings no new one, tell your officer",
            )
        )
    elif lacks_bundle(folder, membership):
        problems.append(
            Problem(got="the auditor has another policy bundle", cure="run `setapart-agent deliver` to fetch it")
        )
    return found.bundle.version, until


def _troubles(membership: Membership, record: Record, problems: list[Problem]) -> None:
    if membership.state == "waiting":
        problems.append(
            Problem(
                got="the enrolment waits for an officer",
                cure="read the words to them, then run `setapart-agent enrol` again",
            )
        )
    if membership.rotation is not None:
        problems.append(
            Problem(got="a change of keys is not finished", cure="run `setapart-agent enrol --rotate` again")
        )
    problems += [
        Problem(got=trouble.got, cure=trouble.cure)
        for trouble in (record.trouble, record.bundle_trouble)
        if trouble is not None
    ]


def _print(found: Status) -> None:
    def moment(value: datetime | None) -> str | None:
        return None if value is None else moment_text(value)

    bundle = None if found.bundle is None else f"{found.bundle}, valid until {moment(found.bundle_until)}"
    receipt = None if found.sequence is None else f"report {found.sequence}, {moment(found.received_at)}"
    if found.state != "none":
        print_table(
            ("", ""),
            (
                ("state", found.state),
                ("auditor", found.url or "by hand"),
                ("its key", found.auditor),
                ("device", found.name),
                ("device id", found.device),
                ("key id", found.key),
                ("words", found.words),
                ("policy bundle", bundle),
                ("kept", None if found.kept is None else str(found.kept)),
                ("last delivery", moment(found.delivered_at)),
                ("last receipt", receipt),
                ("next attempt", moment(found.next_at)),
            ),
        )
    for problem in found.problems:
        click.echo(f"{problem.got}" + (f": {problem.cure}" if problem.cure else ""), err=True)
