"""Android phones at a station, through one private adb server for as long as the station runs."""

from time import monotonic
from typing import Literal, Self

from msgspec import structs

from setapart_agent.collectors.android import collector as android
from setapart_agent.collectors.android import source as commands
from setapart_agent.collectors.android.adb import AdbSource
from setapart_agent.collectors.android.adb_client import AdbClient, Attached
from setapart_agent.collectors.android.answers import ask
from setapart_agent.collectors.android.parse import getprop
from setapart_agent.collectors.base import Collected, Observed, Outcome
from setapart_agent.collectors.worker import in_worker
from setapart_agent.errors import SourceError
from setapart_agent.station.phones import READY, NotReadyError, Phone, Sighting, SwappedError, Tell, WayInError, checked
from setapart_evidence.text import printable

_AGAIN = 3.0
"""Seconds between attempts to reach an address, or to start a server anew."""
_ATTACHED = "device"
_OF_USERS = (commands.PM_LIST_USERS, commands.CMD_USER_LIST, commands.DUMPSYS_USER)
_OF_ACCOUNTS = (commands.DUMPSYS_ACCOUNT, commands.DUMPSYS_CONTENT)
_OF_LINKS = (
    commands.DUMPSYS_DEVICE_POLICY,
    commands.DUMPSYS_WIFI,
    commands.DUMPSYS_CONNECTIVITY,
    commands.DUMPSYS_VPN,
    commands.ALWAYS_ON_VPN,
)


class Androids:
    """A `Way`: phones by cable, and those at the addresses that were named."""

    kind: Literal["adb"] = "adb"

    def __init__(self, serials: tuple[str, ...] = (), *, client: AdbClient | None = None) -> None:
        """Finds the adb program.

        Args:
            serials: only these, HOST:PORT among them; empty for every phone by cable.
            client: another program's.

        Raises:
            WayInError: there is no such program.
        """
        self._serials = serials
        self._addresses = tuple(one for one in serials if ":" in one)
        try:
            self._client = client or AdbClient()
        except SourceError as exc:
            raise _unusable(exc) from None
        self._running = False
        self._tried_at = float("-inf")

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._running = False
        self._client.close()

    def look(self) -> tuple[Sighting, ...]:
        """See `Way.look`; a server that has died is started anew."""
        if not self._running:
            if not self._is_time():
                raise WayInError("the adb server has ended", expected="a server that answers")
            self._start()
        try:
            attached = self._client.devices()
            if self._unreached(attached) and self._is_time():
                for address in self._unreached(attached):
                    self._client.connect(address)
                attached = self._client.devices()
        except SourceError as exc:
            self._running = False
            self._client.close()
            raise _unusable(exc) from None
        return tuple(
            Sighting(
                kind=self.kind,
                key=one.serial,
                state=READY if one.state == _ATTACHED else one.state,
                model=one.model,
            )
            for one in attached
            if not self._serials or one.serial in self._serials
        )

    def recognise(self, sighting: Sighting) -> Phone:
        """See `Way.recognise`; asks for the phone's properties."""
        return self._recognised(sighting, self._open(sighting))

    def read(self, phone: Phone, tell: Tell) -> Collected:
        """See `Way.read`."""
        source = self._open(phone.sighting)
        if not phone.is_same(self._recognised(phone.sighting, source).device):
            raise SwappedError("another phone answers", expected="the one that was shown")
        told = Told(source, tell)
        (collected,) = in_worker(lambda _ask: (android.collect(told),), forked=False)
        return checked(phone, collected, self.recognise)

    def _recognised(self, sighting: Sighting, source: AdbSource) -> Phone:
        properties = ask(source, commands.GETPROP, getprop.read)
        if not isinstance(properties, Observed):
            raise NotReadyError(properties.reason, expected="a phone that says what it is", cure="attach it again")
        serial = source.serial() or properties.value.serial
        return Phone(sighting=sighting, device=structs.replace(properties.value, serial=serial))

    def _open(self, sighting: Sighting) -> AdbSource:
        attached = Attached(serial=sighting.key, state=_ATTACHED, model=sighting.model)
        try:
            return AdbSource(self._client, attached)
        except SourceError as exc:
            raise NotReadyError(exc.got, expected=exc.expected, cure=exc.cure) from None

    def _start(self) -> None:
        self._tried_at = monotonic()
        try:
            self._client.start(emulators=any(one.startswith("emulator-") for one in self._serials))
        except SourceError as exc:
            raise _unusable(exc) from None
        self._running = True
        self._tried_at = float("-inf")

    def _unreached(self, attached: tuple[Attached, ...]) -> tuple[str, ...]:
        there = {one.serial for one in attached}
        return tuple(address for address in self._addresses if address not in there)

    def _is_time(self) -> bool:
        if monotonic() - self._tried_at < _AGAIN:
            return False
        self._tried_at = monotonic()
        return True


class Told:
    """An Android source that says which section is being read, before the first command for it runs."""

    def __init__(self, source: AdbSource, tell: Tell) -> None:
        self._source = source
        self._tell = tell
        self._told: set[str] = set()

    @property
    def kind(self) -> Literal["adb", "bugreport", "androidqf"]:
        """The source's."""
        return self._source.kind

    def serial(self) -> str | None:
        """The source's."""
        return self._source.serial()

    def output(self, command: str) -> Outcome[bytes]:
        """The source's."""
        section = section_of(command)
        if section and section not in self._told:
            self._told.add(section)
            self._tell(section)
        return self._source.output(command)

    def size(self, path: str) -> Outcome[int]:
        """The source's."""
        return self._source.size(path)

    def read_range(self, path: str, offset: int, length: int) -> Outcome[bytes]:
        """The source's."""
        return self._source.read_range(path, offset, length)


def section_of(command: str) -> str:
    """The section that a command is asked for: `users`, `apps`, `accounts`, `links`; empty for the properties."""
    if command == commands.GETPROP:
        return ""
    for section, of_it in (("users", _OF_USERS), ("accounts", _OF_ACCOUNTS), ("links", _OF_LINKS)):
        if command in of_it:
            return section
    return "apps"


def _unusable(exc: SourceError) -> WayInError:
    return WayInError(printable(exc.got), expected=exc.expected, cure=exc.cure)
