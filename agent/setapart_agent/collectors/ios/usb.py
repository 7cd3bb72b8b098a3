"""An iPhone or iPad by its cable, through pymobiledevice3 (extra `ios-usb`), which is imported only here.

usbmuxd reaches the device, lockdownd tells what it is and starts services: installation_proxy for the apps,
springboardservices for web clips on the home screen, MCInstall for profiles and the organisation's server. Accounts,
VPN and Wi-Fi settings are not shown to a computer. The device must trust this one; asking for that is left to the
holder, so that nothing is written to either side. The answers come from a stranger's device: they are read in a worker.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from setapart_agent.collectors.apple.parse.configuration_profile import facts_of_device_file
from setapart_agent.collectors.base import (
    Collected,
    CollectorInfo,
    Denied,
    Failed,
    Observed,
    Outcome,
    Unseen,
    Unsupported,
    uncovered,
)
from setapart_agent.collectors.ios.parse import device_answers as answers
from setapart_agent.collectors.ios.section import PROFILE, SectionFacts
from setapart_agent.collectors.worker import in_worker, note_device
from setapart_agent.errors import SourceError
from setapart_agent.facts import Facts, unite
from setapart_evidence.model import Profile

if TYPE_CHECKING:
    from pymobiledevice3.lockdown import LockdownClient
    from pymobiledevice3.usbmux import MuxDevice

_HERE = "setapart_agent.collectors.ios"
_APPLE = "setapart_agent.collectors.apple.parse"
INFO = CollectorInfo(
    name="ios.usb",
    version=1,
    sections=("apps", "accounts", "links"),
    maturity="untested",
    reads=(
        "serial number, model and version of the device",
        "the installed apps and the web clips on the home screen",
        "names of installed configuration profiles; the organisation's server at activation",
    ),
    modules=(
        f"{_HERE}.usb",
        f"{_HERE}.section",
        f"{_HERE}.parse.device_answers",
        "setapart_agent.collectors.browser.parse.chromium_preferences",
        "setapart_agent.collectors.browser.parse.json_file",
        *(
            f"{_APPLE}.{name}"
            for name in (
                "cms",
                "configuration_profile",
                "enterprise_networks",
                "payloads",
                "plist",
                "plist_binary",
                "plist_xml",
                "product",
                "server",
            )
        ),
    ),
)

PATIENCE = 120.0
"""Seconds for everything together."""
ONE_STEP = 30.0
NO_ACCOUNTS = "a device does not show its accounts to a computer: read a backup of it"
NO_NETWORKS = "a device does not show its VPN and Wi-Fi settings to a computer: read a backup of it"
PROFILES_UNREAD = "configuration profiles are installed whose content is not shown to a computer"
CLIPS_UNREAD = "web clips on the home screen whose address is not shown to a computer"

_CONNECT = "connect it by cable, unlock it and answer Trust; then run this again"


def collect_usb(udid: str | None) -> Collected:
    """Everything that a device shows over its cable.

    Args:
        udid: which device; may be left out where only one is connected.

    Raises:
        SourceError: no device, several, one that does not trust this computer or is locked, or no way to any.
    """
    (collected,) = in_worker(lambda _ask: (_collect(udid),))
    return collected


def _collect(udid: str | None) -> Collected:
    import asyncio

    try:
        import pymobiledevice3.lockdown  # noqa: F401 - before anything is asked
    except ImportError:
        raise SourceError(
            "a device by cable", expected="the extra that reads it", cure="pip install 'setapart[ios-usb]'"
        ) from None
    try:
        return asyncio.run(asyncio.wait_for(_read(udid), PATIENCE))
    except TimeoutError:
        raise SourceError(
            "the device does not answer", expected="an answer within two minutes", cure=_CONNECT
        ) from None


async def _read(udid: str | None) -> Collected:
    device = _chosen(await _connected(), udid)
    lockdown = await _paired(device)
    try:
        facts = answers.device_of(lockdown.all_values if isinstance(lockdown.all_values, dict) else {})
        note_device(facts)
        profile = Profile(id=PROFILE, kind="primary")
        sections = (await _apps(lockdown), await _links(lockdown))
    finally:
        await lockdown.close()
    accounts = uncovered("accounts", PROFILE, INFO.name, Unsupported(NO_ACCOUNTS))
    found = (section.facts(INFO.name) for section in sections)
    return Collected(
        facts=unite((Facts(device=facts, profiles=(profile,), coverage=(accounts,)), *found)), collectors=(INFO,)
    )


async def _connected() -> "list[MuxDevice]":
    """The devices that usbmuxd knows, those by cable first."""
    from pymobiledevice3.exceptions import ConnectionFailedToUsbmuxdError, PyMobileDevice3Exception
    from pymobiledevice3.usbmux import list_devices

    try:
        devices = await list_devices()
    except ConnectionFailedToUsbmuxdError:
        raise SourceError(
            "nothing here speaks to iPhones and iPads",
            expected="usbmuxd, which runs while a device is connected",
            cure="install usbmuxd (Linux) or Apple Devices (Windows); " + _CONNECT,
        ) from None
    except (PyMobileDevice3Exception, OSError, ValueError, KeyError, TypeError) as exc:
        raise SourceError(f"usbmuxd does not answer ({type(exc).__name__})", expected="its list of devices") from None
    return sorted(devices, key=lambda one: not one.is_usb)


def _chosen(devices: "list[MuxDevice]", udid: str | None) -> "MuxDevice":
    """The device that is meant; one over the network only if it is named."""
    if udid is not None:
        named = [one for one in devices if one.matches_udid(udid)]
        if named:
            return named[0]
        raise SourceError(f"no device {udid!r} is connected", expected="its UDID", cure=_CONNECT)
    cabled = {one.serial: one for one in devices if one.is_usb}
    if not cabled:
        raise SourceError("no iPhone or iPad is connected", expected="one", cure=_CONNECT)
    if len(cabled) > 1:
        names = ", ".join(sorted(cabled))
        raise SourceError(f"{len(cabled)} devices are connected", expected="one", cure=f"name one of {names}")
    return next(iter(cabled.values()))


async def _paired(device: "MuxDevice") -> "LockdownClient":
    """A session with the device's lockdownd."""
    from pymobiledevice3.lockdown import create_using_usbmux

    async def connect() -> "LockdownClient":
        return await create_using_usbmux(serial=device.serial, connection_type=device.connection_type, autopair=False)

    lockdown = await _try(connect)
    if isinstance(lockdown, Denied):
        raise SourceError(f"the device refuses: {lockdown.reason}", expected="an unlocked device", cure=_CONNECT)
    if not isinstance(lockdown, Observed):
        reason = getattr(lockdown, "reason", "unknown")
        raise SourceError(f"no session with the device: {reason}", expected="a paired device", cure=_CONNECT)
    if not lockdown.value.paired:
        await lockdown.value.close()
        raise SourceError(
            "the device does not trust this computer",
            expected="a paired device",
            cure=f"{_CONNECT}; if it does not ask: `pymobiledevice3 lockdown pair`",
        )
    client: LockdownClient = lockdown.value
    return client


