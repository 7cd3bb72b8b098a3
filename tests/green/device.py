"""What a built device is: how it is read, and how it stands in the register."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device that can be read now; without a serial the register knows it by its own key."""

    source: str
    platform: str | None = None
    serial: str | None = None


Build = Callable[[Path], AbstractContextManager[Device]]
