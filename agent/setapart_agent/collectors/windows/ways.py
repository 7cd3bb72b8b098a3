"""The ways into Windows, and what each can show."""

from setapart_agent.collectors.base import WayIn
from setapart_agent.collectors.windows.collector import collectors

COLLECTORS = tuple(collector.info for collector in collectors())
_RUNNING = tuple(info.name for info in COLLECTORS)
_MOUNTED = tuple(name for name in _RUNNING if name not in ("windows.processes", "windows.dsregcmd"))
_APPS = (
    "Programs that the registry lists for uninstalling, of the machine (64 and 32 bit) and of each user, hidden ones "
    "included. AppX and MSIX packages of each user and those that new users get. Executables by name in Program Files, "
    "on the drive itself, in Downloads, Desktop, Documents and AppData, also of users that are gone; and on any drive "
    "those that start at sign-in or open links. Web apps and extensions of browsers, shortcuts of web apps and of "
    "programs in WSL."
)
_TIES = (
    "Accounts of Outlook (classic of all versions, and new), Thunderbird, Windows Mail, OneDrive, Office, Nextcloud, "
    "rclone; work or school accounts; sign-in of browsers. Domain, Entra ID, device management, mapped drives, Work "
    "Folders, VPNs of Windows itself, OpenVPN, AnyConnect, GlobalProtect, FortiClient, Pulse Secure, WireGuard tunnels "
    "(without where they lead), networks by air and by cable that want an identity."
)
_UNSEEN = (
    "Accounts of Teams and other clients with a store of their own (the catalog names them: `own`): remove such a "
    "client, as with `Get-AppxPackage MSTeams | Remove-AppxPackage`, or have an officer attest it. Other programs on "
    "other drives, or on a desktop that a server keeps; a user whose AppData is elsewhere is `denied`. VPN clients "
    "other than those named; of many the links are `unsupported`. What runs inside WSL without a shortcut, inside "
    "virtual machines and Android emulators. Enforcement by AppLocker or WDAC."
)
_NEVER = "never; a stand-in for `winreg` with its documented behaviour"
_WRITTEN = "never; hives and exports of real machines"

WAYS = (
    WayIn(
        device="Windows 10 or 11",
        source="`local`, as administrator",
        collectors=_RUNNING,
        ordinary=True,
        dedicated=True,
        seen=f"{_APPS} The names of running programs. {_TIES} What `dsregcmd` says.",
        unseen=_UNSEEN,
        holder="Run it in a console that was started as administrator, or as the system by a scheduled task, which is "
        "let into every key. Users who are not signed in are read out of their hives: no one needs to sign in.",
        last_run=_NEVER,
    ),
    WayIn(
        device="Windows 10 or 11 with one user",
        source="`local`, as that user",
        collectors=_RUNNING,
        ordinary=True,
        dedicated=False,
        seen=f"{_APPS} The names of running programs. {_TIES}",
        unseen=f"{_UNSEEN} Wi-Fi networks, whose folder only an administrator may read: links are `denied`.",
        holder="Nothing; for a dedicated device run it as administrator.",
        last_run=_NEVER,
    ),
    WayIn(
        device="Windows 10 or 11 with several users",
        source="`local`, as one of them",
        collectors=_RUNNING,
        ordinary=False,
        dedicated=False,
        seen="The same of the machine and of that user.",
        unseen="Everything of the other users, each `denied`.",
        holder="Run it as administrator.",
        last_run=_NEVER,
    ),
    WayIn(
        device="Windows 7 to 11, a disk or image",
        source="`root:DIR`",
        collectors=_MOUNTED,
        ordinary=True,
        dedicated=True,
        seen=f"{_APPS} {_TIES} What a transaction log completes in a hive that was being written.",
        unseen=_UNSEEN,
        holder="`pip install setapart[offline-windows]`. Shut Windows down (hold Shift: a fast start leaves hives "
        "half-written), unlock BitLocker, mount the drive read-only and name the folder where its C: is.",
        last_run=_WRITTEN,
    ),
    WayIn(
        device="Windows, a disk with a hive that is broken, or was being written and whose log is gone",
        source="`root:DIR`",
        collectors=_MOUNTED,
        ordinary=False,
        dedicated=False,
        seen="The rest, and of the hive what is whole.",
        unseen="What the hive may have held: `failed` or `partial` for its user, or for the machine.",
        holder="Start Windows once, shut it down with Shift held, and mount the disk again.",
        last_run=_WRITTEN,
    ),
)
