"""The application: routes in one table, of which the OpenAPI document is made as well."""

import asyncio
import datetime as dt
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from setapart_auditor.errors import StoreError
from setapart_auditor.installation import Installation
from setapart_auditor.intake.service import Intake
from setapart_auditor.log.checkpoint import newest
from setapart_auditor.store.schema import epoch, evidence
from setapart_evidence.errors import SetapartError

from .body import SlowError, read_body
from .errors import NOT_FOUND, Problem, answer, problem_of
from .metrics import Metrics
from .openapi import document
from .watch import StoreWatch

SIGNED = "application/vnd.setapart+json"
_HEX_DIGITS = 64
Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One route: what it takes, what it answers, and what it is for."""

    path: str
    method: Literal["GET", "POST"]
    summary: str
    answers: str
    media: str
    problems: tuple[int, ...]
    handler: Handler


class Service:
    """The intake and the store, as HTTP sees them."""

    def __init__(self, installation: Installation, intake: Intake, watch: StoreWatch) -> None:
        self._installation = installation
        self._intake = intake
        self._watch = watch
        self.metrics = Metrics(lambda: intake.figures, watch.figures)
        self._readers = asyncio.Semaphore(8)

    def operations(self) -> tuple[Operation, ...]:
        """Every route."""
        sent = (400, 401, 403, 409, 413, 429, 503)
        taken = "the signed answer, once what was sent is on disk"
        return (
            Operation(path="/v1/report", method="POST", summary="Take in an evidence file", answers=taken,
                      media=SIGNED, problems=sent, handler=self.take_in),
            Operation(path="/v1/enrol", method="POST", summary="Enrol a key with a token", answers=taken, media=SIGNED,
                      problems=sent, handler=self.take_in),
            Operation(path="/v1/rotate", method="POST", summary="Change a device's key", answers=taken, media=SIGNED,
                      problems=sent, handler=self.take_in),
            Operation(path="/v1/request", method="POST", summary="Ask for a challenge, or for the policy bundle",
                      answers="the signed answer", media=SIGNED, problems=sent, handler=self.take_in),
            Operation(path="/v1/receipt/{digest}", method="GET", summary="The receipt of a statement, by its SHA-256",
                      answers="the signed receipt", media=SIGNED, problems=(404, 503), handler=self.receipt),
            Operation(path="/v1/epoch", method="GET", summary="The newest epoch", answers="the signed epoch",
                      media=SIGNED, problems=(404, 503), handler=self.epoch),
            Operation(path="/v1/checkpoint", method="GET", summary="The log's newest checkpoint",
                      answers="the signed note", media="text/plain", problems=(404, 503), handler=self.checkpoint),
            Operation(path="/v1/health", method="GET", summary="Whether reports are taken in", answers="yes",
                      media="application/json", problems=(503,), handler=self.health),
            Operation(path="/metrics", method="GET", summary="Figures for Prometheus", answers="the figures",
                      media="text/plain", problems=(404,), handler=self.figures),
            Operation(path="/openapi.json", method="GET", summary="This document", answers="this document",
                      media="application/json", problems=(), handler=self.openapi),
        )  # fmt: skip

    async def take_in(self, request: Request) -> Response:
        """Any signed message: what it is, it says itself."""
        raw = await read_body(request)
        waiting = self._intake.submit(raw, address=self.address(request), now=dt.datetime.now(dt.UTC))
        found = await asyncio.wrap_future(waiting)
        return Response(found.body, 200, media_type=SIGNED)

    async def receipt(self, request: Request) -> Response:
        """A stored receipt: for whoever knows the digest, which only the device and the auditor do."""
        digest = request.path_params["digest"]
        if len(digest) != _HEX_DIGITS or not all(one in "0123456789abcdef" for one in digest):
            return answer(404, NOT_FOUND)
        query = select(evidence.c.receipt).where(evidence.c.digest == bytes.fromhex(digest))
        found = await self._read(query)
        return answer(404, NOT_FOUND) if found is None else Response(found, 200, media_type=SIGNED)

    async def epoch(self, _request: Request) -> Response:
        """The newest epoch that may still be used."""
        now = dt.datetime.now(dt.UTC)
        query = select(epoch.c.raw).where(epoch.c.use_until > now).order_by(epoch.c.issued_at.desc()).limit(1)
        found = await self._read(query)
        return answer(404, NOT_FOUND) if found is None else Response(found, 200, media_type=SIGNED)

    async def checkpoint(self, _request: Request) -> Response:
        """The newest checkpoint."""

        def read() -> str | None:
            with self._installation.store.read() as connection:
                return newest(connection)

        async with self._readers:
            found = await run_in_threadpool(read)
        return answer(404, NOT_FOUND) if found is None else PlainTextResponse(found)

    async def health(self, _request: Request) -> Response:
        """Whether the store answered lately."""
        if self._watch.is_well:
            return JSONResponse({"status": "ok"})
        problem = Problem(reason="store", got="the database does not answer", cure="nothing is taken in meanwhile")
        return answer(503, problem, {"Retry-After": "5"})

    async def figures(self, request: Request) -> Response:
        """The figures, for addresses that may see them."""
        if self.address(request) not in self._installation.settings.serve.metrics_from:
            return answer(404, NOT_FOUND)
        return Response(self.metrics.text(), media_type="text/plain; version=0.0.4")

    async def openapi(self, _request: Request) -> Response:
        """The document of all routes."""
        return Response(document(self.operations()), media_type="application/json")

    def address(self, request: Request) -> str:
        """Whose request it is: the peer's address, or what a trusted proxy says."""
        peer = request.client.host if request.client is not None else "local"
        if peer in self._installation.settings.serve.trusted_proxies:
            forwarded = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
            return forwarded[:64] or peer
        return peer

    async def _read(self, query: object) -> bytes | None:
        def read() -> bytes | None:
            with self._installation.store.read() as connection:
                return connection.execute(query).scalar_one_or_none()  # type: ignore[call-overload,no-any-return]

        async with self._readers:
            return await run_in_threadpool(read)


def make_app(service: Service) -> Starlette:
    """The application over a service."""
    routes = [
        Route(one.path, _guarded(service, one), methods=[one.method], include_in_schema=False)
        for one in service.operations()
    ]

    async def not_here(_request: Request, exc: Exception) -> Response:
        status = exc.status_code if isinstance(exc, HTTPException) else 404
        headers = dict(exc.headers or {}) if isinstance(exc, HTTPException) else {}
        return answer(status, NOT_FOUND, headers)

    return Starlette(routes=routes, exception_handlers={404: not_here, 405: not_here, 400: not_here})


def _guarded(service: Service, operation: Operation) -> Handler:
    async def handle(request: Request) -> Response:
        started = time.perf_counter()
        try:
            response = await operation.handler(request)
        except SlowError:
            response = answer(408, Problem(reason="slow", got="a body that did not arrive", cure="send it again"))
        except (SetapartError, StoreError) as exc:
            response = problem_of(exc)
        except Exception as exc:  # noqa: BLE001 - an error of ours is an answer too
            response = problem_of(exc)
        service.metrics.count(operation.path, response.status_code, time.perf_counter() - started)
        return response

    return handle
