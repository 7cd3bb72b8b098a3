"""`setapart-agent station`."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click
import msgspec
from msgspec import Struct

from setapart_agent.cli import forsake_output
from setapart_agent.cli.exchange import courier_of, utc_now
from setapart_agent.cli.options import key_path, read_key, read_small
from setapart_agent.errors import AgentError, SourceError
from setapart_agent.membership import enrolled
from setapart_agent.sources import SourceSpec, parse_source
from setapart_agent.state import STATION_KEY_NAME, state_folder

if TYPE_CHECKING:
    from setapart_agent.station.console import Console
    from setapart_agent.station.phones import Way

_KINDS = ("adb", "ios-usb")
_CODES = {"delivered": 0, "declined": 1, "failed": 2, "kept": 3}
_MINUTES = 5


class _Named(Struct, frozen=True):
    name: str
    id: str | None = None


class _Names(Struct, frozen=True):
    devices: tuple[_Named, ...] = ()


@click.command("station")
@click.option("--dir", "folder", type=click.Path(path_type=Path), help="The station's state folder.")
@click.option(
    "--source",
    "spellings",
    multiple=True,
    metavar="SOURCE",
    help="What is waited for: adb[:SERIAL], ios-usb[:UDID]; may be repeated. Default: every phone by cable.",
)
@click.option(
    "--names",
    "names_file",
    type=click.Path(path_type=Path),
    help="Names in the register: what `setapart-auditor device list --json` printed.",
)
@click.option("--yes", "send_at_once", is_flag=True, help="Send what was read without the second question.")
@click.option("--once", is_flag=True, help="End after the first phone.")
@click.option("--plain", is_flag=True, help="No bold headings.")
@click.option(
    "--patience",
    type=click.IntRange(1, 1440),
    default=_MINUTES,
    show_default=True,
    help="Minutes to wait for an answer; no answer is a no.",
)
def command(
    *,
    folder: Path | None,
    spellings: tuple[str, ...],
    names_file: Path | None,
    send_at_once: bool,
    once: bool,
    plain: bool,
    patience: int,
) -> None:
    """Guide holders of phones: plug in, see what would be read, agree, read, sign, deliver, receipt.

    The station is an enrolled agent with a second key, station.pem in its folder, which an officer has registered as a
    station's. Ctrl-C ends it.
    """
    from setapart_agent.cli.doctor import cure_of
    from setapart_agent.station import texts
    from setapart_agent.station.console import Console
    from setapart_agent.station.journal import Journal
    from setapart_agent.station.sender import Sender, only_station
    from setapart_agent.station.session import Session
    from setapart_agent.station.visit import Visit

    home = folder or state_folder()
    membership = enrolled(home)
    specs = tuple(map(_spec, spellings or _KINDS))
    names = {} if names_file is None else _names(names_file)
    console = Console(sys.stdout, sys.stdin, plain=plain, patience=60.0 * patience)
    key = key_path(home / STATION_KEY_NAME, None)
    sender = Sender(home, key, read_key=read_key, courier=lambda: courier_of(home), clock=utc_now)
    journal = Journal(home, utc_now, lambda why: console.say(texts.JOURNAL.format(why=why)))
    code = 0
    with ExitStack() as stack:
        stack.enter_context(_ended_by_signals())
        try:
            stack.enter_context(only_station(home))
            sender.refresh()
            sender.terms()
            ways = tuple(stack.enter_context(way) for way in _ways(specs, console, must=bool(spellings)))
            for text in (*texts.STARTED, texts.HOW_TO_ANDROID, texts.HOW_TO_IOS):
                console.say(text.format(name=membership.name, auditor=membership.url or "an auditor, by hand"))
            journal.note("started")
            visit = Visit(
                console=console,
                journal=journal,
                sender=sender,
                public_key=key.with_suffix(".pub"),
                names=names.get,
                cure_of=cure_of,
                send_at_once=send_at_once,
            )
            session = Session(console=console, journal=journal, ways=ways, visit=visit)
            code = _CODES[session.run(once=once)]
        except KeyboardInterrupt:
            pass
        journal.note("ended")
    try:
        console.say()
        console.say(texts.ENDED)
    except OSError:  # the terminal is what was closed
        forsake_output()
    raise SystemExit(code)


def _spec(spelling: str) -> SourceSpec:
    found = parse_source(spelling)
    if found.kind not in _KINDS:
        raise SourceError(
            f"a station does not wait for {found.kind!r}",
            expected="adb[:SERIAL] or ios-usb[:UDID]",
            cure="read anything else with `setapart-agent report`",
        )
    return found


def _ways(specs: tuple[SourceSpec, ...], console: "Console", *, must: bool) -> Iterator["Way"]:
    """The ways to the phones that are waited for; of those that nobody named, the ones that this machine has.

    Raises:
        WayInError: a way that was named is not there, or none is.
    """
    from setapart_agent.station import texts
    from setapart_agent.station.androids import Androids
    from setapart_agent.station.iphones import IPhones
    from setapart_agent.station.phones import WayInError

    makers: dict[str, Callable[[tuple[str, ...]], Way]] = {"adb": Androids, "ios-usb": IPhones}
    found = 0
    missing: WayInError | None = None
    for kind in dict.fromkeys(spec.kind for spec in specs):
        arguments = tuple(spec.argument for spec in specs if spec.kind == kind)
        try:
            way = makers[kind](() if None in arguments else tuple(filter(None, arguments)))
        except WayInError as exc:
            if must:
                raise
            missing = exc
            console.say(texts.NO_WAY.format(got=exc.got, cure=exc.cure))
        else:
            found += 1
            yield way
    if not found and missing is not None:
        raise missing


def _names(path: Path) -> dict[str, str]:
    """Names in the register by id.

    Raises:
        AgentError: the file is none of the register's.
    """
    try:
        listed = msgspec.json.decode(read_small(path), type=_Names).devices
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise AgentError(
            f"{path} lists no devices",
            expected="what `setapart-auditor device list --json` printed",
            cure="have it printed again",
        ) from None
    return {one.id: one.name for one in listed if one.id is not None}


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Lets the signals that end a service end a station as Ctrl-C does: its adb server goes with it."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise KeyboardInterrupt

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = [(number, signal.signal(number, interrupt)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)
