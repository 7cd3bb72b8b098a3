"""`setapart-agent report`."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from setapart_agent.chain import Chain, locked_chain
from setapart_agent.cli import forsake_output
from setapart_agent.cli.exchange import utc_now
from setapart_agent.cli.options import (
    disclosure_options,
    is_of_an_auditor,
    key_options,
    password_asker,
    read_epoch_value,
    read_key,
    read_policy_bundle,
    signing_key,
    source_options,
)
from setapart_agent.collectors.base import Collected
from setapart_agent.disclosure import DisclosureFilter, filter_of
from setapart_agent.errors import AgentError, ChainError
from setapart_agent.membership import Membership, enrolled, pinned_bundle, read_membership, take_left_bundle
from setapart_agent.private_files import write_private
from setapart_agent.questions import keep_question, make_question
from setapart_agent.report import SignedReport, Stage, device_id, make_signed_report
from setapart_agent.signing import signing_chain, station_signer
from setapart_agent.sources import SourceSpec, collect_all, parse_source
from setapart_agent.state import state_folder
from setapart_agent.state_owner import act_as_owner, as_root
from setapart_evidence.errors import SetapartError
from setapart_evidence.keys import Signer
from setapart_evidence.statement import Level

if TYPE_CHECKING:
    from setapart_agent.cli.sending import Sending
    from setapart_evidence.bundle import SignedBundle


@click.command("report")
@source_options()
@key_options()
@disclosure_options()
@click.option("--epoch", "epoch_file", type=click.Path(path_type=Path), help="A signed epoch: shows that this is new.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="The evidence file to write, or a folder for `<device id>.evidence`. Default: deliver to the auditor.",
)
@click.option("--no-deliver", is_flag=True, help="Keep the report in the spool; `deliver` sends it.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing when it worked.")
def command(
    *,
    source_spelling: str,
    password_file: Path | None,
    key_file: Path | None,
    folder: Path | None,
    disclosure: Level | None,
    bundle_file: Path | None,
    epoch_file: Path | None,
    output: Path | None,
    no_deliver: bool,
    quiet: bool,
) -> None:
    """Collect and sign a report, and deliver it to the auditor or write it to a file.

    A part that can't be read is said in the report (coverage) and is no error; a source that can't be read at all is.
    A source with many devices gives one report each. Exit code 3 if one could not be delivered, and is kept.
    """
    home = folder or state_folder()
    source = parse_source(source_spelling)
    epoch = read_epoch_value(epoch_file)
    bundle = read_policy_bundle(bundle_file)
    is_root_no_more = output is None and act_as_owner(home)
    if output is None:
        _check_deliverable(home, key_file)
    path = _key(home, key_file, source)
    target = _target(home, source, output, deliver=not no_deliver)
    target.prepare()  # may bring a nonce, a bundle, even a key
    unseen = 0
    with _chain(home, key_file, path) as chain:
        # Under the lock: a change of keys takes it as well, and what the old key signs after it nobody takes.
        run = Run.of(home, path, source, own=key_file is None, bundle=bundle, disclosure=disclosure, epoch=epoch)
        devices: Iterator[Collected] = collect_all(source, password_asker(password_file), resume=target.is_folder)
        devices = as_root(devices) if is_root_no_more else devices
        for report in run.reports(target.admitted(devices), chain, target.stage):
            line = target.take(report)
            unseen += sum(row.status != "observed" for row in report.inventory.coverage)
            if line and not quiet:
                _tell(line)
        if no_deliver and source.own and run.membership is not None:
            # What delivers may be kept from the key.
            keep_question(home, make_question(run.membership, run.signer, utc_now()))
    lines, code = target.end()
    for line in lines if code or not quiet else ():
        _tell(line)
    if unseen and not quiet:
        parts = "1 part" if unseen == 1 else f"{unseen} parts"
        _tell(f"{parts} could not be seen: `setapart-agent doctor --source {source_spelling}` says why")
    raise SystemExit(code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What all reports of a run have in common; `membership` is that of an enrolled agent, `coming` its next key."""

    source: SourceSpec
    signer: Signer
    coming: Signer | None
    chosen: DisclosureFilter
    folder: Path
    membership: Membership | None
    epoch: str | None

    @classmethod
    def of(
        cls,
        folder: Path,
        key: Path,
        source: SourceSpec,
        *,
        own: bool,
        bundle: "SignedBundle | None",
        disclosure: Level | None,
        epoch: str | None,
    ) -> "Run":
        """Reads what the state folder holds; under the chain's lock.

        Args:
            folder: the state folder.
            key: the file of the key that signs.
            source: what is read.
            own: whether that key is one of the folder's: then its enrolment counts.
            bundle: that was given; without one the pinned one counts.
            disclosure: that was asked for.
            epoch: the value of the one that was given.

        Raises:
            SetapartError: a file in the folder can't be used.
        """
        membership = read_membership(folder) if own else None
        coming = None
        if membership is not None and not membership.is_enrolled:
            membership = None
        if membership is not None:
            bundle = bundle or _newest_bundle(folder, membership)
            if membership.rotation is not None and source.own:
                from setapart_agent.enrolment import coming_signer

                coming = coming_signer(folder, membership)
        return cls(
            source=source,
            signer=read_key(key),
            coming=coming,
            chosen=filter_of(bundle, disclosure),
            folder=folder,
            membership=membership,
            epoch=epoch,
        )

    def reports(self, devices: Iterator[Collected], chain: Chain, stage: Stage | None) -> Iterator[SignedReport]:
        """A signed report of each device; the next one is made when it is asked for."""
        own = self.membership.device if self.membership is not None else None
        newest: dict[str, datetime] = {}
        for collected in devices:
            device = device_id(collected, self.source, self.chosen, signer=self.signer, chain=chain, own=own)
            if _is_outdated(collected, device, newest):
                continue
            yield make_signed_report(
                collected,
                self.source,
                self.chosen,
                device=device,
                signer=self.signer,
                chain=chain,
                now=utc_now(),
                epoch=self.epoch,
                nonce=self._nonce(device),
                coming=self.coming,
                stage=stage,
            )

    def _nonce(self, device: str) -> str | None:
        if self.membership is None:
            return None
        from setapart_agent.receipts import nonce_for

        return nonce_for(self.folder, self.membership, device)


