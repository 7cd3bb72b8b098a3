"""usbmuxd with a replayed iPhone behind it, for tests against the real pymobiledevice3.

Speaks what libusbmuxd and libimobiledevice document: packets of usbmuxd (length, version, message, tag, a property
list), then, after `Connect`, whatever listens on the device's port. Port 62078 is lockdownd, whose messages are
property lists behind their length; services get a port when they are started. The session and the services are in TLS,
which the device asks for, with the certificates of the pair record; or in clear, which it may choose as well.
"""

import contextlib
import datetime as dt
import functools
import plistlib
import socket
import ssl
import struct
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

LOCKDOWN_PORT = 62078
SERVICE_PORT = 50_000
PLIST = 8
HEAD = struct.Struct("<IIII")
BUID = "9F8E7D6C-0000-1111-2222-333344445555"

Answer = Callable[[dict[str, Any]], Any]


class ReplayedPhone:
    """One device: its values and what its services answer."""

    def __init__(
        self,
        udid: str = "00008101-000A1B2C3D4E001E",
        *,
        values: dict[str, Any] | None = None,
        apps: list[dict[str, Any]] | None = None,
        icons: Any = None,
        profiles: dict[str, Any] | None = None,
        cloud: dict[str, Any] | None = None,
        paired: bool = True,
        locked: bool = False,
        tls: bool = True,
        connection: str = "USB",
        broken: frozenset[str] = frozenset(),
    ) -> None:
        self.udid = udid
        self.values = values or {
            "DeviceName": "Somebody's iPhone",
            "ProductType": "iPhone13,2",
            "ProductVersion": "17.5.1",
            "SerialNumber": "F1234567890",
            "UniqueDeviceID": udid,
            "DeviceClass": "iPhone",
        }
        self.apps = apps if apps is not None else []
        self.icons = icons if icons is not None else [[]]
        self.profiles = profiles or {}
        self.cloud = cloud
        self.paired = paired
        self.locked = locked
        self.tls = tls
        self.connection = connection
        self.broken = broken
        self.asked: list[dict[str, Any]] = []

    def service(self, name: str) -> Answer:
        """What answers in the place of a service."""
        if name in self.broken:
            return lambda _request: None
        return {
            "com.apple.mobile.installation_proxy": self._installation_proxy,
            "com.apple.springboardservices": lambda _request: self.icons,
            "com.apple.mobile.MCInstall": self._mobile_config,
        }[name]

    def _installation_proxy(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        self.asked.append(request)
        half = len(self.apps) // 2  # the real one answers in pages, too
        return [
            {"CurrentList": self.apps[:half], "CurrentAmount": half, "Status": "BrowsingApplications"},
            {"CurrentList": self.apps[half:], "CurrentAmount": len(self.apps) - half, "Status": "BrowsingApplications"},
            {"Status": "Complete"},
        ]

    def _mobile_config(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["RequestType"] == "GetProfileList":
            return {
                "Status": "Acknowledged",
                "OrderedIdentifiers": list(self.profiles),
                "ProfileMetadata": self.profiles,
                "ProfileManifest": {},
            }
        return {"Status": "Acknowledged", **({"CloudConfiguration": self.cloud} if self.cloud is not None else {})}


class ReplayedUsbmuxd:
    """The daemon: a unix socket, a thread per connection."""

    def __init__(self, path: Path, phones: tuple[ReplayedPhone, ...]) -> None:
        self.path = path
        self._phones = phones
        self._services: dict[int, tuple[ReplayedPhone, str]] = {}
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(str(path))
        self._socket.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError, EOFError, struct.error):  # ssl.SSLError is an OSError
            while True:
                length, _version, _message, tag = HEAD.unpack(_exactly(client, HEAD.size))
                request = plistlib.loads(_exactly(client, length - HEAD.size))
                answer, connected = self._answer(request)
                body = plistlib.dumps(answer)
                client.sendall(HEAD.pack(HEAD.size + len(body), 1, PLIST, tag) + body)
                if connected is not None:
                    connected(client)
                    return

    def _answer(self, request: dict[str, Any]) -> tuple[dict[str, Any], Callable[[socket.socket], None] | None]:
        kind = request["MessageType"]
        if kind == "ReadBUID":
            return {"BUID": BUID}, None
        if kind == "ListDevices":
            return {"DeviceList": [_attached(number, one) for number, one in enumerate(self._phones, 1)]}, None
        if kind == "ReadPairRecord":
            phone = next((one for one in self._phones if one.udid == request["PairRecordID"]), None)
            if phone is not None and phone.paired:
                return {"PairRecordData": plistlib.dumps(_pair_record())}, None
            return {"MessageType": "Result", "Number": 2}, None
        if kind == "Connect":
            phone = self._phones[request["DeviceID"] - 1]
            port = socket.ntohs(request["PortNumber"])
            return {"MessageType": "Result", "Number": 0}, lambda client: self._device(client, phone, port)
        return {"MessageType": "Result", "Number": 1}, None

    def _device(self, client: socket.socket, phone: ReplayedPhone, port: int) -> None:
        """Everything that is said to the device itself."""
        if (phone.tls and port != LOCKDOWN_PORT) or self._talk(client, phone, port):
            with _server_context().wrap_socket(client, server_side=True) as secure:
                self._talk(secure, phone, port)

    def _talk(self, client: socket.socket, phone: ReplayedPhone, port: int) -> bool:
        """Answers question after question; whether what follows is to be in TLS."""
        while True:
            (length,) = struct.unpack(">I", _exactly(client, 4))
            request = plistlib.loads(_exactly(client, length))
            if port == LOCKDOWN_PORT:
                answer = self._lockdown(phone, request)
                _send(client, answer)
                if answer.get("EnableSessionSSL"):
                    return True
                continue
            owner, name = self._services[port]
            answers = owner.service(name)(request)
            if answers is None:
                client.sendall(struct.pack(">I", 9) + b"<nonsense")
            elif request.get("Command") == "Browse":
                for page in answers:
                    _send(client, page)
            else:
                _send(client, answers)

    def _lockdown(self, phone: ReplayedPhone, request: dict[str, Any]) -> dict[str, Any]:
        kind = request["Request"]
        base = {"Request": kind}
        if kind == "QueryType":
            return base | {"Type": "com.apple.mobile.lockdown"}
        if kind == "GetValue":
            return base | {"Value": phone.values}
        if kind == "StartSession":
            if not phone.paired:
                return base | {"Error": "InvalidHostID"}
            return base | {"SessionID": "SESSION", "EnableSessionSSL": phone.tls}
        if kind == "StartService":
            if phone.locked:
                return base | {"Error": "PasswordProtected"}
            port = SERVICE_PORT + len(self._services)
            self._services[port] = (phone, request["Service"])
            return base | {"Service": request["Service"], "Port": port, "EnableServiceSSL": phone.tls}
        return base | {"Error": "InvalidRequest"}


@contextlib.contextmanager
def replayed(path: Path, *phones: ReplayedPhone) -> Iterator[ReplayedUsbmuxd]:
    """A running daemon with these devices."""
    daemon = ReplayedUsbmuxd(path, phones)
    try:
        yield daemon
    finally:
        daemon.close()


def _attached(number: int, phone: ReplayedPhone) -> dict[str, Any]:
    return {
        "MessageType": "Attached",
        "DeviceID": number,
        "Properties": {"ConnectionType": phone.connection, "DeviceID": number, "SerialNumber": phone.udid},
    }


def _send(client: socket.socket, answer: Any) -> None:
    body = plistlib.dumps(answer)
    client.sendall(struct.pack(">I", len(body)) + body)


def _exactly(client: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        chunk = client.recv(size - len(found))
        if not chunk:
            raise EOFError
        found += chunk
    return found


@functools.cache
def _identity() -> tuple[bytes, bytes]:
    """A certificate and its key; client and device use the same, and neither checks the other's."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private


def _pair_record() -> dict[str, Any]:
    certificate, key = _identity()
    return {"HostID": "HOST", "SystemBUID": BUID, "HostCertificate": certificate, "HostPrivateKey": key}


def _server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"\n".join(_identity()))
        file.flush()
        context.load_cert_chain(file.name)
    return context
