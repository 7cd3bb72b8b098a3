"""Device managers on loopback that answer from recorded documents, and the certificates of a private authority.

Nobody of us has a tenant: every document says which page of the vendor its fields come from. Values are made up.
"""

import datetime as dt
import gzip
import ipaddress
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import tomli_w
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from setapart_agent.collectors.mdm.pull.clock import Clock

Document = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> Mapping[str, str]:
        """The fields of a form."""
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


@dataclass(frozen=True, kw_only=True)
class Said:
    """One answer. `announced` is a Content-Length other than the body's; `pieces` are sent one by one, with a pause."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    announced: int | None = None
    pieces: Iterator[bytes] | None = None
    pause: float = 0.0


def said(document: object, status: int = 200, **headers: str) -> Said:
    """An answer in JSON; `retry_after="3"` is a header."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Said(status=status, body=json.dumps(document).encode(), headers=named)


Answers = Callable[[Asked], Said]


class Manager:
    """A server on loopback; faults are asked first, in order, and may answer in its place or say None."""

    def __init__(self, answers: Answers, *, tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[Asked] = []
        self.faults: list[Callable[[Asked], Said | None]] = []
        self._answers = answers
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                server._handle(self)

            def do_POST(self) -> None:
                server._handle(self)

            def log_message(self, *args: object) -> None:
                """Says nothing."""

        self._http = _Quiet(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        if tls is not None:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self._scheme = "http" if tls is None else "https"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._http.server_address[1]

    @property
    def url(self) -> str:
        """Its origin."""
        return f"{self._scheme}://127.0.0.1:{self.port}"

    def fail(self, fault: Callable[[Asked], Said | None]) -> None:
        """Adds a fault."""
        self.faults.append(fault)

    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [asked.path for asked in self.asked]

    def _handle(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        asked = Asked(
            method=handler.command,
            path=parts.path,
            query={name: values[0] for name, values in parse_qs(parts.query).items()},
            headers={name.lower(): value for name, value in handler.headers.items()},
            body=handler.rfile.read(int(handler.headers.get("Content-Length", 0))),
        )
        self.asked.append(asked)
        answer = next((found for fault in self.faults if (found := fault(asked)) is not None), None)
        _send(handler, asked, answer or self._answers(asked))


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away, or does not like the certificate, is what some tests are about."""


def _send(handler: BaseHTTPRequestHandler, asked: Asked, answer: Said) -> None:
    body, headers = answer.body, dict(answer.headers)
    if "gzip" in asked.headers.get("accept-encoding", "") and len(body) > 512 and "Content-Encoding" not in headers:
        body, headers["Content-Encoding"] = gzip.compress(body), "gzip"
    length = len(body) if answer.announced is None else answer.announced
    with suppress(OSError):
        handler.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            handler.send_header(name, value)
        if answer.pieces is None:
            handler.send_header("Content-Length", str(length))
            handler.end_headers()
            handler.wfile.write(body)
            handler.close_connection = length != len(body)
            return
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for piece in answer.pieces:
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            time.sleep(answer.pause)
        handler.close_connection = True


def once(*answers: Said, when: Callable[[Asked], bool] = lambda asked: True) -> Callable[[Asked], Said | None]:
    """A fault that gives each answer once, to requests of a kind."""
    left = list(answers)

    def fault(asked: Asked) -> Said | None:
        return left.pop(0) if left and when(asked) else None

    return fault


def always(answer: Said, *, when: Callable[[Asked], bool] = lambda asked: True) -> Callable[[Asked], Any]:
    """A fault that does not go away."""
    return lambda asked: answer if when(asked) else None


# Microsoft Graph ------------------------------------------------------------------------------------------------------

GRAPH_SECRET = "s3cret~Value"
GRAPH_TENANT = "11111111-2222-3333-4444-555555555555"


def graph_device(number: int, **changes: object) -> Document:
    """A managedDevice: learn.microsoft.com/graph/api/resources/intune-devices-manageddevice?view=graph-rest-1.0."""
    return {
        "id": f"00000000-0000-0000-0000-{number:012d}",
        "userId": "aaaaaaaa-0000-0000-0000-000000000001",
        "deviceName": f"PC-{number}",
        "managedDeviceOwnerType": "company",
        "enrolledDateTime": "2026-01-01T08:00:00Z",
        "lastSyncDateTime": "2026-11-20T08:00:00Z",
        "operatingSystem": "Windows",
        "complianceState": "compliant",
        "managementAgent": "mdm",
        "osVersion": "10.0.22631.4460",
        "azureADRegistered": True,
        "deviceEnrollmentType": "windowsAzureADJoin",
        "emailAddress": "kari.nordmann@agency.example",
        "userPrincipalName": "kari.nordmann@agency.example",
        "model": "Latitude 7440",
        "manufacturer": "Dell Inc.",
        "imei": "490154203237518",
        "serialNumber": f"INT{number:05d}",
        "phoneNumber": "+4799999999",
        "androidSecurityPatchLevel": "",
        "userDisplayName": "Kari Nordmann",
        "wiFiMacAddress": "02:00:00:00:00:01",
        **changes,
    }


def graph_app(name: str, version: str = "1.0") -> Document:
    """A detectedApp: learn.microsoft.com/graph/api/resources/intune-devices-detectedapp?view=graph-rest-1.0."""
    return {
        "id": f"{abs(hash((name, version))):064x}"[:64],
        "displayName": name,
        "version": version,
        "sizeInByte": 0,
        "deviceCount": 1,
        "publisher": "",
        "platform": "windows",
    }


class GraphTenant:
    """Sign-in and Graph of one tenant.

    - learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow: the form, the token, the refusal.
    - learn.microsoft.com/graph/paging: `@odata.nextLink` is a whole URL and holds the query.
    - learn.microsoft.com/graph/json-batching: `requests` of method and relative url; `responses` in any order.
    """

    def __init__(self, devices: list[Document], apps: Mapping[str, list[Document]], *, page: int = 1000) -> None:
        self.devices = devices
        self.apps = apps
        self.page = page
        self.app_page = 10_000
        self.tokens = 0
        self.batches = True
        self.url = ""

    def __call__(self, asked: Asked) -> Said:
        if asked.path == f"/{GRAPH_TENANT}/oauth2/v2.0/token":
            return self._token(asked)
        if asked.headers.get("authorization") != f"Bearer token-{self.tokens}":
            return said({"error": {"code": "InvalidAuthenticationToken"}}, 401)
        if asked.path == "/v1.0/deviceManagement/managedDevices":
            return self._list(asked)
        if asked.path == "/beta/$batch" and self.batches:
            return self._batch(asked)
        return self._one(asked.path, asked.query)

    def _token(self, asked: Asked) -> Said:
        form = asked.form
        if form["client_secret"] != GRAPH_SECRET:
            return said(
                {"error": "invalid_client", "error_codes": [7000215], "error_description": "AADSTS7000215"}, 401
            )
        assert (form["grant_type"], form["scope"]) == ("client_credentials", "https://graph.microsoft.com/.default")
        self.tokens += 1
        return said({"token_type": "Bearer", "expires_in": 3599, "access_token": f"token-{self.tokens}"})

    def _list(self, asked: Asked) -> Said:
        wanted = asked.query["$select"].split(",")
        start = int(asked.query.get("$skiptoken", "0"))
        found = self.devices[start : start + self.page]
        page: Document = {"value": [{name: one[name] for name in wanted if name in one} for one in found]}
        if start + self.page < len(self.devices):
            rest = f"$select={asked.query['$select']}&$skiptoken={start + self.page}"
            page["@odata.nextLink"] = f"{self.url}/v1.0/deviceManagement/managedDevices?{rest}"
        return said(page)

    def _one(self, path: str, query: Mapping[str, str]) -> Said:
        head, _, device = path.rpartition("/")
        if not head.endswith("/deviceManagement/managedDevices") or device not in self.apps:
            return said({"error": {"code": "ResourceNotFound"}}, 404)
        start = int(query.get("$skiptoken", "0"))
        apps = self.apps[device]
        found = apps[start : start + self.app_page]
        link = f"{self.url}/beta/deviceManagement/managedDevices/{device}?$skiptoken={start + self.app_page}"
        more = start + self.app_page < len(apps)
        if start:
            return said({"value": found, **({"@odata.nextLink": link} if more else {})})
        assert query["$expand"] == "detectedApps"
        return said({"id": device, "detectedApps": found, **({"detectedApps@odata.nextLink": link} if more else {})})

    def _batch(self, asked: Asked) -> Said:
        parts = []
        for one in json.loads(asked.body)["requests"]:
            url = urlsplit(one["url"])
            answer = self._one(url.path, {name: values[0] for name, values in parse_qs(url.query).items()})
            parts.append({"id": one["id"], "status": answer.status, "body": json.loads(answer.body)})
        return said({"responses": parts[::-1]})


# Android Management API -----------------------------------------------------------------------------------------------


def amapi_device(number: int, *packages: str, **changes: object) -> Document:
    """A Device: developers.google.com/android/management/reference/rest/v1/enterprises.devices."""
    return {
        "name": f"enterprises/LC01/devices/{number:08x}",
        "userName": "enterprises/LC01/users/1",
        "managementMode": "DEVICE_OWNER",
        "state": "ACTIVE",
        "appliedState": "ACTIVE",
        "policyCompliant": True,
        "appliedPolicyName": "enterprises/LC01/policies/patrol",
        "apiLevel": 34,
        "enrollmentTime": "2026-01-01T08:00:00Z",
        "lastStatusReportTime": "2026-11-24T21:00:00.123Z",
        "hardwareInfo": {
            "brand": "google",
            "hardware": "husky",
            "manufacturer": "Google",
            "model": "Pixel 8 Pro",
            "serialNumber": f"AND{number:05d}",
        },
        "softwareInfo": {"androidVersion": "14", "securityPatchLevel": "2026-11-05"},
        "networkInfo": {"imei": "490154203237518", "wifiMacAddress": "02:00:00:00:00:01"},
        "applicationReports": [
            {
                "packageName": package,
                "displayName": package.rpartition(".")[2],
                "versionName": "1.0",
                "versionCode": 1,
                "state": "INSTALLED",
                "applicationSource": "INSTALLED_FROM_PLAY_STORE",
                "installerPackageName": "com.android.vending",
            }
            for package in packages
        ],
        **changes,
    }


class AmapiEnterprise:
    """Tokens and devices of one enterprise.

    - developers.google.com/identity/protocols/oauth2/service-account#httprest: the form and the token.
    - …/reference/rest/v1/enterprises.devices/list and …/enterprises.policies/list: pages.
    - cloud.google.com/apis/docs/system-parameters: `fields` cuts what comes back.
    """

    def __init__(self, devices: list[Document], policies: list[Document] | None = None) -> None:
        self.devices = devices
        self.policies = policies or []
        self.assertions: list[str] = []
        self.page = 100

    def __call__(self, asked: Asked) -> Said:
        if asked.path == "/token":
            assert asked.form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
            self.assertions.append(asked.form["assertion"])
            return said({"access_token": f"ya29.{len(self.assertions)}", "expires_in": 3599, "token_type": "Bearer"})
        if asked.headers.get("authorization") != f"Bearer ya29.{len(self.assertions)}":
            return said({"error": {"code": 401, "status": "UNAUTHENTICATED"}}, 401)
        if asked.path == "/v1/enterprises/LC01/devices":
            return self._page(asked, "devices", self.devices)
        if asked.path == "/v1/enterprises/LC01/policies":
            return self._page(asked, "policies", self.policies)
        return said({"error": {"code": 404, "status": "NOT_FOUND"}}, 404)

    def _page(self, asked: Asked, what: str, listed: list[Document]) -> Said:
        size = min(int(asked.query["pageSize"]), self.page)
        start = int(asked.query.get("pageToken", "t0")[1:])
        page: Document = {what: listed[start : start + size]} if listed[start:] else {}
        if start + size < len(listed):
            page["nextPageToken"] = f"t{start + size}"
        return said(masked(page, asked.query["fields"]))


def masked(value: Any, fields: str) -> Any:
    """What a field mask such as `a,b(c,d)` leaves of a value."""
    if isinstance(value, list):
        return [masked(one, fields) for one in value]
    found: Document = {}
    for name, inner in _fields(fields):
        if name in value:
            found[name] = masked(value[name], inner) if inner else value[name]
    return found


def _fields(mask: str) -> Iterator[tuple[str, str]]:
    depth, start = 0, 0
    for at, char in enumerate(f"{mask},"):
        depth += (char == "(") - (char == ")")
        if char == "," and not depth:
            name, _, inner = mask[start:at].partition("(")
            yield name, inner.removesuffix(")")
            start = at + 1


# Fleet ----------------------------------------------------------------------------------------------------------------

FLEET_TOKEN = "fleet-token-0001"


def fleet_host(number: int, *bundles: str, **changes: object) -> Document:
    """A host with software: fleetdm.com/docs/rest-api/rest-api#list-hosts, response of `populate_software`."""
    return {
        "id": number,
        "created_at": "2026-01-01T08:00:00Z",
        "detail_updated_at": "2026-11-24T20:00:00Z",
        "software_updated_at": "2026-11-24T20:30:00Z",
        "seen_time": "2026-11-24T21:00:00Z",
        "hostname": f"mac-{number}.local",
        "uuid": f"392547dc-0000-0000-a87a-{number:012d}",
        "platform": "darwin",
        "osquery_version": "5.14.1",
        "os_version": "macOS 15.1.1",
        "hardware_vendor": "Apple Inc.",
        "hardware_model": "MacBookPro18,3",
        "hardware_serial": f"MAC{number:05d}",
        "computer_name": "Kari's Mac",
        "primary_ip": "192.0.2.10",
        "mdm": {
            "enrollment_status": "On (automatic)",
            "server_url": "https://fleet.agency.example/mdm",
            "name": "Fleet",
        },
        "software": [
            {
                "id": 1,
                "name": f"{bundle.rpartition('.')[2]}.app",
                "version": "1.0",
                "source": "apps",
                "bundle_identifier": bundle,
                "vulnerabilities": None,
            }
            for bundle in bundles
        ],
        **changes,
    }


class FleetServer:
    """A Fleet server: pages count from 0, and are cut out of the hosts that there are at that moment."""

    def __init__(self, hosts: list[Document]) -> None:
        self.hosts = hosts
        self.knows_lean = True
        self.broken_lists = False

    def __call__(self, asked: Asked) -> Said:
        if asked.headers.get("authorization") != f"Bearer {FLEET_TOKEN}":
            return said({"message": "Authentication required"}, 401)
        if asked.path == "/api/v1/fleet/hosts":
            return self._list(asked)
        number = asked.path.removeprefix("/api/v1/fleet/hosts/")
        found = next((host for host in self.hosts if str(host["id"]) == number), None)
        return said({"host": found}) if found else said({"message": "Resource Not Found"}, 404)

    def _list(self, asked: Asked) -> Said:
        populate = asked.query.get("populate_software", "false")
        if populate == "without_vulnerability_details" and not self.knows_lean:
            return said({"message": "Bad request", "errors": [{"name": "populate_software"}]}, 400)
        if populate != "false" and self.broken_lists:
            return said({"message": "timeout"}, 500)
        size, page = int(asked.query["per_page"]), int(asked.query["page"])
        assert asked.query["order_key"] == "id"
        ordered = sorted(self.hosts, key=lambda host: int(host["id"]))[page * size : (page + 1) * size]
        if populate == "false":
            ordered = [{name: value for name, value in host.items() if name != "software"} for host in ordered]
        return said({"hosts": ordered})


# Settings and time -------------------------------------------------------------------------------------------------


def graph_settings(folder: Path, url: str, **more: object) -> Path:
    """Settings of a Graph on loopback, with the secret beside them."""
    (folder / "graph.secret").write_text(f"{GRAPH_SECRET}\n")
    (folder / "graph.secret").chmod(0o600)
    return _settings(
        folder / "mdm-graph.toml",
        {
            "tenant": GRAPH_TENANT,
            "client_id": "99999999-0000-0000-0000-000000000000",
            "client_secret_file": "graph.secret",
            "url": url,
            "login_url": url,
            **more,
        },
    )


def amapi_settings(folder: Path, url: str, **more: object) -> Path:
    """Settings of an Android Management API on loopback, with the key of a service account beside them."""
    (folder / "google.json").write_text(json.dumps({**SERVICE_ACCOUNT, "token_uri": f"{url}/token"}))
    (folder / "google.json").chmod(0o600)
    return _settings(
        folder / "mdm-amapi.toml",
        {"enterprise": "enterprises/LC01", "service_account_file": "google.json", "url": url, **more},
    )


def fleet_settings(folder: Path, url: str, **more: object) -> Path:
    """Settings of a Fleet server on loopback, with its token beside them."""
    (folder / "fleet.token").write_text(f"{FLEET_TOKEN}\n")
    (folder / "fleet.token").chmod(0o600)
    return _settings(folder / "mdm-fleet.toml", {"url": url, "token_file": "fleet.token", **more})


def _settings(path: Path, values: Document) -> Path:
    path.write_bytes(tomli_w.dumps(values).encode())
    return path


RSA_KEY = rsa.generate_private_key(65537, 2048)
SERVICE_ACCOUNT: Document = {
    # The key file that Google's console gives: cloud.google.com/iam/docs/keys-create-delete
    "type": "service_account",
    "project_id": "agency",
    "private_key_id": "0123456789abcdef",
    "private_key": RSA_KEY.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode(),
    "client_email": "setapart@agency.iam.gserviceaccount.com",
    "token_uri": "https://oauth2.googleapis.com/token",
}


class Watch:
    """A clock that stands still but for what is waited; `waits` are the seconds, in order."""

    def __init__(self, now: float = 1_795_000_000.0, chance: float = 1.0) -> None:
        self.waits: list[float] = []
        self.time = now
        self.drift = 0.0
        self.clock = Clock(now=lambda: self.time, steady=self._steady, sleep=self._sleep, chance=lambda: chance)

    def _steady(self) -> float:
        self.time += self.drift
        return self.time

    def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds


# Certificates ---------------------------------------------------------------------------------------------------------

NOW = dt.datetime.now(dt.UTC)


class Authority:
    """A certificate authority of one's own."""

    def __init__(self, folder: Path, name: str = "Agency CA") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.file = folder / f"{name.replace(' ', '-')}.pem"
        self.file.write_bytes(self._signed(self._name, self._key, authority=True).public_bytes(_PEM))

    def server(self, *, address: str = "127.0.0.1", expired: bool = False, own: bool = False) -> ssl.SSLContext:
        """A server's side of TLS: for an address, out of date, or with a certificate that signs itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "manager")])
        certificate = self._signed(name, key, address=address, expired=expired, own=own)
        file = self._folder / f"server-{address}-{expired}-{own}.pem"
        secret = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        file.write_bytes(secret + certificate.public_bytes(_PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _signed(
        self,
        name: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        *,
        authority: bool = False,
        address: str | None = None,
        expired: bool = False,
        own: bool = False,
    ) -> x509.Certificate:
        day = dt.timedelta(days=1)
        end = NOW - day if expired else NOW + 30 * day
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name if own else self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - 30 * day)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key((key if own else self._key).public_key()),
                critical=False,
            )
        )
        if authority:
            usage = {name: name in ("key_cert_sign", "crl_sign", "digital_signature") for name in _USAGES}
            builder = builder.add_extension(x509.KeyUsage(**usage), critical=True)
        if address is not None:
            names = [x509.IPAddress(ipaddress.ip_address(address))]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(key if own else self._key, hashes.SHA256())


_PEM = serialization.Encoding.PEM
_USAGES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip
