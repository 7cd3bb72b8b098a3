"""What one Android 14 phone with five users answers, made from a small model of it; no real person's data.

User 10 is a work profile and 11 a second person. 150 is like a maker's secure folder: `pm` refuses it to the shell, the
dumps show it. 999 is a clone space that both refuse: only the list of users tells that it is there.
"""

from dataclasses import dataclass

from android_transcripts import dumpsys_connectivity, dumpsys_vpn, dumpsys_wifi, vpn_agent, wifi_network
from replay_adbd import Answer, Programs, Shell


@dataclass(frozen=True, kw_only=True)
class User:
    number: int
    name: str
    flags: int
    flag_names: str
    type: str
    running: bool = True


@dataclass(frozen=True, kw_only=True)
class Package:
    """`installed`, `disabled` and `removed` hold user numbers; whoever is in none of them does not have it."""

    name: str
    app_id: int
    path: str
    version: str
    hint: str
    installer: str = "null"
    installed: tuple[int, ...] = ()
    disabled: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()

    @property
    def apk(self) -> str:
        return self.path if self.path.endswith(".apk") else f"{self.path}/base.apk"


SERIAL = "RPLY00000001"
USERS = (
    User(
        number=0,
        name="Owner",
        flags=0x4C13,
        flag_names="ADMIN|FULL|INITIALIZED|MAIN|PRIMARY|SYSTEM",
        type="full.SYSTEM",
    ),
    User(
        number=10,
        name="Work profile",
        flags=0x1030,
        flag_names="INITIALIZED|MANAGED_PROFILE|PROFILE",
        type="profile.MANAGED",
    ),
    User(
        number=11,
        name="Second: person}",
        flags=0x410,
        flag_names="FULL|INITIALIZED",
        type="full.SECONDARY",
        running=False,
    ),
    User(
        number=150,
        name="Secure Folder",
        flags=0x1030,
        flag_names="INITIALIZED|MANAGED_PROFILE|PROFILE",
        type="profile.MANAGED",
    ),
    User(number=999, name="Clone", flags=0x1010, flag_names="INITIALIZED|PROFILE", type="profile.CLONE"),
)
REFUSED_BY_PM = (150, 999)
REFUSED_BY_DUMPSYS = (999,)
TIKTOK_APK = "/data/app/~~Zm9sZGVyIG9uZQ==/com.zhiliaoapp.musically-Zm9sZGVyIHR3bw==/base.apk"
PACKAGES = (
    Package(
        name="android",
        app_id=1000,
        path="/system/framework/framework-res.apk",
        version="14",
        hint="b378e95c",
        installed=(0, 10, 11, 150),
    ),
    Package(
        name="com.google.android.gm",
        app_id=10100,
        path="/product/app/Gmail",
        version="2024.03",
        hint="6d5cbf3",
        installer="com.android.vending",
        installed=(0, 10, 150),
        disabled=(11,),
    ),
    Package(
        name="com.microsoft.office.outlook",
        app_id=10201,
        path="/data/app/~~b25l==/com.microsoft.office.outlook-dHdv==",
        version="4.2401.1",
        hint="9a1b2c3d",
        installer="com.android.vending",
        installed=(10,),
    ),
    Package(
        name="com.whatsapp",
        app_id=10202,
        path="/data/app/~~dGhyZWU==/com.whatsapp-Zm91cg==",
        version="2.24.5 beta",
        hint="1f2e3d4c",
        installer="com.android.vending",
        installed=(0,),
    ),
    Package(
        name="com.zhiliaoapp.musically",
        app_id=10203,
        path=TIKTOK_APK.removesuffix("/base.apk"),
        version="33.1.4",
        hint="194326e8",
        installed=(150,),
    ),
    Package(
        name="org.example.gone",
        app_id=10204,
        path="/data/app/~~Zml2ZQ==/org.example.gone-c2l4==",
        version="1.0",
        hint="00c0ffee",
        removed=(0,),
    ),
)
ACCOUNTS = {
    0: (("person.one@mail.example", "com.google"), ("WhatsApp", "com.whatsapp")),
    10: (
        ("officer.one@agency.example", "com.microsoft.office.outlook.USER_ACCOUNT"),
        ("officer@agency.example", "com.google.android.gm.exchange"),
    ),
    11: (),
    150: (("private.one@mail.example", "com.google"),),
}
AUTHENTICATORS = (
    ("com.google", "com.google.android.gms/com.google.android.gms.auth.account.authenticator.GoogleAccountService"),
    ("com.whatsapp", "com.whatsapp/com.whatsapp.accountsync.AccountAuthenticatorService"),
    (
        "com.microsoft.office.outlook.USER_ACCOUNT",
        "com.microsoft.office.outlook/com.acompli.acompli.sync.AuthenticatorService",
    ),
    ("com.google.android.gm.exchange", "com.google.android.gm/com.android.email.service.EasAuthenticatorService"),
)
PROPERTIES = {
    "ro.build.characteristics": "phone",
    "ro.build.version.release": "14",
    "ro.build.version.sdk": "34",
    "ro.build.version.security_patch": "2024-03-05",
    "ro.product.manufacturer": "Replay",
    "ro.product.model": "Replay One",
    "ro.serialno": SERIAL,
    "ro.vendor.build.version.release": "13",
}


