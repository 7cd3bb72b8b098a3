"""iPhones and iPads at a station: usbmuxd lists them, lockdownd says what they are (extra `ios-usb`).

A device that has to be trusted first is asked by usbmuxd when it is attached; nothing is written to either side here.
What a device answers is read in a worker, like everything that `collectors.ios.usb` reads.
"""

from typing import Literal, Self

from setapart_agent.collectors.base import Collected
from setapart_agent.collectors.ios.parse import device_answers as answers
from setapart_agent.collectors.ios.usb import collect_usb
from setapart_agent.collectors.worker import in_worker
from setapart_agent.errors import SourceError
from setapart_agent.facts import DeviceFacts, Facts
from setapart_agent.station.phones import NotReadyError, Phone, Sighting, SwappedError, Tell, WayInError, checked

_PATIENCE = 20.0
"""Seconds for what a device says of itself."""
_LIST_PATIENCE = 5.0
_SECTIONS = ("apps", "links")
_UNLOCK = "unlock it and keep it unlocked"
_TRUST = "unlock it; it asks whether to trust this computer: tap Trust"


class IPhones:
    """A `Way`: every device by cable, or the one that was named."""

    kind: Literal["ios-usb"] = "ios-usb"

    def __init__(self, udids: tuple[str, ...] = ()) -> None:
        """Looks for the library.

        Args:
            udids: only these; empty for every device by cable.

        Raises:
            WayInError: the extra is not installed.
        """
        from importlib.util import find_spec

        if find_spec("pymobiledevice3") is None:
            raise WayInError(
                "iPhones and iPads by cable",
                expected="the extra that reads them",
                cure="pip install 'setapart[ios-usb]'",
            )
        self._udids = udids

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing was started."""

    def look(self) -> tuple[Sighting, ...]:
        """See `Way.look`. Where usbmuxd does not run nothing is attached: the system starts it with the first one."""
        import asyncio

        from pymobiledevice3.exceptions import ConnectionFailedToUsbmuxdError, PyMobileDevice3Exception
        from pymobiledevice3.usbmux import list_devices

        try:
            listed = asyncio.run(asyncio.wait_for(list_devices(), _LIST_PATIENCE))
        except ConnectionFailedToUsbmuxdError:
            return ()
        except (PyMobileDevice3Exception, OSError, ValueError, KeyError, TypeError, TimeoutError) as exc:
            raise WayInError(
                f"usbmuxd does not answer ({type(exc).__name__})",
                expected="its list of devices",
                cure="restart usbmuxd",
            ) from None
        udids = dict.fromkeys(str(one.serial) for one in listed if one.is_usb)
        return tuple(Sighting(kind=self.kind, key=udid) for udid in udids if not self._udids or udid in self._udids)

    def recognise(self, sighting: Sighting) -> Phone:
        """See `Way.recognise`; asks for the values that lockdownd shows."""
        try:
            (found,) = in_worker(lambda _ask: (_identity(sighting.key),))
        except SourceError as exc:
            raise NotReadyError(exc.got, expected=exc.expected, cure=exc.cure) from None
        return Phone(sighting=sighting, device=found.facts.device)

    def read(self, phone: Phone, tell: Tell) -> Collected:
        """See `Way.read`."""
        if not phone.is_same(self.recognise(phone.sighting).device):
            raise SwappedError("another phone answers", expected="the one that was shown")
        for section in _SECTIONS:
            tell(section)
        return checked(phone, collect_usb(phone.sighting.key), self.recognise)


def _identity(udid: str) -> Collected:
    import asyncio

    try:
        device = asyncio.run(asyncio.wait_for(_ask(udid), _PATIENCE))
    except TimeoutError:
        raise NotReadyError("the device does not answer", expected="an answer", cure=_UNLOCK) from None
    return Collected(facts=Facts(device=device), collectors=())


async def _ask(udid: str) -> DeviceFacts:
    from pymobiledevice3.exceptions import NotPairedError, PasscodeRequiredError, PasswordRequiredError
    from pymobiledevice3.lockdown import create_using_usbmux

    try:
        lockdown = await create_using_usbmux(serial=udid, connection_type="USB", autopair=False)
    except (PasswordRequiredError, PasscodeRequiredError):
        raise NotReadyError("the device is locked", expected="an unlocked device", cure=_UNLOCK) from None
    except NotPairedError:
        raise _untrusted() from None
    except TimeoutError:
        raise
    except Exception as exc:  # noqa: BLE001 - a broken answer makes the library raise whatever it likes
        raise NotReadyError(
            f"no usable answer of the device ({type(exc).__name__})",
            expected="one that answers",
            cure="attach it again",
        ) from None
    try:
        if not lockdown.paired:
            raise _untrusted()
        return answers.device_of(lockdown.all_values if isinstance(lockdown.all_values, dict) else {})
    finally:
        await lockdown.close()


def _untrusted() -> NotReadyError:
    return NotReadyError("the device does not trust this computer", expected="a device that does", cure=_TRUST)