async def _apps(lockdown: "LockdownClient") -> SectionFacts:
    from pymobiledevice3.services.installation_proxy import InstallationProxyService
    from pymobiledevice3.services.springboard import SpringBoardServicesService

    async def browse() -> object:
        async with InstallationProxyService(lockdown) as service:
            options = {"ApplicationType": "Any", "ShowPlaceholders": True}
            return await service.browse(options, list(answers.ATTRIBUTES))

    async def icons() -> object:
        async with SpringBoardServicesService(lockdown) as service:
            return await service.get_icon_state()

    found = SectionFacts(section="apps")
    listed = await _try(browse)
    if isinstance(listed, Denied):
        raise SourceError(f"the apps are not shown: {listed.reason}", expected="an unlocked device", cure=_CONNECT)
    if not isinstance(listed, Observed):
        found.fail(_unseen(listed), "the list of apps")
        return found
    apps = answers.apps_of(listed.value, PROFILE)
    found.keep(Facts(apps=apps))
    if not apps:
        found.failures.append(Failed("the list of apps: empty, which no device's is"))
    screen = await _try(icons)
    if not isinstance(screen, Observed):
        found.fail(_unseen(screen), "the home screen")
        return found
    clips, unknown = answers.clips_of(screen.value, apps, PROFILE)
    found.keep(Facts(apps=clips))
    if unknown:
        found.partly.append(CLIPS_UNREAD)
    return found


async def _links(lockdown: "LockdownClient") -> SectionFacts:
    from pymobiledevice3.services.mobile_config import MobileConfigService

    async def profiles() -> object:
        async with MobileConfigService(lockdown) as service:
            return await service.get_profile_list()

    async def cloud() -> object:
        async with MobileConfigService(lockdown) as service:
            return await service.get_cloud_configuration()

    found = SectionFacts(section="links", partly=[NO_NETWORKS])
    for label, question in (("configuration profiles", profiles), ("the organisation's server", cloud)):
        answer = await _try(question)
        if not isinstance(answer, Observed):
            found.fail(_unseen(answer), label)
        elif isinstance(answer.value, dict):
            if answers.profiles_of(answer.value):
                found.partly.append(PROFILES_UNREAD)
            found.keep(facts_of_device_file(answer.value, PROFILE))
    return found


async def _try(question: Callable[[], Awaitable[Any]]) -> Outcome[Any]:
    """An answer of the device, or why there is none. Whatever the library raises on it ends here."""
    import asyncio

    from pymobiledevice3.exceptions import NotPairedError, PasscodeRequiredError, PasswordRequiredError

    try:
        return Observed(await asyncio.wait_for(question(), ONE_STEP))
    except (PasswordRequiredError, PasscodeRequiredError):
        return Denied("it is locked")
    except NotPairedError:
        return Denied("it does not trust this computer")
    except TimeoutError:
        return Failed("no answer in time")
    except Exception as exc:  # noqa: BLE001 - a broken answer makes the library raise whatever it likes
        return Failed(f"no usable answer ({type(exc).__name__})")


def _unseen(outcome: Outcome[Any]) -> Unseen:
    return outcome if isinstance(outcome, Denied | Unsupported | Failed) else Failed("no answer")
