"""Who manages the device: `dumpsys device_policy`.

`Device Owner:` and `Profile Owner (User N):` are followed by `admin=ComponentInfo{pkg/class}` and, for the device
owner, `User ID: N` (from Android 7); `Enabled Device Admins (User N…):` lists admins with their policies, among them
the always-on VPN (from 11). An enabled admin that owns nothing (a finder of lost phones, a mail app) manages nothing.
Owners exist from Android 4.3 and are dumped from 6. Sources: DeviceOwner.dump, Owners.dump and DevicePolicyData.dump
of AOSP.
"""

import re

from msgspec import Struct

from setapart_agent.collectors.android.parse.android_user import canonical
from setapart_agent.collectors.android.parse.command_output import damaged, normal, refusal
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "android.dumpsys-device-policy"
MATURITY: Maturity = "captures"

_SHAPE = re.compile(r"^Current Device Policy Manager state:|^[ \t]*+Enabled Device Admins\b", re.MULTILINE)
_ADMINS = re.compile(r"^[ \t]*+Enabled Device Admins\b", re.MULTILINE)
_PROFILE_OWNER = re.compile(r"\s*Profile Owner \(User (\d{1,10})\):\s*")
_ADMINS_OF = re.compile(r"\s*Enabled Device Admins \(User (\d{1,10})\b.*")
_ADMIN = re.compile(r"\s*admin=ComponentInfo\{([\w.]{1,255})/.*")
_USER_ID = re.compile(r"\s*User ID: (\d{1,10})\s*")
_VPN = re.compile(r"\s*mAlwaysOnVpnPackage=([\w.]{1,255})\s*")


class Owner(Struct, frozen=True, kw_only=True):
    """The app that manages the device (through user `user`) or one profile."""

    package: str
    user: str
    device: bool


class DevicePolicy(Struct, frozen=True, kw_only=True):
    """The owners, the users with an always-on VPN set by one, and why there may be more."""

    owners: tuple[Owner, ...]
    vpn_users: tuple[str, ...]
    damage: str | None = None


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """Whether this is the dump of the device policy service and not a whole bug report."""
    head = normal(content[: 256 * 1024])
    return "DUMP OF SERVICE " not in head and _SHAPE.search(head) is not None


def parse(files: FileSet) -> Facts:
    """The links to managers; no coverage, since the users are not listed here."""
    return Facts(links=links(read(normal(files.main))))


def links(policy: DevicePolicy) -> tuple[Link, ...]:
    """Owners as links, by user. A VPN's server is not told, so its target stays unknown: the app is no network."""
    managed = tuple(Link(kind="mdm", target=owner.package, profile=owner.user) for owner in policy.owners)
    return managed + tuple(Link(kind="vpn", target=None, profile=user) for user in policy.vpn_users)


def read(output: str) -> DevicePolicy:
    """The policy that a dump shows.

    Raises:
        ParseError: the output is of another shape; the message says why if the device told.
    """
    if _SHAPE.search(output) is None:
        why = refusal(output)
        raise ParseError(why.reason if why else "no device policy", expected="the output of dumpsys device_policy")
    reader = _Reader()
    for line in output.split("\n"):
        reader.feed(line)
    damage = damaged(output)
    if damage is None and reader.unnamed:
        damage = "an owner is announced and not named"
    if damage is None and _ADMINS.search(output) is None:
        damage = "the dump is cut off"
    return DevicePolicy(owners=tuple(reader.owners), vpn_users=tuple(reader.vpn_users), damage=damage)


class _Reader:
    """Goes through the dump line by line."""

    def __init__(self) -> None:
        self.owners: list[Owner] = []
        self.vpn_users: dict[str, None] = {}
        self.unnamed = False
        self._user = "0"
        self._device = False

    def feed(self, line: str) -> None:
        """Takes the next line."""
        if line.strip() == "Device Owner:":
            self._announce("0", device=True)
        elif (profile := _PROFILE_OWNER.fullmatch(line)) is not None:
            self._announce(canonical(profile[1]), device=False)
        elif (admins := _ADMINS_OF.fullmatch(line)) is not None:
            self._user, self._device = canonical(admins[1]), False
        elif (admin := _ADMIN.fullmatch(line)) is not None:
            if self.unnamed:
                self.owners.append(Owner(package=admin[1], user=self._user, device=self._device))
            self.unnamed = False
        elif self._device and self.owners and (found := _USER_ID.fullmatch(line)) is not None:
            self.owners[-1] = Owner(package=self.owners[-1].package, user=canonical(found[1]), device=True)
            self._device = False
        elif (vpn := _VPN.fullmatch(line)) is not None and vpn[1] != "null":
            self.vpn_users.setdefault(self._user)

    def _announce(self, user: str, *, device: bool) -> None:
        self._user, self._device, self.unnamed = user, device, True
