"""Fleet: hosts with their software, page by page.

https://fleetdm.com/docs/rest-api/rest-api#list-hosts: `page` counts from 0, `order_key` keeps the order still,
`populate_software` is `without_vulnerability_details`, or `true` for servers that know no such value. The page asks for
`page` instead of `after`; but a host that is removed meanwhile moves all later ones up, so that one slips between two
pages: the list is read once more at the end, without software, and who was missed is asked for by #get-host.
"""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct

from setapart_agent.collectors.mdm.parse import osquery
from setapart_agent.collectors.mdm.pull.http import AnswerError, Client, Token, decode
from setapart_agent.collectors.mdm.pull.journal import Memory
from setapart_agent.collectors.mdm.pull.run import Listed, Page, Read, Tolerance, apps_unseen
from setapart_agent.collectors.mdm.pull.settings import FleetSettings
from setapart_agent.errors import ParseError

if TYPE_CHECKING:
    from setapart_agent.collectors.base import Unseen

PERMISSION = "the token of a user who may see all hosts: an API-only user with the role observer"
_USUAL_PAGE = 20
_SWEPT_AT_ONCE = 200
_MOST_SWEEPS = 3
_MOST_SWEPT_PAGES = 10_000
_NOT_KNOWN = frozenset({400, 422})
_NUMBER = re.compile(r"[0-9]{1,9}")
_SPELLINGS = ("without_vulnerability_details", "true")
"""Of `populate_software`, the second for servers that know no other."""


class _Hosts(Struct, frozen=True):
    hosts: tuple[msgspec.Raw, ...]


class _Host(Struct, frozen=True):
    host: msgspec.Raw


class _Identified(Struct, frozen=True):
    id: int
    software: msgspec.Raw = msgspec.Raw(b"null")


class Fleet:
    """The hosts that one token may see."""

    def __init__(self, client: Client, token: Token, settings: FleetSettings) -> None:
        self._client = client
        self._token = token
        self._hosts = f"{settings.url}/api/v1/fleet/hosts"
        self._size = settings.page_size or _USUAL_PAGE
        self._populate = _SPELLINGS[0]
        self._one_by_one = False
        self._tolerance = Tolerance()

    def page(self, cursor: str | None) -> Page:
        """The hosts of a page, with software if that can be had; the cursor is its number."""
        number = int(cursor) if cursor is not None and _NUMBER.fullmatch(cursor) else 0
        hosts = None if self._one_by_one else self._with_software(number)
        if hosts is None:
            hosts = self._list(number, self._size, {})
        listed = _listed(hosts)
        # A server may give fewer than it was asked for: only an empty page is the end.
        return Page(devices=listed, next=str(number + 1) if hosts else None, nameless=len(hosts) - len(listed))

    def read(self, listed: Sequence[Listed]) -> Iterator[tuple[Listed, Read]]:
        """What the records say; a host that came without software is asked for by itself."""
        for item in listed:
            yield item, self._device(item)

    def missed(self, given: Memory) -> Iterator[Listed]:
        """Hosts that slipped between two pages while others were removed."""
        for _ in range(_MOST_SWEEPS):
            before = len(given)
            last: tuple[Listed, ...] = ()
            for number in range(_MOST_SWEPT_PAGES):
                listed = _listed(self._list(number, _SWEPT_AT_ONCE, {}))
                yield from (item for item in listed if item.id not in given)
                if not listed or listed == last:  # a server that knows no pages gives the first for ever
                    break
                last = listed
            if len(given) == before:
                return

    def _with_software(self, number: int) -> tuple[msgspec.Raw, ...] | None:
        """A page with software; `None` if that is too much for the server, which is not asked so again."""
        for populate in _SPELLINGS[_SPELLINGS.index(self._populate) :]:
            self._populate = populate
            try:
                return self._list(number, self._size, {"populate_software": populate})
            except AnswerError as exc:
                if exc.status not in _NOT_KNOWN:
                    break
        self._one_by_one = True
        return None

    def _list(self, number: int, size: int, more: dict[str, str]) -> tuple[msgspec.Raw, ...]:
        query = {"page": str(number), "per_page": str(size), "order_key": "id", "order_direction": "asc", **more}
        return decode(
            self._client.get(f"{self._hosts}?{urlencode(query)}", self._token), _Hosts, "a page of hosts"
        ).hosts

    def _device(self, item: Listed) -> Read:
        record = item.record
        why: Unseen | None = None
        if bytes(msgspec.json.decode(record, type=_Identified).software) == b"null":
            try:
                body = self._client.get(f"{self._hosts}/{quote(item.id, safe='')}", self._token)
                record = bytes(decode(body, _Host, "a host").host)
            except AnswerError as exc:
                why = self._tolerance.failed(exc)
            else:
                self._tolerance.went_well()
        try:
            found = osquery.read_host(record)
        except ParseError as exc:
            return exc
        return found if why is None else apps_unseen(found, osquery.NO_SOFTWARE, why)


def _listed(hosts: tuple[msgspec.Raw, ...]) -> tuple[Listed, ...]:
    found: list[Listed] = []
    for record in hosts:
        try:
            found.append(Listed(id=str(msgspec.json.decode(record, type=_Identified).id), record=bytes(record)))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
    return tuple(found)