def _newest_bundle(folder: Path, membership: Membership) -> "SignedBundle | None":
    """The pinned bundle, after one that was left to be pinned; that one may be anything, and stops no report.

    Raises:
        AgentError: the pinned one can't be used, or written.
    """
    try:
        take_left_bundle(folder, membership, utc_now())
    except ChainError:
        raise
    except SetapartError as exc:
        click.echo(f"setapart-agent: the policy bundle that was fetched is not used: {exc}", err=True)
    return pinned_bundle(folder, membership)


def _key(folder: Path, key_file: Path | None, source: SourceSpec) -> Path:
    """The file of the key that signs, once it was opened.

    Raises:
        KeyFileError: there is none, or the station's is the machine's own.
        SetapartError: it can't be read.
    """
    path, is_station = signing_key(folder, key_file, source)
    if is_station:
        station_signer(folder, path, read_key)
    else:
        read_key(path)
    return path


def _chain(folder: Path, key_file: Path | None, path: Path) -> AbstractContextManager[Chain]:
    """The chain of the key that signs; of a folder with a spool, with what somebody who died had begun there."""
    return signing_chain(folder, path) if is_of_an_auditor(folder, key_file) else locked_chain(path)


def _target(folder: Path, source: SourceSpec, output: Path | None, *, deliver: bool) -> "Target | Sending":
    if output is not None:
        return Target.of(output, source)
    from setapart_agent.cli.sending import Sending

    return Sending(folder, deliver=deliver)


def _check_deliverable(folder: Path, key_file: Path | None) -> None:
    """Refuses a report that nobody would take.

    Raises:
        AgentError: the key is another one than the folder's, or no auditor has accepted that.
    """
    if not is_of_an_auditor(folder, key_file):
        raise AgentError(
            "no auditor is enrolled",
            expected="--output FILE",
            cure="write the report to a file, or run `setapart-agent enrol TOKEN` first",
        )
    enrolled(folder)


def _tell(line: str) -> None:
    """Prints a line. That nobody reads it any more must not keep the next device from being reported."""
    try:
        click.echo(line)
    except OSError:
        forsake_output()


def _is_outdated(collected: Collected, device: str, newest: dict[str, datetime]) -> bool:
    """Whether a newer record of this device came before: managers keep those of earlier enrolments."""
    taken_at = collected.taken_at
    if taken_at is None:
        return False
    if device in newest and taken_at < newest[device]:
        click.echo(f"an older record of {device} was left out", err=True)
        return True
    newest[device] = taken_at
    return False


class Target:
    """Where reports go: one file, or a folder with `<device id>.evidence` for each device of the source."""

    stage: Stage | None = None

    def __init__(self, path: Path, *, folder: bool) -> None:
        self._path = path
        self.is_folder = folder

    @classmethod
    def of(cls, path: Path, source: SourceSpec) -> "Target":
        """A folder that is there, or that an export of many devices needs; else a file.

        Raises:
            OSError: the folder can't be made.
        """
        if source.kind == "mdm" and not path.exists() and path.suffix != ".evidence":
            path.mkdir(parents=True)
        return cls(path, folder=path.is_dir())

    def prepare(self) -> None:
        """Nothing is asked of anybody."""

    def end(self) -> tuple[tuple[str, ...], int]:
        """Everything was said."""
        return (), 0

    def path_of(self, device: str) -> Path:
        """The file of a device's report."""
        return self._path / f"{device}.evidence" if self.is_folder else self._path

    def take(self, report: SignedReport) -> str:
        """Writes a report. Returns the line that says so.

        Raises:
            ChainError: it can't be written.
        """
        written = self.path_of(report.device)
        write_private(written, report.raw)
        return f"report {report.sequence} of {report.device} written to {written}"

    def admitted(self, devices: Iterator[Collected]) -> Iterator[Collected]:
        """The devices, one after the other is written; for a single file only one.

        Raises:
            AgentError: there is a second device and only one file; nothing was written then.
        """
        first = next(devices, None)
        if first is None:
            raise AgentError("no device in this source", expected="one")
        if not self.is_folder:
            second = next(devices, None)
            if second is not None:
                raise AgentError("several devices in this source, and one file", expected="--output with a folder")
        yield first
        yield from devices