def phone(files: dict[str, bytes] | None = None) -> Shell:
    """The shell of the phone; `files` are those that can be read by their path."""
    return Shell(programs=programs(), files=files or {})


def programs() -> Programs:
    """What the phone's programs answer."""
    fixed = {
        "getprop": _getprop(),
        "pm list users": _pm_list_users(),
        "cmd user list -v": _cmd_user_list(),
        "dumpsys user": _dumpsys_user(),
        "dumpsys package": _dumpsys_package(),
        "dumpsys account": _dumpsys_account(),
        "dumpsys content": _dumpsys_content(),
        "dumpsys device_policy": _dumpsys_device_policy(),
        "dumpsys wifi": dumpsys_wifi(
            [wifi_network(0), wifi_network(1, keys="WPA_EAP", identity="officer.one@agency.example")]
        ),
        "dumpsys vpn_management": dumpsys_vpn(
            dict.fromkeys((0, 11, 150, 999), ("null", -1)) | {10: ("com.agency.example.vpn", 1)}
        ),
        "dumpsys connectivity": dumpsys_connectivity(vpn_agent("1000000-1099999", "agency.example")),
        "settings get secure always_on_vpn_app": "null\n",
    }

    def answer(argv: tuple[str, ...]) -> Answer | None:
        line = " ".join(argv)
        if line in fixed:
            return Answer(stdout=fixed[line].encode())
        if argv[:3] == ("pm", "list", "packages"):
            return _pm_list_packages(argv[3:])
        if argv[0] == "dumpsys":
            return Answer(stderr=f"Can't find service: {argv[1]}\n".encode())
        if argv[0] == "pm":
            return Answer(stderr=f"Unknown command: {argv[1]}\n".encode(), code=255)
        return None

    return answer


def _getprop() -> str:
    return "".join(f"[{key}]: [{value}]\n" for key, value in PROPERTIES.items())


def _user_info(user: User) -> str:
    return f"UserInfo{{{user.number}:{user.name}:{user.flags:x}}}"


def _pm_list_users() -> str:
    return "Users:\n" + "".join(f"\t{_user_info(user)}{' running' * user.running}\n" for user in USERS)


def _cmd_user_list() -> str:
    rows = "".join(
        f"{at}: id={user.number}, name={user.name}, type={user.type}, flags={user.flag_names}"
        f"{' (parentId=0)' * user.type.startswith('profile.')}{' (running)' * user.running}"
        f"{' (current) (visible)' * (user.number == 0)}\n"
        for at, user in enumerate(USERS)
    )
    return f"{len(USERS)} users:\n\n{rows}"


def _dumpsys_user() -> str:
    blocks = "".join(
        f"  {_user_info(user)} serialNo={user.number} isPrimary={str(user.number == 0).lower()}\n"
        f"    Type: android.os.usertype.{user.type}\n"
        f"    Flags: {user.flags} ({user.flag_names})\n"
        f"    State: {'RUNNING_UNLOCKED' if user.running else '-1'}\n"
        "    Created: <unknown>\n"
        for user in USERS
    )
    return f"Current user: 0\n\nUsers:\n{blocks}\n  Device policy global restrictions:\n      none\n"


