"""The application: the table of routes over the intake."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as StarletteRoute

from setapart_auditor.installation import Installation
from setapart_auditor.intake.service import Intake

from .answers import REFUSALS, refused
from .api import Api, Clock
from .body import Bodies
from .routes import table


def _clock() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def make_app(
    installation: Installation, intake: Intake, *, now: Clock = _clock, bodies: Bodies | None = None
) -> Starlette:
    """The application.

    Args:
        installation: the auditor.
        intake: started; closed by whoever started it, after the application has ended.
        now: the clock.
        bodies: how requests are read; by default as docs/service/serve.md says.

    Raises:
        AuditorError: a setting that lists addresses is not usable.
    """
    routes = table()
    api = Api(installation, intake, routes, now, bodies or Bodies())

    @asynccontextmanager
    async def watched(_app: Starlette) -> AsyncIterator[None]:
        watching = asyncio.create_task(api.state.watch())
        try:
            yield
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
            await api.officers.close()

    app = Starlette(
        routes=[StarletteRoute(one.path, api.endpoint(one), methods=[one.method], name=one.name) for one in routes],
        exception_handlers={HTTPException: _refuse},
        lifespan=watched,
    )
    app.router.redirect_slashes = False
    return app


async def _refuse(request: Request, exc: Exception) -> Response:
    del request
    assert isinstance(exc, HTTPException)
    return refused(exc.status_code if exc.status_code in REFUSALS else 400, headers=exc.headers)
