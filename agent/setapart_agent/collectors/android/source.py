"""What every way into an Android device offers: the output of commands, by their canonical spelling.

A live device runs them; a bug report or an androidqf folder answers those whose output it holds.
"""

from typing import Literal, Protocol, runtime_checkable

from setapart_agent.collectors.base import Outcome

GETPROP = "getprop"
PM_LIST_USERS = "pm list users"
CMD_USER_LIST = "cmd user list -v"
DUMPSYS_USER = "dumpsys user"
DUMPSYS_PACKAGE = "dumpsys package"
DUMPSYS_ACCOUNT = "dumpsys account"
DUMPSYS_CONTENT = "dumpsys content"
DUMPSYS_DEVICE_POLICY = "dumpsys device_policy"
DUMPSYS_WIFI = "dumpsys wifi"
DUMPSYS_CONNECTIVITY = "dumpsys connectivity"
DUMPSYS_VPN = "dumpsys vpn_management"
"""From Android 12."""
ALWAYS_ON_VPN = "settings get secure always_on_vpn_app"
"""Optional: the always-on VPN app of the foreground user."""

ANDROIDQF_PACKAGES = "packages.json"
ANDROIDQF_USERS = "package_users.json"
"""No commands but the files that androidqf writes; asked of a source of this kind only."""

OUTPUT_LIMIT = 64 * 1024 * 1024
"""Bytes that one command's output may have; a source answers `Failed` for a longer one."""

Subset = Literal["enabled-and-disabled", "disabled", "with-removed"]
_FLAGS: dict[Subset, str] = {"enabled-and-disabled": "", "disabled": " -d", "with-removed": " -u"}


class AndroidSource(Protocol):
    """One Android device, or what a file holds of one."""

    @property
    def kind(self) -> Literal["adb", "bugreport", "androidqf"]:
        """How the device is reached."""

    def output(self, command: str) -> Outcome[bytes]:
        """What a command printed on standard output and standard error together.

        Error texts of Android ("Can't find service: account", Java exceptions) may come as `Observed`: the collector
        judges them. `Denied`, `Failed` and `Unsupported` are for the way in itself: not authorised, timed out,
        disconnected, longer than `OUTPUT_LIMIT`, not held by this file. Never `Observed(b"")` for a thing that was
        not run.

        Args:
            command: a constant of this module, or `pm_list_packages`'s answer.
        """

    def serial(self) -> str | None:
        """The device's serial number where this way in knows it before any command; it stays here."""


@runtime_checkable
class RangedSource(Protocol):
    """A source that can also read parts of files on the device: APKs, for their signing certificates."""

    def size(self, path: str) -> Outcome[int]:
        """The size of a file in bytes."""

    def read_range(self, path: str, offset: int, length: int) -> Outcome[bytes]:
        """A part of a file, shorter where the file ends before."""


def pm_list_packages(user: str | None, subset: Subset = "enabled-and-disabled") -> str:
    """The command that lists the packages of one Android user.

    Args:
        user: an Android user id; `None` for Android before 4.2, which has one user and no `--user`.
        subset: which packages; `with-removed` adds those that were removed and left their data.
    """
    return f"pm list packages -f -i -U{_FLAGS[subset]}" + (f" --user {user}" if user is not None else "")


def dumpsys_web_apk(package: str) -> str:
    """The command that dumps one package, with the links that it answers to; for web apps that are packages alone.

    Args:
        package: a name that `parse.web_apk.NAME` matches.
    """
    return f"dumpsys package {package}"