def _pm_list_packages(options: tuple[str, ...]) -> Answer:
    known = {"-f", "-i", "-U", "-d", "-u", "--user"}
    strange = next((word for word in options if word.startswith("-") and word not in known), None)
    if strange is not None:
        return Answer(stderr=f"Error: Unknown option: {strange}\n".encode(), code=1)
    user = int(options[options.index("--user") + 1])
    if user in REFUSED_BY_PM or user not in (one.number for one in USERS):
        trace = "\tat com.android.server.am.UserController.handleIncomingUser(UserController.java:2000)\n"
        return Answer(
            stderr=(
                "\nException occurred while executing 'list':\n"
                f"java.lang.SecurityException: Shell does not have permission to access user {user}\n{trace}"
            ).encode(),
            code=255,
        )
    lines = []
    for package in PACKAGES:
        shown = package.disabled if "-d" in options else package.installed + package.disabled
        if "-u" in options:
            shown += package.removed
        if user in shown:
            path = f"{package.apk}=" if "-f" in options else ""
            installer = f"  installer={package.installer}" if "-i" in options else ""
            uid = f" uid:{user * 100_000 + package.app_id}" if "-U" in options else ""
            lines.append(f"package:{path}{package.name}{installer}{uid}\n")
    return Answer(stdout="".join(lines).encode())


def _dumpsys_package() -> str:
    blocks = "".join(
        f"  Package [{package.name}] ({index:x}5f0a1):\n"
        f"    userId={package.app_id}\n"
        f"    pkg=Package{{{index:x}1b2c3d {package.name}}}\n"
        f"    codePath={package.path}\n"
        f"    versionCode={index}00 minSdk=26 targetSdk=34\n"
        f"    versionName={package.version}\n"
        f"    signatures=PackageSignatures{{{index:x}abcdef version:2, signatures:[{package.hint}], "
        "past signatures:[]}\n"
        "    pkgFlags=[ HAS_CODE ALLOW_CLEAR_USER_DATA ]\n" + _user_lines(package)
        for index, package in enumerate(PACKAGES, 1)
    )
    return (
        "Database versions:\n  Internal:\n    sdkVersion=34 databaseVersion=3\n\n"
        f"Packages:\n{blocks}\nQueries:\n  system apps queryable: false\n\nDexopt state:\n  [android]\n"
    )


def _user_lines(package: Package) -> str:
    lines = ""
    for user in USERS:
        number = user.number
        if number in REFUSED_BY_DUMPSYS:
            continue
        there = number in package.installed + package.disabled
        inode = 4242 if there or number in package.removed else 0
        lines += (
            f"    User {number}: ceDataInode={inode} deDataInode={inode} installed={str(there).lower()} hidden=false "
            f"suspended=false distractionFlags=0 stopped=false notLaunched=false "
            f"enabled={3 if number in package.disabled else 0} instant=false virtual=false quarantined=false\n"
        )
    return lines


def _dumpsys_account() -> str:
    services = "".join(
        f"    ServiceInfo: AuthenticatorDescription {{type={kind}}}, ComponentInfo{{{component}}}, uid 10144\n"
        for kind, component in AUTHENTICATORS
    )
    blocks = ""
    for user in USERS:
        if user.number in REFUSED_BY_DUMPSYS:
            continue
        accounts = ACCOUNTS[user.number]
        rows = "".join(f"    Account {{name={name}, type={kind}}}\n" for name, kind in accounts)
        blocks += (
            f"User {_user_info(user)}:\n  Accounts: {len(accounts)}\n{rows}\n"
            "  AccountId, Action_Type, timestamp, UID, TableName, Key\n  Accounts History\n"
            "  -1,action_called_account_add,2024-02-01 10:00:00,10144,accounts,1\n\n"
            f"  Active Sessions: 0\n\n  RegisteredServicesCache: {len(AUTHENTICATORS)} services\n{services}\n"
            "  Account visibility:\n\n"
        )
    return blocks


def _dumpsys_content() -> str:
    accounts = "".join(
        f"Account {name} u{user} {kind}\n{'=' * 71}\n"
        "Authority                                           Syncable  Enabled  Delay  Loc   Poll  Per\n\n"
        for user, listed in ACCOUNTS.items()
        for name, kind in listed
    )
    return (
        "Data connected: true\nBattery saver: false\nauto sync: u0=true, u10=true, u11=true, u150=true\n"
        f"Memory low: false\nDevice idle: false\n\nActive Syncs: 0\n\nSync Status\n\n{accounts}"
    )


def _dumpsys_device_policy() -> str:
    return (
        "Current Device Policy Manager state:\n"
        "  Immutable state:\n    mHasFeature=true\n"
        "  Profile Owner (User 10): \n"
        "    admin=ComponentInfo{com.agency.example.dpc/com.agency.example.dpc.AdminReceiver}\n"
        "    name=Agency\n    package=com.agency.example.dpc\n\n"
        "  Enabled Device Admins (User 10, provisioningState: 3):\n"
        "    com.agency.example.dpc/.AdminReceiver:\n      uid=1010250\n      testOnlyAdmin=false\n"
    )
