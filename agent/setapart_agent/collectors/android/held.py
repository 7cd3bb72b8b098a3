"""Outputs that a file holds, as a source: what bug reports and androidqf folders have in common."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal

from setapart_agent.collectors.android import source as commands
from setapart_agent.collectors.android.parse.bugreport import PROPERTIES, Section
from setapart_agent.collectors.base import Failed, Observed, Outcome, Unsupported

_SECTION_OF = {
    commands.GETPROP: PROPERTIES,
    commands.DUMPSYS_USER: "user",
    commands.DUMPSYS_PACKAGE: "package",
    commands.DUMPSYS_ACCOUNT: "account",
    commands.DUMPSYS_CONTENT: "content",
    commands.DUMPSYS_DEVICE_POLICY: "device_policy",
    commands.DUMPSYS_WIFI: "wifi",
    commands.DUMPSYS_CONNECTIVITY: "connectivity",
    commands.DUMPSYS_VPN: "vpn_management",
}


class HeldSource:
    """A source that answers the commands whose output it was given."""

    def __init__(
        self,
        kind: Literal["bugreport", "androidqf"],
        outputs: Mapping[str, Outcome[bytes]],
        *,
        called: str,
        taken_at: datetime | None = None,
    ) -> None:
        """Takes the outputs by command.

        Args:
            kind: the way in.
            outputs: by command.
            called: what names the source in reasons, such as `a bug report`.
            taken_at: when the device was captured, if that is known.
        """
        self.kind = kind
        self.taken_at = taken_at
        self._outputs = outputs
        self._called = called

    def output(self, command: str) -> Outcome[bytes]:
        """See `AndroidSource.output`."""
        return self._outputs.get(command, Unsupported(f"{self._called} does not hold `{command}`"))

    def serial(self) -> None:
        """Nothing that its properties do not say."""
        return


def outputs_of(sections: tuple[Section, ...]) -> dict[str, Outcome[bytes]]:
    """The outputs by command that the sections of a report are; an empty section is a failure, not an answer."""
    by_name = {section.name: section.content for section in sections}
    return {
        command: Observed(by_name[name]) if by_name[name].strip() else Failed(f"the section {name} is empty")
        for command, name in _SECTION_OF.items()
        if name in by_name
    }


def moment_of(stamp: str | None, file: int) -> datetime:
    """When a capture was taken: what it says itself, else when its file was last written, which is no earlier.

    Args:
        stamp: as for `earliest_of`.
        file: a descriptor of the file.
    """
    return earliest_of(stamp, datetime.fromtimestamp(os.fstat(file).st_mtime, UTC))


def earliest_of(stamp: str | None, written: datetime) -> datetime:
    """What a capture says itself, else when it was last written.

    Args:
        stamp: `YYYY-MM-DD HH:MM:SS` in the device's own time zone, which nothing tells: the earliest is taken.
        written: when the file was last written.
    """
    if stamp is None:
        return written
    try:
        return datetime.fromisoformat(stamp).replace(tzinfo=UTC) - _EASTERNMOST
    except (ValueError, OverflowError):
        return written


_EASTERNMOST = timedelta(hours=14)
