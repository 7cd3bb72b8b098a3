"""The ways into Linux workstations, and what each can show."""

from setapart_agent.collectors.base import WayIn
from setapart_agent.collectors.linux.collector import collectors

COLLECTORS = tuple(one.info for one in collectors())
_NAMES = tuple(info.name for info in COLLECTORS)
_SEEN = (
    "Packages (dpkg, rpm, pacman, apk, Homebrew, Nix, Guix), Flatpak, snap, Android apps in Waydroid, desktop entries, "
    "web apps and extensions of browsers, programs that no package brought (AppImages, unpacked archives{running}). "
    "Accounts of mail programs, GNOME's and KDE's online accounts, Evolution, browsers' sign-in, file synchronisation. "
    "Directory joins, Kerberos, device managers, VPNs, 802.1X networks, file servers. For root, for every uid from "
    "`UID_MIN` on with a login shell or a home with files, and for every owner of a folder in /home or where "
    "SSSD and winbind put homes."
)
_UNSEEN = (
    "Web use without an installed web app. Programs in containers and virtual machines{running}. Programs in other "
    "folders than the usual ones{running}. Accounts of the clients that the catalog calls `own`."
)

WAYS = (
    WayIn(
        device="Linux workstation",
        source="`local`, as root",
        collectors=_NAMES,
        ordinary=True,
        dedicated=True,
        seen=_SEEN.format(running=", and whatever runs"),
        unseen=_UNSEEN.format(running=" that do not run now"),
        holder="Nothing; encrypted homes must be open.",
        last_run="never; 2026-11-23 in a Debian 12 container",
    ),
    WayIn(
        device="Linux workstation",
        source="`local`, as a user",
        collectors=_NAMES,
        ordinary=False,
        dedicated=False,
        seen="The same of this one user, and the packages of the system.",
        unseen="Other users' homes and programs: only root sees them.",
        holder="Let the agent run as root.",
    ),
    WayIn(
        device="Linux disk or image, mounted",
        source="`root:DIR`, as root",
        collectors=_NAMES,
        ordinary=True,
        dedicated=True,
        seen=_SEEN.format(running=""),
        unseen=_UNSEEN.format(running="") + " Running programs.",
        holder="Mount every file system of the installation, the homes included, and decrypt them first.",
    ),
)
