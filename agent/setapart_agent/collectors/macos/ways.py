"""The ways into Macs, and what each can show."""

from setapart_agent.collectors.base import WayIn
from setapart_agent.collectors.macos.collector import collectors

COLLECTORS = tuple(one.info for one in collectors())
_NAMES = tuple(info.name for info in COLLECTORS)
_SEEN = (
    "App bundles of the system and of every user, also those left in Downloads, in Documents or on the Desktop, and "
    "apps of iPhone and iPad, with the team that signed them{running}; web apps of Safari and Chromium's family; "
    "Homebrew; receipts of installers as traces; extensions and sign-in of browsers. Accounts of system settings, "
    "Outlook, Thunderbird, mail programs of the terminal, Mail before 10.11, file synchronisation. VPNs, networks "
    "that ask who one is, directory joins, Kerberos, single sign-on{live}. For root, for every uid from 501 on that "
    "can log in, for administrators who were hidden by a lower one, and for every owner of a folder in /Users."
)
_UNSEEN = (
    "Web use without an installed web app. Programs in virtual machines. Apps in other folders than the usual ones and "
    "on other volumes, and programs without a bundle{running}. Accounts of the clients that the catalog calls `own`, "
    "and of the new Outlook: these make a dedicated Mac inconclusive."
)

WAYS = (
    WayIn(
        device="Mac",
        source="`local`, as root with Full Disk Access",
        collectors=_NAMES,
        ordinary=True,
        dedicated=True,
        seen=_SEEN.format(
            running="; whatever runs",
            live=", configuration profiles with their accounts, file servers that are mounted",
        ),
        unseen=_UNSEEN.format(running=" that do not run now"),
        holder="Give the agent Full Disk Access: packaging/agent/macos has a profile for device management.",
    ),
    WayIn(
        device="Mac",
        source="`local`, as root without Full Disk Access",
        collectors=_NAMES,
        ordinary=False,
        dedicated=False,
        seen="Apps of the system and of each user's Applications; what profiles and system-wide settings tie to.",
        unseen="Downloads, Desktop, Documents, accounts, Mail, Safari, Outlook: macOS refuses them even to root.",
        holder="Give the agent Full Disk Access; `setapart-agent doctor` says where it is missing.",
    ),
    WayIn(
        device="Mac",
        source="`local`, as a user",
        collectors=_NAMES,
        ordinary=False,
        dedicated=False,
        seen="The same of this one user, and the apps of the system.",
        unseen="Other users' homes and profiles: only root sees them.",
        holder="Let the agent run as root.",
    ),
    WayIn(
        device="Mac disk or image, both volumes mounted",
        source="`root:DIR`, as root",
        collectors=_NAMES,
        ordinary=True,
        dedicated=True,
        seen=_SEEN.format(running="", live=""),
        unseen=_UNSEEN.format(running="")
        + " Running programs. File servers. Model names; the serial on recent systems, whose hardware UUID stands in.",
        holder="Unlock FileVault; mount the system's volume, and the data's below it at System/Volumes/Data.",
    ),
    WayIn(
        device="Mac disk with configuration profiles, both volumes mounted",
        source="`root:DIR`, as root",
        collectors=_NAMES,
        ordinary=True,
        dedicated=False,
        seen=_SEEN.format(running="", live=""),
        unseen="Accounts and links that profiles set up: the running system alone can read its profiles.",
        holder="Run the agent on the Mac itself as well: the auditor unites both.",
    ),
    WayIn(
        device="Mac disk, volume of the data alone",
        source="`root:DIR`, as root",
        collectors=_NAMES,
        ordinary=False,
        dedicated=False,
        seen=_SEEN.format(running="", live=""),
        unseen="Apps of the system's own volume.",
        holder="Mount the system's volume, and the data's below it at System/Volumes/Data.",
    ),
)
