"""What the hub answers over HTTP: the published files, and how it is."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from feedhub.model import Health
from feedhub.web.files import App, PublishedFiles, Receive, Send


def make_app(public: Path, health: Callable[[], Health]) -> App:
    """An ASGI app; `health` is asked anew at each request for /healthz."""

    async def healthz(_: Request) -> JSONResponse:
        now = health()
        answer = {"status": now.status, "problems": now.problems, "heartbeat_age_s": now.heartbeat_age_s}
        return JSONResponse(answer, now.http_status, {"Cache-Control": "no-store"})

    files = PublishedFiles(public)
    routes = Starlette(routes=[Route("/healthz", healthz)])

    async def app(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] != "/healthz":
            await files(scope, receive, send)
        else:
            await routes(scope, receive, send)

    return app
