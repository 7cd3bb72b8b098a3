"""The Android Management API: devices with their application reports, page by page.

https://developers.google.com/android/management/reference/rest/v1/enterprises.devices/list: `pageSize` is at most 100,
`nextPageToken` leads on, the scope is `https://www.googleapis.com/auth/androidmanagement`; enterprises.policies/list is
the same for policies. Only the fields that are read are asked for (`fields`,
https://cloud.google.com/apis/docs/system-parameters): networks, memory, displays and users stay where they are.
"""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct, field

from setapart_agent.collectors.mdm.parse import amapi
from setapart_agent.collectors.mdm.parse.export import Export
from setapart_agent.collectors.mdm.pull.http import AnswerError, Client, Token, decode
from setapart_agent.collectors.mdm.pull.journal import Memory
from setapart_agent.collectors.mdm.pull.run import Listed, Page, Read
from setapart_agent.collectors.mdm.pull.settings import AmapiSettings
from setapart_agent.errors import ParseError

PERMISSION = "the role Android Management User (roles/androidmanagement.user) for the service account"
DEVICE_FIELDS = (
    "name,managementMode,apiLevel,lastStatusReportTime,appliedPolicyName,policyCompliant,"
    "hardwareInfo(brand,manufacturer,model,serialNumber),softwareInfo(androidVersion,securityPatchLevel),"
    "applicationReports(displayName,packageName,signingKeyCertFingerprints,state,versionName)"
)
_POLICY_FIELDS = "name,applications(installType,packageName)"
_USUAL_PAGE = 100
_MOST_POLICY_PAGES = 1000


class _Devices(Struct, frozen=True):
    devices: tuple[msgspec.Raw, ...] = ()
    next: str = field(default="", name="nextPageToken")


class _Named(Struct, frozen=True):
    name: str


class _PolicyApp(Struct, frozen=True):
    package: str = field(default="", name="packageName")
    install_type: str = field(default="", name="installType")


class _Policy(Struct, frozen=True):
    name: str = ""
    applications: tuple[_PolicyApp, ...] = ()


class _Policies(Struct, frozen=True):
    policies: tuple[_Policy, ...] = ()
    next: str = field(default="", name="nextPageToken")


class Amapi:
    """One enterprise of the Android Management API."""

    def __init__(self, client: Client, token: Token, settings: AmapiSettings) -> None:
        self._client = client
        self._token = token
        self._root = f"{settings.url}/v1/enterprises/{quote(settings.enterprise, safe='')}"
        self._size = min(settings.page_size or _USUAL_PAGE, _USUAL_PAGE)
        self._blocks: Mapping[str, tuple[str, ...]] | None = None

    def page(self, cursor: str | None) -> Page:
        """The devices of a page; the cursor is its token."""
        query = {"pageSize": str(self._size), "fields": f"nextPageToken,devices({DEVICE_FIELDS})"}
        if cursor is not None:
            query["pageToken"] = cursor
        answer = self._client.get(f"{self._root}/devices?{urlencode(query)}", self._token)
        found = decode(answer, _Devices, "a page of devices")
        listed: list[Listed] = []
        for record in found.devices:
            try:
                listed.append(Listed(id=msgspec.json.decode(record, type=_Named).name, record=bytes(record)))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                continue
        return Page(devices=tuple(listed), next=found.next or None, nameless=len(found.devices) - len(listed))

    def read(self, listed: Sequence[Listed]) -> Iterator[tuple[Listed, Read]]:
        """What the records say: there is nothing more to ask."""
        for item in listed:
            yield item, self._device(item.record)

    def missed(self, given: Memory) -> Iterator[Listed]:
        """None: a token keeps its place, whatever comes and goes."""
        del given
        yield from ()

    def _device(self, record: bytes) -> Export | ParseError:
        if self._blocks is None:
            self._blocks = self._policies()
        try:
            return amapi.read_device(record, self._blocks)
        except ParseError as exc:
            return exc

    def _policies(self) -> Mapping[str, tuple[str, ...]]:
        """What the policies keep from being installed; nothing, where they are not to be had: that blocks less."""
        blocks: dict[str, tuple[str, ...]] = {}
        query = {"pageSize": str(_USUAL_PAGE), "fields": f"nextPageToken,policies({_POLICY_FIELDS})"}
        try:
            for _ in range(_MOST_POLICY_PAGES):
                answer = self._client.get(f"{self._root}/policies?{urlencode(query)}", self._token)
                found = decode(answer, _Policies, "a page of policies")
                for policy in found.policies:
                    named = (app.package for app in policy.applications if app.install_type == "BLOCKED")
                    blocks[policy.name] = tuple(dict.fromkeys(filter(None, named)))
                if not found.next:
                    break
                query["pageToken"] = found.next
        except AnswerError:
            return {}
        return blocks
