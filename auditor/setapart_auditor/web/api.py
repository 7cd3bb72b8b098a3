"""What the routes do. Nothing here waits for the database on the event loop."""

import asyncio
import datetime as dt
import re
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Connection, select
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from setapart_auditor.installation import Installation
from setapart_auditor.intake.epochs import newest_epoch
from setapart_auditor.intake.peek import claim_of
from setapart_auditor.intake.service import Intake
from setapart_auditor.log.checkpoint import newest
from setapart_auditor.looks.asks import Ask, DeviceAsk, DevicesAsk, HistoryAsk, SweepAsk
from setapart_auditor.store.schema import device, evidence
from setapart_evidence.errors import EvidenceError, SetapartError
from setapart_evidence.statement import DEVICE_ID

from . import events
from .answers import Refusal, as_json, refusal_of, refused, signed
from .body import Bodies
from .metrics import TEXT, Metrics
from .officers import Officers
from .openapi import document
from .routes import Health, Route
from .senders import Address, Networks, counted_as, sender_of
from .state import State

_READERS = 4
_MOST_WAITING = 64
_READ_SECONDS = 10.0
_REFUSALS_A_SECOND = 400
_LONGEST_PAUSE = 10.0
_WAIT = frozenset({429, 503})
_DEVICE = re.compile(DEVICE_ID)
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SEQUENCE = re.compile(r"[1-9][0-9]{0,15}")
_FORWARDED = ("x-forwarded-for", "forwarded", "via")
T = TypeVar("T")
Clock = Callable[[], dt.datetime]


