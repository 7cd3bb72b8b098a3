"""The one table of routes: what is served, and what /openapi.json says of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from setapart_auditor.looks.asks import DeviceAsk, DevicesAsk, HistoryAsk, SweepAsk
from setapart_auditor.looks.explained import Explained
from setapart_auditor.looks.page import DevicePage
from setapart_auditor.looks.swept import SweepSummary
from setapart_auditor.sweep.story import Story
from setapart_evidence.statement import ENROLMENT, EVIDENCE, REQUEST, ROTATION

from .answers import JSON, SIGNED, Refusal
from .metrics import TEXT

if TYPE_CHECKING:
    from .api import Api


class Health(Struct, frozen=True, kw_only=True):
    """The service is well: its database and its intake answer."""

    status: Literal["ok"] = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer of a route: its media type, its schema if it is JSON of ours, headers that are numbers and texts."""

    says: str
    media: str
    schema: type[Struct] | None = None
    headers: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route.

    Attributes:
        path: with parameters as `{name}`.
        handler: a method of `api.Api`.
        replies: by status.
        of_report: whether the path names a report: its device, its place in the chain, its statement's digest.
        asks: what an officer asks for: the members are the parameters. Such a route takes a bearer token.
        takes: the predicate type of the signed message in its body.
    """

    method: Literal["GET", "POST"]
    path: str
    name: str
    summary: str
    handler: Callable[["Api", Request], Awaitable[Response]]
    replies: dict[int, Reply]
    of_report: bool = False
    asks: type[Struct] | None = None
    takes: str | None = None


def _refused(says: str, *headers: str) -> Reply:
    return Reply(says=says, media=JSON, schema=Refusal, headers=headers)


_BUSY = {503: _refused("The auditor can't take this now.", "Retry-After"), 500: _refused("The auditor failed.")}
_ABSENT = {404: _refused("There is none.")} | _BUSY
_TAKES = {
    400: _refused("No acceptable message; `reason` is the kind of error."),
    401: _refused("No key that is registered for the device has signed it."),
    403: _refused("The token, or the device, may not."),
    408: _refused("The request took more than 30 seconds to arrive."),
    409: _refused("The key or the device is enrolled already."),
    413: _refused("Larger than any message."),
    429: _refused("Too many messages of one device or address.", "Retry-After"),
} | _BUSY
_READS = {
    400: _refused("A parameter that is not known, or can't have this value."),
    401: Reply(
        says="No token of an officer that is good now.", media=JSON, schema=Refusal, texts=("WWW-Authenticate",)
    ),
    403: _refused("The officer has no role that reads."),
    404: _refused("There is none, or it is another unit's."),
    429: _refused("Too many wrong tokens came from this address.", "Retry-After"),
} | _BUSY


def _message(says: str) -> Reply:
    return Reply(says=says, media=SIGNED)


def _read(says: str, schema: type[Struct]) -> Reply:
    return Reply(says=says, media=JSON, schema=schema)


def table() -> tuple[Route, ...]:
    """Every route."""
    from .api import Api

    return (
        Route(
            method="POST", path="/v1/enrol", name="enrol", takes=ENROLMENT, handler=Api.take,
            summary="A request to enrol, signed by the new key.",
            replies={200: _message("The signed answer: accepted, or waiting for an officer.")} | _TAKES,
        ),
        Route(
            method="POST", path="/v1/rotate", name="rotate", takes=ROTATION, handler=Api.take,
            summary="A change of keys, signed by the old and the new one.",
            replies={200: _message("The signed answer.")} | _TAKES,
        ),
        Route(
            method="POST", path="/v1/report", name="report", takes=EVIDENCE, handler=Api.take,
            summary="Evidence. Sent again, it gets the same receipt.",
            replies={200: _message("The signed receipt: the report is on disk.")} | _TAKES,
        ),
        Route(
            method="POST", path="/v1/request", name="request", takes=REQUEST, handler=Api.take,
            summary="A device's signed question for a challenge, or for its policy bundle.",
            replies={200: _message("The signed challenge or bundle.")} | _TAKES,
        ),
        Route(
            method="GET", path="/v1/receipt/{device}/{sequence}/{digest}", name="receipt", of_report=True,
            handler=Api.receipt, summary="The receipt of a report, for who knows what it says.",
            replies={200: _message("The receipt that was given.")} | _ABSENT,
        ),
        Route(
            method="GET", path="/v1/epoch", name="epoch", handler=Api.epoch,
            summary="The newest epoch that may be handed out: proof for reports that are made offline.",
            replies={200: _message("The signed epoch.")} | _ABSENT,
        ),
        Route(
            method="GET", path="/v1/checkpoint", name="checkpoint", handler=Api.checkpoint,
            summary="The newest checkpoint of the log, a C2SP signed note: for witnesses.",
            replies={200: Reply(says="The note.", media="text/plain; charset=utf-8")} | _ABSENT,
        ),
        Route(
            method="GET", path="/v1/devices", name="devices", asks=DevicesAsk, handler=Api.devices,
            summary="Active devices by name, as they were last judged; no verdict is older than a day and an hour.",
            replies={200: _read("A page.", DevicePage)} | _READS,
        ),
        Route(
            method="GET", path="/v1/devices/{device}", name="device", asks=DeviceAsk, handler=Api.device,
            summary="One device as of now: every finding, its evidence and cure, and what was not seen.",
            replies={200: _read("As `explain --json` prints it.", Explained)} | _READS,
        ),
        Route(
            method="GET", path="/v1/devices/{device}/history", name="history", asks=HistoryAsk, handler=Api.history,
            summary="What a device reported, how its status and registration changed, its exceptions and forks.",
            replies={200: _read("As `history --json` prints it.", Story)} | _READS,
        ),
        Route(
            method="GET", path="/v1/sweeps/latest", name="sweep", asks=SweepAsk, handler=Api.sweep,
            summary="The last finished sweep: devices by status, and what changed since the one before.",
            replies={200: _read("The sweep.", SweepSummary)} | _READS,
        ),
        Route(
            method="GET", path="/v1/health", name="health", handler=Api.health,
            summary="Whether database and intake have answered within ten seconds.",
            replies={200: Reply(says="They have.", media=JSON, schema=Health)} | _BUSY,
        ),
        Route(
            method="GET", path="/metrics", name="metrics", handler=Api.metrics,
            summary="Figures for Prometheus; only to the addresses of `[serve] metrics_from`.",
            replies={200: Reply(says="The figures.", media=TEXT)} | _ABSENT,
        ),
        Route(
            method="GET", path="/openapi.json", name="openapi", handler=Api.openapi,
            summary="This document.",
            replies={200: Reply(says="An OpenAPI 3.1 document.", media=JSON)} | _BUSY,
        ),
    )  # fmt: skip
