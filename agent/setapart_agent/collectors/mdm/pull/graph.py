"""Microsoft Graph, for Intune: managedDevices page by page, and what is detected on each of them.

- https://learn.microsoft.com/graph/api/intune-devices-manageddevice-list: the list, in v1.0, with `$select`. Graph
  turns pages by `@odata.nextLink` (https://learn.microsoft.com/graph/paging), which holds the whole query.
- The relationship `detectedApps` of a managedDevice is documented in beta alone:
  https://learn.microsoft.com/graph/api/resources/intune-devices-manageddevice?view=graph-rest-beta. It is asked for by
  `$expand`, device by device: `managedDevices/{id}/detectedApps` is said to end after 50 apps without a link to what
  follows (not verified), and a list of devices with `$expand` comes back with empty lists
  (https://github.com/microsoftgraph/msgraph-sdk-dotnet/issues/2048).
- Twenty devices go into one request: https://learn.microsoft.com/graph/json-batching. What a batch does not answer with
  200 is asked for by itself, with all the patience that throttling needs.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct, field

from setapart_agent.collectors.mdm.parse import graph
from setapart_agent.collectors.mdm.pull.http import AnswerError, Client, Token, decode
from setapart_agent.collectors.mdm.pull.journal import Memory
from setapart_agent.collectors.mdm.pull.run import Listed, Page, Read, Tolerance, apps_unseen
from setapart_agent.collectors.mdm.pull.settings import GraphSettings
from setapart_agent.errors import ParseError

if TYPE_CHECKING:
    from setapart_agent.collectors.base import Unseen

PERMISSION = "the application permission DeviceManagementManagedDevices.Read.All, with an administrator's consent"
DEVICE_FIELDS = (
    "id,operatingSystem,osVersion,androidSecurityPatchLevel,manufacturer,model,serialNumber,lastSyncDateTime,"
    "managedDeviceOwnerType,deviceEnrollmentType,azureADRegistered,userPrincipalName"
)
"""What the parser reads. Of the user's name only the domain is used, and nothing else is kept."""
_BATCH = 20
_OK = 200
_MOST_APP_PAGES = 200


class _Devices(Struct, frozen=True):
    value: tuple[msgspec.Raw, ...]
    next: str | None = field(default=None, name="@odata.nextLink")


class _Identified(Struct, frozen=True):
    id: str


class _Expanded(Struct, frozen=True):
    """A managedDevice with its apps; the list may go on elsewhere, as OData allows for what is expanded."""

    apps: tuple[msgspec.Raw, ...] = field(name="detectedApps")
    next: str | None = field(default=None, name="detectedApps@odata.nextLink")


class _Part(Struct, frozen=True):
    id: str
    status: int
    body: msgspec.Raw = msgspec.Raw(b"null")


class _Batch(Struct, frozen=True):
    responses: tuple[_Part, ...]


class Graph:
    """The devices of one tenant."""

    def __init__(self, client: Client, token: Token, settings: GraphSettings) -> None:
        self._client = client
        self._token = token
        self._url = settings.url or ""
        self._size = settings.page_size
        self._tolerance = Tolerance()

    def page(self, cursor: str | None) -> Page:
        """The devices of a page; the cursor is the link that Graph gave."""
        query = {"$select": DEVICE_FIELDS}
        if self._size is not None:
            query["$top"] = str(self._size)
        first = f"{self._url}/v1.0/deviceManagement/managedDevices?{urlencode(query, safe='$,')}"
        found = decode(self._client.get(cursor or first, self._token), _Devices, "a page of devices")
        listed: list[Listed] = []
        for record in found.value:
            try:
                listed.append(Listed(id=msgspec.json.decode(record, type=_Identified).id, record=bytes(record)))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                continue
        return Page(devices=tuple(listed), next=found.next or None, nameless=len(found.value) - len(listed))

    def read(self, listed: Sequence[Listed]) -> Iterator[tuple[Listed, Read]]:
        """The devices with their apps. A list of apps that can't be had is said so, and the others go on."""
        for start in range(0, len(listed), _BATCH):
            group = listed[start : start + _BATCH]
            early = self._batch(group) if len(group) > 1 else {}
            for item in group:
                yield item, self._device(item, early.pop(item.id, None))

    def missed(self, given: Memory) -> Iterator[Listed]:
        """None: a link keeps its place, whatever comes and goes."""
        del given
        yield from ()

    def _device(self, item: Listed, early: bytes | None) -> Read:
        apps: tuple[bytes, ...] | None = None
        why: Unseen | None = None
        try:
            apps = self._apps(item, early)
        except AnswerError as exc:
            why = self._tolerance.failed(exc)
        else:
            self._tolerance.went_well()
        try:
            found = graph.read_device(item.record, apps)
        except ParseError as exc:
            return exc
        return found if why is None else apps_unseen(found, graph.NO_APPS, why)

    def _apps(self, item: Listed, early: bytes | None) -> tuple[bytes, ...]:
        """The apps of one device, page after page.

        Raises:
            AnswerError: not all of them can be had.
            ManagerError: the manager can't be asked any more.
        """
        body = early or self._client.get(f"{self._url}/beta{_path(item.id)}", self._token)
        found = decode(body, _Expanded, "a device with its apps")
        apps = [*map(bytes, found.apps)]
        link = found.next
        for _ in range(_MOST_APP_PAGES):
            if not link:
                return tuple(apps)
            more = decode(self._client.get(link, self._token), _Devices, "a page of apps")
            apps += map(bytes, more.value)
            link = more.next
        raise AnswerError("a device's list of apps has no end", reason="the manager's list of apps has no end")

    def _batch(self, group: Sequence[Listed]) -> dict[str, bytes]:
        """What one request tells of many devices, by their ids; nothing, where that does not work."""
        requests = [{"id": str(at), "method": "GET", "url": _path(item.id)} for at, item in enumerate(group)]
        body = msgspec.json.encode({"requests": requests})
        try:
            answer = decode(self._client.post_json(f"{self._url}/beta/$batch", self._token, body), _Batch, "a batch")
        except AnswerError:
            return {}
        parts = {part.id: part for part in answer.responses if part.status == _OK}
        return {item.id: bytes(parts[str(at)].body) for at, item in enumerate(group) if str(at) in parts}


def _path(device: str) -> str:
    return f"/deviceManagement/managedDevices/{quote(device, safe='')}?$select=id&$expand=detectedApps"