class Api:
    """The handlers of the table of routes.

    Args:
        installation: the auditor.
        intake: started; closed by whoever started it.
        routes: the table.
        now: the clock.
        bodies: how requests are read.

    Raises:
        AuditorError: a setting that lists addresses is not usable.
    """

    def __init__(
        self,
        installation: Installation,
        intake: Intake,
        routes: tuple[Route, ...],
        now: Clock,
        bodies: Bodies,
    ) -> None:
        settings = installation.settings.serve
        self._store = installation.store
        self._intake = intake
        self._now = now
        self._bodies = bodies
        self._proxies = Networks(settings.trusted_proxies, "[serve] trusted_proxies")
        self._metrics_from = Networks(settings.metrics_from, "[serve] metrics_from")
        self._readers = CapacityLimiter(_READERS)
        self._types = {route.path: route.takes for route in routes}
        self._document = document(routes)
        self._held = 0
        self.state = State(installation.store, intake)
        self.officers = Officers(installation.folder, now)
        self._metrics = Metrics(intake, self.state, now)

    def endpoint(self, route: Route) -> Callable[[Request], Awaitable[Response]]:
        """A route's handler: whatever happens in it, there is an answer, and its time is counted."""

        async def answer(request: Request) -> Response:
            begun = time.monotonic()
            response = await self._answer(route, request)
            if route.takes is not None and response.status_code in _WAIT:
                await self._pace()
            self._metrics.took(route.path, response.status_code, time.monotonic() - begun)
            return response

        return answer

    async def _answer(self, route: Route, request: Request) -> Response:
        try:
            return await route.handler(self, request)
        except HTTPException as exc:
            return refused(exc.status_code, headers=exc.headers)
        except SetapartError as exc:
            response = refusal_of(exc)
            if response is None or response.status_code in {500, 503}:
                events.failed("not answered", exc, route=route.path)
            return response or refused(500)
        except TimeoutError as exc:
            events.failed("not answered", exc, route=route.path)
            return refused(503)
        except Exception as exc:  # noqa: BLE001 - told in the log, and nothing of it to the client
            events.failed("not answered", exc, route=route.path)
            return refused(500)

    async def _pace(self) -> None:
        """Refusals go out no faster than a rate: who comes again at once would else have the loop to themselves."""
        self._held += 1
        try:
            await asyncio.sleep(min(self._held / _REFUSALS_A_SECOND, _LONGEST_PAUSE))
        finally:
            self._held -= 1

    async def take(self, request: Request) -> Response:
        """Takes a signed message in, and answers when it is on disk."""
        figures = self._intake.figures
        if figures.pending >= figures.room:  # before its body has cost anything
            return refused(503)
        address = counted_as(self._sender(request))
        raw = await self._bodies.read(request, address)
        if not _is_of(raw, self._types[request.scope["path"]]):
            return refused(400, Refusal(reason="bad-route", got="a message of another type", expected="this path's"))
        answer = await asyncio.wrap_future(self._intake.submit(raw, address=address, now=self._now()))
        return signed(answer.body)

    async def receipt(self, request: Request) -> Response:
        """The receipt of a report; its digest shows that who asks knows it."""
        named, sequence, digest = (request.path_params[one] for one in ("device", "sequence", "digest"))
        if not (_DEVICE.fullmatch(named) and _SEQUENCE.fullmatch(sequence) and _DIGEST.fullmatch(digest)):
            return refused(404)
        query = (
            select(evidence.c.receipt)
            .join(device, device.c.no == evidence.c.device_no)
            .where(
                device.c.id == named,
                evidence.c.sequence == int(sequence),
                evidence.c.digest == bytes.fromhex(digest),
            )
        )
        found: bytes | None = await self._read(lambda connection: connection.execute(query).scalar_one_or_none())
        return refused(404) if found is None else signed(found)

    async def epoch(self, request: Request) -> Response:
        """The newest epoch."""
        del request
        now = self._now()
        found = await self._read(lambda connection: newest_epoch(connection, now))
        if found is None:
            cure = "issue one with `setapart-auditor epoch issue`"
            return refused(404, Refusal(reason="not-found", got="no epoch that may be used now", cure=cure))
        return signed(found)

    async def checkpoint(self, request: Request) -> Response:
        """The newest checkpoint."""
        del request
        note = await self._read(newest)
        if note is None:
            cure = "make one with `setapart-auditor log checkpoint`"
            return refused(404, Refusal(reason="not-found", got="no checkpoint yet", cure=cure))
        return Response(note, media_type="text/plain", headers={"cache-control": "no-store"})

    async def health(self, request: Request) -> Response:
        """Whether all is well, as it was seen in the background."""
        del request
        trouble = self.state.trouble
        return as_json(Health()) if trouble is None else refused(503, Refusal(reason="unavailable", got=trouble))

    async def metrics(self, request: Request) -> Response:
        """The figures, for whom they are."""
        forwarded = any(name in request.headers for name in _FORWARDED)
        peer = self._peer(request)
        sender = self._sender(request)
        if sender is None or sender not in self._metrics_from or (forwarded and sender == peer):
            return refused(404)
        return Response(self._metrics.text(), headers={"cache-control": "no-store"}, media_type=TEXT)

    async def openapi(self, request: Request) -> Response:
        """The document."""
        del request
        return as_json(self._document)

    async def devices(self, request: Request) -> Response:
        """A page of devices, for an officer."""
        return await self._look(request, DevicesAsk)

    async def device(self, request: Request) -> Response:
        """One device as of now, for an officer."""
        return await self._look(request, DeviceAsk)

    async def history(self, request: Request) -> Response:
        """What is known of one device over time, for an officer."""
        return await self._look(request, HistoryAsk)

    async def sweep(self, request: Request) -> Response:
        """The last sweep, for an officer."""
        return await self._look(request, SweepAsk)

    async def _look(self, request: Request, kind: type[Ask]) -> Response:
        return await self.officers.answer(request, kind, counted_as(self._sender(request)))

    def _peer(self, request: Request) -> Address | None:
        return sender_of(request.client.host if request.client else "", (), self._proxies)

    def _sender(self, request: Request) -> Address | None:
        peer = request.client.host if request.client else ""
        return sender_of(peer, request.headers.getlist("x-forwarded-for"), self._proxies)

    async def _read(self, ask: Callable[[Connection], T]) -> T:
        """Asks the database in a thread; few at once, and no long queue before them."""

        def read() -> T:
            with self._store.read() as connection:
                return ask(connection)

        if self._readers.statistics().tasks_waiting >= _MOST_WAITING:
            raise HTTPException(503)
        async with asyncio.timeout(_READ_SECONDS):
            return await to_thread.run_sync(read, limiter=self._readers, abandon_on_cancel=True)


def _is_of(raw: bytes, wanted: str | None) -> bool:
    """Whether a message is of the type that a path takes; what is none at all is the intake's to reject and count."""
    try:
        return claim_of(raw).kind == wanted
    except EvidenceError:
        return True
