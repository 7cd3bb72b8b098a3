"""Requests of officers and their programs: the bearer's token, what is asked for, and how often one may be wrong."""

import asyncio
import datetime as dt
import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from setapart_auditor.errors import AuditorError
from setapart_auditor.intake.limits import TooManyError
from setapart_auditor.looks.asks import Ask, Call, DeviceAsk, DevicesAsk, parameters_of, place_of
from setapart_auditor.looks.readers import READERS
from setapart_evidence.text import printable

from . import events
from .answers import Refusal, as_read, refused
from .looker import Looker, LookerBusyError
from .looking import ABSENT, FOUND, NOT_ALLOWED, UNKNOWN, Told

_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/-]{1,200}=*)", re.IGNORECASE)
_CHALLENGE = {"www-authenticate": 'Bearer realm="setapart"'}
_WRONG_A_MINUTE = 30
_MINUTE = 60.0
_MOST_ADDRESSES = 100_000
_MOST_TOKENS = 10_000
_LONGEST = 200
_NOBODY = Refusal(
    reason="no-token",
    got="no token of an officer that is good now",
    expected="Authorization: Bearer and a token as `setapart-auditor officer token` printed it",
    cure="ask an administrator for a new one",
)
_NO_READER = Refusal(
    reason="not-allowed", got="a role that does not read", expected=f"one of {', '.join(READERS)}, or admin"
)


class WrongTokens:
    """How many wrong tokens came from each address in this minute; beyond a bound no strange one is looked at.

    One that was good before is: behind one address there may be many, and a program whose token has expired keeps on.
    """

    def __init__(self) -> None:
        self._counts: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._good: OrderedDict[bytes, None] = OrderedDict()

    def check(self, address: str, token: str, seconds: float) -> None:
        """Returns if an address may try a token.

        Raises:
            TooManyError: it was wrong too often.
        """
        count, since = self._counts.get(address, (0, seconds))
        if count >= _WRONG_A_MINUTE and seconds - since < _MINUTE and _digest(token) not in self._good:
            raise TooManyError("address", max(1, round(since + _MINUTE - seconds)))

    def was_wrong(self, address: str, token: str, seconds: float) -> None:
        """Counts a wrong one."""
        self._good.pop(_digest(token), None)
        count, since = self._counts.pop(address, (0, seconds))
        if seconds - since >= _MINUTE:
            count, since = 0, seconds
        self._counts[address] = (count + 1, since)
        if len(self._counts) > _MOST_ADDRESSES:
            self._counts.popitem(last=False)

    def was_good(self, token: str) -> None:
        """Remembers a good one."""
        self._good[_digest(token)] = None
        self._good.move_to_end(_digest(token))
        if len(self._good) > _MOST_TOKENS:
            self._good.popitem(last=False)


class Officers:
    """Answers officers.

    Args:
        folder: the auditor's.
        now: the clock.
    """

    def __init__(self, folder: Path, now: Callable[[], dt.datetime]) -> None:
        self._now = now
        self._wrong = WrongTokens()
        # Apart: to judge a device may mean to look into all others, and pages need not wait for that.
        self._judging = Looker(folder)
        self._reading = Looker(folder)

    async def answer(self, request: Request, kind: type[Ask], address: str) -> Response:
        """The answer to a request of one kind.

        Raises:
            TooManyError: too many wrong tokens came from this address.
            TimeoutError: no answer in time.
        """
        token = _token_of(request.headers.getlist("authorization"))
        self._wrong.check(address, token, time.monotonic())
        if not token:
            return self._unknown(address, token)
        try:
            ask = _ask_of(kind, request)
        except AuditorError as exc:
            said = Refusal(
                reason="bad-query", got=printable(exc.got, _LONGEST), expected=exc.expected or "", cure=exc.cure or ""
            )
            return refused(400, said)
        try:
            told = await self._looker_of(kind).ask(Call(no=0, token=token, at=self._now(), ask=ask))
        except LookerBusyError:
            return refused(503)
        if told.status == UNKNOWN:
            return self._unknown(address, token)
        if told.status in {FOUND, ABSENT, NOT_ALLOWED}:
            self._wrong.was_good(token)
        return _response(told)

    async def close(self) -> None:
        """Ends the processes."""
        await asyncio.gather(self._judging.close(), self._reading.close())

    def _looker_of(self, kind: type[Ask]) -> Looker:
        return self._judging if kind is DeviceAsk else self._reading

    def _unknown(self, address: str, token: str) -> Response:
        self._wrong.was_wrong(address, token, time.monotonic())
        events.warn("a token was not accepted", address=address)
        return refused(UNKNOWN, _NOBODY, _CHALLENGE)


def _response(told: Told) -> Response:
    if told.status == NOT_ALLOWED:
        return refused(told.status, _NO_READER)
    return as_read(told.body) if told.status == FOUND else refused(told.status)


def _token_of(headers: Iterable[str]) -> str:
    """The token of a request; empty where there is none, or more than one."""
    found = [_BEARER.fullmatch(one.strip()) for one in headers]
    return found[0][1] if len(found) == 1 and found[0] is not None else ""


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _ask_of(kind: type[Ask], request: Request) -> Ask:
    """What a request asks for.

    Raises:
        AuditorError: a parameter that this path does not know, or twice; a value that it can't have.
    """
    known = parameters_of(kind)
    values: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in known or name in values:
            raise AuditorError(
                f"the parameter `{name}`" if name not in known else f"`{name}` twice",
                expected=f"each at most once: {', '.join(known)}",
            )
        values[name] = value
    try:
        ask: Ask = msgspec.convert({**values, **request.path_params}, kind, strict=False)
    except msgspec.ValidationError as exc:
        raise AuditorError(str(exc), expected="values as /openapi.json has them") from None
    if isinstance(ask, DevicesAsk):
        place_of(ask.cursor)
    return ask
